//! `local`: a Kubernetes cluster on this machine. One file for each of its commands.

mod down;
mod kubeconfig;
mod load;
mod reset;
mod status;
mod up;

use std::path::PathBuf;

use wheelhouse_local::Error;

use super::Failure;
use crate::arguments::{Local, LocalAction, LocalPlace};
use crate::printer::Printer;

/// No cluster runs.
const NOT_RUNNING: u8 = 3;
/// A cluster runs already.
const RUNNING: u8 = 4;
/// An address or a range of addresses is in use.
const ADDRESS_IN_USE: u8 = 5;
/// The machine cannot run containers.
const MACHINE: u8 = 6;

/// Runs a command of the local cluster.
pub(super) fn run(options: &Local, debug: bool, printer: Printer) -> Result<(), Failure> {
    match &options.action {
        LocalAction::Up(options) => up::run(options, debug, printer),
        LocalAction::Down(options) => down::run(options, printer),
        LocalAction::Status(options) => status::run(options, printer),
        LocalAction::Kubeconfig(options) => kubeconfig::run(options, printer),
        LocalAction::Load(options) => load::run(options, printer),
        LocalAction::Reset(options) => reset::run(options, printer),
    }
}

/// The state directory: what is asked for, or else XDG's.
fn state(place: &LocalPlace) -> Result<PathBuf, Failure> {
    if let Some(state) = &place.state {
        return Ok(std::path::absolute(state)?);
    }
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| home.join(".local/state")))
        .ok_or_else(|| Failure::new("neither HOME nor XDG_STATE_HOME is set: say where with --state DIR"))?;
    Ok(base.join("wheelhouse/local"))
}

/// What went wrong, with what to do about it and the exit code for it.
fn failure(error: &Error) -> Failure {
    let (exit_code, advice) = match error {
        Error::AlreadyRunning { .. } => {
            (RUNNING, "stop it with `wheelhouse local down`, or choose another folder with --state")
        }
        Error::NotRunning(_) => (NOT_RUNNING, "start one with `wheelhouse local up`"),
        Error::PortTaken(_) => {
            (ADDRESS_IN_USE, "choose another port with --listen, or a free one with --listen 127.0.0.1:0")
        }
        Error::Ranges(_) => (ADDRESS_IN_USE, ""),
        Error::Machine(_) => (MACHINE, "without containers, only the API: --api-only"),
        _ => (1, ""),
    };
    let mut message = error.to_string();
    if !advice.is_empty() {
        message = format!("{message}\n{advice}");
    }
    Failure { exit_code, ..Failure::new(message) }
}
