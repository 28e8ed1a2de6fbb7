//! `local reset`: removes everything the cluster holds.

use std::io::{BufRead as _, IsTerminal as _};

use serde_json::json;

use super::{failure, state};
use crate::arguments::{LocalOutput, LocalReset};
use crate::commands::Failure;
use crate::printer::Printer;

/// Removes the state directory, after asking where somebody can answer.
pub(super) fn run(options: &LocalReset, printer: Printer) -> Result<(), Failure> {
    let state = state(&options.place)?;
    let there = state.exists();
    if there && !options.yes {
        if !std::io::stdin().is_terminal() {
            return Err(Failure::new(format!(
                "this removes all objects, volumes and images in {}: say --yes",
                state.display()
            )));
        }
        printer.talk(&format!("remove all objects, volumes and images in {}? [y/N]", state.display()));
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            return Err(Failure::new("nothing was removed"));
        }
    }
    wheelhouse_local::reset(&state).map_err(|error| failure(&error))?;
    printer.talk(&if there {
        format!("removed {}", state.display())
    } else {
        format!("nothing is in {}", state.display())
    });
    if options.place.output == LocalOutput::Json {
        printer.data(format!("{}\n", json!({"removed": there})));
    }
    Ok(())
}
