use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use wheelhouse_local::Gpu;

/// Where the API of a local cluster listens unless told otherwise.
const API: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 6443);

/// What the exit codes of `local` mean.
const EXIT_CODES: &str = "Exit codes: 1 failed, 3 no cluster runs, 4 a cluster runs already, \
    5 an address is in use, 6 this machine cannot run containers";

/// `local`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Local {
    #[command(subcommand)]
    pub action: LocalAction,
}

/// What to do with the local cluster.
#[derive(Debug, Subcommand)]
pub(crate) enum LocalAction {
    /// Start a Kubernetes cluster on this machine
    Up(LocalUp),
    /// Stop the cluster; what it holds comes up again with the next start
    Down(LocalDown),
    /// Tell whether the cluster runs, and how its nodes are
    Status(LocalStatus),
    /// Print the kubeconfig of the cluster
    Kubeconfig(LocalKubeconfig),
    /// Load images from an archive, as `docker save` writes it, or an OCI layout
    Load(LocalLoad),
    /// Remove everything the cluster holds
    Reset(LocalReset),
}

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LocalOutput {
    /// For people
    Text,
    /// For programs
    Json,
}

/// What every command of the local cluster takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct LocalPlace {
    /// The folder of the cluster's state; by default wheelhouse/local in the state directory of XDG
    #[arg(long, value_name = "DIR", env = "WHEELHOUSE_LOCAL_STATE", hide_env_values = true)]
    pub state: Option<PathBuf>,
    /// How to print data: text, json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", hide_default_value = true)]
    pub output: LocalOutput,
}

/// `local up`
#[derive(Args, Clone, Debug)]
pub(crate) struct LocalUp {
    #[command(flatten)]
    pub place: LocalPlace,
    /// Where the API listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value_t = API)]
    pub listen: SocketAddr,
    /// How many virtual nodes there are
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=250))]
    pub nodes: u32,
    /// GPUs that a node declares, such as L40S=1; given several times, the nodes take them in turn
    #[arg(long, value_name = "MODEL=COUNT")]
    pub gpu: Vec<Gpu>,
    /// No nodes: pods are accepted and never run, and no rights are needed
    #[arg(long)]
    pub api_only: bool,
    /// A registry that is spoken to over plain HTTP, besides those on loopback
    #[arg(long, value_name = "HOST")]
    pub plain_registry: Vec<String>,
    /// A folder with descriptions of devices (CDI) for pods, besides /etc/cdi and /var/run/cdi
    #[arg(long, value_name = "DIR")]
    pub devices: Vec<PathBuf>,
    /// Go on in the background once the nodes are ready
    #[arg(short, long)]
    pub detach: bool,
    /// This is the process in the background
    #[arg(long, hide = true)]
    pub background: bool,
}

/// `local down`
#[derive(Args, Debug)]
pub(crate) struct LocalDown {
    #[command(flatten)]
    pub place: LocalPlace,
    /// How many seconds to wait before the process is killed
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub timeout: u64,
}

/// `local status`
#[derive(Args, Debug)]
pub(crate) struct LocalStatus {
    #[command(flatten)]
    pub place: LocalPlace,
}

/// `local kubeconfig`
#[derive(Args, Debug)]
pub(crate) struct LocalKubeconfig {
    #[command(flatten)]
    pub place: LocalPlace,
    /// Print the file's path instead of its contents
    #[arg(long)]
    pub path: bool,
}

/// `local load`
#[derive(Args, Debug)]
pub(crate) struct LocalLoad {
    #[command(flatten)]
    pub place: LocalPlace,
    /// The archives
    #[arg(required = true, value_name = "IMAGE.tar")]
    pub archives: Vec<PathBuf>,
}

/// `local reset`
#[derive(Args, Debug)]
pub(crate) struct LocalReset {
    #[command(flatten)]
    pub place: LocalPlace,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}
