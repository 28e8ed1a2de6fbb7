use clap::{Args, Subcommand};

use super::{ChartPathOptions, RegistryOptions};

/// `push`
#[derive(Args, Debug)]
pub(crate) struct Push {
    /// CHART.tgz and oci://HOST/PATH
    pub arguments: Vec<String>,
    #[command(flatten)]
    pub registry: RegistryOptions,
}

/// `pull`
#[derive(Args, Debug)]
pub(crate) struct Pull {
    /// oci://…, https://…, or REPOSITORY/CHART; several may be given
    pub arguments: Vec<String>,
    /// Unpack the chart after it is fetched
    #[arg(long)]
    pub untar: bool,
    /// The directory a chart is unpacked into
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub untardir: String,
    /// The directory the archive is written to
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub destination: String,
    /// Fetch the provenance file too, without checking it
    #[arg(long)]
    pub prov: bool,
    #[command(flatten)]
    pub chart_path: ChartPathOptions,
}

/// `registry`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Registry {
    #[command(subcommand)]
    pub action: RegistryAction,
}

/// What is done about registries.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryAction {
    /// Keep a registry's user name and password
    Login(RegistryLogin),
    /// Forget a registry's user name and password
    Logout(RegistryLogout),
}

/// `registry login`
#[derive(Args, Debug)]
pub(crate) struct RegistryLogin {
    /// HOST
    pub arguments: Vec<String>,
    /// The user's name
    #[arg(short, long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub username: String,
    /// The password or identity token; better on standard input
    #[arg(short, long, value_name = "PASSWORD", default_value = "", hide_default_value = true)]
    pub password: String,
    /// Read the password or identity token from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Allow connections to TLS registries without certificates
    #[arg(long)]
    pub insecure: bool,
    /// The client certificate
    #[arg(long, value_name = "FILE")]
    pub cert_file: Option<String>,
    /// The client key
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<String>,
    /// The certificate authority of the registry
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<String>,
    /// Use plain HTTP
    #[arg(long)]
    pub plain_http: bool,
}

/// `registry logout`
#[derive(Args, Debug)]
pub(crate) struct RegistryLogout {
    /// HOST
    pub arguments: Vec<String>,
}
