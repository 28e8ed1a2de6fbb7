//! Logs on their way from agents to readers.
//!
//! Agents only call out: a reader's question is put among the work of the clusters its instances run on, and the
//! agent brings what the containers write, piece by piece. Nothing is kept: a reader that goes away ends it all.

use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use wheelhouse_functions::id::{ClusterId, RequestId};
use wheelhouse_functions::work::{LogEntry, LogRequest};

/// Pieces on their way to one reader.
const WAITING: usize = 64;
/// How long an agent may take to begin.
const BEGIN: Duration = Duration::from_secs(15);
/// How long an agent may be silent; it says something every few seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// How long a reader may keep an agent waiting.
const SLOW: Duration = Duration::from_secs(30);

/// All logs that are read now.
#[derive(Default)]
pub(crate) struct Logs {
    reading: Mutex<HashMap<RequestId, Reading>>,
}

struct Reading {
    cluster: ClusterId,
    request: LogRequest,
    pieces: mpsc::Sender<Bytes>,
    begun: bool,
    heard: tokio::time::Instant,
}

/// What a reader holds; dropped, it ends what is read for it.
pub(crate) struct Reader {
    logs: Arc<Logs>,
    requests: Vec<RequestId>,
    pub(crate) pieces: mpsc::Receiver<Bytes>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut reading = self.logs.lock();
        for request in &self.requests {
            reading.remove(request);
        }
    }
}

impl Logs {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RequestId, Reading>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to read.
    pub(crate) fn open(self: &Arc<Self>, requests: Vec<(ClusterId, LogRequest)>) -> Reader {
        let (sender, pieces) = mpsc::channel(WAITING);
        let ids: Vec<RequestId> = requests.iter().map(|(_, request)| request.id).collect();
        let mut reading = self.lock();
        for (cluster, request) in requests {
            let watched = request.id;
            let entry = Reading {
                cluster,
                request,
                pieces: sender.clone(),
                begun: false,
                heard: tokio::time::Instant::now(),
            };
            reading.insert(watched, entry);
            tokio::spawn(Arc::clone(self).watch(watched));
        }
        drop(reading);
        Reader { logs: Arc::clone(self), requests: ids, pieces }
    }

    /// What a cluster's agent is to begin with.
    pub(crate) fn wanted(&self, cluster: ClusterId) -> Vec<LogRequest> {
        let reading = self.lock();
        let wanted = reading.values().filter(|reading| reading.cluster == cluster && !reading.begun);
        wanted.map(|reading| reading.request.clone()).collect()
    }

    /// Takes a piece from an agent. `false` when nobody reads it any more.
    pub(crate) async fn bring(&self, cluster: ClusterId, id: RequestId, piece: Bytes, is_last: bool) -> bool {
        let pieces = {
            let mut reading = self.lock();
            let Some(entry) = reading.get_mut(&id).filter(|entry| entry.cluster == cluster) else {
                return false;
            };
            entry.begun = true;
            entry.heard = tokio::time::Instant::now();
            entry.pieces.clone()
        };
        if !piece.is_empty() && pieces.send_timeout(piece, SLOW).await.is_err() {
            self.lock().remove(&id);
            return false;
        }
        if is_last {
            self.lock().remove(&id);
        }
        true
    }

    /// Ends a reading whose agent does not begin or falls silent, and tells the reader.
    async fn watch(self: Arc<Self>, id: RequestId) {
        loop {
            let deadline = match self.lock().get(&id) {
                None => return,
                Some(entry) => entry.heard + if entry.begun { SILENCE } else { BEGIN },
            };
            tokio::time::sleep_until(deadline).await;
            let silent = {
                let mut reading = self.lock();
                let over = reading
                    .get(&id)
                    .is_some_and(|entry| entry.heard.elapsed() >= if entry.begun { SILENCE } else { BEGIN });
                if over { reading.remove(&id) } else { None }
            };
            if let Some(entry) = silent {
                let said = LogEntry::trouble(entry.request.instance, "the cluster's agent does not answer");
                // A reader that is gone need not be told.
                let _told = entry.pieces.try_send(said.line().into());
                return;
            }
        }
    }
}
