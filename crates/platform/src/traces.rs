//! Sends spans to an OpenTelemetry collector: OTLP over HTTP as JSON, with the client the platform has anyway.
//!
//! Calls never wait for the collector: spans that it does not take in time are dropped, and that is counted.

use crate::error::Error;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri};
use http_body_util::Full;
use prometheus_client::metrics::counter::Counter;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wheelhouse_functions::trace::{Span, SpanSink, export};
use wheelhouse_registry::AddressPolicy;
use wheelhouse_registry::http::{Http, read};

/// Spans that wait to be sent.
const WAITING: usize = 8_192;
/// Spans of one export at most.
const BATCH: usize = 512;
/// How long a span waits for others to be sent with.
const PAUSE: Duration = Duration::from_secs(2);
/// How long the collector may take for one export.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where spans are sent.
#[derive(Clone)]
pub struct TraceOptions {
    /// The collector's base address, e.g. `http://127.0.0.1:4318`; spans go to `/v1/traces` below it.
    pub endpoint: String,
    /// More headers of each export, e.g. a token.
    pub headers: Vec<(String, String)>,
    /// What the platform is called in traces.
    pub service: String,
}

impl std::fmt::Debug for TraceOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Headers carry tokens.
        formatter.debug_struct("TraceOptions").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Where parts of the platform leave their spans.
#[derive(Debug, Clone)]
pub(crate) struct Collector {
    spans: mpsc::Sender<Span>,
    dropped: Counter,
}

impl SpanSink for Collector {
    fn take(&self, span: Span) {
        if self.spans.try_send(span).is_err() {
            self.dropped.inc();
        }
    }
}

/// Sends what is left with its [`Collector`].
pub(crate) struct Exporter {
    spans: mpsc::Receiver<Span>,
    dropped: Counter,
    http: Http,
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    service: String,
}

/// Makes the two ends; `dropped` counts spans that are lost.
pub(crate) fn build(options: TraceOptions) -> Result<(Collector, Exporter, Counter), Error> {
    let wrong = |reason: String| Error::Traces { endpoint: options.endpoint.clone(), reason };
    let address = format!("{}/v1/traces", options.endpoint.trim_end_matches('/'));
    let uri: Uri = address.parse().map_err(|_| wrong("it is not an address".to_owned()))?;
    let host = uri.authority().ok_or_else(|| wrong("it names no host".to_owned()))?.as_str().to_owned();
    let policy = AddressPolicy {
        // The operator names the collector: wherever it is, it is meant.
        private_hosts: vec![host.clone()],
        plain_hosts: if uri.scheme_str() == Some("http") { vec![host] } else { Vec::new() },
        trusted_hosts: Vec::new(),
    };
    let header = |(name, value): &(String, String)| {
        let wrong = || wrong(format!("'{name}' is not a header"));
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok((HeaderName::try_from(name.as_str()).map_err(|_| wrong())?, value))
    };
    let headers = options.headers.iter().map(header).collect::<Result<_, Error>>()?;
    let (sender, spans) = mpsc::channel(WAITING);
    let dropped = Counter::default();
    let collector = Collector { spans: sender, dropped: dropped.clone() };
    let http = Http::new(policy, TIMEOUT);
    let service = options.service;
    Ok((collector, Exporter { spans, dropped: dropped.clone(), http, uri, headers, service }, dropped))
}

impl Exporter {
    /// Sends until cancelled, then what is left.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        let mut down = false;
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                _ = self.spans.recv_many(&mut batch, BATCH) => {}
                () = cancel.cancelled() => {}
            }
            let rest = tokio::time::sleep(PAUSE);
            tokio::pin!(rest);
            while batch.len() < BATCH && !cancel.is_cancelled() {
                let room = BATCH - batch.len();
                tokio::select! {
                    _ = self.spans.recv_many(&mut batch, room) => {}
                    () = &mut rest => break,
                    () = cancel.cancelled() => {}
                }
            }
            while let Ok(span) = self.spans.try_recv() {
                batch.push(span);
            }
            if !batch.is_empty() {
                let sent = self.send(&batch).await;
                if let Err(reason) = &sent {
                    self.dropped.inc_by(u64::try_from(batch.len()).unwrap_or(0));
                    if !down {
                        tracing::warn!(reason, "the collector does not take spans; they are dropped");
                    }
                }
                down = sent.is_err();
            }
            if cancel.is_cancelled() {
                return;
            }
        }
    }

    async fn send(&self, spans: &[Span]) -> Result<(), String> {
        let body = export(&self.service, env!("CARGO_PKG_VERSION"), spans).to_string();
        let mut request = Request::post(&self.uri)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        let response = self.http.send(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        // Read, so that the connection is used again.
        let _answer = read("collector", response.into_body(), 1 << 16).await;
        if status.is_success() { Ok(()) } else { Err(format!("it answered {status}")) }
    }
}
