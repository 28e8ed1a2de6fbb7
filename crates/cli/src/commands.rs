//! One file per command.

mod completion;
mod env;
mod reference;
mod version;

use crate::arguments::{Arguments, Command};
use crate::printer::Printer;
use crate::settings::Settings;

/// Why a command failed, as the user sees it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The text after `Error: `; nothing is printed when it is empty.
    pub message: String,
    /// What we know beyond Helm's text: the source line, the include stack, a hint.
    pub detail: Option<String>,
    /// The exit code.
    pub exit_code: u8,
}

impl Failure {
    /// A failure that is told as Helm tells it, with exit code 1.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), detail: None, exit_code: 1 }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::new(error.to_string())
    }
}

/// Runs a command.
pub(crate) fn run(arguments: Arguments, printer: &Printer) -> Result<(), Failure> {
    let settings = Settings::new(&arguments.global);
    match arguments.command {
        Command::Version(options) => version::run(&options, *printer),
        Command::Env(options) => env::run(&options, &settings, *printer),
        Command::Completion(options) => completion::run(&options, *printer),
        Command::Reference(options) => reference::run(&options, *printer),
    }
}
