//! What Prometheus is told, and the log.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::io::Write as _;
use std::time::Duration;

/// The media type of the exposition.
pub(crate) const EXPOSITION: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Labels {
    protocol: &'static str,
    outcome: &'static str,
}

/// Counts requests.
#[derive(Debug)]
pub(crate) struct Telemetry {
    registry: Registry,
    requests: Family<Labels, Counter>,
    duration: Histogram,
    pub(crate) in_flight: Gauge,
}

impl Telemetry {
    pub(crate) fn new() -> Self {
        let buckets = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];
        let (requests, duration, in_flight) = (Family::default(), Histogram::new(buckets), Gauge::default());
        let mut registry = Registry::default();
        registry.register("inference_requests", "Inference requests answered", Family::clone(&requests));
        registry.register("inference_duration_seconds", "Seconds to a whole answer", duration.clone());
        registry.register(
            "inference_in_flight",
            "Inference requests being answered",
            Gauge::clone(&in_flight),
        );
        Self { registry, requests, duration, in_flight }
    }

    /// Counts a request that was answered.
    pub(crate) fn observe(&self, protocol: &'static str, answered: bool, elapsed: Duration) {
        let outcome = if answered { "answered" } else { "refused" };
        self.requests.get_or_create(&Labels { protocol, outcome }).inc();
        self.duration.observe(elapsed.as_secs_f64());
    }

    /// Everything that was counted, in the text form.
    pub(crate) fn expose(&self) -> String {
        let mut exposition = String::new();
        // Writing into a string does not fail.
        let _written = text::encode(&mut exposition, &self.registry);
        exposition
    }
}

/// Writes a line to the log.
pub(crate) fn log(line: &str) {
    // Nobody is left to tell if stderr is closed.
    drop(writeln!(std::io::stderr(), "{line}"));
}
