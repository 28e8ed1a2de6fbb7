//! Event streams to HTTP/1.1 clients. Once such an answer's head is out, all that is left to do is to pass events on:
//! without what reads and writes messages, a stream that waits for its next event holds next to nothing.

use crate::body::Body;
use crate::rewound::Rewound;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{Method, Request, Response, Version, header};
use hyper::body::Body as _;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

/// Events up to this go out together, in bytes.
const GATHERED: usize = 16 << 10;
/// What a client may send ahead while it listens, in bytes.
const EARLY_LIMIT: usize = 64 << 10;

/// Whether an answer to this request may become a stream of this kind.
pub(super) fn may_listen<B>(request: &Request<B>) -> bool {
    request.version() == Version::HTTP_11 && *request.method() != Method::HEAD
}

/// Whether an answer is a stream of events.
pub(super) fn is_stream(response: &Response<Body>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let body = response.body();
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
        && !response.headers().contains_key(header::CONTENT_LENGTH)
        && !body.is_end_stream()
        && body.size_hint().exact().is_none()
}

/// Passes a body on in chunks until it ends. Returns the connection, if it can be used again.
pub(super) async fn relay(connection: Rewound, body: Body) -> Option<Rewound> {
    let Rewound { stream, early } = connection;
    let mut relay = Relay { stream, body, out: BytesMut::new(), early: early.into(), ended: false };
    match poll_fn(|context| relay.poll(context)).await {
        Ok(()) => Some(Rewound { stream: relay.stream, early: relay.early.freeze() }),
        Err(error) => {
            tracing::debug!(%error, "an event stream broke off");
            None
        }
    }
}

struct Relay {
    stream: TcpStream,
    body: Body,
    out: BytesMut,
    /// What the client sent ahead.
    early: BytesMut,
    ended: bool,
}

impl Relay {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while !self.ended && self.out.len() < GATHERED {
                match Pin::new(&mut self.body).poll_frame(context) {
                    Poll::Ready(Some(Ok(frame))) => {
                        if let Ok(data) = frame.into_data() {
                            self.add(&data);
                        }
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(io::Error::other(error))),
                    Poll::Ready(None) => {
                        self.out.put_slice(b"0\r\n\r\n");
                        self.ended = true;
                    }
                    Poll::Pending => break,
                }
            }
            if self.out.is_empty() {
                self.out = BytesMut::new();
                return if self.ended { Poll::Ready(Ok(())) } else { self.poll_left(context) };
            }
            match Pin::new(&mut self.stream).poll_write(context, &self.out)? {
                Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(written) => self.out.advance(written),
                Poll::Pending => return self.poll_left(context),
            }
        }
    }

    fn add(&mut self, data: &Bytes) {
        if !data.is_empty() {
            self.out.put_slice(format!("{:x}\r\n", data.len()).as_bytes());
            self.out.put_slice(data);
            self.out.put_slice(b"\r\n");
        }
    }

    /// Finds out that the client has left; never ready before.
    fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(context))?;
            let mut some = [0; 512];
            match self.stream.try_read(&mut some) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
                Ok(read) if self.early.len() + read > EARLY_LIMIT => {
                    return Poll::Ready(Err(io::Error::other("the client sends too much ahead")));
                }
                Ok(read) => self.early.put_slice(some.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}
