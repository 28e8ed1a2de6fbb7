//! `function undeploy`

use http::Method;

use super::super::Failure;
use super::super::wait::wait_inactive;
use super::rows;
use crate::api::Api;
use crate::arguments::FunctionUndeploy;
use crate::durations::duration;
use crate::printer::Printer;

/// Takes a deployment away.
pub(super) fn run(options: &FunctionUndeploy, printer: Printer) -> Result<(), Failure> {
    let timeout = duration(&options.timeout)?;
    let api = Api::open(&options.platform, printer)?;
    let version = api.version(&options.target)?;
    let query = if options.graceful { "?graceful=true" } else { "" };
    let path = format!("{}{query}", version.deployment());
    let Some(answer) = api.ask("undeploy the function", Method::DELETE, &path, None)? else {
        return Ok(());
    };
    api.remember(&version.function, Some(&version.version))?;
    if options.wait {
        wait_inactive(&api, &version, timeout)?;
    }
    api.output.print(&answer, || rows(answer.get("function")), printer)
}
