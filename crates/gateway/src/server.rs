//! Listening: HTTP/1.1 and HTTP/2 without TLS on the same port, upgrades, draining.

mod event_stream;
mod http1;

use crate::body::Body;
use crate::classify::{Call, classify};
use crate::cors;
use crate::linger;
use crate::options::{ApiService, Shared};
use crate::proxy::{self, Connection};
use crate::workers::Workers;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a client may take to send a head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// What an HTTP/2 connection begins with; no method of HTTP/1.1 does.
const PREFACE: &[u8; 4] = b"PRI ";

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

/// What serves connections.
struct Serving {
    shared: Arc<Shared>,
    api: ApiService,
    stop: CancellationToken,
}

/// Accepts connections until cancelled, then drains.
pub(crate) async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    api: ApiService,
    workers: &Workers,
    cancel: CancellationToken,
) {
    let open = TaskTracker::new();
    let serving = Arc::new(Serving { shared, api, stop: cancel.clone() });
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                if let Err(error) = hand_over(&serving, stream, &open, workers) {
                    tracing::debug!(%error, "a connection ended before it began");
                }
            }
            Err(error) => {
                // Out of file descriptors or the like: taking a breath lets connections end.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    open.close();
    if tokio::time::timeout(serving.shared.options.drain, open.wait()).await.is_err() {
        tracing::warn!(open = open.len(), "stopped with calls still open");
    }
}

/// Gives a connection to the thread whose turn it is.
fn hand_over(
    serving: &Arc<Serving>,
    stream: TcpStream,
    open: &TaskTracker,
    workers: &Workers,
) -> io::Result<()> {
    // Without this, small messages wait for the other side's acknowledgement.
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let (serving, token) = (Arc::clone(serving), open.token());
    workers.next().spawn(async move {
        let connections = serving.shared.metrics.connections.clone();
        connections.inc();
        if let Err(error) = serve(serving, stream).await {
            tracing::debug!(%error, "a connection ended badly");
        }
        connections.dec();
        drop(token);
    });
    Ok(())
}

async fn serve(serving: Arc<Serving>, stream: std::net::TcpStream) -> io::Result<()> {
    let stream = TcpStream::from_std(stream)?;
    let first = tokio::select! {
        () = serving.stop.cancelled() => return Ok(()),
        first = tokio::time::timeout(HEAD_TIMEOUT, speaks_http2(&stream)) => first,
    };
    match first {
        Err(_) => Ok(()),
        Ok(Ok(true)) => {
            Box::pin(serve_http2(serving, stream)).await;
            Ok(())
        }
        Ok(Ok(false)) => {
            http1::serve(serving, stream).await;
            Ok(())
        }
        Ok(Err(error)) => Err(error),
    }
}

/// Whether a client speaks HTTP/2, by its first bytes.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut start = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut start).await?;
        let (seen, expected) = (start.get(..length), PREFACE.get(..length));
        if length == 0 || seen != expected {
            return Ok(false);
        }
        if length == PREFACE.len() {
            return Ok(true);
        }
        // What has come stays readable, so that there is nothing to be woken by.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn serve_http2(serving: Arc<Serving>, stream: TcpStream) {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(serving.shared.options.streams_per_connection)
        .max_header_list_size(64 << 10)
        .adaptive_window(true)
        .keep_alive_interval(Duration::from_secs(30));
    let connection = Arc::new(Connection::default());
    let (stop, connections) = (serving.stop.clone(), serving.shared.metrics.http2_connections.clone());
    connections.inc();
    let service =
        service_fn(move |request| Box::pin(handle(Arc::clone(&serving), Arc::clone(&connection), request)));
    let mut conversation = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = conversation.as_mut() => ended,
        () = stop.cancelled() => {
            conversation.as_mut().graceful_shutdown();
            conversation.await
        }
    };
    connections.dec();
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn handle(
    serving: Arc<Serving>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    if let Some(answer) = cors::preflight(request.method(), request.uri(), request.headers()) {
        return Ok(answer);
    }
    match classify(request.method(), request.uri(), request.headers()) {
        Call::Api => (serving.api)(request).await,
        call => {
            // Calls of the API may take long without anything to do, and are served by other threads.
            let _under_way = linger::begin();
            let request = Box::new(request.map(|body| body.map_err(Into::into).boxed_unsync()));
            Ok(proxy::answer(Arc::clone(&serving.shared), connection, call, request).await)
        }
    }
}
