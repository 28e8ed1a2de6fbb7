//! What each command takes: types only.

mod chart_path;
mod check;
mod create;
mod dependency;
mod global;
mod local;
mod package;
mod serving;
mod template;
mod values;

pub(crate) use chart_path::ChartPathOptions;
pub(crate) use check::{Check, CheckFormat, Explain};
pub(crate) use create::Create;
pub(crate) use dependency::{Dependency, DependencyAction, DependencyFetch};
pub(crate) use global::Global;
pub(crate) use local::{
    Local, LocalAction, LocalDown, LocalKubeconfig, LocalLoad, LocalOutput, LocalPlace, LocalReset,
    LocalStatus, LocalUp,
};
pub(crate) use package::{Package, RegistryOptions};
pub(crate) use serving::{Agent, Demo, LogFormat, Report, Serve, ServingOptions, Up};
pub(crate) use template::{InstallOptions, Template};
pub(crate) use values::ValueOptions;

use clap::{Args, Parser, Subcommand};

/// Helm charts into running GPU functions.
#[derive(Debug, Parser)]
#[command(name = "wheelhouse", subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Render a chart's templates
    Template(Box<Template>),
    /// Create, deploy and call a function on this machine, from nothing
    Demo(Demo),
    /// Run everything on this machine: cluster, registry, control plane, agent, gateway
    Up(Box<Up>),
    /// Run the control plane, the gateway and the registry; clusters join through agents
    Serve(Box<Serve>),
    /// Make the platform's instances real on a cluster
    Agent(Box<Agent>),
    /// Hold a chart against the platform's policy
    Check(Box<Check>),
    /// Tell where a field comes from, or what a rule says
    Explain(Box<Explain>),
    /// Print what is in a chart
    #[command(visible_alias = "inspect")]
    Show(Box<Show>),
    /// Make a new chart to start from
    Create(Create),
    /// Pack chart directories into archives
    Package(Box<Package>),
    /// List a chart's dependencies, or put them into charts/
    #[command(visible_aliases = ["dep", "dependencies"])]
    Dependency(Box<Dependency>),
    /// Run a Kubernetes cluster on this machine
    Local(Box<Local>),
    /// Print the version
    Version(Version),
    /// Print the environment the commands see
    Env(Env),
    /// Print a completion script for a shell
    Completion(Completion),
    /// Print a generated reference document
    #[command(hide = true)]
    Reference(Reference),
}

/// `version`
#[derive(Args, Debug)]
pub(crate) struct Version {
    /// Nothing: there are no arguments
    #[arg(hide = true)]
    pub arguments: Vec<String>,
    /// Print the version number only
    #[arg(long)]
    pub short: bool,
    /// A template for the version's text, such as '{{.Version}}'
    #[arg(long, default_value = "", hide_default_value = true)]
    pub template: String,
}

/// `env`
#[derive(Args, Debug)]
pub(crate) struct Env {
    /// Print the value of this variable only
    pub name: Option<String>,
}

/// `completion`
#[derive(Args, Debug)]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
    pub shell: String,
}

/// `reference`
#[derive(Args, Debug)]
pub(crate) struct Reference {
    /// Which document
    #[arg(value_parser = ["cli"])]
    pub document: String,
}

/// `show`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Show {
    #[command(subcommand)]
    pub part: ShowPart,
}

/// What of a chart is shown.
#[derive(Debug, Subcommand)]
pub(crate) enum ShowPart {
    /// Everything
    All(ShowOptions),
    /// Chart.yaml
    Chart(ShowOptions),
    /// The default values
    Values(ShowOptions),
    /// The README
    Readme(ShowOptions),
    /// The custom resource definitions
    Crds(ShowOptions),
}

/// Which chart is shown.
#[derive(Args, Clone, Debug)]
pub(crate) struct ShowOptions {
    /// CHART
    pub arguments: Vec<String>,
    #[command(flatten)]
    pub chart_path: ChartPathOptions,
    /// Print only what this JSONPath expression gives
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    pub jsonpath: String,
}
