use clap::Args;

/// Where a chart is found.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ChartPathOptions {
    /// The chart's version or a range of versions; the latest without it
    #[arg(long, default_value = "", hide_default_value = true)]
    pub version: String,
    /// Also consider development versions
    #[arg(long)]
    pub devel: bool,
    /// The chart repository's URL
    #[arg(long, value_name = "URL")]
    pub repo: Option<String>,
    /// The user name for the chart repository
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// The password for the chart repository
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
    /// Send credentials to all hosts
    #[arg(long)]
    pub pass_credentials: bool,
    /// The client certificate for the chart repository
    #[arg(long, value_name = "FILE")]
    pub cert_file: Option<String>,
    /// The client key for the chart repository
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<String>,
    /// The certificate authority of the chart repository
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<String>,
    /// Do not check the certificate of the chart repository
    #[arg(long)]
    pub insecure_skip_tls_verify: bool,
    /// Use plain HTTP
    #[arg(long)]
    pub plain_http: bool,
    /// Check the chart's signature before using it
    #[arg(long)]
    pub verify: bool,
    /// The keys to check signatures with
    #[arg(long, value_name = "FILE")]
    pub keyring: Option<String>,
}
