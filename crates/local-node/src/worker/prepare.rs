//! Making what a pod needs before its first container: address, volumes, sandbox.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;

use super::handle::Handle;
use super::volumes;
use crate::host::Host;
use crate::pod::machine::Event;
use crate::pod::plan::PodPlan;
use crate::sandbox::{Address, Sandbox, Setup};

/// The folder of everything that a pod has on disk but its logs.
pub(crate) fn pod_folder(host: &Host, plan: &PodPlan) -> PathBuf {
    host.options.state.join("pods").join(&plan.uid)
}

/// The control group of a pod.
pub(super) fn group(host: &Host, plan: &PodPlan) -> String {
    format!("/wheelhouse-{}/pod{}", host.options.cluster, plan.uid)
}

pub(super) async fn prepare(host: &Arc<Host>, handle: &Arc<Handle>) {
    let event = match try_prepare(host, handle).await {
        Ok(()) => Event::Prepared,
        Err((reason, message)) => Event::PrepareFailed(reason.to_owned(), message),
    };
    handle.happened(event).await;
}

type Failure = (&'static str, String);

async fn try_prepare(host: &Arc<Host>, handle: &Arc<Handle>) -> Result<(), Failure> {
    let plan = &handle.plan();
    let creating = |message: String| ("ContainerCreating", message);
    let folder = pod_folder(host, plan);
    for name in ["runtime", "etc", "shm", "containers"] {
        std::fs::create_dir_all(folder.join(name)).map_err(|error| creating(error.to_string()))?;
    }
    if !plan.host_network && handle.address().is_none() {
        let address = host
            .take_address(&handle.node)
            .ok_or_else(|| creating("no address is free on this node".to_owned()))?;
        handle.set_address(Some(address));
    }
    volumes::make(host, handle).await.map_err(creating)?;
    files_of_etc(host, handle).map_err(|error| creating(error.to_string()))?;
    // An earlier sandbox of this pod may have left something running.
    let leftover = group(host, plan);
    let _ = tokio::task::spawn_blocking(move || crate::cgroup::sweep(&leftover)).await;
    sandbox(host, handle).await.map_err(|error| ("CreatePodSandboxError", error))
}

async fn sandbox(host: &Arc<Host>, handle: &Arc<Handle>) -> Result<(), String> {
    let plan = &handle.plan();
    let folder = pod_folder(host, plan);
    let runtime = folder.join("runtime");
    // What an earlier run of this program knew of containers is of no use any more.
    let _ = std::fs::remove_dir_all(&runtime);
    std::fs::create_dir_all(&runtime).map_err(|error| error.to_string())?;
    let (exits, mut ended) = mpsc::channel(64);
    let sandbox = Sandbox::start(&host.options.sandbox, &folder.join("sandbox.log"), exits)
        .map_err(|error| error.to_string())?;
    let flag = |name: &str| plan.spec.get(name).and_then(Value::as_bool).unwrap_or_default();
    let mut memory = volumes::in_memory(host, plan);
    if !flag("hostIPC") {
        memory.push((folder.join("shm"), Some(64 << 20)));
    }
    let setup = Setup {
        state: runtime,
        layers: host.images.layers(),
        hostname: hostname(plan),
        host_network: plan.host_network,
        host_ipc: flag("hostIPC"),
        memory,
        sysctls: sysctls(plan),
    };
    sandbox.set_up(setup).await.map_err(|error| error.to_string())?;
    if let Some(ip) = handle.address().filter(|_| !plan.host_network) {
        let (host, uid, pid) = (Arc::clone(host), plan.uid.clone(), sandbox.pid());
        let attached = Arc::clone(&host);
        tokio::task::spawn_blocking(move || attached.bridge.attach(&uid, pid))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| format!("connect the pod's network: {error}"))?;
        let gateway = host.node_addresses.get(&handle.node).copied().ok_or("the node has no address")?;
        let address = Address { ip, prefix: host.options.pods.prefix, gateway };
        sandbox.set_address(address).await.map_err(|error| error.to_string())?;
    }
    handle.set_sandbox(Some(sandbox));
    let watched = Arc::clone(handle);
    tokio::spawn(async move {
        while let Some(exit) = ended.recv().await {
            watched.exited(exit);
        }
        if !watched.is_torn_down() && watched.sandbox().is_some() {
            watched.set_sandbox(None);
            watched.happened(Event::SandboxGone).await;
        }
    });
    Ok(())
}

fn hostname(plan: &PodPlan) -> String {
    if plan.host_network {
        return nix::unistd::gethostname()
            .ok()
            .and_then(|name| name.into_string().ok())
            .unwrap_or_else(|| plan.name.clone());
    }
    let named = plan.spec.get("hostname").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = named.unwrap_or(&plan.name);
    name.get(..63).unwrap_or(name).trim_end_matches(['-', '.']).to_owned()
}

fn sysctls(plan: &PodPlan) -> BTreeMap<String, String> {
    let list = plan.spec.pointer("/securityContext/sysctls").and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
    list.filter_map(|each| Some((text(each, "name")?, text(each, "value")?))).collect()
}

/// `hosts`, `resolv.conf` and `hostname`, which all containers of the pod share.
fn files_of_etc(host: &Host, handle: &Handle) -> std::io::Result<()> {
    let plan = &handle.plan();
    let etc = pod_folder(host, plan).join("etc");
    std::fs::write(etc.join("hostname"), format!("{}\n", hostname(plan)))?;
    std::fs::write(etc.join("resolv.conf"), resolver(host, plan))?;
    let subdomain = plan.spec.get("subdomain").and_then(Value::as_str).filter(|name| !name.is_empty());
    let mut hosts = String::from(
        "# Managed by the node.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
    );
    if let Some(address) = handle.address() {
        let name = hostname(plan);
        match subdomain {
            Some(subdomain) => {
                let full = format!("{name}.{subdomain}.{}.svc.{}", plan.namespace, host.options.domain);
                hosts.push_str(&format!("{address}\t{full}\t{name}\n"));
            }
            None => hosts.push_str(&format!("{address}\t{name}\n")),
        }
    }
    for alias in plan.spec.get("hostAliases").and_then(Value::as_array).into_iter().flatten() {
        let names =
            alias.get("hostnames").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let ip = alias.get("ip").and_then(Value::as_str).unwrap_or_default();
        hosts.push_str(&format!("{ip}\t{}\n", names.collect::<Vec<_>>().join("\t")));
    }
    std::fs::write(etc.join("hosts"), hosts)
}

/// A pod's `resolv.conf`, by its DNS policy.
fn resolver(host: &Host, plan: &PodPlan) -> String {
    let machine = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    resolver_config(
        &plan.spec,
        &plan.namespace,
        &host.options.domain,
        &host.options.dns.to_string(),
        &machine,
    )
}

fn resolver_config(spec: &Value, namespace: &str, domain: &str, dns: &str, machine: &str) -> String {
    let policy = spec.get("dnsPolicy").and_then(Value::as_str).unwrap_or("ClusterFirst");
    let shared = spec.get("hostNetwork").and_then(Value::as_bool).unwrap_or_default();
    let of_machine = policy == "Default" || (policy == "ClusterFirst" && shared);
    let words = |key: &str| -> Vec<String> {
        let lines = machine.lines().filter_map(|line| line.trim().strip_prefix(key));
        lines.flat_map(str::split_whitespace).map(str::to_owned).collect()
    };
    let (mut servers, mut search, mut options) = match policy {
        "None" => (vec![], vec![], vec![]),
        _ if of_machine => (words("nameserver"), words("search"), words("options")),
        _ => {
            let mut search =
                vec![format!("{namespace}.svc.{domain}"), format!("svc.{domain}"), domain.to_owned()];
            search.extend(words("search"));
            (vec![dns.to_owned()], search, vec!["ndots:5".to_owned()])
        }
    };
    if let Some(config) = spec.get("dnsConfig") {
        let list = |field: &str| -> Vec<String> {
            let list = config.get(field).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        servers.extend(list("nameservers"));
        search.extend(list("searches"));
        for option in config.get("options").and_then(Value::as_array).into_iter().flatten() {
            let name = option.get("name").and_then(Value::as_str).unwrap_or_default();
            options.retain(|known| known.split(':').next() != Some(name));
            match option.get("value").and_then(Value::as_str) {
                Some(value) => options.push(format!("{name}:{value}")),
                None => options.push(name.to_owned()),
            }
        }
    }
    let mut text: String = servers.iter().map(|server| format!("nameserver {server}\n")).collect();
    if !search.is_empty() {
        text.push_str(&format!("search {}\n", search.join(" ")));
    }
    if !options.is_empty() {
        text.push_str(&format!("options {}\n", options.join(" ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_dns_policy_decides_who_is_asked() {
        let made = |spec: Value| {
            resolver_config(&spec, "n", "cluster.local", "10.96.0.10", "nameserver 1.1.1.1\nsearch corp\n")
        };
        let cluster = "nameserver 10.96.0.10\nsearch n.svc.cluster.local svc.cluster.local cluster.local corp\noptions ndots:5\n";
        let machine = "nameserver 1.1.1.1\nsearch corp\n";
        assert_eq!(made(json!({})), cluster);
        assert_eq!(made(json!({"dnsPolicy": "Default"})), machine);
        assert_eq!(made(json!({"hostNetwork": true})), machine);
        assert_eq!(made(json!({"hostNetwork": true, "dnsPolicy": "ClusterFirstWithHostNet"})), cluster);
        let own = json!({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["9.9.9.9"], "options": [{"name": "ndots", "value": "2"}]}});
        assert_eq!(made(own), "nameserver 9.9.9.9\noptions ndots:2\n");
    }
}
