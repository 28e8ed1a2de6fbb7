//! What each command takes: types only.

mod global;

pub(crate) use global::Global;

use clap::{Args, Parser, Subcommand};

/// Helm charts into running GPU functions.
#[derive(Debug, Parser)]
#[command(name = "wheelhouse", subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the version
    Version(Version),
    /// Print the environment the commands see
    Env(Env),
    /// Print a completion script for a shell
    Completion(Completion),
    /// Print a generated reference document
    #[command(hide = true)]
    Reference(Reference),
}

/// `version`
#[derive(Args, Debug)]
pub(crate) struct Version {
    /// Print the version number only
    #[arg(long)]
    pub short: bool,
    /// A template for the version's text, such as '{{.Version}}'
    #[arg(long, default_value = "", hide_default_value = true)]
    pub template: String,
}

/// `env`
#[derive(Args, Debug)]
pub(crate) struct Env {
    /// Print the value of this variable only
    pub name: Option<String>,
}

/// `completion`
#[derive(Args, Debug)]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
    pub shell: String,
}

/// `reference`
#[derive(Args, Debug)]
pub(crate) struct Reference {
    /// Which document
    #[arg(value_parser = ["cli"])]
    pub document: String,
}
