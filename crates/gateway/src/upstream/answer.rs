//! Bodies of answers, which give their connections back.

use super::link::Link;
use super::message::Framing;
use super::{Home, Kept};
use crate::body::BoxError;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A body whose connection goes back to the pool when it has ended. Left before its end, the connection is closed,
/// which tells the instance that nobody listens any more.
pub(super) struct Answer {
    pub(super) framing: Framing,
    pub(super) link: Option<Link>,
    /// Where the connection goes back to; `None` where it cannot be used again.
    pub(super) home: Option<Home>,
}

impl Answer {
    fn give_back(&mut self) {
        if let (Some(link), Some(home)) = (self.link.take(), self.home.take()) {
            home.put(link);
        }
    }
}

impl Home {
    pub(super) fn put(self, link: Link) {
        if link.is_idle() {
            self.pool.put(&self.place.endpoint, Kept::now(link));
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { framing, link: Some(link), .. } = &mut *self else { return Poll::Ready(None) };
        let polled = link.poll_body(context, framing);
        match &polled {
            Poll::Ready(None) => self.give_back(),
            Poll::Ready(Some(Err(_))) => self.link = None,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.framing.has_ended()
    }

    fn size_hint(&self) -> SizeHint {
        match self.framing {
            Framing::Length(left) => SizeHint::with_exact(left),
            Framing::Chunked(_) | Framing::UntilClose => SizeHint::new(),
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.framing.has_ended() {
            self.give_back();
        }
    }
}
