//! How a gateway is put together.

use crate::asynchronous::Asynchronous;
use crate::body::Body;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::upstream::Upstream;
use crate::versions::Versions;
use crate::workers::Workers;
use http::{Request, Response};
use hyper::body::Incoming;
use prometheus_client::registry::Registry;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wheelhouse_functions::rate_limit::Rate;
use wheelhouse_functions::route::{LoadSource, RouteTable};
use wheelhouse_functions::trace::SpanSink;
use wheelhouse_store::{Authenticator, BoxFuture, Store};

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Calls waiting per version; more are refused with 429.
    pub queue_limit: usize,
    /// How long a call waits for an answer's head when it does not say.
    pub default_wait: Duration,
    /// The same for legacy calls that accept server-sent events.
    pub default_event_wait: Duration,
    /// The longest a call may ask to wait.
    pub longest_wait: Duration,
    /// The longest a call may take altogether.
    pub longest_call: Duration,
    /// How long connecting to an instance may take.
    pub connect_timeout: Duration,
    /// The largest body of a call that may be answered with 202, in bytes.
    pub stored_body_limit: usize,
    /// How long answers of asynchronous calls are kept.
    pub answer_retention: Duration,
    /// Calls of one key, over all functions.
    pub rate_per_key: Option<Rate>,
    /// How long calls may go on after a stop was asked for.
    pub drain: Duration,
    /// The most calls at a time on one HTTP/2 connection.
    pub streams_per_connection: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue_limit: 10_000,
            default_wait: Duration::from_secs(60),
            default_event_wait: Duration::from_secs(1200),
            longest_wait: Duration::from_secs(3600),
            longest_call: Duration::from_secs(3605),
            connect_timeout: Duration::from_secs(5),
            stored_body_limit: 6 << 20,
            answer_retention: Duration::from_secs(3600),
            rate_per_key: None,
            drain: Duration::from_secs(30),
            streams_per_connection: 1024,
        }
    }
}

/// Where calls go that are no invocations.
pub type ApiService =
    Arc<dyn Fn(Request<Incoming>) -> BoxFuture<'static, Result<Response<Body>, Infallible>> + Send + Sync>;

/// The API on the caller's runtime, so that calls of functions never wait behind it.
fn beside(api: ApiService) -> ApiService {
    let runtime = Handle::current();
    Arc::new(move |request| {
        let mut task = Leaving(runtime.spawn(api(request)));
        Box::pin(async move {
            match (&mut task.0).await {
                Ok(response) => response,
                Err(error) => {
                    tracing::error!(%error, "an API call ended badly");
                    let mut response = Response::new(crate::body::empty());
                    *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
                    Ok(response)
                }
            }
        })
    })
}

/// A task that ends when nobody waits for it any more.
struct Leaving<T>(JoinHandle<T>);

impl<T> Drop for Leaving<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a gateway is built from.
pub struct Build {
    /// Durable state, for asynchronous calls.
    pub store: Store,
    /// Who is behind a token; shared with the control plane.
    pub authenticator: Arc<Authenticator>,
    /// Where functions run; the control plane publishes it.
    pub routes: watch::Receiver<Arc<RouteTable>>,
    /// Rung when a call finds no instance.
    pub wake: Arc<Notify>,
    /// Where spans of calls go; `None` where nobody collects them.
    pub spans: Option<Arc<dyn SpanSink>>,
    /// What the operator set.
    pub options: Options,
}

impl std::fmt::Debug for Build {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Build").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The parts all calls share.
pub(crate) struct Shared {
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) routes: watch::Receiver<Arc<RouteTable>>,
    pub(crate) versions: Arc<Versions>,
    pub(crate) upstream: Upstream,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) asynchronous: Asynchronous,
    pub(crate) spans: Option<Arc<dyn SpanSink>>,
    pub(crate) options: Options,
}

/// The gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    pub(crate) shared: Arc<Shared>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Gateway").finish_non_exhaustive()
    }
}

impl Gateway {
    /// Puts it together. Nothing runs and nothing is bound yet.
    #[must_use]
    pub fn build(parts: Build) -> Self {
        let versions = Arc::new(Versions::new(parts.options.queue_limit, parts.wake));
        let shared = Shared {
            authenticator: parts.authenticator,
            routes: parts.routes,
            versions,
            upstream: Upstream::new(parts.options.connect_timeout),
            limits: Limits::default(),
            metrics: Metrics::default(),
            asynchronous: Asynchronous::new(parts.store, parts.options.answer_retention),
            spans: parts.spans,
            options: parts.options,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Where the control plane learns how busy versions are.
    #[must_use]
    pub fn load_source(&self) -> Arc<dyn LoadSource> {
        Arc::clone(&self.shared.versions) as Arc<dyn LoadSource>
    }

    /// Registers the gateway's metrics.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.shared.metrics.register(registry);
    }

    /// Serves on the listeners until cancelled, then lets calls finish for as long as the options allow.
    pub async fn serve(&self, listeners: Vec<TcpListener>, api: ApiService, cancel: CancellationToken) {
        let routes = crate::server::follow_routes(Arc::clone(&self.shared), cancel.clone());
        let stored = crate::asynchronous::resume(Arc::clone(&self.shared), cancel.clone());
        let workers = Workers::start();
        let api = beside(api);
        let listening = listeners.into_iter().map(|listener| {
            crate::server::accept(
                Arc::clone(&self.shared),
                listener,
                Arc::clone(&api),
                &workers,
                cancel.clone(),
            )
        });
        tokio::join!(routes, stored, futures_util::future::join_all(listening));
    }
}
