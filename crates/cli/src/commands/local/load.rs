//! `local load`: images from archives, with no registry.

use serde_json::json;
use wheelhouse_local::Images;

use super::{failure, state};
use crate::arguments::{LocalLoad, LocalOutput};
use crate::commands::Failure;
use crate::printer::Printer;

/// Loads every archive and prints the names of what was in them. The cluster need not run.
pub(super) fn run(options: &LocalLoad, printer: Printer) -> Result<(), Failure> {
    let images = Images::of(&state(&options.place)?).map_err(|error| failure(&error))?;
    let mut names = Vec::new();
    for archive in &options.archives {
        names.extend(images.load(archive).map_err(|error| failure(&error))?);
    }
    printer.data(match options.place.output {
        LocalOutput::Json => format!("{}\n", json!({"images": names})),
        LocalOutput::Text => names.iter().map(|name| format!("{name}\n")).collect(),
    });
    Ok(())
}
