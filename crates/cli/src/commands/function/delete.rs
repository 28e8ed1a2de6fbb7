//! `function delete`

use http::Method;
use serde_json::json;

use super::super::Failure;
use crate::api::{Api, confirm};
use crate::arguments::FunctionDelete;
use crate::contexts::Contexts;
use crate::output::{OutputFormat, text};
use crate::printer::Printer;

/// Deletes a version. One that is deployed is asked about: its deployment goes with it.
pub(super) fn run(options: &FunctionDelete, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let version = api.version(&options.target)?;
    if !api.curl && !options.yes {
        let seen = api.call("delete the function", Method::GET, &version.path(), None)?;
        let status = text(&seen, "/function/status");
        if status != "INACTIVE" {
            let name = text(&seen, "/function/name");
            let question =
                format!("{name} is {status}: its deployment is removed with version {}", version.version);
            confirm(&question, options.yes, printer)?;
        }
    }
    if api.ask("delete the function", Method::DELETE, &version.path(), None)?.is_none() {
        return Ok(());
    }
    Contexts::forget(&version.version)?;
    if api.output != OutputFormat::Table {
        let answer = json!({ "id": version.function, "versionId": version.version, "status": "DELETED" });
        return api.output.print(&answer, Vec::<[String; 1]>::new, printer);
    }
    printer.talk(&format!("version {} is deleted", version.version));
    Ok(())
}
