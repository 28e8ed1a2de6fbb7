//! What all handlers and the reconciler share.

pub(crate) mod charts;
pub(crate) mod entries;
pub(crate) mod keys;
pub(crate) mod logs;

use crate::options::Options;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use uuid::Uuid;
use wheelhouse_functions::engine::ChartEngine;
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::route::{LoadSource, RouteTable};
use wheelhouse_functions::trace::SpanSink;
use wheelhouse_store::{Authenticator, Error, Store, credential};

/// The shared parts of the control plane.
pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) engine: Arc<dyn ChartEngine>,
    pub(crate) charts: Arc<dyn charts::ChartSource>,
    /// How many charts may be worked on at one time.
    pub(crate) chart_work: Arc<tokio::sync::Semaphore>,
    pub(crate) load: Arc<dyn LoadSource>,
    pub(crate) options: Options,
    /// When this process began.
    pub(crate) started: Timestamp,
    /// Wakes the reconciler. It never relies on it: it also looks by itself.
    pub(crate) changed: Arc<Notify>,
    /// Counts changes of what agents are to have.
    pub(crate) work: watch::Sender<u64>,
    pub(crate) routes: watch::Sender<Arc<RouteTable>>,
    /// Versions as listings show them.
    pub(crate) entries: entries::Entries,
    /// Logs that are read now.
    pub(crate) logs: Arc<logs::Logs>,
    pub(crate) spans: Option<Arc<dyn SpanSink>>,
    pub(crate) metrics: crate::api::metrics::Metrics,
    pub(crate) more_metrics: Arc<dyn Fn(&mut prometheus_client::registry::Registry) + Send + Sync>,
}

impl Core {
    /// The time that records are stamped and timers are counted with; it does not jump.
    pub(crate) fn now(&self) -> Timestamp {
        self.store.now()
    }

    /// What the machine's clock shows: keys end by it.
    pub(crate) fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    /// For how long something has lasted, as far as this process has seen it. What lay before its start does not
    /// count: nobody was there to hear of a change. Nor does what lies ahead, because the clock was set back.
    pub(crate) fn lasted(&self, since: Timestamp) -> SignedDuration {
        lasted(since, self.started, self.now())
    }

    /// Makes an identifier.
    pub(crate) fn new_id<T>(&self, from_parts: fn(u64, [u8; 10]) -> T) -> Result<T, Problem> {
        let random = credential::random_bytes().map_err(|error| internal(&error))?;
        let milliseconds = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        Ok(from_parts(milliseconds, random))
    }

    /// Tells agents and the reconciler that something about instances changed.
    pub(crate) fn work_changed(&self) {
        self.work.send_modify(|revision| *revision = revision.wrapping_add(1));
        self.changed.notify_one();
    }
}

fn lasted(since: Timestamp, started: Timestamp, now: Timestamp) -> SignedDuration {
    let since = if since > now { started } else { since.max(started) };
    now.duration_since(since)
}

/// A random UUID for request ids.
pub(crate) fn random_uuid() -> Uuid {
    let mut bytes = [0_u8; 16];
    // Without randomness the id is the nil UUID: it only labels log lines.
    let _filled = aws_lc_rs::rand::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// The problem a store error becomes. Conflicts are the caller's to retry; all else is ours, and logged here.
pub(crate) fn storage(error: Error) -> Problem {
    match error {
        Error::Conflict { .. } | Error::Exists { .. } => {
            Problem::new(ProblemKind::Conflict, format!("{error}; read it again and retry"))
        }
        error => internal(&error),
    }
}

/// Logs an internal error with its causes and hides it from the caller.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    tracing::error!(error = text, "internal error");
    Problem::new(ProblemKind::InternalServerError, "Internal error; the server's log has the cause")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_lasts_longer_than_the_process_that_watches() {
        let check = |since: i64, started: i64, now: i64, expect: i64| {
            let at = |seconds| Timestamp::from_second(seconds).unwrap();
            assert_eq!(lasted(at(since), at(started), at(now)), SignedDuration::from_secs(expect));
        };
        check(50, 10, 60, 10);
        // A long time before the start, and the clock set back while it was off.
        check(50, 10_000, 10_007, 7);
        check(5_000, 1_000, 1_030, 30);
    }
}
