//! `serve`: control plane, gateway and registry; clusters join through agents.

use std::path::Path;

use wheelhouse_platform::{Build, DatabaseAddress, Options, Platform, TraceOptions};

use super::Failure;
use super::up::{addresses, next_command, text};
use crate::arguments::{Report, Serve, ServingOptions};
use crate::engine::engine;
use crate::narrator;
use crate::printer::Printer;
use crate::running::{block_on, state_home, stop_signal};
use crate::settings::Settings;
use crate::stack::{chained, platform_folder};

/// How a cluster joins.
const AGENT: &str = "A cluster joins through an agent, whose key has the scope admin:nvca-cluster (POST /v1/keys):\n  \
    wheelhouse agent --server URL --token KEY --kubeconfig FILE";

/// Serves until asked to stop.
pub(super) fn run(options: &Serve, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    narrator::serve(printer, settings.debug, options.log_format);
    block_on(async {
        let stop = stop_signal()?;
        let state = options.serving.state.clone().map_or_else(state_home, Ok)?;
        let parts = Build { engine: engine(), options: platform_options(&options.serving, &state)? };
        let platform = Platform::build(parts).await.map_err(chained)?;
        let ready = platform.ready();
        match options.serving.output {
            Report::Json => printer.data(format!("{}\n", serde_json::Value::Object(addresses(ready)))),
            Report::Text => {
                printer.data(text(ready));
                printer.talk(&format!("\n{}\n{}", next_command(ready), AGENT));
            }
        }
        platform.run(None, stop).await.map_err(chained)
    })
}

/// The platform's options for what the user asked.
///
/// # Errors
/// When the database's address cannot be read; the message does not show it, for it may hold a password.
pub(super) fn platform_options(serving: &ServingOptions, state: &Path) -> Result<Options, Failure> {
    let mut options = Options::on_loopback(platform_folder(state));
    options.database =
        serving.database.as_deref().map(str::parse::<DatabaseAddress>).transpose().map_err(chained)?;
    options.listen = serving.listen;
    options.listen_grpc = Some(serving.listen_grpc);
    options.listen_registry = Some(serving.listen_registry);
    options.control.timers.startup = jiff::SignedDuration::from_secs(serving.startup_timeout.into());
    options.charts.private_hosts.extend(serving.private_registry.iter().cloned());
    options.traces = serving.otlp_endpoint.as_deref().map(trace_options);
    Ok(options)
}

/// Where traces go, by OpenTelemetry's own variables.
fn trace_options(endpoint: &str) -> TraceOptions {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let headers = variable("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
    let pair = |text: &str| {
        let (name, value) = text.split_once('=')?;
        let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8_lossy().into_owned();
        Some((name.trim().to_owned(), value))
    };
    TraceOptions {
        endpoint: endpoint.to_owned(),
        headers: headers.split(',').filter_map(pair).collect(),
        service: variable("OTEL_SERVICE_NAME").unwrap_or_else(|| "wheelhouse".to_owned()),
    }
}
