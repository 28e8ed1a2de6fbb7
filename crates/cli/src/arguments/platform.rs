use clap::{Args, Subcommand};

use crate::output::OutputFormat;

/// Which platform a command talks to, and how its answer is written.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Platform options")]
pub(crate) struct PlatformOptions {
    /// The platform's address; else WHEELHOUSE_SERVER, else the context's
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The context to use instead of the current one
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// How to write the answer
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: OutputFormat,
    /// Print the call as a curl command and do not make it
    #[arg(long)]
    pub curl: bool,
}

/// The function and version a command is about.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Target {
    /// The function's id or name; the last one used without it
    pub function: Option<String>,
    /// The version's id; the last one used, else the newest, without it
    pub version: Option<String>,
}

/// `wait`
#[derive(Args, Debug)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub target: Target,
    /// What to wait for
    #[arg(long = "for", value_name = "STATE", default_value = "active", value_parser = ["active", "inactive", "deleted"])]
    pub state: String,
    /// How long to wait, such as 90s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub timeout: String,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `cluster`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cluster {
    #[command(subcommand)]
    pub action: ClusterAction,
}

/// What is done about clusters.
#[derive(Debug, Subcommand)]
pub(crate) enum ClusterAction {
    /// List clusters, their GPUs and instance types
    #[command(visible_alias = "ls")]
    List(ClusterList),
}

/// `cluster list`
#[derive(Args, Debug)]
pub(crate) struct ClusterList {
    /// Print again whenever something changes
    #[arg(short, long)]
    pub watch: bool,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `doctor`
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Mend what can be mended here, such as the contexts file's mode
    #[arg(long)]
    pub fix: bool,
    #[command(flatten)]
    pub platform: PlatformOptions,
}
