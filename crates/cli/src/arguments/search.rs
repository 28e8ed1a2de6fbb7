use clap::{Args, Subcommand};

use super::ListFormat;

/// `search`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Search {
    #[command(subcommand)]
    pub action: SearchAction,
}

/// Where charts are looked for.
#[derive(Debug, Subcommand)]
pub(crate) enum SearchAction {
    /// In the repositories that were added
    Repo(SearchRepo),
    /// In the Artifact Hub, or a hub of your own
    Hub(SearchHub),
}

/// `search repo`
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct SearchRepo {
    /// What names, descriptions and keywords must contain; all charts without it
    pub arguments: Vec<String>,
    /// Take the words for a regular expression
    #[arg(short, long)]
    pub regexp: bool,
    /// List every version
    #[arg(short = 'l', long)]
    pub versions: bool,
    /// List development versions too, as --version '>0.0.0-0'
    #[arg(long)]
    pub devel: bool,
    /// A range that versions must be in
    #[arg(long, value_name = "RANGE", default_value = "", hide_default_value = true)]
    pub version: String,
    /// The width of the table's columns
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub max_col_width: usize,
    /// Fail if there is nothing to list
    #[arg(long)]
    pub fail_on_no_result: bool,
    /// How to write the list
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: ListFormat,
}

/// `search hub`
#[derive(Args, Debug)]
pub(crate) struct SearchHub {
    /// What is looked for
    pub arguments: Vec<String>,
    /// The hub to ask
    #[arg(long, value_name = "URL", default_value = "https://hub.helm.sh")]
    pub endpoint: String,
    /// Name the repositories of charts too
    #[arg(long)]
    pub list_repo_url: bool,
    /// The width of the table's columns
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub max_col_width: usize,
    /// Fail if there is nothing to list
    #[arg(long)]
    pub fail_on_no_result: bool,
    /// How to write the list
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: ListFormat,
}
