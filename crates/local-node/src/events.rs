//! Telling of what happens to pods, as events.
//!
//! Events are told as well as can be: nothing waits for them, and one that is lost is no reason to stop.
//! What was told before is counted up, and a pod that has much to tell is heard less and less, by the
//! numbers of Kubernetes' own clients.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wheelhouse_cluster::resources::EVENT;
use wheelhouse_cluster::{Cluster, PatchKind, metadata};

/// How many events may wait to be told; more are dropped.
const WAITING: usize = 4_096;
/// How many different events, and how many pods, are remembered.
const REMEMBERED: usize = 4_096;
/// How many events of a pod are told at once.
const BURST: i64 = 25;
/// How long until a pod that has told all these may tell one more, in milliseconds.
const REFILL: i64 = 300_000;

/// Something that happened to a pod.
#[derive(Debug, Clone)]
struct Happening {
    namespace: String,
    pod: String,
    uid: String,
    node: String,
    /// The part of the pod's spec, as `spec.containers{main}`.
    part: String,
    warning: bool,
    reason: String,
    message: String,
    at: Timestamp,
}

/// Takes in what happens, without waiting.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    sender: mpsc::Sender<Happening>,
}

/// What has been taken in and is to be told.
#[derive(Debug)]
pub(crate) struct Happenings {
    receiver: mpsc::Receiver<Happening>,
}

/// A recorder and its other end, for [`run`].
pub(crate) fn channel() -> (Recorder, Happenings) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Recorder { sender }, Happenings { receiver })
}

impl Recorder {
    /// Tells of something that happened to a pod, or to one of its containers.
    pub(crate) fn tell(
        &self,
        pod: &Value,
        container: Option<&str>,
        warning: bool,
        reason: &str,
        message: &str,
    ) {
        let node = pod.pointer("/spec/nodeName").and_then(Value::as_str).unwrap_or_default();
        let happening = Happening {
            namespace: metadata::namespace(pod).to_owned(),
            pod: metadata::name(pod).to_owned(),
            uid: metadata::uid(pod).to_owned(),
            node: node.to_owned(),
            part: container.map(|container| part(pod, container)).unwrap_or_default(),
            warning,
            reason: reason.to_owned(),
            message: message.to_owned(),
            at: Timestamp::now(),
        };
        if self.sender.try_send(happening).is_err() {
            tracing::debug!(reason, "too many events wait; one is not told");
        }
    }
}

/// Where in a pod's spec a container is.
fn part(pod: &Value, container: &str) -> String {
    let init = pod.pointer("/spec/initContainers").and_then(Value::as_array);
    let is_init =
        init.into_iter().flatten().any(|each| each.get("name").and_then(Value::as_str) == Some(container));
    let list = if is_init { "initContainers" } else { "containers" };
    format!("spec.{list}{{{container}}}")
}

/// Tells what happens, one after the other, until nobody can tell any more.
pub(crate) async fn run(cluster: Cluster, mut happenings: Happenings) {
    let mut told = Told::default();
    while let Some(happening) = happenings.receiver.recv().await {
        let namespace = Some(happening.namespace.as_str());
        let result = match told.take(&happening) {
            Deed::Nothing => continue,
            Deed::Count(name, patch) => {
                cluster.patch(&EVENT, namespace, &name, None, PatchKind::Merge, &patch).await
            }
            Deed::Create(event) => cluster.create(&EVENT, namespace, &event).await,
        };
        if let Err(error) = result {
            tracing::debug!(%error, reason = happening.reason, "an event could not be told");
            // It may have been removed: the next is told anew.
            told.forget(&happening);
        }
    }
}

/// What is to be done about something that happened.
#[derive(Debug, PartialEq)]
enum Deed {
    /// Make an event.
    Create(Value),
    /// Change the event of this name.
    Count(String, Value),
    /// The pod has told too much.
    Nothing,
}

/// The pod's uid, the part, the reason and the message.
type Same = (String, String, String, String);

/// What has been told.
#[derive(Debug, Default)]
struct Told {
    /// The event's name and how often it was told.
    known: HashMap<Same, (String, u64)>,
    /// How many events a pod may still tell, and since when that is so.
    budgets: HashMap<String, (i64, i64)>,
}

fn same(happening: &Happening) -> Same {
    let Happening { uid, part, reason, message, .. } = happening.clone();
    (uid, part, reason, message)
}

impl Told {
    fn may_tell(&mut self, uid: &str, now: i64) -> bool {
        if self.budgets.len() >= REMEMBERED {
            self.budgets.clear();
        }
        let (left, since) = self.budgets.entry(uid.to_owned()).or_insert((BURST, now));
        let regained = (now - *since) / REFILL;
        *left = (*left + regained).min(BURST);
        *since += regained * REFILL;
        if *left == 0 {
            return false;
        }
        *left -= 1;
        true
    }

    fn take(&mut self, happening: &Happening) -> Deed {
        if !self.may_tell(&happening.uid, happening.at.as_millisecond()) {
            return Deed::Nothing;
        }
        let stamp = happening.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        if let Some((name, count)) = self.known.get_mut(&same(happening)) {
            *count += 1;
            return Deed::Count(name.clone(), json!({"count": *count, "lastTimestamp": stamp}));
        }
        let Happening { namespace, pod, uid, node, part, warning, reason, message, at } = happening;
        let name = format!("{pod}.{:x}", at.as_nanosecond());
        self.known.insert(same(happening), (name.clone(), 1));
        let mut object =
            json!({"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": pod, "uid": uid});
        if let Some(fields) = object.as_object_mut().filter(|_| !part.is_empty()) {
            fields.insert("fieldPath".to_owned(), part.as_str().into());
        }
        Deed::Create(json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {"namespace": namespace, "name": name},
            "involvedObject": object,
            "type": if *warning { "Warning" } else { "Normal" },
            "reason": reason, "message": message, "count": 1,
            "source": {"component": "kubelet", "host": node},
            "reportingComponent": "kubelet", "reportingInstance": node,
            "firstTimestamp": stamp, "lastTimestamp": stamp,
        }))
    }

    fn forget(&mut self, happening: &Happening) {
        self.known.remove(&same(happening));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn happening(uid: &str, message: &str, at: i64) -> Happening {
        Happening {
            namespace: "n".into(),
            pod: "p".into(),
            uid: uid.into(),
            node: "local-1".into(),
            part: String::new(),
            warning: false,
            reason: "Pulled".into(),
            message: message.into(),
            at: Timestamp::from_millisecond(at).unwrap(),
        }
    }

    #[test]
    fn what_was_told_before_is_counted_up() {
        let mut told = Told::default();
        let Deed::Create(event) = told.take(&happening("u", "one", 1_000)) else { panic!("not told") };
        assert_eq!((&event["message"], &event["count"]), (&json!("one"), &json!(1)));
        assert_eq!(event["involvedObject"].get("fieldPath"), None);
        let name = event["metadata"]["name"].as_str().unwrap().to_owned();
        let counted = json!({"count": 2, "lastTimestamp": "1970-01-01T00:00:09Z"});
        assert_eq!(told.take(&happening("u", "one", 9_000)), Deed::Count(name, counted));
        assert!(matches!(told.take(&happening("u", "two", 9_000)), Deed::Create(_)));
        assert!(matches!(told.take(&happening("v", "one", 9_000)), Deed::Create(_)));
        told.forget(&happening("u", "one", 0));
        assert!(matches!(told.take(&happening("u", "one", 9_001)), Deed::Create(_)));
    }

    #[test]
    fn a_pod_that_tells_much_is_heard_less() {
        let mut told = Told::default();
        let mut heard = |uid: &str, at: i64| told.take(&happening(uid, "x", at)) != Deed::Nothing;
        let first: Vec<bool> = (0..30).map(|_| heard("u", 0)).collect();
        assert_eq!(first.iter().filter(|heard| **heard).count(), 25);
        assert!(heard("v", 0), "another pod is heard");
        assert!(!heard("u", REFILL - 1));
        assert!(heard("u", REFILL));
        assert!(!heard("u", REFILL + 1));
    }

    #[test]
    fn containers_are_named_by_their_place_in_the_spec() {
        let pod = json!({"spec": {"initContainers": [{"name": "a"}], "containers": [{"name": "b"}]}});
        assert_eq!(part(&pod, "a"), "spec.initContainers{a}");
        assert_eq!(part(&pod, "b"), "spec.containers{b}");
    }
}
