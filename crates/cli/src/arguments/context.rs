use clap::{Args, Subcommand};

use crate::output::OutputFormat;

/// `context`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct ContextArguments {
    #[command(subcommand)]
    pub action: ContextAction,
}

/// What is done about contexts.
#[derive(Debug, Subcommand)]
pub(crate) enum ContextAction {
    /// List the contexts
    #[command(visible_alias = "ls")]
    List(ContextList),
    /// Make a context the current one
    Use(ContextName),
    /// Make or change a context, and use it
    Set(ContextSet),
    /// Remove a context
    #[command(visible_alias = "rm")]
    Delete(ContextName),
}

/// `context list`
#[derive(Args, Debug)]
pub(crate) struct ContextList {
    /// How to write the answer
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: OutputFormat,
}

/// `context use`, `context delete`
#[derive(Args, Debug)]
pub(crate) struct ContextName {
    /// The context
    pub name: String,
}

/// `context set`
#[derive(Args, Debug)]
pub(crate) struct ContextSet {
    /// The context
    pub name: String,
    /// The platform's address
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Read the token from standard input; else WHEELHOUSE_TOKEN is kept
    #[arg(long)]
    pub token_stdin: bool,
}
