//! `key`: API keys. A value is printed once, by the command that makes it, and kept nowhere.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Failure;
use crate::api::Api;
use crate::arguments::{Key, KeyAction, KeyCreate, KeyId, KeyList};
use crate::durations::duration;
use crate::output::{OutputFormat, items, text};
use crate::printer::Printer;

/// What a key may do unless its maker says otherwise: call functions and look at them.
const DEFAULT_SCOPES: [&str; 4] =
    ["invoke_function", "list_functions", "queue_details", "list_functions_details"];

/// Runs what is asked for.
pub(super) fn run(options: &Key, printer: Printer) -> Result<(), Failure> {
    match &options.action {
        KeyAction::Create(options) => create(options, printer),
        KeyAction::List(options) => list(options, printer),
        KeyAction::Get(options) => get(options, printer),
        KeyAction::Delete(options) => delete(options, printer),
    }
}

fn create(options: &KeyCreate, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let scopes: Vec<&str> = if options.scope.is_empty() {
        DEFAULT_SCOPES.to_vec()
    } else {
        options.scope.iter().map(String::as_str).collect()
    };
    let resources: Vec<Value> =
        options.function.iter().map(|id| json!({ "id": id, "type": "function" })).collect();
    let mut body = json!({
        "description": options.description,
        "authorizations": { "policies": [{ "resources": resources, "scopes": scopes }] },
    });
    if let (Some(period), Some(members)) = (&options.expires_in, body.as_object_mut()) {
        let end = Timestamp::now().checked_add(duration(period)?);
        let end = end.map_err(|_| Failure::new(format!("{period} is too long")))?;
        members.insert("expires_at".to_owned(), end.to_string().into());
    }
    let Some(answer) = api.ask("make a key", Method::POST, "/v1/keys", Some(&body))? else { return Ok(()) };
    if api.output != OutputFormat::Table {
        return api.output.print(&answer, Vec::<[String; 1]>::new, printer);
    }
    // Alone on stdout, so that a script can keep it: KEY=$(wheelhouse key create).
    printer.data(format!("{}\n", text(&answer, "/value")));
    printer.talk(&format!(
        "key {} allows {}; its value is shown this once",
        text(&answer, "/id"),
        scopes.join(", ")
    ));
    Ok(())
}

fn list(options: &KeyList, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let Some(answer) = api.ask("list the keys", Method::GET, "/v1/keys", None)? else { return Ok(()) };
    let rows = || {
        let mut rows = vec![["ID", "KEY", "STATUS", "OWNER", "EXPIRES", "DESCRIPTION"].map(str::to_owned)];
        for key in items(&answer, "/keys") {
            let members = ["id", "value", "status", "owner_id", "expires_at", "description"];
            rows.push(members.map(|name| text(key, &format!("/{name}"))));
        }
        rows
    };
    api.output.print(&answer, rows, printer)
}

fn get(options: &KeyId, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let path = format!("/v1/keys/{}", options.id);
    let Some(answer) = api.ask("see the key", Method::GET, &path, None)? else { return Ok(()) };
    let rows = || {
        let mut rows: Vec<[String; 2]> = Vec::new();
        for (name, pointer) in [
            ("ID", "/id"),
            ("KEY", "/value"),
            ("STATUS", "/status"),
            ("OWNER", "/owner_id"),
            ("CREATED", "/created_at"),
            ("EXPIRES", "/expires_at"),
            ("DESCRIPTION", "/description"),
        ] {
            rows.push([name.to_owned(), text(&answer, pointer)]);
        }
        for policy in items(&answer, "/authorizations/policies") {
            for scope in items(policy, "/scopes") {
                rows.push(["SCOPE".to_owned(), scope.as_str().unwrap_or_default().to_owned()]);
            }
            for resource in items(policy, "/resources") {
                rows.push([
                    "ONLY".to_owned(),
                    format!("{} {}", text(resource, "/type"), text(resource, "/id")),
                ]);
            }
        }
        rows.retain(|[_, value]| !value.is_empty());
        rows
    };
    api.output.print(&answer, rows, printer)
}

fn delete(options: &KeyId, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let path = format!("/v1/keys/{}", options.id);
    if api.ask("delete the key", Method::DELETE, &path, None)?.is_some() {
        printer.talk(&format!("key {} is deleted and accepted no more", options.id));
    }
    Ok(())
}
