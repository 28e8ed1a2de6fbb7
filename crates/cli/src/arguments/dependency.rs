use clap::{Args, Subcommand};

use super::RegistryOptions;

/// `dependency`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Dependency {
    #[command(subcommand)]
    pub action: DependencyAction,
}

/// What is done about a chart's dependencies.
#[derive(Debug, Subcommand)]
pub(crate) enum DependencyAction {
    /// List a chart's dependencies
    #[command(visible_alias = "ls")]
    List(DependencyList),
    /// Fill charts/ with what Chart.lock names
    Build(DependencyFetch),
    /// Fill charts/ with what Chart.yaml asks for, and write Chart.lock
    #[command(visible_alias = "up")]
    Update(DependencyFetch),
}

/// `dependency list`
#[derive(Args, Debug)]
pub(crate) struct DependencyList {
    /// CHART
    pub arguments: Vec<String>,
    /// The longest text of a column
    #[arg(long, value_name = "N", default_value_t = 80)]
    pub max_col_width: usize,
}

/// `dependency build`, `dependency update`
#[derive(Args, Debug)]
pub(crate) struct DependencyFetch {
    /// CHART
    pub arguments: Vec<String>,
    /// Do not refresh the cached indexes of repositories
    #[arg(long)]
    pub skip_refresh: bool,
    /// Check the signatures of packages
    #[arg(long)]
    pub verify: bool,
    /// The keys to check signatures with
    #[arg(long, value_name = "FILE")]
    pub keyring: Option<String>,
    #[command(flatten)]
    pub registry: RegistryOptions,
}
