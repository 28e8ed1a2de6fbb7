//! The gateway's metrics, under the reference's names where it has them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use wheelhouse_functions::id::VersionId;
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

#[derive(Debug, Clone, Copy, Hash, PartialEq, Eq, EncodeLabelSet)]
struct HttpLabels {
    method: &'static str,
    endpoint: &'static str,
    status: u32,
}

/// The counters of one version. They are found by its id: making labels for each call would cost more than counting.
#[derive(Debug)]
struct OfVersion {
    requests: Counter,
    latency: Histogram,
}

/// Versions whose counters are held on to; with more, those of all are looked up anew.
const HELD: usize = 16_384;

/// Counters of calls.
#[derive(Debug)]
pub(crate) struct Metrics {
    held: RwLock<HashMap<VersionId, Arc<OfVersion>>>,
    requests: Family<FunctionLabels, Counter>,
    latency: Family<FunctionLabels, Histogram, fn() -> Histogram>,
    /// A gauge that only grows: the reference's name of this counter does not end in `_total`.
    errors: Family<ErrorLabels, Gauge>,
    http: Family<HttpLabels, Counter>,
    http_duration: Family<HttpLabels, Histogram, fn() -> Histogram>,
    pub(crate) connections: Gauge,
    pub(crate) http2_connections: Gauge,
}

fn latency() -> Histogram {
    Histogram::new([0.005, 0.05, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0])
}

fn http_duration() -> Histogram {
    Histogram::new([0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0, 60.0])
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            held: RwLock::default(),
            requests: Family::default(),
            latency: Family::new_with_constructor(latency),
            errors: Family::default(),
            http: Family::default(),
            http_duration: Family::new_with_constructor(http_duration),
            connections: Gauge::default(),
            http2_connections: Gauge::default(),
        }
    }
}

/// The known methods, so that what callers make up does not become labels.
fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

impl Metrics {
    /// Counts a call that was answered, by the function or for it.
    pub(crate) fn observe(&self, route: &Route, status: u16, elapsed: Duration) {
        let known = self.of_version(route);
        known.latency.observe(elapsed.as_secs_f64());
        known.requests.inc();
        if status >= 400 {
            let labels =
                ErrorLabels { function_id: route.function.to_string(), http_status_code: u32::from(status) };
            self.errors.get_or_create(&labels).inc();
        }
    }

    fn of_version(&self, route: &Route) -> Arc<OfVersion> {
        if let Some(known) = self.held.read().unwrap_or_else(PoisonError::into_inner).get(&route.version) {
            return Arc::clone(known);
        }
        let labels = FunctionLabels {
            function_id: route.function.to_string(),
            function_version_id: route.version.to_string(),
        };
        let known = Arc::new(OfVersion {
            requests: self.requests.get_or_create(&labels).clone(),
            latency: self.latency.get_or_create(&labels).clone(),
        });
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= HELD {
            held.clear();
        }
        held.insert(route.version, Arc::clone(&known));
        known
    }

    /// Counts a call over HTTP, refused or not.
    pub(crate) fn observe_http(
        &self,
        method: &http::Method,
        endpoint: &'static str,
        status: u16,
        elapsed: Duration,
    ) {
        let labels = HttpLabels { method: method_label(method), endpoint, status: u32::from(status) };
        self.http.get_or_create(&labels).inc();
        self.http_duration.get_or_create(&labels).observe(elapsed.as_secs_f64());
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("function_request", "Calls answered", self.requests.clone());
        registry.register("function_request_latency", "Seconds to an answer's head", self.latency.clone());
        registry.register("app_invocation_error", "Calls that ended in an error", self.errors.clone());
        registry.register("axum_http_requests", "Calls over HTTP, refused ones too", self.http.clone());
        registry.register(
            "axum_http_requests_duration_seconds",
            "Seconds to the head of an answer over HTTP",
            self.http_duration.clone(),
        );
        registry.register(
            "nvcf_grpc_proxy_service_active_connections_total",
            "Open HTTP/2 connections, which gRPC comes over",
            self.http2_connections.clone(),
        );
        registry.register(
            "wheelhouse_gateway_connections",
            "Open client connections",
            self.connections.clone(),
        );
    }
}
