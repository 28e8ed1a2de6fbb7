//! What controllers decide of an object, without what is different each time.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use super::object;

static WORDS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let word = |pattern: &str, word| (Regex::new(pattern).unwrap(), word);
    vec![
        word(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
        word(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
        // hashes of templates, then random ends of names
        word(r"-[0-9b-df-hj-np-tv-xz]{8,10}\b", "-HASH"),
        word(r"-[b-df-hj-np-tv-xz2456789]{5}\b", "-RANDOM"),
        word(r"\b10\.(96|88)\.\d+\.\d+\b", "IP"),
        // ours does not preempt, and says nothing of it
        word(r" no new claims to deallocate, preemption: .*$", ""),
    ]
});

fn scrubbed(value: &Value, namespace: &str) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map
                .iter()
                .map(|(key, value)| {
                    let value = match key.as_str() {
                        "pod-template-hash"
                        | "controller-revision-hash"
                        | "currentRevision"
                        | "updateRevision" => "HASH".into(),
                        "lastTransitionTime" | "lastUpdateTime" | "startTime" | "completionTime"
                        | "lastProbeTime" => "TIME".into(),
                        _ => scrubbed(value, namespace),
                    };
                    (key.clone(), value)
                })
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(|item| scrubbed(item, namespace)).collect(),
        Value::String(text) => {
            let mut text = text.replace(namespace, "$ns");
            for (pattern, word) in WORDS.iter() {
                text = pattern.replace_all(&text, *word).into_owned();
            }
            text.into()
        }
        other => other.clone(),
    }
}

/// The part of an object that controllers write.
pub(super) fn shown(kind: &str, given: &Value, namespace: &str) -> Value {
    let at = |path: &str| given.pointer(path).cloned();
    let owners = given["metadata"]["ownerReferences"].as_array().map(|owners| {
        let owner = |owner: &Value| {
            json!({"kind": owner["kind"], "name": owner["name"], "controller": owner["controller"],
                "blockOwnerDeletion": owner["blockOwnerDeletion"]})
        };
        Value::Array(owners.iter().map(owner).collect())
    });
    let metadata = object([
        ("name", name(kind, given)),
        ("labels", at("/metadata/labels")),
        ("annotations", annotations(given)),
        ("finalizers", at("/metadata/finalizers")),
        ("ownerReferences", owners),
    ]);
    let (spec, status) = match kind {
        "Pod" => (pod_spec(given), pod_status(given)),
        "ReplicaSet" | "Deployment" | "StatefulSet" | "DaemonSet" => (
            object([
                ("replicas", at("/spec/replicas")),
                ("selector", at("/spec/selector")),
                ("labels", at("/spec/template/metadata/labels")),
                ("image", at("/spec/template/spec/containers/0/image")),
            ]),
            at("/status").unwrap_or_default(),
        ),
        "Job" => (
            object([
                ("parallelism", at("/spec/parallelism")),
                ("completions", at("/spec/completions")),
                ("suspend", at("/spec/suspend")),
            ]),
            at("/status").unwrap_or_default(),
        ),
        "EndpointSlice" => (
            object([("ports", at("/ports")), ("addressType", at("/addressType"))]),
            Value::Array(endpoints(given)),
        ),
        "Endpoints" => (Value::Null, json!(given["subsets"].as_array().map(Vec::len))),
        "PersistentVolumeClaim" => (
            object([("resources", at("/spec/resources")), ("class", at("/spec/storageClassName"))]),
            Value::Null,
        ),
        "ConfigMap" => (
            json!(given["data"].as_object().map(|data| data.keys().cloned().collect::<Vec<_>>())),
            Value::Null,
        ),
        _ => (Value::Null, at("/status").unwrap_or_default()),
    };
    let mut status = status;
    // conditions come in the order they happened
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.sort_by_key(|condition| condition["type"].to_string());
    }
    scrubbed(&json!([metadata, spec, status]), namespace)
}

/// The name; how a slice is named is left to those who make it.
fn name(kind: &str, given: &Value) -> Option<Value> {
    let name = given.pointer("/metadata/name")?.as_str()?;
    let name = match name.rsplit_once('-').filter(|_| kind == "EndpointSlice") {
        Some((service, _)) => format!("{service}-ANY"),
        None => name.to_owned(),
    };
    Some(name.into())
}

/// The annotations, but for the time of a change, which only measurements use and ours do not write.
fn annotations(given: &Value) -> Option<Value> {
    let mut annotations = given.pointer("/metadata/annotations")?.as_object()?.clone();
    annotations.shift_remove("endpoints.kubernetes.io/last-change-trigger-time");
    (!annotations.is_empty()).then_some(Value::Object(annotations))
}

fn pod_spec(pod: &Value) -> Value {
    let at = |path: &str| pod.pointer(path).cloned();
    let claims: Vec<Value> = pod["spec"]["volumes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|volume| volume.pointer("/persistentVolumeClaim/claimName").cloned())
        .collect();
    let bound = pod["spec"]["nodeName"].as_str().map(|_| Value::from("NODE"));
    object([
        ("node", bound),
        ("hostname", at("/spec/hostname")),
        ("subdomain", at("/spec/subdomain")),
        ("claims", (!claims.is_empty()).then_some(Value::Array(claims))),
        ("affinity", at("/spec/affinity/nodeAffinity").map(|_| Value::from("NODE"))),
        ("tolerations", at("/spec/tolerations")),
        ("env", at("/spec/containers/0/env")),
        ("image", at("/spec/containers/0/image")),
    ])
}

fn pod_status(pod: &Value) -> Value {
    let conditions: Vec<Value> = pod["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|condition| condition["type"] == "PodScheduled")
        .map(|condition| {
            object([
                ("status", condition.get("status").cloned()),
                ("reason", condition.get("reason").cloned()),
                ("message", condition.get("message").cloned()),
            ])
        })
        .collect();
    json!({"phase": pod["status"]["phase"], "scheduled": conditions})
}

fn endpoints(slice: &Value) -> Vec<Value> {
    let list = slice["endpoints"].as_array().into_iter().flatten();
    list.map(|endpoint| {
        object([
            ("conditions", endpoint.get("conditions").cloned()),
            ("hostname", endpoint.get("hostname").cloned()),
            ("target", endpoint.pointer("/targetRef/kind").cloned()),
            ("node", endpoint.get("nodeName").map(|_| Value::from("NODE"))),
        ])
    })
    .collect()
}
