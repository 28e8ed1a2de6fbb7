use wheelhouse_objects::{Content, Node};

use super::pods::PodToChange;
use super::{Additions, Ledger};

/// Where containers of a function find its secrets: `secrets.json`, and a file for each.
const DIRECTORY: &str = "/var/secrets";

/// Mounts the function's secrets in every container that has nothing there itself (WH-184).
pub(super) fn change(pod: &mut PodToChange<'_>, additions: &Additions, ledger: &mut Ledger) {
    let Some(secret) = &additions.secrets else { return };
    if pod.switched_off.contains("WH-184") {
        return;
    }
    let mut is_mounted = false;
    for list in ["initContainers", "containers"] {
        is_mounted |= mount(pod, list, secret, ledger);
    }
    let mut volumes = listed(pod.spec().and_then(|spec| spec.get("volumes")));
    if is_mounted && !volumes.iter().any(|volume| text(volume, "name") == Some(secret)) {
        let source = Node::mapping([("secretName", Node::text(secret))]);
        volumes.push(Node::mapping([("name", Node::text(secret)), ("secret", source)]));
        pod.set("WH-184", "volumes", Some(Node::made(Content::Sequence(volumes))), ledger);
    }
}

/// Mounts the volume in the containers of a list; whether any of them has it.
fn mount(pod: &mut PodToChange<'_>, list: &str, secret: &str, ledger: &mut Ledger) -> bool {
    let (name, path) = (pod.name, pod.path);
    let Some(containers) = pod.spec().and_then(|spec| spec.get_mut(list)) else { return false };
    let mut is_mounted = false;
    for (index, container) in containers.items_mut().iter_mut().enumerate() {
        let before = container.get("volumeMounts").cloned();
        let mut mounts = listed(before.as_ref());
        let there = mounts.iter().find(|mount| {
            text(mount, "mountPath").is_some_and(|path| path.trim_end_matches('/') == DIRECTORY)
        });
        if let Some(there) = there {
            is_mounted |= text(there, "name") == Some(secret);
            continue;
        }
        mounts.push(Node::mapping([
            ("name", Node::text(secret)),
            ("mountPath", Node::text(DIRECTORY)),
            ("readOnly", Node::made(Content::Bool(true))),
        ]));
        let after = Node::made(Content::Sequence(mounts));
        ledger.note(
            "WH-184",
            name,
            format!("{path}.{list}[{index}].volumeMounts"),
            before.as_ref(),
            Some(&after),
        );
        container.put("volumeMounts", after);
        is_mounted = true;
    }
    is_mounted
}

fn listed(list: Option<&Node>) -> Vec<Node> {
    list.map(Node::items).unwrap_or_default().to_vec()
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_str)
}
