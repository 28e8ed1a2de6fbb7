//! One file per command.

mod agent;
mod check;
mod completion;
mod create;
mod demo;
mod dependency;
mod env;
mod explain;
mod failure;
mod local;
mod package;
mod reference;
mod serve;
mod show;
mod template;
mod up;
mod version;

pub(crate) use demo::INFERENCE_SERVER;
pub(crate) use failure::Failure;

use crate::arguments::{Arguments, Command};
use crate::printer::Printer;
use crate::settings::Settings;

/// Runs a command.
pub(crate) fn run(arguments: Arguments, printer: &Printer) -> Result<(), Failure> {
    let settings = Settings::new(&arguments.global);
    match arguments.command {
        Command::Version(options) => version::run(&options, *printer),
        Command::Env(options) => env::run(&options, &settings, *printer),
        Command::Completion(options) => completion::run(&options, *printer),
        Command::Demo(options) => demo::run(&options, &settings, *printer),
        Command::Up(options) => up::run(&options, &settings, *printer),
        Command::Serve(options) => serve::run(&options, &settings, *printer),
        Command::Agent(options) => agent::run(&options, &arguments.global, &settings, *printer),
        Command::Check(options) => check::run(&options, &settings, *printer),
        Command::Explain(options) => explain::run(&options, &settings, *printer),
        Command::Show(options) => show::run(&options, &settings, *printer),
        Command::Create(options) => create::run(&options, *printer),
        Command::Package(options) => package::run(&options, settings.debug, *printer),
        Command::Dependency(options) => dependency::run(&options, &settings, *printer),
        Command::Template(options) => template::run(&options, &settings, *printer),
        Command::Local(options) => local::run(&options, settings.debug, *printer),
        Command::Reference(options) => reference::run(&options, *printer),
    }
}

/// Helm's own check of how many arguments there are.
fn require_arguments(usage: &str, arguments: &[String], minimum: usize) -> Result<(), Failure> {
    if arguments.len() >= minimum {
        return Ok(());
    }
    let command = usage.split(" [").next().unwrap_or_default();
    let plural = if minimum == 1 { "" } else { "s" };
    Err(Failure::new(format!(
        "\"helm {command}\" requires at least {minimum} argument{plural}\n\nUsage:  helm {usage} [flags]"
    )))
}
