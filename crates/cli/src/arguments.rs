//! What each command takes: types only.

mod chart_path;
mod charts;
mod check;
mod context;
mod create;
mod credential;
mod dependency;
mod function;
mod global;
mod lint;
mod local;
mod package;
mod platform;
mod repo;
mod search;
mod serving;
mod template;
mod values;

pub(crate) use chart_path::ChartPathOptions;
pub(crate) use charts::{Pull, Push, Registry, RegistryAction, RegistryLogin, RegistryLogout};
pub(crate) use check::{Check, CheckFormat, Explain};
pub(crate) use context::{ContextAction, ContextArguments, ContextName, ContextSet};
pub(crate) use create::Create;
pub(crate) use credential::{
    Account, Key, KeyAction, KeyCreate, KeyId, KeyList, RegistryCredential, RegistryCredentialAction,
    RegistryCredentialAdd, RegistryCredentialId, RegistryCredentialList, RegistryCredentialUpdate,
};
pub(crate) use dependency::{Dependency, DependencyAction, DependencyFetch};
pub(crate) use function::{
    Function, FunctionAction, FunctionCreate, FunctionDelete, FunctionDeploy, FunctionGet, FunctionInvoke,
    FunctionList, FunctionLogs, FunctionQueue, FunctionUndeploy, FunctionUpdate,
};
pub(crate) use global::Global;
pub(crate) use lint::Lint;
pub(crate) use local::{
    Local, LocalAction, LocalDown, LocalKubeconfig, LocalLoad, LocalOutput, LocalPlace, LocalReset,
    LocalStatus, LocalUp,
};
pub(crate) use package::{Package, RegistryOptions, Verify};
pub(crate) use platform::{Cluster, ClusterAction, Doctor, PlatformOptions, Target, Wait};
pub(crate) use repo::{ListFormat, Repo, RepoAction, RepoAdd, RepoIndex, RepoList, RepoRemove, RepoUpdate};
pub(crate) use search::{Search, SearchAction, SearchHub, SearchRepo};
pub(crate) use serving::{Agent, Demo, LogFormat, Report, Serve, ServingOptions, Up};
pub(crate) use template::{InstallOptions, ProfileFormat, Template};
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
    /// Hold charts against Helm's rules for well-formed ones
    Lint(Box<Lint>),
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
    /// Send a chart's archive to a registry
    Push(Push),
    /// Check that an archive is the one that was signed
    Verify(Verify),
    /// Fetch a chart's archive from a registry or repository
    #[command(visible_alias = "fetch")]
    Pull(Box<Pull>),
    /// Log in to and out of registries
    Registry(Registry),
    /// Keep, refresh and make chart repositories
    Repo(Repo),
    /// Look for charts
    Search(Search),
    /// Create, deploy, call and watch functions
    #[command(visible_alias = "fn")]
    Function(Function),
    /// Wait until a function is active, inactive or deleted
    Wait(Wait),
    /// Make and end API keys
    Key(Key),
    /// Keep what the platform fetches charts and images with
    RegistryCredential(RegistryCredential),
    /// See what there is to run functions on
    Cluster(Cluster),
    /// Keep and choose platforms
    Context(ContextArguments),
    /// Find what is in the way of an answered request
    Doctor(Doctor),
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
    #[arg(value_parser = ["cli", "rules"])]
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
    Values(ShowValues),
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
}

/// `show values`
#[derive(Args, Clone, Debug)]
pub(crate) struct ShowValues {
    #[command(flatten)]
    pub show: ShowOptions,
    /// Print only what this JSONPath template gives
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    pub jsonpath: String,
}
