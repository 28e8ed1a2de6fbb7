//! Accepts connections within limits and serves them until told to stop.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::handler;
use crate::cluster::Cluster;

/// What a client may take of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time; more are closed at once.
    pub(crate) connections: usize,
    /// Time for the TLS handshake and for the head of a request.
    pub(crate) handshake: Duration,
    /// Bytes of a request body.
    pub(crate) body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connections: 4096, handshake: Duration::from_secs(10), body_bytes: 3 * 1024 * 1024 }
    }
}

/// Connections that come and go before an earlier one must have finished its handshake: one that takes
/// longer gives way, so that silent connections never keep others out.
const STRANGERS: usize = 2048;

/// How long connections may finish their requests when the server stops.
const DRAIN: Duration = Duration::from_secs(3);

/// Serves until cancelled, then lets running requests finish for a short time.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: rustls::ServerConfig,
    cluster: Arc<Cluster>,
    limits: Limits,
    cancel: CancellationToken,
) {
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let places = Arc::new(Semaphore::new(limits.connections));
    let tracker = tokio_util::task::TaskTracker::new();
    let mut strangers: VecDeque<CancellationToken> = VecDeque::new();
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(_) => {
                // out of file descriptors or the like: wait for some to be given back
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        if strangers.len() >= STRANGERS
            && let Some(oldest) = strangers.pop_front()
        {
            oldest.cancel();
        }
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let patience = CancellationToken::new();
        strangers.push_back(patience.clone());
        // small answers must not wait for more to send with them
        let _ = stream.set_nodelay(true);
        let (acceptor, cluster, cancel) = (acceptor.clone(), cluster.clone(), cancel.clone());
        tracker.spawn(async move {
            let _place = place;
            let handshake = tokio::time::timeout(limits.handshake, acceptor.accept(stream));
            let stream = tokio::select! {
                outcome = handshake => match outcome {
                    Ok(Ok(stream)) => stream,
                    _ => return,
                },
                () = patience.cancelled() => return,
            };
            connection(stream, cluster, limits, cancel).await;
        });
    }
    cluster.stopping.cancel();
    tracker.close();
    let _ = tokio::time::timeout(DRAIN, tracker.wait()).await;
}

async fn connection(
    stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>,
    cluster: Arc<Cluster>,
    limits: Limits,
    cancel: CancellationToken,
) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.handshake).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(1000)
        .max_header_list_size(64 * 1024)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(Duration::from_secs(20));
    // the version is known from the handshake: a client that says nothing runs into a time limit
    let builder = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => builder.http2_only(),
        _ => builder.http1_only(),
    };
    let service = service_fn(move |request| {
        let cluster = cluster.clone();
        async move { Ok::<_, std::convert::Infallible>(handler::handle(cluster, limits, request).await) }
    });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // a broken connection is the client's business: nobody is left to tell
    tokio::select! {
        _ = connection.as_mut() => {}
        () = cancel.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(DRAIN, connection).await;
        }
    }
}
