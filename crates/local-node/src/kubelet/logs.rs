//! The log endpoint.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::{Body, Query, text};
use crate::host::Host;
use crate::logs::{Selection, read};
use crate::pod::machine::Now;
use crate::worker::log_path;

fn selection(query: &Query) -> Selection {
    let number = |name: &str| query.text(name).and_then(|text| text.parse::<i64>().ok());
    let since = query.text("sinceTime").and_then(|time| time.parse::<Timestamp>().ok()).or_else(|| {
        number("sinceSeconds").map(|seconds| Timestamp::now() - SignedDuration::from_secs(seconds))
    });
    Selection {
        follow: query.flag("follow"),
        tail: number("tailLines").and_then(|lines| usize::try_from(lines).ok()),
        since,
        timestamps: query.flag("timestamps"),
        limit: number("limitBytes").and_then(|bytes| usize::try_from(bytes).ok()),
    }
}

pub(super) async fn answer(
    host: &Arc<Host>,
    namespace: &str,
    pod: &str,
    container: &str,
    query: &Query,
) -> Response<Body> {
    let Some(handle) = host.handle(namespace, pod) else {
        return text(StatusCode::NOT_FOUND, format!("pod {pod:?} is not on this node"));
    };
    let place = handle.plan().containers.iter().position(|plan| plan.name == container);
    let state = handle.state().zip(place).and_then(|(state, place)| state.containers.get(place).cloned());
    let Some(state) = state else {
        return text(StatusCode::BAD_REQUEST, format!("container {container} is not valid for pod {pod}"));
    };
    let attempt = if query.flag("previous") {
        state
            .ended_run()
            .ok_or_else(|| format!("previous terminated container {container:?} in pod {pod:?} not found"))
    } else {
        // Between two runs the log is that of the last one.
        state.latest_run().ok_or_else(|| {
            let reason = match &state.now {
                Now::Waiting { reason, .. } if !reason.is_empty() => reason,
                _ => "ContainerCreating",
            };
            format!("container {container:?} in pod {pod:?} is waiting to start: {reason}")
        })
    };
    let attempt = match attempt {
        Ok(attempt) => attempt,
        Err(why) => return text(StatusCode::BAD_REQUEST, why),
    };
    let path = log_path(host, &handle.plan(), container, attempt);
    let selection = selection(query);
    let (sender, receiver) = mpsc::channel::<Bytes>(64);
    let name = container.to_owned();
    tokio::spawn(async move {
        let ended = || handle.live(&name).is_none();
        if let Err(error) = read(&path, &selection, ended, &sender).await {
            tracing::debug!(log = %path.display(), %error, "a log was not read to its end");
        }
    });
    Response::new(Channel(receiver).boxed())
}

/// A body of what comes through a channel.
struct Channel(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Channel {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}
