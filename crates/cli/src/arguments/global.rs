use clap::Args;

/// What every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Print more of what happens
    #[arg(long, global = true)]
    pub debug: bool,
    /// The namespace of this request
    #[arg(
        short,
        long,
        global = true,
        value_name = "NAMESPACE",
        default_value = "",
        hide_default_value = true
    )]
    pub namespace: String,
    /// The kubeconfig file
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<String>,
    /// The context of the kubeconfig
    #[arg(long, global = true, value_name = "NAME")]
    pub kube_context: Option<String>,
    /// The address of the Kubernetes API server
    #[arg(long, global = true, value_name = "URL")]
    pub kube_apiserver: Option<String>,
    /// A group to act as; may be given again
    #[arg(long, global = true, value_name = "GROUP")]
    pub kube_as_group: Vec<String>,
    /// The user to act as
    #[arg(long, global = true, value_name = "USER")]
    pub kube_as_user: Option<String>,
    /// The certificate authority of the Kubernetes API server
    #[arg(long, global = true, value_name = "FILE")]
    pub kube_ca_file: Option<String>,
    /// Do not check the certificate of the Kubernetes API server
    #[arg(long, global = true)]
    pub kube_insecure_skip_tls_verify: bool,
    /// The name the certificate of the Kubernetes API server is for
    #[arg(long, global = true, value_name = "NAME")]
    pub kube_tls_server_name: Option<String>,
    /// The bearer token for the Kubernetes API server
    #[arg(long, global = true, value_name = "TOKEN")]
    pub kube_token: Option<String>,
    /// Requests to the Kubernetes API server that may be sent at once
    #[arg(long, global = true, value_name = "N")]
    pub burst_limit: Option<i64>,
    /// Requests to the Kubernetes API server in a second
    #[arg(long, global = true, value_name = "N")]
    pub qps: Option<f32>,
    /// The file with the registry credentials
    #[arg(long, global = true, value_name = "FILE")]
    pub registry_config: Option<String>,
    /// The directory of cached repository indexes
    #[arg(long, global = true, value_name = "DIR")]
    pub repository_cache: Option<String>,
    /// The file with the repository names and URLs
    #[arg(long, global = true, value_name = "FILE")]
    pub repository_config: Option<String>,
    /// The directory of cached charts
    #[arg(long, global = true, value_name = "DIR")]
    pub content_cache: Option<String>,
    /// When to colour: never, auto, always
    #[arg(long, visible_alias = "colour", global = true, value_name = "WHEN")]
    pub color: Option<String>,
}
