//! One HTTP/1.1 connection to an instance. It takes one call at a time and belongs to the task of that call: tasks
//! of its own would cost changes of task for each piece that crosses it. While nothing crosses it, it holds no buffers.

use super::message::{Framing, Head, Malformed, take_head, write_head};
use crate::body::{Body, BoxError, BoxRequest};
use crate::rewound::Rewound;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::Method;
use hyper::body::{Body as _, Frame};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio_util::io::poll_read_buf;

/// How much is read at a time at first, and at most, in bytes.
const READ: (usize, usize) = (8 << 10, 64 << 10);
/// Pieces of a request up to this go out together, in bytes.
const GATHERED: usize = 16 << 10;

/// Why an exchange did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the connection failed")]
    Failed(#[from] io::Error),
    #[error("the connection was closed")]
    Closed,
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the request's body broke off")]
    Body(#[source] BoxError),
}

/// A connection, and what is left to send of its call.
#[derive(Debug)]
pub(super) struct Link {
    stream: TcpStream,
    received: BytesMut,
    read_next: usize,
    sending: Option<Sending>,
    /// Whether all of the last request went out.
    sent: bool,
}

impl Link {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, received: BytesMut::new(), read_next: READ.0, sending: None, sent: true }
    }

    /// Whether the next call can be sent. That the other side has closed the connection is found out here.
    pub(super) fn is_idle(&self) -> bool {
        let nothing = |error: io::Error| error.kind() == io::ErrorKind::WouldBlock;
        self.sent && self.received.is_empty() && self.stream.try_read(&mut [0; 1]).is_err_and(nothing)
    }

    /// Sends a request and waits for the answer's head. What is left of the request goes out with
    /// [`Link::poll_body`].
    pub(super) async fn exchange(&mut self, request: BoxRequest) -> Result<Head, Broken> {
        let (parts, body) = request.into_parts();
        let length = body.size_hint().exact();
        let mut out = BytesMut::with_capacity(1 << 10);
        write_head(&mut out, &parts, length);
        let ended = body.is_end_stream();
        self.sending = Some(Sending { out, piece: Bytes::new(), body, left: length, ended });
        self.sent = false;
        let method = parts.method;
        poll_fn(|context| self.poll_head(context, &method)).await
    }

    fn poll_head(&mut self, context: &mut Context<'_>, method: &Method) -> Poll<Result<Head, Broken>> {
        self.poll_send(context)?;
        loop {
            if let Some(head) = take_head(&mut self.received, method)? {
                self.release();
                return Poll::Ready(Ok(head));
            }
            if ready!(self.poll_receive(context))? == 0 {
                return Poll::Ready(Err(Broken::Closed));
            }
        }
    }

    /// The next piece of the answer's body.
    pub(super) fn poll_body(
        &mut self,
        context: &mut Context<'_>,
        framing: &mut Framing,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Err(error) = self.poll_send(context) {
            return Poll::Ready(Some(Err(error)));
        }
        loop {
            match framing.take(&mut self.received) {
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
                Ok(Some(frame)) => {
                    self.release();
                    return Poll::Ready(Some(Ok(frame)));
                }
                Ok(None) if framing.has_ended() => return Poll::Ready(None),
                Ok(None) => {}
            }
            match ready!(self.poll_receive(context)) {
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
                Ok(0) if *framing == Framing::UntilClose => {
                    *framing = Framing::Length(0);
                    return Poll::Ready(None);
                }
                Ok(0) => return Poll::Ready(Some(Err(Broken::Closed))),
                Ok(_) => {}
            }
        }
    }

    /// A body that has been received as a whole already.
    pub(super) fn whole_body(&mut self, framing: &mut Framing) -> Option<Bytes> {
        match *framing {
            Framing::Length(length) if length <= self.received.len() as u64 => {
                let frame = framing.take(&mut self.received).ok()?;
                self.release();
                Some(frame.and_then(|frame| frame.into_data().ok()).unwrap_or_default())
            }
            _ => None,
        }
    }

    /// The connection alone, after an upgrade.
    pub(super) fn into_rewound(self) -> Rewound {
        Rewound { stream: self.stream, early: self.received.freeze() }
    }

    /// Sends what can be sent at the moment.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Result<(), Broken> {
        let Some(sending) = &mut self.sending else { return Ok(()) };
        match sending.poll(context, &mut self.stream) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => (self.sending, self.sent) = (None, true),
            Poll::Ready(Err(Broken::Failed(error))) => {
                // An instance may answer and close before it has taken all of the request: its answer decides.
                tracing::debug!(%error, "a request did not go out as a whole");
                self.sending = None;
            }
            Poll::Ready(Err(error)) => return Err(error),
        }
        Ok(())
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.stream.poll_read_ready(context)?.is_pending() {
            self.release();
            return Poll::Pending;
        }
        self.received.reserve(self.read_next);
        let space = self.received.capacity() - self.received.len();
        let polled = poll_read_buf(Pin::new(&mut self.stream), context, &mut self.received);
        match &polled {
            Poll::Ready(Ok(read)) if *read >= space => self.read_next = (self.read_next * 2).min(READ.1),
            Poll::Ready(Ok(read)) if *read < READ.0 => self.read_next = READ.0,
            Poll::Ready(_) => {}
            Poll::Pending => self.release(),
        }
        polled
    }

    /// Gives back an empty buffer.
    fn release(&mut self) {
        if self.received.is_empty() {
            self.received = BytesMut::new();
        }
    }
}

/// A request on its way out.
struct Sending {
    /// The head, what frames chunks, and small pieces of the body.
    out: BytesMut,
    /// A large piece of the body; comes after `out`.
    piece: Bytes,
    body: Body,
    /// How much of a body of known length is to come; `None` for one in chunks.
    left: Option<u64>,
    ended: bool,
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sending").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Sending {
    fn poll(&mut self, context: &mut Context<'_>, stream: &mut TcpStream) -> Poll<Result<(), Broken>> {
        loop {
            while !self.ended && self.piece.is_empty() && self.out.len() < GATHERED {
                match Pin::new(&mut self.body).poll_frame(context) {
                    Poll::Ready(Some(Ok(frame))) => self.add(frame)?,
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(Broken::Body(error))),
                    Poll::Ready(None) => self.end()?,
                    Poll::Pending => break,
                }
                if self.left == Some(0) {
                    self.end()?;
                }
            }
            if !self.out.is_empty() {
                let written = ready!(Pin::new(&mut *stream).poll_write(context, &self.out))?;
                self.out.advance(written);
            } else if !self.piece.is_empty() {
                let written = ready!(Pin::new(&mut *stream).poll_write(context, &self.piece))?;
                self.piece.advance(written);
                if self.piece.is_empty() && self.left.is_none() {
                    self.out.put_slice(b"\r\n");
                }
            } else if self.ended {
                return Poll::Ready(Ok(()));
            } else {
                self.out = BytesMut::new();
                return Poll::Pending;
            }
        }
    }

    fn add(&mut self, frame: Frame<Bytes>) -> Result<(), Broken> {
        // Trailers of requests are not passed on.
        let Ok(data) = frame.into_data() else { return Ok(()) };
        if data.is_empty() {
            return Ok(());
        }
        match &mut self.left {
            Some(left) => {
                *left = left
                    .checked_sub(data.len() as u64)
                    .ok_or_else(|| Broken::Body("it is longer than it says".into()))?;
            }
            None => self.out.put_slice(format!("{:x}\r\n", data.len()).as_bytes()),
        }
        if data.len() > GATHERED {
            self.piece = data;
        } else {
            self.out.put_slice(&data);
            if self.left.is_none() {
                self.out.put_slice(b"\r\n");
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Broken> {
        match self.left {
            Some(0) => {}
            Some(_) => return Err(Broken::Body("it is shorter than it says".into())),
            None => self.out.put_slice(b"0\r\n\r\n"),
        }
        self.ended = true;
        Ok(())
    }
}
