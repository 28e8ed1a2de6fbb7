//! Listening: HTTP/1.1 and HTTP/2 without TLS on the same port, upgrades, draining.

use crate::body::Body;
use crate::classify::{Call, classify};
use crate::cors;
use crate::options::{ApiService, Shared};
use crate::proxy::{self, Connection};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Keeps the slots in step with the published routes.
pub(crate) async fn follow_routes(shared: Arc<Shared>, cancel: CancellationToken) {
    let mut routes = shared.routes.clone();
    loop {
        let table = Arc::clone(&routes.borrow_and_update());
        shared.versions.update(&table);
        tokio::select! {
            () = cancel.cancelled() => return,
            changed = routes.changed() => if changed.is_err() { return },
        }
    }
}

/// Accepts connections until cancelled, then drains.
pub(crate) async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    api: ApiService,
    cancel: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => serve(&shared, stream, &api, &graceful),
            Err(error) => {
                // Out of file descriptors or the like: taking a breath lets connections end.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(shared.options.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(open = shared.metrics.connections.get(), "stopped with calls still open");
    }
}

fn serve(shared: &Arc<Shared>, stream: TcpStream, api: &ApiService, graceful: &GracefulShutdown) {
    // Without this, small messages wait for the other side's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it began");
        return;
    }
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(30));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(shared.options.streams_per_connection)
        .max_header_list_size(64 << 10)
        .adaptive_window(true)
        .keep_alive_interval(Duration::from_secs(30));
    let connection = Arc::new(Connection::default());
    let service = {
        let (shared, api) = (Arc::clone(shared), Arc::clone(api));
        service_fn(move |request| {
            handle(Arc::clone(&shared), Arc::clone(&api), Arc::clone(&connection), request)
        })
    };
    let serving = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let serving = graceful.watch(serving);
    let open = shared.metrics.connections.clone();
    open.inc();
    tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::debug!(error, "a connection ended badly");
        }
        open.dec();
    });
}

async fn handle(
    shared: Arc<Shared>,
    api: ApiService,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    if let Some(answer) = cors::preflight(request.method(), request.uri(), request.headers()) {
        return Ok(answer);
    }
    match classify(request.method(), request.uri(), request.headers()) {
        Call::Api => api(request).await,
        // Of its own, so that a stream that stays open does not hold on to what its answering took.
        call => Ok(Box::pin(proxy::answer(shared, connection, call, request)).await),
    }
}
