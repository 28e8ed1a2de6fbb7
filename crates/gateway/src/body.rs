//! Bodies of requests and answers.

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Any error of a body on its way.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body on its way.
pub type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, BoxError>;

/// A request on its way. Boxed, for each layer it goes through keeps what it is given.
pub(crate) type BoxRequest = Box<http::Request<Body>>;

/// A body that is there already.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// No body.
pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body that keeps something, a slot or a span, until it has ended or is left.
pub(crate) fn held(body: Body, kept: impl Send + Unpin + 'static) -> Body {
    Held { body, _kept: kept }.boxed_unsync()
}

struct Held<T> {
    body: Body,
    _kept: T,
}

impl<T: Unpin> HttpBody for Held<T> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Why a body was not collected.
#[derive(Debug)]
pub(crate) enum NotCollected {
    /// It is larger than was allowed.
    TooLarge,
    /// It broke off.
    BrokenOff,
}

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn collect<B>(mut body: B, limit: usize) -> Result<Bytes, NotCollected>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(NotCollected::BrokenOff) };
        if let Ok(data) = frame.into_data() {
            if collected.len() + data.len() > limit {
                return Err(NotCollected::TooLarge);
            }
            collected.extend_from_slice(&data);
        }
    }
    Ok(collected.freeze())
}
