//! One file per command.

mod agent;
mod check;
mod cluster;
mod completion;
mod context;
mod create;
mod demo;
mod dependency;
mod doctor;
mod env;
mod explain;
mod failure;
mod function;
mod key;
mod lint;
mod local;
mod package;
mod pull;
mod push;
mod reference;
mod registry;
mod registry_credential;
mod repo;
mod search;
mod serve;
mod show;
mod template;
mod up;
mod verify;
mod version;
mod wait;

pub(crate) use demo::INFERENCE_SERVER;
pub(crate) use failure::Failure;

use crate::arguments::{Arguments, Command};
use crate::printer::Printer;
use crate::settings::Settings;

/// Runs a command.
pub(crate) fn run(arguments: Arguments, printer: &Printer) -> Result<(), Failure> {
    let settings = Settings::new(&arguments.global);
    match arguments.command {
        Command::Verify(options) => verify::run(&options, *printer),
        Command::Version(options) => version::run(&options, *printer),
        Command::Env(options) => env::run(&options, &settings, *printer),
        Command::Completion(options) => completion::run(&options, *printer),
        Command::Demo(options) => demo::run(&options, &settings, *printer),
        Command::Up(options) => up::run(&options, &settings, *printer),
        Command::Serve(options) => serve::run(&options, &settings, *printer),
        Command::Agent(options) => agent::run(&options, &arguments.global, &settings, *printer),
        Command::Lint(options) => lint::run(&options, &settings, *printer),
        Command::Check(options) => check::run(&options, &settings, *printer),
        Command::Explain(options) => explain::run(&options, &settings, *printer),
        Command::Show(options) => show::run(&options, &settings, *printer),
        Command::Create(options) => create::run(&options, &settings, *printer),
        Command::Package(options) => package::run(&options, &settings, *printer),
        Command::Dependency(options) => dependency::run(&options, &settings, *printer),
        Command::Template(options) => template::run(&options, &settings, *printer),
        Command::Local(options) => local::run(&options, settings.debug, *printer),
        Command::Push(options) => push::run(&options, &settings, *printer),
        Command::Pull(options) => pull::run(&options, &settings, *printer),
        Command::Registry(options) => registry::run(&options, &settings, *printer),
        Command::Repo(options) => repo::run(&options, &settings, *printer),
        Command::Search(options) => search::run(&options, &settings, *printer),
        Command::Function(options) => function::run(&options, *printer),
        Command::Wait(options) => wait::run(&options, *printer),
        Command::Key(options) => key::run(&options, *printer),
        Command::RegistryCredential(options) => registry_credential::run(&options, *printer),
        Command::Cluster(options) => cluster::run(&options, *printer),
        Command::Context(options) => context::run(&options, *printer),
        Command::Doctor(options) => doctor::run(&options, *printer),
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
