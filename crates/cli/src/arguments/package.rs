use clap::Args;

/// `package`
#[derive(Args, Debug)]
pub(crate) struct Package {
    /// CHART_PATH...
    pub arguments: Vec<String>,
    /// Give the chart this version
    #[arg(long, default_value = "", hide_default_value = true)]
    pub version: String,
    /// Give the chart this appVersion
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    pub app_version: String,
    /// The directory the archive is written to
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub destination: String,
    /// Update charts/ from the chart's requirements first
    #[arg(short = 'u', long)]
    pub dependency_update: bool,
    #[command(flatten)]
    pub signing: SigningOptions,
    #[command(flatten)]
    pub registry: RegistryOptions,
}

/// How a package is signed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SigningOptions {
    /// Sign the package
    #[arg(long)]
    pub sign: bool,
    /// The name of the key to sign with
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub key: String,
    /// The file with the keys; GnuPG's pubring.gpg without it
    #[arg(long, value_name = "FILE")]
    pub keyring: Option<String>,
    /// A file with the passphrase of the key, or - for standard input
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    pub passphrase_file: String,
}

/// `verify`
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// PATH
    pub arguments: Vec<String>,
    /// The file with the public keys; GnuPG's pubring.gpg without it
    #[arg(long, value_name = "FILE")]
    pub keyring: Option<String>,
}

/// How charts are fetched.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RegistryOptions {
    /// The user name for the chart repository
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// The password for the chart repository
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
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
}
