use clap::{Args, ValueEnum};

use super::{ChartPathOptions, ValueOptions};

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// Source lines with carets
    #[default]
    Human,
    /// One JSON document
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// A JUnit report
    Junit,
    /// GitHub workflow commands
    Github,
}

/// `check`
#[derive(Args, Clone, Debug)]
pub(crate) struct Check {
    /// CHART
    pub arguments: Vec<String>,
    #[command(flatten)]
    pub values: ValueOptions,
    #[command(flatten)]
    pub chart_path: ChartPathOptions,
    /// The Service that is the function's entry point (helmChartServiceName)
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The port of the entry point (inferencePort)
    #[arg(long, value_name = "PORT")]
    pub port: Option<i64>,
    /// The instance type: `<CSP>.GPU.<GPU>_<n>x[.x<nodes>]`
    #[arg(long, value_name = "TYPE")]
    pub instance_type: Option<String>,
    /// The Kubernetes version of the cluster
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    pub kube_version: String,
    /// The policy: default or unrestricted
    #[arg(long, default_value = "default", value_parser = ["default", "unrestricted"])]
    pub policy: String,
    /// A kind allowed beside the thirteen: GROUP/VERSION/KIND; may be given again
    #[arg(long, value_name = "KIND")]
    pub extra_kind: Vec<String>,
    /// Enforce now what will be enforced later
    #[arg(long)]
    pub enforce_upcoming: bool,
    /// Print what the platform changes in the objects
    #[arg(long)]
    pub show_mutations: bool,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
}

/// `explain`
#[derive(Args, Clone, Debug)]
pub(crate) struct Explain {
    /// RULE, or CHART KIND/NAME PATH
    #[arg(required = true)]
    pub arguments: Vec<String>,
    #[command(flatten)]
    pub values: ValueOptions,
    /// The Kubernetes version of .Capabilities.KubeVersion
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    pub kube_version: String,
}
