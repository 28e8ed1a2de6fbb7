//! `agent`: makes the platform's instances real on a cluster.

use std::path::PathBuf;

use wheelhouse_agent::{Build, Options};
use wheelhouse_cluster::{Access, Cluster, Credentials, Kubeconfig};

use super::Failure;
use crate::arguments::{Agent, Global};
use crate::engine::engine;
use crate::narrator;
use crate::printer::Printer;
use crate::running::{block_on, stop_signal};
use crate::settings::Settings;
use crate::stack::chained;

/// Works until asked to stop. What it made stays on the cluster.
pub(super) fn run(
    options: &Agent,
    global: &Global,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    narrator::serve(printer, settings.debug, options.log_format);
    let access = access(global)?;
    block_on(async {
        let stop = stop_signal()?;
        let cluster = Cluster::new(&access).map_err(chained)?;
        let agent = Options {
            name: options.name.clone(),
            group: options.group.clone(),
            provider: options.provider.clone(),
            region: options.region.clone(),
            ..Options::new(&options.server, &options.token)
        };
        printer.talk(&format!("working for {} as {}", agent.server, agent.name));
        let parts = Build { cluster, engine: engine(), options: agent };
        wheelhouse_agent::Agent::build(parts).run(stop).await.map_err(chained)
    })
}

/// Where the cluster is: what the flags say over what the kubeconfig says; a pod's own cluster where there is none.
fn access(global: &Global) -> Result<Access, Failure> {
    let files: Vec<PathBuf> = match &global.kubeconfig {
        Some(file) => vec![file.into()],
        None => match std::env::var_os("KUBECONFIG").filter(|files| !files.is_empty()) {
            Some(files) => std::env::split_paths(&files).collect(),
            None => std::env::var_os("HOME")
                .map(|home| PathBuf::from(home).join(".kube/config"))
                .into_iter()
                .collect(),
        },
    };
    let mut kubeconfig = Kubeconfig::default();
    let mut found = false;
    for file in files.iter().filter(|file| global.kubeconfig.is_some() || file.exists()) {
        let text =
            std::fs::read(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        let node = wheelhouse_objects::read_document(&text, 0)
            .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        kubeconfig.add(&node.to_json(), file);
        found = true;
    }
    let variable = |name: &str| std::env::var(name).ok();
    let in_cluster = variable("KUBERNETES_SERVICE_HOST").zip(variable("KUBERNETES_SERVICE_PORT"));
    let mut access = match (found, in_cluster) {
        (false, Some((host, port))) => Access::in_cluster(&host, &port).map_err(chained)?,
        (false, None) if global.kube_apiserver.is_some() => Access::with_token("", None, ""),
        (false, None) => {
            return Err(Failure::new("there is no kubeconfig: say which with --kubeconfig FILE"));
        }
        (true, _) => kubeconfig.access(global.kube_context.as_deref()).map_err(chained)?,
    };
    if let Some(server) = &global.kube_apiserver {
        access.server = server.trim_end_matches('/').to_owned();
    }
    if let Some(file) = &global.kube_ca_file {
        access.authority =
            Some(std::fs::read(file).map_err(|error| Failure::new(format!("{file}: {error}")))?);
    }
    if let Some(token) = &global.kube_token {
        access.credentials = Credentials::Token(token.clone());
    }
    if let Some(name) = &global.kube_tls_server_name {
        access.server_name = Some(name.clone());
    }
    access.insecure |= global.kube_insecure_skip_tls_verify;
    Ok(access)
}
