use clap::{Args, Subcommand, ValueEnum};

/// `repo`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Repo {
    #[command(subcommand)]
    pub action: RepoAction,
}

/// What is done about repositories.
#[derive(Debug, Subcommand)]
pub(crate) enum RepoAction {
    /// Give a repository a name and fetch its index
    Add(Box<RepoAdd>),
    /// List the repositories
    #[command(visible_alias = "ls")]
    List(RepoList),
    /// Fetch the indexes anew
    #[command(visible_alias = "up")]
    Update(RepoUpdate),
    /// Forget repositories
    #[command(visible_alias = "rm")]
    Remove(RepoRemove),
    /// Make the index of a directory of charts
    Index(RepoIndex),
}

/// `repo add`
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct RepoAdd {
    /// NAME and URL
    pub arguments: Vec<String>,
    /// The user's name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub username: String,
    /// The password; better on standard input
    #[arg(long, value_name = "PASSWORD", default_value = "", hide_default_value = true)]
    pub password: String,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Replace a repository of that name
    #[arg(long)]
    pub force_update: bool,
    /// The client certificate
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    pub cert_file: String,
    /// The client key
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    pub key_file: String,
    /// The certificate authority of the repository
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    pub ca_file: String,
    /// Do not check the repository's certificate
    #[arg(long)]
    pub insecure_skip_tls_verify: bool,
    /// Also allow repositories that are known to be gone
    #[arg(long)]
    pub allow_deprecated_repos: bool,
    /// Send credentials to all hosts
    #[arg(long)]
    pub pass_credentials: bool,
    /// How long to wait for the index
    #[arg(long, value_name = "DURATION", default_value = "2m0s")]
    pub timeout: String,
}

/// How Helm writes lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    #[default]
    Table,
    /// As one line of JSON
    Json,
    /// As YAML
    Yaml,
}

/// `repo list`
#[derive(Args, Debug)]
pub(crate) struct RepoList {
    /// Nothing: there are no arguments
    #[arg(hide = true)]
    pub arguments: Vec<String>,
    /// Leave the heads of the table out
    #[arg(long)]
    pub no_headers: bool,
    /// How to write the list
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: ListFormat,
}

/// `repo update`
#[derive(Args, Debug)]
pub(crate) struct RepoUpdate {
    /// The repositories; all without any
    pub arguments: Vec<String>,
    /// How long to wait for the indexes
    #[arg(long, value_name = "DURATION", default_value = "2m0s")]
    pub timeout: String,
}

/// `repo remove`
#[derive(Args, Debug)]
pub(crate) struct RepoRemove {
    /// The repositories
    pub arguments: Vec<String>,
}

/// `repo index`
#[derive(Args, Debug)]
pub(crate) struct RepoIndex {
    /// DIR
    pub arguments: Vec<String>,
    /// The address of the repository
    #[arg(long, default_value = "", hide_default_value = true)]
    pub url: String,
    /// Merge into this index
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    pub merge: String,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}
