//! `function deploy`

use http::Method;
use serde_json::{Value, json};
use wheelhouse_chart::Compat;

use super::super::Failure;
use super::super::wait::wait_active;
use super::{body_of_file, set};
use crate::api::{Api, findings};
use crate::arguments::{FunctionDeploy, ValueOptions};
use crate::charts;
use crate::durations::duration;
use crate::output::{items, text};
use crate::printer::Printer;

/// Deploys a version and, where asked, waits until it serves.
pub(super) fn run(options: &FunctionDeploy, printer: Printer) -> Result<(), Failure> {
    let timeout = duration(&options.timeout)?;
    let api = Api::open(&options.platform, printer)?;
    let version = api.version(&options.target)?;
    let body = match &options.file {
        Some(file) => body_of_file(Some(file))?,
        None => json!({ "deploymentSpecifications": [specification(options, &api)?] }),
    };
    let path = version.deployment();
    let Some(answer) = api.ask("deploy the function", Method::POST, &path, Some(&body))? else {
        return Ok(());
    };
    api.remember(&version.function, Some(&version.version))?;
    let said = findings(items(&answer, "/findings"));
    if !said.is_empty() {
        printer.talk(said.trim_end());
    }
    if !options.wait {
        api.output.print(&answer, || rows(&answer), printer)?;
        printer.talk("next: wheelhouse wait");
        return Ok(());
    }
    wait_active(&api, &version, timeout)?;
    let answer = api.call("get the deployment", Method::GET, &path, None)?;
    api.output.print(&answer, || rows(&answer), printer)?;
    printer.talk("next: wheelhouse function invoke --data …");
    Ok(())
}

fn specification(options: &FunctionDeploy, api: &Api) -> Result<Value, Failure> {
    let gpu = match &options.gpu {
        Some(gpu) => gpu.clone(),
        None => only_gpu(api)?,
    };
    let mut body = json!({ "gpu": gpu });
    set(&mut body, "instanceType", options.instance_type.clone());
    set(&mut body, "backend", options.backend.clone());
    set(&mut body, "minInstances", Some(options.min));
    set(&mut body, "maxInstances", Some(options.max.unwrap_or(options.min.max(1))));
    set(&mut body, "maxRequestConcurrency", options.concurrency);
    set(&mut body, "configuration", configuration(&options.values)?);
    Ok(body)
}

/// The values that are given, if any.
pub(super) fn configuration(options: &ValueOptions) -> Result<Option<Value>, Failure> {
    let values = charts::user_values(options, Compat::V4, false)?;
    Ok(if values.is_empty() { None } else { Some(charts::table_to_json(&values)) })
}

/// The GPU to take where the user names none: the only kind there is.
fn only_gpu(api: &Api) -> Result<String, Failure> {
    let groups = api.call("find a GPU", Method::GET, "/v2/nvcf/clusterGroups", None)?;
    let mut names: Vec<String> = items(&groups, "/clusterGroups")
        .iter()
        .flat_map(|group| items(group, "/gpus"))
        .map(|gpu| text(gpu, "/name"))
        .collect();
    names.sort();
    names.dedup();
    match names.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::new("no cluster offers a GPU").with_advice(
            "  fix: join one with `wheelhouse agent`; `wheelhouse cluster list` shows those there are",
        )),
        several => Err(Failure::new("there are several kinds of GPU")
            .with_advice(format!("  fix: choose with --gpu: {}", several.join(", ")))),
    }
}

/// The table of a deployment.
pub(super) fn rows(answer: &Value) -> Vec<[String; 7]> {
    let heads = ["DEPLOYMENT", "FUNCTION", "STATUS", "GPU", "INSTANCE TYPE", "MIN", "MAX"];
    let mut rows = vec![heads.map(str::to_owned)];
    let deployment = |name: &str| text(answer, &format!("/deployment/{name}"));
    for specification in items(answer, "/deployment/deploymentSpecifications") {
        rows.push([
            deployment("deploymentId"),
            deployment("functionName"),
            deployment("functionStatus"),
            text(specification, "/gpu"),
            text(specification, "/instanceType"),
            text(specification, "/minInstances"),
            text(specification, "/maxInstances"),
        ]);
    }
    rows
}
