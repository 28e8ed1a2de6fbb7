//! The control plane's own metrics.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::time::Duration;

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Call {
    method: String,
    status: u32,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Check {
    method: &'static str,
}

/// Counters of API calls and of the reconciler.
#[derive(Debug)]
pub(crate) struct Metrics {
    calls: Family<Call, Counter>,
    duration: Histogram,
    pub(crate) reconciles: Counter,
    invalid_charts: Family<Check, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            calls: Family::default(),
            duration: Histogram::new(exponential_buckets(0.0005, 2.0, 16)),
            reconciles: Counter::default(),
            invalid_charts: Family::default(),
        }
    }
}

impl Metrics {
    /// Counts one API call.
    pub(crate) fn observe(&self, method: &str, status: u16, elapsed: Duration) {
        self.calls.get_or_create(&Call { method: method.to_owned(), status: u32::from(status) }).inc();
        self.duration.observe(elapsed.as_secs_f64());
    }

    /// Counts a chart that was refused, by what was asked for: `validate` or `render`.
    pub(crate) fn refused_chart(&self, method: &'static str) {
        self.invalid_charts.get_or_create(&Check { method }).inc();
    }

    /// Registers all of them.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("http_server_requests", "API calls answered", self.calls.clone());
        registry.register(
            "http_server_request_duration_seconds",
            "Time to answer an API call",
            self.duration.clone(),
        );
        registry.register("wheelhouse_reconciles", "Rounds of the reconciler", self.reconciles.clone());
        registry.register(
            "nvcf_reval_invalid_chart",
            "Charts refused by the check",
            self.invalid_charts.clone(),
        );
    }
}
