use clap::Args;

use super::ValueOptions;
use super::template::CompatOption;

/// `lint`
#[derive(Args, Clone, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Lint {
    /// PATH...
    pub arguments: Vec<String>,
    #[command(flatten)]
    pub values: ValueOptions,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
    /// Lint the charts in charts/ too
    #[arg(long)]
    pub with_subcharts: bool,
    /// Print only warnings and errors
    #[arg(long)]
    pub quiet: bool,
    /// Do not hold values against the charts' schemas
    #[arg(long)]
    pub skip_schema_validation: bool,
    /// The Kubernetes version of .Capabilities.KubeVersion, and for deprecations
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    pub kube_version: String,
    /// Which Helm to follow
    #[arg(long, value_enum, default_value_t)]
    pub compat: CompatOption,
}
