use clap::{Args, Subcommand};

use super::{PlatformOptions, Target, ValueOptions};

/// `function`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Function {
    #[command(subcommand)]
    pub action: FunctionAction,
}

/// What is done about functions.
#[derive(Debug, Subcommand)]
pub(crate) enum FunctionAction {
    /// Create a function, or a version of one
    Create(Box<FunctionCreate>),
    /// List functions and their versions
    #[command(visible_alias = "ls")]
    List(FunctionList),
    /// Show a version and its instances
    Get(FunctionGet),
    /// Change what may change of a version
    Update(FunctionUpdate),
    /// Delete a version
    #[command(visible_alias = "rm")]
    Delete(FunctionDelete),
    /// Deploy a version
    Deploy(Box<FunctionDeploy>),
    /// Take a deployment away
    Undeploy(FunctionUndeploy),
    /// Call a function
    Invoke(Box<FunctionInvoke>),
    /// Print the logs of a version's instances
    Logs(FunctionLogs),
    /// Show how many calls wait
    Queue(FunctionQueue),
}

/// `function create`
#[derive(Args, Debug)]
pub(crate) struct FunctionCreate {
    /// The function's name
    pub name: Option<String>,
    /// A file with the whole request as JSON or YAML, or - for standard input; flags win over it
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<String>,
    /// Make a version of this function instead of a new one
    #[arg(long, value_name = "FUNCTION")]
    pub version_of: Option<String>,
    /// The chart: oci://HOST/PATH/NAME-VERSION.tgz, https://…, or HOST/PATH/NAME:TAG
    #[arg(long, value_name = "REFERENCE")]
    pub chart: Option<String>,
    /// The Service of the chart that takes requests
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The container image, instead of a chart
    #[arg(long, value_name = "REFERENCE")]
    pub image: Option<String>,
    /// The container's arguments
    #[arg(long, value_name = "TEXT")]
    pub args: Option<String>,
    /// An environment variable of the container; may be given again
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The path of inference requests; /grpc for a gRPC function
    #[arg(long, value_name = "PATH")]
    pub inference_url: Option<String>,
    /// The port of inference requests
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// The path that tells whether it is healthy
    #[arg(long, value_name = "PATH")]
    pub health_path: Option<String>,
    /// The port of health requests; the inference port without it
    #[arg(long, value_name = "PORT")]
    pub health_port: Option<u16>,
    /// What it is
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// A tag; may be given again
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// A secret: NAME=@FILE, or NAME=- for standard input; may be given again
    #[arg(long, value_name = "NAME=@FILE")]
    pub secret: Vec<String>,
    /// How often it may be called, such as 100-S or 10-S,500-M
    #[arg(long, value_name = "LIMIT")]
    pub rate_limit: Option<String>,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `function list`
#[derive(Args, Debug)]
pub(crate) struct FunctionList {
    /// Whose functions: any of private, authorized, public
    #[arg(long, value_name = "LIST")]
    pub visibility: Option<String>,
    /// Only functions with this status, such as ACTIVE
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Print again whenever something changes
    #[arg(short, long)]
    pub watch: bool,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `function get`
#[derive(Args, Debug)]
pub(crate) struct FunctionGet {
    #[command(flatten)]
    pub target: Target,
    /// Print again whenever something changes
    #[arg(short, long)]
    pub watch: bool,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `function update`
#[derive(Args, Debug)]
pub(crate) struct FunctionUpdate {
    #[command(flatten)]
    pub target: Target,
    /// The tags it is to have; may be given again
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// How often it may be called, such as 100-S or 10-S,500-M
    #[arg(long, value_name = "LIMIT")]
    pub rate_limit: Option<String>,
    /// Of its deployment: the fewest instances; 0 lets it sleep
    #[arg(long, value_name = "N")]
    pub min: Option<u32>,
    /// Of its deployment: the most instances
    #[arg(long, value_name = "N")]
    pub max: Option<u32>,
    /// Of its deployment: calls an instance takes at once
    #[arg(long, value_name = "N")]
    pub concurrency: Option<u32>,
    /// Which part of its deployment, where it has several GPUs
    #[arg(long, value_name = "NAME")]
    pub gpu: Option<String>,
    /// Values of its deployment, in place of those it has
    #[command(flatten)]
    pub values: ValueOptions,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `function delete`
#[derive(Args, Debug)]
pub(crate) struct FunctionDelete {
    #[command(flatten)]
    pub target: Target,
    /// Do not ask, even if it is deployed
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `function deploy`
#[derive(Args, Debug)]
pub(crate) struct FunctionDeploy {
    #[command(flatten)]
    pub target: Target,
    /// A file with the whole request as JSON or YAML, or - for standard input, instead of the flags below
    #[arg(long, value_name = "FILE")]
    pub file: Option<String>,
    /// The GPU; not needed where there is one kind only
    #[arg(long, value_name = "NAME")]
    pub gpu: Option<String>,
    /// The instance type; the GPU's default without it
    #[arg(long, value_name = "NAME")]
    pub instance_type: Option<String>,
    /// The cluster group
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// The fewest instances; 0 lets it sleep
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub min: u32,
    /// The most instances; as many as the fewest, and at least one, without it
    #[arg(long, value_name = "N")]
    pub max: Option<u32>,
    /// Calls an instance takes at once
    #[arg(long, value_name = "N")]
    pub concurrency: Option<u32>,
    #[command(flatten)]
    pub values: ValueOptions,
    /// Wait until it is active
    #[arg(short, long)]
    pub wait: bool,
    /// How long to wait, such as 90s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub timeout: String,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `function undeploy`
#[derive(Args, Debug)]
pub(crate) struct FunctionUndeploy {
    #[command(flatten)]
    pub target: Target,
    /// Answer the calls that wait first
    #[arg(long)]
    pub graceful: bool,
    /// Wait until no instance is left
    #[arg(short, long)]
    pub wait: bool,
    /// How long to wait, such as 90s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub timeout: String,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `function invoke`
#[derive(Args, Debug)]
pub(crate) struct FunctionInvoke {
    #[command(flatten)]
    pub target: Target,
    /// The body: a text, @FILE, or @- for standard input
    #[arg(short, long, value_name = "DATA")]
    pub data: Option<String>,
    /// The path to call; the function's inference path without it
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// The method; POST with a body or without --path, else GET
    #[arg(short = 'X', long, value_name = "METHOD")]
    pub method: Option<String>,
    /// A header; may be given again
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// Ask for server-sent events
    #[arg(long)]
    pub stream: bool,
    /// Call this gRPC method, such as inference.Echo/Say; the body is one encoded message
    #[arg(long, value_name = "SERVICE/METHOD")]
    pub grpc: Option<String>,
    /// Where gRPC is served, if not at the server's own address
    #[arg(long, value_name = "URL")]
    pub grpc_server: Option<String>,
    /// How long the platform may hold the call before it answers 202
    #[arg(long, value_name = "SECONDS")]
    pub poll_seconds: Option<u32>,
    /// Do not follow a 202: print the request's id
    #[arg(long = "async")]
    pub asynchronous: bool,
    /// Ask for the answer of an earlier request
    #[arg(long, value_name = "ID")]
    pub request: Option<String>,
    /// Print status and headers to standard error
    #[arg(short, long)]
    pub include: bool,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `function logs`
#[derive(Args, Debug)]
pub(crate) struct FunctionLogs {
    #[command(flatten)]
    pub target: Target,
    /// Go on as lines are written
    #[arg(long)]
    pub follow: bool,
    /// Only the last so many lines of each container
    #[arg(long, value_name = "N")]
    pub tail: Option<u32>,
    /// Only what was written in this time, such as 10m
    #[arg(long, value_name = "DURATION")]
    pub since: Option<String>,
    /// Only this instance
    #[arg(long, value_name = "ID")]
    pub instance: Option<String>,
    /// Only containers of this name
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    /// Only lines that hold this text
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `function queue`
#[derive(Args, Debug)]
pub(crate) struct FunctionQueue {
    #[command(flatten)]
    pub target: Target,
    /// Show where this request stands
    #[arg(long, value_name = "ID")]
    pub request: Option<String>,
    /// Print again whenever something changes
    #[arg(short, long)]
    pub watch: bool,
    #[command(flatten)]
    pub platform: PlatformOptions,
}
