//! `up`: everything on this machine, in this process.

use std::path::Path;

use serde_json::{Map, Value, json};
use wheelhouse_platform::Ready;

use super::Failure;
use super::serve::platform_options;
use crate::arguments::{Report, Up};
use crate::contexts::Contexts;
use crate::narrator;
use crate::printer::Printer;
use crate::running::{block_on, state_home, stop_signal};
use crate::settings::Settings;
use crate::stack::{Stack, StackOptions, reachable};

/// Starts everything, says where it is, and runs until asked to stop.
pub(super) fn run(options: &Up, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    narrator::listen(printer, settings.debug);
    block_on(async {
        let stop = stop_signal()?;
        let state = options.serving.state.clone().map_or_else(state_home, Ok)?;
        let options_of_stack = StackOptions {
            platform: platform_options(&options.serving, &state)?,
            nodes: options.nodes,
            gpus: options.gpus.clone(),
            state: state.clone(),
        };
        let stack = tokio::select! {
            stack = Stack::start(options_of_stack) => stack?,
            () = stop.cancelled() => return Ok(()),
        };
        let ready = &stack.ready;
        let context = keep_context(ready, &state, printer);
        match options.serving.output {
            Report::Json => {
                let mut document = addresses(ready);
                document.insert("kubeconfig".to_owned(), stack.kubeconfig.display().to_string().into());
                document.insert("state".to_owned(), state.display().to_string().into());
                document.insert("context".to_owned(), json!(context));
                let milliseconds = |time: std::time::Duration| json!(time.as_secs_f64() * 1e3);
                let timings = json!({
                    "clusterMs": milliseconds(stack.cluster_took),
                    "platformMs": milliseconds(stack.platform_took),
                });
                document.insert("timings".to_owned(), timings);
                printer.data(format!("{}\n", Value::Object(document)));
            }
            Report::Text => {
                printer.data(text(ready));
                printer.data(format!("cluster   KUBECONFIG={}\n", stack.kubeconfig.display()));
                printer.talk(&format!(
                    "\nThe cluster took {:.2} s, the platform {:.2} s. State: {}\n{}\n{}Ctrl-C stops everything; \
                     the next `up` goes on from there.",
                    stack.cluster_took.as_secs_f64(),
                    stack.platform_took.as_secs_f64(),
                    state.display(),
                    next_command(ready),
                    context.map(|name| told_context(&name)).unwrap_or_default(),
                ));
            }
        }
        let asked = stop.clone();
        let told = async move {
            asked.cancelled().await;
            printer.talk("stopping …");
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = stack.run(stop) => ended,
            () = told => Ok(()),
        }
    })
}

/// Keeps a context, so that other commands find this platform. That it cannot be kept is told and stops nothing.
fn keep_context(ready: &Ready, state: &Path, printer: Printer) -> Option<String> {
    let state = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
    let server = format!("http://{}", reachable(ready.gateway));
    match Contexts::keep_own(&state.display().to_string(), &server, ready.first_token.as_deref()) {
        Ok(kept) => kept,
        Err(failure) => {
            printer.talk(&format!("warning: no context is kept for other commands: {}", failure.message));
            None
        }
    }
}

fn told_context(name: &str) -> String {
    format!(
        "Other commands use the context \"{name}\" from now on: `wheelhouse function list` in any shell.\n"
    )
}

/// Where everything is, as JSON.
pub(super) fn addresses(ready: &Ready) -> Map<String, Value> {
    let url = |address: std::net::SocketAddr| format!("http://{}", reachable(address));
    [
        ("server", json!(url(ready.gateway))),
        ("grpc", json!(ready.grpc.map(|address| reachable(address).to_string()))),
        ("registry", json!(ready.registry.map(|address| reachable(address).to_string()))),
        ("token", json!(ready.first_token)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Where everything is, as lines.
pub(super) fn text(ready: &Ready) -> String {
    let mut lines = format!("api       http://{}\n", reachable(ready.gateway));
    if let Some(address) = ready.grpc {
        lines.push_str(&format!("grpc      {}\n", reachable(address)));
    }
    if let Some(address) = ready.registry {
        lines.push_str(&format!("registry  {}\n", reachable(address)));
    }
    if let Some(token) = &ready.first_token {
        lines.push_str(&format!("token     {token}\n"));
    }
    lines
}

/// What to type next.
pub(super) fn next_command(ready: &Ready) -> String {
    let gateway = reachable(ready.gateway);
    match &ready.first_token {
        Some(_) => format!(
            "The token is shown this once. Next:\n  export NVCF_TOKEN=<the token> GATEWAY_ADDR={gateway}\n  \
             curl -s \"http://$GATEWAY_ADDR/v2/nvcf/clusterGroups\" -H \"Authorization: Bearer $NVCF_TOKEN\""
        ),
        None => "The administrator's token is the one that the first start printed.".to_owned(),
    }
}
