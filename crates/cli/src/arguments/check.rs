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
#[allow(clippy::struct_excessive_bools)]
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
    /// The chart reference as the function will write it (helmChart)
    #[arg(long, value_name = "REFERENCE")]
    pub reference: Option<String>,
    /// What is known of the cluster: a YAML file with node, storageQuota, storageClasses, quotas, registries
    #[arg(long, value_name = "FILE")]
    pub cluster: Option<String>,
    /// Also check under each ci/*-values.yaml and with each value flipped that the templates branch on
    #[arg(long)]
    pub all_values: bool,
    /// Print what the platform changes in the objects, as a unified diff
    #[arg(long)]
    pub show_mutations: bool,
    /// A rule whose change is not made in --show-mutations, e.g. WH-171; may be repeated
    #[arg(long, value_name = "RULE")]
    pub no_mutate: Vec<String>,
    /// Do not count the findings of this file
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<String>,
    /// Write the findings to a file for --baseline
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<String>,
    /// Edit the chart where a fix is an edit of a line, and check again
    #[arg(long, conflicts_with = "write_baseline")]
    pub fix: bool,
    /// With --fix: print the edits as a unified diff, and write nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
}

/// `explain`
#[derive(Args, Clone, Debug)]
pub(crate) struct Explain {
    /// RULE, or CHART KIND/NAME PATH
    #[arg(required_unless_present = "all")]
    pub arguments: Vec<String>,
    /// Print every rule's card
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub values: ValueOptions,
    /// The Kubernetes version of .Capabilities.KubeVersion
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    pub kube_version: String,
}
