use clap_complete::Shell;

use super::Failure;
use crate::arguments::Completion;
use crate::parse;
use crate::printer::Printer;

/// Prints the completion script of a shell.
pub(super) fn run(options: &Completion, printer: Printer) -> Result<(), Failure> {
    let shell: Shell = options.shell.parse().map_err(|error: String| Failure::new(error))?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut parse::command(), "wheelhouse", &mut script);
    printer.data(script);
    Ok(())
}
