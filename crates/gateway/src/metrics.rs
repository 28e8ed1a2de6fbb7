//! The gateway's metrics, under the reference's names where it has them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;
use wheelhouse_functions::route::Route;

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct FunctionLabels {
    function_id: String,
    function_version_id: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ErrorLabels {
    function_id: String,
    http_status_code: u32,
}

/// Counters of calls.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<FunctionLabels, Counter>,
    latency: Family<FunctionLabels, Histogram, fn() -> Histogram>,
    errors: Family<ErrorLabels, Counter>,
    pub(crate) connections: Gauge,
}

fn latency() -> Histogram {
    Histogram::new([0.005, 0.05, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0])
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            latency: Family::new_with_constructor(latency),
            errors: Family::default(),
            connections: Gauge::default(),
        }
    }
}

impl Metrics {
    /// Counts a call that was answered, by the function or for it.
    pub(crate) fn observe(&self, route: &Route, status: u16, elapsed: Duration) {
        let labels = FunctionLabels {
            function_id: route.function.to_string(),
            function_version_id: route.version.to_string(),
        };
        self.latency.get_or_create(&labels).observe(elapsed.as_secs_f64());
        self.requests.get_or_create(&labels).inc();
        if status >= 400 {
            let labels =
                ErrorLabels { function_id: route.function.to_string(), http_status_code: u32::from(status) };
            self.errors.get_or_create(&labels).inc();
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("function_request", "Calls answered", self.requests.clone());
        registry.register("function_request_latency", "Seconds to an answer's head", self.latency.clone());
        registry.register("app_invocation_error", "Calls that ended in an error", self.errors.clone());
        registry.register(
            "wheelhouse_gateway_connections",
            "Open client connections",
            self.connections.clone(),
        );
    }
}
