//! `function create`: a function or a version of one.

use http::Method;
use serde_json::{Value, json};

use super::super::Failure;
use super::{body_of_file, content, rows, set};
use crate::api::{Api, findings};
use crate::arguments::{FunctionCreate, Target};
use crate::output::{items, text};
use crate::printer::Printer;

/// Creates, remembers the ids, and tells what comes next.
pub(super) fn run(options: &FunctionCreate, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let body = body(options)?;
    let path = match &options.version_of {
        None => "/v2/nvcf/functions".to_owned(),
        Some(function) => {
            let target = Target { function: Some(function.clone()), version: None };
            format!("/v2/nvcf/functions/{}/versions", api.function(&target)?)
        }
    };
    let Some(answer) = api.ask("create the function", Method::POST, &path, Some(&body))? else {
        return Ok(());
    };
    let (function, version) = (text(&answer, "/function/id"), text(&answer, "/function/versionId"));
    api.remember(&function, Some(&version))?;
    let said = findings(items(&answer, "/findings"));
    if !said.is_empty() {
        printer.talk(said.trim_end());
    }
    api.output.print(&answer, || rows(answer.get("function")), printer)?;
    printer.talk("next: wheelhouse function deploy --wait");
    Ok(())
}

fn body(options: &FunctionCreate) -> Result<Value, Failure> {
    let mut body = body_of_file(options.file.as_deref())?;
    set(&mut body, "name", options.name.clone());
    set(&mut body, "helmChart", options.chart.clone());
    set(&mut body, "helmChartServiceName", options.service.clone());
    set(&mut body, "containerImage", options.image.clone());
    set(&mut body, "containerArgs", options.args.clone());
    set(&mut body, "inferenceUrl", options.inference_url.clone());
    set(&mut body, "inferencePort", options.port);
    set(&mut body, "description", options.description.clone());
    set(&mut body, "tags", Some(options.tag.clone()).filter(|tags| !tags.is_empty()));
    let limit = options.rate_limit.as_ref().map(|limit| json!({ "rateLimit": limit }));
    set(&mut body, "rateLimit", limit);
    if options.health_path.is_some() || options.health_port.is_some() {
        let port = options.health_port.or(options.port).unwrap_or(8000);
        let uri = options.health_path.as_deref().unwrap_or("/v2/health/ready");
        let health = json!({
            "protocol": "HTTP", "uri": uri, "port": port, "timeout": "PT10S", "expectedStatusCode": 200
        });
        set(&mut body, "health", Some(health));
    }
    if !options.env.is_empty() {
        let variables = options.env.iter().map(|text| {
            let pair = text.split_once('=');
            let pair = pair.ok_or_else(|| Failure::new(format!("\"{text}\" is not NAME=VALUE")))?;
            Ok(json!({ "key": pair.0, "value": pair.1 }))
        });
        set(&mut body, "containerEnvironment", Some(variables.collect::<Result<Vec<_>, Failure>>()?));
    }
    if !options.secret.is_empty() {
        let shown = options.platform.curl;
        let secrets = options.secret.iter().map(|text| secret(text, shown)).collect::<Result<Vec<_>, _>>()?;
        set(&mut body, "secrets", Some(secrets));
    }
    if body.get("inferenceUrl").is_none() && options.version_of.is_none() && options.file.is_none() {
        set(&mut body, "inferenceUrl", Some("/"));
    }
    Ok(body)
}

/// A secret out of a file: never out of the command line, which every user of the machine can see.
/// Where the call is only shown, so is only the secret's place.
fn secret(text: &str, shown: bool) -> Result<Value, Failure> {
    let wrong = || {
        Failure::new("a secret is given as NAME=@FILE, or NAME=- for standard input")
            .with_advice("  why: what stands on a command line can be seen by every user of the machine")
    };
    let (name, from) = text.split_once('=').ok_or_else(wrong)?;
    let file = if from == "-" { "-" } else { from.strip_prefix('@').ok_or_else(wrong)? };
    if shown {
        return Ok(json!({ "name": name, "value": format!("<the content of {file}>") }));
    }
    let value = String::from_utf8(content(file)?);
    let value = value.map_err(|_| Failure::new(format!("secret {name}: {file} is not UTF-8 text")))?;
    Ok(json!({ "name": name, "value": value.trim_end_matches(['\n', '\r']) }))
}
