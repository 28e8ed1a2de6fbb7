//! Logs that somebody reads: what an instance's containers write, brought to the control plane.

use crate::control::Control;
use crate::options::chain;
use bytes::{Bytes, BytesMut};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wheelhouse_cluster::{Cluster, ListOptions, LogOptions, metadata, resources};
use wheelhouse_functions::id::ClusterId;
use wheelhouse_functions::instance::namespace_of;
use wheelhouse_functions::work::{LogEntry, LogRequest};

/// Lines on their way.
const WAITING: usize = 1024;
/// The largest piece brought at once, in bytes.
const PIECE: usize = 64 << 10;
/// The longest line; what is longer is cut into several.
const LINE: usize = 16 << 10;
/// How often something is said when there is nothing to say.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How long lines are gathered for one piece.
const GATHER: Duration = Duration::from_millis(50);
/// How often new pods are looked for.
const LOOK: Duration = Duration::from_secs(2);

/// Brings what is asked for until it ends or nobody reads it any more.
pub(crate) async fn serve(cluster: Cluster, control: Arc<Control>, id: ClusterId, request: LogRequest) {
    let (lines, mut gathered) = mpsc::channel::<Bytes>(WAITING);
    let mut readers = JoinSet::new();
    readers.spawn(read_pods(cluster, request.clone(), lines));
    let mut piece = BytesMut::new();
    loop {
        // The first piece is empty: it says that the request has arrived.
        if !control.bring_logs(id, request.id, piece.split().freeze(), false).await {
            return;
        }
        match tokio::time::timeout(KEEP_ALIVE, gathered.recv()).await {
            Err(_) => {}
            Ok(None) => break,
            Ok(Some(line)) => {
                piece.extend_from_slice(&line);
                tokio::time::sleep(GATHER).await;
                while piece.len() < PIECE
                    && let Ok(line) = gathered.try_recv()
                {
                    piece.extend_from_slice(&line);
                }
            }
        }
    }
    control.bring_logs(id, request.id, Bytes::new(), true).await;
}

/// Reads every container of an instance; when following, also those that come later.
async fn read_pods(cluster: Cluster, request: LogRequest, lines: mpsc::Sender<Bytes>) {
    let namespace = namespace_of(request.instance);
    let mut known: HashSet<(String, String)> = HashSet::new();
    let mut readers = JoinSet::new();
    loop {
        match cluster.list(&resources::POD, Some(&namespace), &ListOptions::default()).await {
            Ok(pods) => {
                for pod in &pods {
                    for container in containers(pod) {
                        let wanted = request.container.as_ref().is_none_or(|name| *name == container);
                        if wanted && known.insert((metadata::uid(pod).to_owned(), container.clone())) {
                            let source = Source {
                                cluster: cluster.clone(),
                                namespace: namespace.clone(),
                                pod: metadata::name(pod).to_owned(),
                                container,
                            };
                            readers.spawn(read_container(source, request.clone(), lines.clone()));
                        }
                    }
                }
            }
            Err(error) => {
                let said = LogEntry::trouble(request.instance, &chain(&error));
                if lines.send(said.line().into()).await.is_err() {
                    return;
                }
            }
        }
        if !request.follow {
            while readers.join_next().await.is_some() {}
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The containers of a pod that have run or run now; one that has not begun is met at the next look.
fn containers(pod: &serde_json::Value) -> Vec<String> {
    let statuses = ["initContainerStatuses", "containerStatuses"];
    let all =
        statuses.iter().filter_map(|list| pod.pointer(&format!("/status/{list}"))?.as_array()).flatten();
    let begun = all.filter(|status| {
        let state = |name: &str| status.pointer(name).is_some_and(|state| !state.is_null());
        ["/state/running", "/state/terminated", "/lastState/terminated"].into_iter().any(state)
    });
    begun.filter_map(|status| Some(status.get("name")?.as_str()?.to_owned())).collect()
}

/// A container.
struct Source {
    cluster: Cluster,
    namespace: String,
    pod: String,
    container: String,
}

async fn read_container(source: Source, request: LogRequest, lines: mpsc::Sender<Bytes>) {
    let entry = |line: String, is_trouble: bool| LogEntry {
        instance: request.instance,
        pod: source.pod.clone(),
        container: source.container.clone(),
        line,
        is_trouble,
    };
    let options = LogOptions {
        container: Some(source.container.clone()),
        follow: request.follow,
        tail: request.tail_lines,
        since_seconds: request.since_seconds,
        ..LogOptions::default()
    };
    let mut stream = match source.cluster.logs(&source.namespace, &source.pod, &options).await {
        Ok(stream) => stream,
        Err(error) => {
            // Nobody to tell is no trouble here.
            let _told = lines.send(entry(chain(&error), true).line().into()).await;
            return;
        }
    };
    let mut line = Vec::new();
    while let Some(piece) = stream.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => {
                let _told = lines.send(entry(chain(&error), true).line().into()).await;
                break;
            }
        };
        for &byte in &piece {
            if byte != b'\n' {
                line.push(byte);
            }
            if byte == b'\n' || line.len() >= LINE {
                let text = String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned();
                if lines.send(entry(text, false).line().into()).await.is_err() {
                    return;
                }
            }
        }
    }
    if !line.is_empty() {
        let text = String::from_utf8_lossy(&line).into_owned();
        let _told = lines.send(entry(text, false).line().into()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_has_begun_is_read() {
        let pod = json!({ "status": {
            "initContainerStatuses": [{ "name": "done", "state": { "terminated": { "exitCode": 0 } } }],
            "containerStatuses": [
                { "name": "runs", "state": { "running": {} } },
                { "name": "waits", "state": { "waiting": { "reason": "ImagePullBackOff" } } },
                { "name": "restarts", "state": { "waiting": {} }, "lastState": { "terminated": {} } },
            ],
        } });
        assert_eq!(containers(&pod), ["done", "runs", "restarts"]);
        assert!(containers(&json!({})).is_empty());
    }
}
