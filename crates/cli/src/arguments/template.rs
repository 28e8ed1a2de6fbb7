use clap::{Args, ValueEnum};

use super::{ChartPathOptions, ValueOptions};

/// Which Helm is followed where the two differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompatOption {
    /// Helm 4.2
    #[default]
    V4,
    /// Helm 3.21
    V3,
}

impl From<CompatOption> for wheelhouse_chart::Compat {
    fn from(option: CompatOption) -> Self {
        match option {
            CompatOption::V4 => wheelhouse_chart::Compat::V4,
            CompatOption::V3 => wheelhouse_chart::Compat::V3,
        }
    }
}

/// `template`
#[derive(Args, Clone, Debug)]
pub(crate) struct Template {
    /// NAME and CHART; the name may be left out
    pub arguments: Vec<String>,
    #[command(flatten)]
    pub values: ValueOptions,
    #[command(flatten)]
    pub chart_path: ChartPathOptions,
    #[command(flatten)]
    pub install: InstallOptions,
    /// Print only the manifests of these templates; may be given again
    #[arg(short, long, value_name = "GLOB")]
    pub show_only: Vec<String>,
    /// Write the manifests to files below this directory
    #[arg(long, value_name = "DIR", default_value = "", hide_default_value = true)]
    pub output_dir: String,
    /// Put the release's name into the output path
    #[arg(long)]
    pub release_name: bool,
    /// Print custom resource definitions too
    #[arg(long)]
    pub include_crds: bool,
    /// Leave out tests
    #[arg(long)]
    pub skip_tests: bool,
    /// Render as an upgrade: .Release.IsUpgrade
    #[arg(long)]
    pub is_upgrade: bool,
    /// The Kubernetes version of .Capabilities.KubeVersion
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    pub kube_version: String,
    /// API versions of .Capabilities.APIVersions; may be given again
    #[arg(short, long, value_name = "VERSIONS", value_delimiter = ',')]
    pub api_versions: Vec<String>,
    /// Deprecated: use --dry-run=server
    #[arg(long, hide = true)]
    pub validate: bool,
    /// Whom to ask: client, or server
    #[arg(long, value_name = "WHO", num_args = 0..=1, require_equals = true, default_value = "client", default_missing_value = "unset")]
    pub dry_run: String,
    /// Which Helm to follow
    #[arg(long, value_enum, default_value_t)]
    pub compat: CompatOption,
    /// Print on stderr what each template cost: calls, time, steps, bytes
    #[arg(long)]
    pub profile: bool,
    /// How the profile is printed
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ProfileFormat,
    /// The flags that were given, in their order.
    #[arg(skip)]
    pub given: Vec<String>,
}

/// How a profile is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileFormat {
    /// Columns for people
    #[default]
    Table,
    /// One JSON document
    Json,
}

/// What installing and rendering have in common.
#[derive(Args, Clone, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct InstallOptions {
    /// Make the release's namespace if it is not there
    #[arg(long)]
    pub create_namespace: bool,
    /// Update resources by replacing them
    #[arg(long)]
    pub force_replace: bool,
    /// Deprecated: use --force-replace
    #[arg(long, hide = true)]
    pub force: bool,
    /// Take over fields that others own
    #[arg(long)]
    pub force_conflicts: bool,
    /// Have the server do the updates
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = clap::ArgAction::Set, value_parser = crate::parse::go_bool)]
    pub server_side: bool,
    /// Do not run hooks
    #[arg(long)]
    pub no_hooks: bool,
    /// Use a name again that a deleted release has
    #[arg(long)]
    pub replace: bool,
    /// How long to wait for a Kubernetes operation
    #[arg(long, default_value = "5m0s", value_parser = crate::parse::go_duration)]
    pub timeout: String,
    /// Wait until resources are ready: watcher, hookOnly, legacy
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "watcher", value_parser = crate::parse::wait_strategy)]
    pub wait: Option<String>,
    /// Wait for Jobs too
    #[arg(long)]
    pub wait_for_jobs: bool,
    /// Make up a name
    #[arg(short, long)]
    pub generate_name: bool,
    /// A template for the name
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    pub name_template: String,
    /// A description of the release
    #[arg(long, default_value = "", hide_default_value = true)]
    pub description: String,
    /// Update dependencies if some are missing
    #[arg(long)]
    pub dependency_update: bool,
    /// Do not hold manifests against the server's schemas
    #[arg(long)]
    pub disable_openapi_validation: bool,
    /// Undo a failed installation
    #[arg(long)]
    pub rollback_on_failure: bool,
    /// Deprecated: use --rollback-on-failure
    #[arg(long, hide = true)]
    pub atomic: bool,
    /// Do not install custom resource definitions
    #[arg(long)]
    pub skip_crds: bool,
    /// Render the notes of subcharts too
    #[arg(long)]
    pub render_subchart_notes: bool,
    /// Do not hold values against the charts' schemas
    #[arg(long)]
    pub skip_schema_validation: bool,
    /// Labels of the release; may be given again
    #[arg(short, long, value_delimiter = ',', value_parser = crate::parse::label)]
    pub labels: Vec<String>,
    /// Let templates look up host names
    #[arg(long)]
    pub enable_dns: bool,
    /// Do not print notes
    #[arg(long)]
    pub hide_notes: bool,
    /// Take over resources that others made
    #[arg(long)]
    pub take_ownership: bool,
    /// A plugin that changes the manifests; with `--compat v3`, a program
    #[arg(long, value_name = "NAME")]
    pub post_renderer: Vec<String>,
    /// An argument of that plugin; may be given again
    #[arg(long, value_name = "ARGUMENT")]
    pub post_renderer_args: Vec<String>,
}
