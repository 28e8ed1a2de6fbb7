use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use wheelhouse_local::Gpu;

/// How a long-running command says where everything is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// Lines for people
    #[default]
    Text,
    /// One JSON document
    Json,
}

/// What log lines look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    #[default]
    Human,
    /// One JSON object a line
    Json,
}

/// Where the platform keeps its state and where it listens.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Serving options")]
pub(crate) struct ServingOptions {
    /// The folder for everything that is kept; else XDG_STATE_HOME/wheelhouse
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// A PostgreSQL database for the records, in place of the embedded one: postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, value_name = "URL", env = "WHEELHOUSE_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// Where API and invocations are served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where gRPC is served besides
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:10081")]
    pub listen_grpc: SocketAddr,
    /// Where the embedded registry is served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5000")]
    pub listen_registry: SocketAddr,
    /// A registry in a private network that charts may be fetched from; may be given again
    #[arg(long, value_name = "HOST[:PORT]")]
    pub private_registry: Vec<String>,
    /// How long an instance may take to serve before its deployment fails, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 7200, value_parser = clap::value_parser!(u32).range(1..))]
    pub startup_timeout: u32,
    /// An OpenTelemetry collector for traces (OTLP over HTTP), such as http://127.0.0.1:4318; headers of exports are
    /// taken from OTEL_EXPORTER_OTLP_HEADERS, the service's name from OTEL_SERVICE_NAME
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// How to say where everything is
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Report,
}

/// `up`
#[derive(Args, Debug)]
pub(crate) struct Up {
    /// The virtual nodes of the local cluster
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub nodes: u32,
    /// The GPUs each node declares; the nodes take what is given in turn
    #[arg(long = "gpu", value_name = "MODEL=COUNT", default_value = "L40=1")]
    pub gpus: Vec<Gpu>,
    #[command(flatten)]
    pub serving: ServingOptions,
}

/// `serve`
#[derive(Args, Debug)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub serving: ServingOptions,
    /// What log lines look like
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// `agent`
#[derive(Args, Debug)]
pub(crate) struct Agent {
    /// The control plane's address
    #[arg(long, value_name = "URL", env = "WHEELHOUSE_SERVER")]
    pub server: String,
    /// The agent's token, a key with the scope admin:nvca-cluster
    #[arg(long, value_name = "TOKEN", env = "WHEELHOUSE_AGENT_TOKEN", hide_env_values = true)]
    pub token: String,
    /// The cluster's name, unique
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub name: String,
    /// The group it joins; deployments name it as backend
    #[arg(long, value_name = "NAME", default_value = "nvcf-default")]
    pub group: String,
    /// The provider part of its instance types
    #[arg(long, value_name = "NAME", default_value = "ON-PREM")]
    pub provider: String,
    /// Where the cluster is
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub region: String,
    /// What log lines look like
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// `demo`
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Leave everything running until Ctrl-C, and its state after that
    #[arg(long)]
    pub keep: bool,
    /// How to print what came of it
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Report,
}
