//! `local kubeconfig`: how `kubectl` and others reach the cluster.

use serde_json::json;
use wheelhouse_local::{Error, Running};

use super::{failure, state};
use crate::arguments::{LocalKubeconfig, LocalOutput};
use crate::commands::Failure;
use crate::printer::Printer;

/// Prints the kubeconfig, or where it is.
pub(super) fn run(options: &LocalKubeconfig, printer: Printer) -> Result<(), Failure> {
    let state = state(&options.place)?;
    let running = Running::on(&state).ok_or_else(|| failure(&Error::NotRunning(state)))?;
    let path = running.kubeconfig;
    let contents = std::fs::read_to_string(&path)?;
    printer.data(match (options.place.output, options.path) {
        (LocalOutput::Json, _) => format!("{}\n", json!({"path": path, "kubeconfig": contents})),
        (LocalOutput::Text, true) => format!("{}\n", path.display()),
        (LocalOutput::Text, false) => contents,
    });
    Ok(())
}
