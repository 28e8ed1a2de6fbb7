use std::collections::BTreeSet;

use wheelhouse_objects::{Content, Node};

use super::{Additions, Ledger, VariableSource};

/// The pod of an object, to change.
pub(super) struct PodToChange<'a> {
    /// `Deployment/web`
    pub(super) name: &'a str,
    /// The path of the spec: `spec.template.spec`.
    pub(super) path: &'a str,
    /// What holds the pod's `metadata` and `spec`.
    pub(super) holder: &'a mut Node,
    /// Rules whose changes are not made.
    pub(super) switched_off: &'a BTreeSet<String>,
}

impl PodToChange<'_> {
    pub(super) fn spec(&mut self) -> Option<&mut Node> {
        self.holder.get_mut("spec")
    }

    /// Sets a field of the spec, or takes it out, and notes it.
    pub(super) fn set(&mut self, rule: &'static str, field: &str, after: Option<Node>, ledger: &mut Ledger) {
        if self.switched_off.contains(rule) {
            return;
        }
        let path = format!("{}.{field}", self.path);
        let name = self.name;
        let Some(spec) = self.holder.get_mut("spec") else { return };
        let before = spec.get(field).cloned();
        ledger.note(rule, name, path, before.as_ref(), after.as_ref());
        match after {
            Some(value) => spec.put(field, value),
            None => drop(spec.take(field)),
        }
    }
}

/// Pull secrets, account, token, variables.
pub(super) fn change(pod: &mut PodToChange<'_>, additions: &Additions, ledger: &mut Ledger) {
    pull_secrets(pod, additions, ledger);
    if !additions.service_account.is_empty() {
        pod.set("WH-177", "serviceAccountName", Some(Node::text(&additions.service_account)), ledger);
        if pod.spec().is_some_and(|spec| spec.get("serviceAccount").is_some()) {
            pod.set("WH-177", "serviceAccount", None, ledger);
        }
    }
    if pod.spec().is_some_and(|spec| !names_token(spec)) {
        pod.set("WH-130", "automountServiceAccountToken", Some(Node::made(Content::Bool(false))), ledger);
    }
    for list in ["initContainers", "containers"] {
        environment(pod, list, additions, ledger);
    }
}

/// Where a pod finds the token of its account.
const TOKEN_DIRECTORY: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Whether a container speaks of its token: without it the program would not start. The token it
/// keeps is that of the platform's account, which has no rights.
fn names_token(spec: &Node) -> bool {
    let mut waiting: Vec<&Node> =
        ["initContainers", "containers"].iter().filter_map(|list| spec.get(list)).collect();
    while let Some(node) = waiting.pop() {
        match &node.value {
            Content::String(text) if text.contains(TOKEN_DIRECTORY) => return true,
            Content::Sequence(items) => waiting.extend(items),
            Content::Mapping(entries) => waiting.extend(entries.iter().map(|entry| &entry.value)),
            _ => {}
        }
    }
    false
}

/// The chart's own stay; entries without a name are dropped; none comes twice.
fn pull_secrets(pod: &mut PodToChange<'_>, additions: &Additions, ledger: &mut Ledger) {
    let Some(spec) = pod.spec() else { return };
    let mut names: Vec<String> = spec
        .get("imagePullSecrets")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|secret| secret.get("name").and_then(Node::as_str))
        .filter(|name| !name.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    for name in &additions.pull_secrets {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    if names.is_empty() && spec.get("imagePullSecrets").is_none() {
        return;
    }
    let secrets = names.into_iter().map(|name| Node::mapping([("name", Node::text(name))])).collect();
    pod.set("WH-180", "imagePullSecrets", Some(Node::made(Content::Sequence(secrets))), ledger);
}

fn environment(pod: &mut PodToChange<'_>, list: &str, additions: &Additions, ledger: &mut Ledger) {
    if additions.environment.is_empty() || additions.switched_off.contains("WH-181") {
        return;
    }
    let (name, path) = (pod.name, pod.path);
    let Some(containers) = pod.spec().and_then(|spec| spec.get_mut(list)) else { return };
    for (index, container) in containers.items_mut().iter_mut().enumerate() {
        let before = container.get("env").cloned();
        let is_platform = |variable: &Node| {
            let name = variable.get("name").and_then(Node::as_str).unwrap_or_default();
            additions.environment.iter().any(|(own, _)| own == name)
        };
        let own: Vec<Node> = before.as_ref().map(Node::items).unwrap_or_default().to_vec();
        // The platform's come first, so that the chart's may refer to them: `$(NVCF_REGION)`.
        let variables = additions
            .environment
            .iter()
            .map(variable)
            .chain(own.into_iter().filter(|variable| !is_platform(variable)))
            .collect();
        let after = Node::made(Content::Sequence(variables));
        ledger.note("WH-181", name, format!("{path}.{list}[{index}].env"), before.as_ref(), Some(&after));
        container.put("env", after);
    }
}

fn variable((name, source): &(String, VariableSource)) -> Node {
    match source {
        VariableSource::Text(text) => {
            Node::mapping([("name", Node::text(name)), ("value", Node::text(text))])
        }
        VariableSource::Field(path) => {
            let reference = Node::mapping([("fieldPath", Node::text(path))]);
            Node::mapping([
                ("name", Node::text(name)),
                ("valueFrom", Node::mapping([("fieldRef", reference)])),
            ])
        }
    }
}
