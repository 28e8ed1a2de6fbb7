//! `verify`: is an archive the one that was signed?

use std::path::Path;

use super::Failure;
use crate::arguments::Verify;
use crate::printer::Printer;
use crate::signatures::{keyring, verify_file};

/// Checks an archive against the provenance file beside it.
pub(super) fn run(options: &Verify, printer: Printer) -> Result<(), Failure> {
    let [path] = options.arguments.as_slice() else {
        return Err(Failure::new("\"helm verify\" requires 1 argument\n\nUsage:  helm verify PATH [flags]"));
    };
    printer.data(verify_file(Path::new(path), &keyring(options.keyring.as_ref()))?);
    Ok(())
}
