//! One HTTP/1.1 connection of a client: calls one after the other, until one of their answers takes it over.

use super::event_stream::{self, is_stream, may_listen};
use super::{Serving, handle};
use crate::body::{Body, BoxError};
use crate::proxy::{Connection, Switched};
use crate::rewound::Rewound;
use bytes::Bytes;
use http::{Request, Response, header};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

/// Serves a connection until it ends. What one part of that needs is given back before the next begins.
pub(super) async fn serve(serving: Arc<Serving>, stream: TcpStream) {
    let mut connection = Rewound { stream, early: Bytes::new() };
    loop {
        let (taken, last, mut left) = match Box::pin(converse(Arc::clone(&serving), connection)).await {
            Ok(ended) => ended,
            Err(error) => return tracing::debug!(%error, "a connection ended badly"),
        };
        match taken {
            None => {
                if let Err(error) = left.shutdown().await {
                    tracing::debug!(%error, "a connection ended before it was closed");
                }
                return;
            }
            Some(Takeover::Switch(mut switched)) => {
                let copied = tokio::io::copy_bidirectional(&mut left, &mut switched.function);
                if let Err(error) = Box::pin(copied).await {
                    tracing::debug!(%error, "an upgraded connection ended");
                }
                return;
            }
            Some(Takeover::Stream(body)) => match event_stream::relay(left, body).await {
                Some(again) if !last => connection = again,
                _ => return,
            },
        }
    }
}

/// What takes a connection over once the head of the answer is out.
enum Takeover {
    /// Another protocol.
    Switch(Box<Switched>),
    /// A stream of events.
    Stream(Body),
}

/// What the parts of a conversation tell each other.
#[derive(Default)]
struct Desk {
    connection: Arc<Connection>,
    takeover: Mutex<Option<Takeover>>,
    /// Whether the body is asked for, which comes after the head.
    body_asked: AtomicBool,
    /// Whether something waits for the client to take it.
    blocked: AtomicBool,
    /// Whether the call is the connection's last one.
    last: AtomicBool,
}

impl Desk {
    fn takeover(&self) -> std::sync::MutexGuard<'_, Option<Takeover>> {
        self.takeover.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stream_ready(&self) -> bool {
        self.body_asked.load(Ordering::Relaxed) && !self.blocked.load(Ordering::Relaxed)
    }
}

/// Answers calls until the connection ends or is taken over. Also tells whether the call was the last one, and
/// returns the connection.
async fn converse(
    serving: Arc<Serving>,
    connection: Rewound,
) -> Result<(Option<Takeover>, bool, Rewound), hyper::Error> {
    let desk = Arc::new(Desk::default());
    let io = TokioIo::new(Watched { connection, desk: Arc::clone(&desk) });
    let stop = serving.stop.clone();
    let service = {
        let desk = Arc::clone(&desk);
        service_fn(move |request| -> Pin<Box<dyn Future<Output = _> + Send>> {
            Box::pin(answer(Arc::clone(&serving), Arc::clone(&desk), request))
        })
    };
    let mut conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(super::HEAD_TIMEOUT)
        .serve_connection(io, service);
    let mut stopped = pin!(stop.cancelled());
    let mut stopping = false;
    poll_fn(|context| {
        if !stopping && stopped.as_mut().poll(context).is_ready() {
            stopping = true;
            Pin::new(&mut conversation).graceful_shutdown();
        }
        match conversation.poll_without_shutdown(context) {
            Poll::Pending if desk.is_stream_ready() => Poll::Ready(Ok(())),
            polled => polled,
        }
    })
    .await?;
    let parts = conversation.into_parts();
    let Watched { connection, .. } = parts.io.into_inner();
    let left = Rewound { stream: connection.stream, early: parts.read_buf };
    let last = stopping || desk.last.load(Ordering::Relaxed);
    let taken = desk.takeover().take();
    // A stream whose head did not get out has nobody to listen to it.
    let taken = taken.filter(|taken| !matches!(taken, Takeover::Stream(_)) || desk.is_stream_ready());
    Ok((taken, last, left))
}

async fn answer(
    serving: Arc<Serving>,
    desk: Arc<Desk>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let listens = may_listen(&request);
    let values = request.headers().get_all(header::CONNECTION).iter();
    let mut words = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let last = words.any(|word| word.trim().eq_ignore_ascii_case("close"));
    let mut response = handle(serving, Arc::clone(&desk.connection), request).await?;
    if let Some(switched) = desk.connection.switched() {
        *desk.takeover() = Some(Takeover::Switch(switched));
    } else if listens && is_stream(&response) {
        let body = std::mem::replace(response.body_mut(), crate::body::empty());
        desk.last.store(last, Ordering::Relaxed);
        *desk.takeover() = Some(Takeover::Stream(body));
        return Ok(response.map(|_| Body::new(Placeholder(desk))));
    }
    Ok(response)
}

/// Stands for a stream until the head of its answer is out.
struct Placeholder(Arc<Desk>);

impl hyper::body::Body for Placeholder {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0.body_asked.store(true, Ordering::Relaxed);
        Poll::Pending
    }
}

/// Notes whether all that was written has gone out.
struct Watched {
    connection: Rewound,
    desk: Arc<Desk>,
}

impl Watched {
    fn note<T>(&self, polled: Poll<T>) -> Poll<T> {
        self.desk.blocked.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.connection).poll_write(context, bytes);
        self.note(polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.connection).poll_write_vectored(context, parts);
        self.note(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}
