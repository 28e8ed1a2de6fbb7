//! `function`: functions, their versions, deployments and calls.

mod create;
mod delete;
mod deploy;
mod get;
mod grpc;
mod invoke;
mod list;
mod logs;
mod queue;
mod undeploy;
mod update;

use serde_json::{Value, json};
use wheelhouse_goyaml::{ReadOptions, yaml_to_json};

use super::Failure;
use crate::arguments::{Function, FunctionAction};
use crate::filesystem;
use crate::output::text;
use crate::printer::Printer;

/// Runs what is asked for.
pub(super) fn run(options: &Function, printer: Printer) -> Result<(), Failure> {
    match &options.action {
        FunctionAction::Create(options) => create::run(options, printer),
        FunctionAction::List(options) => list::run(options, printer),
        FunctionAction::Get(options) => get::run(options, printer),
        FunctionAction::Update(options) => update::run(options, printer),
        FunctionAction::Delete(options) => delete::run(options, printer),
        FunctionAction::Deploy(options) => deploy::run(options, printer),
        FunctionAction::Undeploy(options) => undeploy::run(options, printer),
        FunctionAction::Invoke(options) => invoke::run(options, printer),
        FunctionAction::Logs(options) => logs::run(options, printer),
        FunctionAction::Queue(options) => queue::run(options, printer),
    }
}

/// A request's body out of a file of JSON or YAML; `{}` without a file.
fn body_of_file(file: Option<&str>) -> Result<Value, Failure> {
    let Some(file) = file else { return Ok(json!({})) };
    let content = content(file)?;
    let json = yaml_to_json(&content, &ReadOptions::default())?;
    let value: Value = serde_json::from_slice(&json)?;
    if value.is_object() { Ok(value) } else { Err(Failure::new(format!("{file} does not hold one object"))) }
}

/// What a file holds, or standard input for `-`.
fn content(file: &str) -> Result<Vec<u8>, Failure> {
    if file == "-" {
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut content)?;
        return Ok(content);
    }
    Ok(filesystem::read(std::path::Path::new(file))?)
}

/// Sets a member of an object unless there is nothing to set.
fn set(body: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(members), Some(value)) = (body.as_object_mut(), value) {
        members.insert(name.to_owned(), value.into());
    }
}

/// The table of function versions.
fn rows<'a>(versions: impl IntoIterator<Item = &'a Value>) -> Vec<[String; 6]> {
    let mut rows = vec![["NAME", "FUNCTION", "VERSION", "STATUS", "INSTANCES", "CREATED"].map(str::to_owned)];
    for version in versions {
        let instances = version.get("activeInstances").and_then(Value::as_array);
        rows.push([
            text(version, "/name"),
            text(version, "/id"),
            text(version, "/versionId"),
            text(version, "/status"),
            instances.map_or_else(|| "-".to_owned(), |instances| instances.len().to_string()),
            text(version, "/createdAt"),
        ]);
    }
    rows
}
