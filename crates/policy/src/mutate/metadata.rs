use wheelhouse_objects::{Node, Object, pod_spec};

use super::ledger::below;
use super::{Additions, Ledger, Pair};

/// Metadata that only a server may set.
const SERVER_FIELDS: &[&str] = &[
    "ownerReferences",
    "finalizers",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
];

/// Takes out what only a server may set (WH-185).
pub(super) fn clean(object: &mut Object, additions: &Additions, ledger: &mut Ledger) {
    if additions.switched_off.contains("WH-185") {
        return;
    }
    let name = object.to_string();
    if let Some(metadata) = object.root.get_mut("metadata") {
        for field in SERVER_FIELDS {
            if let Some(taken) = metadata.take(field) {
                ledger.note("WH-185", &name, format!("metadata.{field}"), Some(&taken), None);
            }
        }
    }
    if let Some(taken) = object.root.take("status") {
        ledger.note("WH-185", &name, "status".to_owned(), Some(&taken), None);
    }
}

/// Sets the platform's labels and annotations on the object and its pods (WH-182).
pub(super) fn add(object: &mut Object, additions: &Additions, ledger: &mut Ledger) {
    if additions.switched_off.contains("WH-182") {
        return;
    }
    let name = object.to_string();
    set_all(&mut object.root, &name, "metadata", additions, ledger);
    if object.kind != "Pod" {
        pod_spec::change_pods(object, |path, holder| {
            let path = format!("{}metadata", path.strip_suffix("spec").unwrap_or(path));
            set_all(holder, &name, &path, additions, ledger);
        });
    }
}

fn set_all(holder: &mut Node, object: &str, path: &str, additions: &Additions, ledger: &mut Ledger) {
    for (field, pairs) in [("labels", &additions.labels), ("annotations", &additions.annotations)] {
        if pairs.is_empty() {
            continue;
        }
        let Some(mapping) = holder.mapping_at("metadata").and_then(|metadata| metadata.mapping_at(field))
        else {
            continue;
        };
        for pair in pairs {
            set(mapping, object, &format!("{path}.{field}"), pair, ledger);
        }
    }
}

fn set(mapping: &mut Node, object: &str, path: &str, (key, value): &Pair, ledger: &mut Ledger) {
    let before = mapping.get(key).cloned();
    let after = Node::text(value);
    ledger.note("WH-182", object, below(path, key), before.as_ref(), Some(&after));
    mapping.put(key, after);
}
