//! `local down`: stops the cluster.

use std::time::{Duration, Instant};

use serde_json::json;
use wheelhouse_local::Running;

use super::{failure, state};
use crate::arguments::{LocalDown, LocalOutput};
use crate::commands::Failure;
use crate::printer::Printer;

/// Stops the cluster; that none runs is no error.
pub(super) fn run(options: &LocalDown, printer: Printer) -> Result<(), Failure> {
    let state = state(&options.place)?;
    let begun = Instant::now();
    let stopped = Running::on(&state);
    if let Some(running) = &stopped {
        running.stop(&state, Duration::from_secs(options.timeout)).map_err(|error| failure(&error))?;
        printer.talk(&format!("stopped process {} in {} ms", running.pid, begun.elapsed().as_millis()));
    } else {
        printer.talk(&format!("no cluster runs on {}", state.display()));
    }
    if options.place.output == LocalOutput::Json {
        printer.data(format!("{}\n", json!({"stopped": stopped.map(|running| running.pid)})));
    }
    Ok(())
}
