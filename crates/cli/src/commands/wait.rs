//! `wait`: until a version is active, inactive, or gone.

use std::time::Duration;

use http::Method;
use wheelhouse_platform::client::ClientError;
use wheelhouse_source::quantity;

use super::Failure;
use crate::api::{Api, Version, exit, refused, until};
use crate::arguments::Wait;
use crate::durations::duration;
use crate::output::text;
use crate::printer::Printer;

/// Waits, telling each change.
pub(super) fn run(options: &Wait, printer: Printer) -> Result<(), Failure> {
    let timeout = duration(&options.timeout)?;
    let api = Api::open(&options.platform, printer)?;
    let version = api.version(&options.target)?;
    if api.ask_only(Method::GET, &version.path()) {
        return Ok(());
    }
    match options.state.as_str() {
        "active" => wait_active(&api, &version, timeout),
        "inactive" => wait_inactive(&api, &version, timeout),
        _ => wait_deleted(&api, &version, timeout),
    }
}

/// Waits until a version serves; fails when it ends in an error or time is up.
pub(super) fn wait_active(api: &Api, version: &Version, timeout: Duration) -> Result<(), Failure> {
    let progress = |status: &str, elapsed: Duration| api.progress(status, elapsed);
    let waiting = api.client.wait_until_active(&version.function, &version.version, timeout, progress);
    api.block_on(waiting).map_err(|error| match error {
        ClientError::NotActive { .. } => refused("wait for the function any longer", &error),
        other => refused("wait for the function", &other),
    })
}

/// Waits until a version is not deployed and none of its instances is left.
pub(super) fn wait_inactive(api: &Api, version: &Version, timeout: Duration) -> Result<(), Failure> {
    let mut told = String::new();
    let done = until(timeout, |elapsed| {
        let seen = api.call("wait for the function", Method::GET, &version.path(), None)?;
        let instances = crate::output::items(&seen, "/function/activeInstances").len();
        let status = text(&seen, "/function/status");
        let state = if instances == 0 {
            status.clone()
        } else {
            format!("{status}, {}", quantity(instances, "instance"))
        };
        if state != told {
            api.progress(&state, elapsed);
            told = state;
        }
        Ok(status == "INACTIVE" && instances == 0)
    })?;
    reached(done, "inactive", timeout)
}

fn wait_deleted(api: &Api, version: &Version, timeout: Duration) -> Result<(), Failure> {
    let done = until(timeout, |elapsed| {
        match api.call("wait for the function", Method::GET, &version.path(), None) {
            Ok(_) => Ok(false),
            Err(failure) if failure.exit_code == exit::NOT_FOUND => {
                api.progress("DELETED", elapsed);
                Ok(true)
            }
            Err(failure) => Err(failure),
        }
    })?;
    reached(done, "deleted", timeout)
}

fn reached(done: bool, state: &str, timeout: Duration) -> Result<(), Failure> {
    if done {
        return Ok(());
    }
    let failure = Failure::new(format!("the function is not {state} after {} s", timeout.as_secs()))
        .with_advice("  fix: see `wheelhouse function get`, or wait longer with --timeout");
    Err(Failure { exit_code: exit::NOT_REACHED, ..failure })
}
