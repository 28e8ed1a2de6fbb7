//! Role based access control, from the roles and bindings in the store.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::{Cluster, Parsed};
use crate::identity::User;
use crate::meta;

/// What somebody wants to do.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Attributes {
    /// Verb, such as `list`; for other paths the lower-case method.
    pub(crate) verb: String,
    /// API group.
    pub(crate) group: String,
    /// API version.
    pub(crate) version: String,
    /// Plural resource; empty for paths that are no resources.
    pub(crate) resource: String,
    /// Subresource.
    pub(crate) subresource: String,
    /// Namespace; empty for the whole cluster.
    pub(crate) namespace: String,
    /// Object name.
    pub(crate) name: String,
    /// Path, when it is no resource.
    pub(crate) path: String,
}

impl Attributes {
    /// The sentence of a refusal, after `… is forbidden: `.
    pub(crate) fn refusal(&self, user: &User) -> String {
        if self.resource.is_empty() {
            return format!("User {:?} cannot {} path {:?}", user.name, self.verb, self.path);
        }
        let resource = if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        };
        let place = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {:?}", self.namespace)
        };
        format!(
            "User {:?} cannot {} resource {resource:?} in API group {:?} {place}",
            user.name, self.verb, self.group
        )
    }
}

/// An answer to whether somebody may do something.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Decision {
    /// They may.
    pub(crate) allowed: bool,
    /// Why, in the words of the API; empty when there is nothing to say.
    pub(crate) reason: String,
}

/// Whether a user may do something.
pub(crate) fn allowed(cluster: &Cluster, user: &User, attributes: &Attributes) -> bool {
    decide(cluster, user, attributes).allowed
}

/// Whether a user may do something, and why.
pub(crate) fn decide(cluster: &Cluster, user: &User, attributes: &Attributes) -> Decision {
    if user.groups.iter().any(|group| group == "system:masters") {
        return Decision { allowed: true, reason: String::new() };
    }
    let mut decision = Decision::default();
    let mut missing: Vec<String> = Vec::new();
    visit(cluster, user, &attributes.namespace, &mut |binding, subject, rules| {
        match rules {
            Ok(rules) if rules.iter().any(|rule| rule_allows(rule, attributes)) => {
                let reason = format!("RBAC: allowed by {}", source_text(binding, subject));
                decision = Decision { allowed: true, reason };
            }
            Ok(_) => {}
            Err(why) => missing.push(why),
        }
        !decision.allowed
    });
    if !decision.allowed {
        decision.reason = match missing.as_slice() {
            [] => String::new(),
            [one] => format!("RBAC: {one}"),
            many => format!("RBAC: [{}]", many.join(", ")),
        };
    }
    decision
}

/// Every rule a user has in a namespace (or in the whole cluster, for an empty one).
pub(crate) fn rules_for(cluster: &Cluster, user: &User, namespace: &str) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    visit(cluster, user, namespace, &mut |_, _, rules| {
        found.extend_from_slice(rules.unwrap_or_default());
        true
    });
    found
}

/// Looks at a binding, its subject and the rules of its role (or why there are none), and says whether to
/// go on.
type Look<'a> = dyn FnMut(&Value, &Value, Result<&[Value], String>) -> bool + 'a;

const CLUSTER_BINDINGS: &str = "clusterrolebindings.rbac.authorization.k8s.io";
const BINDINGS: &str = "rolebindings.rbac.authorization.k8s.io";

/// All roles as they are.
struct Roles {
    cluster: Arc<Parsed>,
    namespaced: Arc<Parsed>,
}

impl Roles {
    fn of(cluster: &Cluster) -> Self {
        Roles {
            cluster: cluster.parsed("clusterroles.rbac.authorization.k8s.io"),
            namespaced: cluster.parsed("roles.rbac.authorization.k8s.io"),
        }
    }

    /// The rules of the role a binding refers to.
    fn rules(&self, binding: &Value, namespace: &str) -> Result<&[Value], String> {
        let name = meta::text(binding, &["roleRef", "name"]);
        let (roles, namespace, kind) = match meta::text(binding, &["roleRef", "kind"]) {
            "ClusterRole" => (&self.cluster, "", "clusterrole"),
            "Role" => (&self.namespaced, namespace, "role"),
            other => return Err(format!("unsupported role reference kind: {other:?}")),
        };
        let role = roles.get(&(namespace.to_owned(), name.to_owned()));
        role.map(|role| meta::items(role, &["rules"]))
            .ok_or_else(|| format!("{kind}.rbac.authorization.k8s.io {name:?} not found"))
    }
}

/// Looks at each binding of a user, its subject and the rules of its role, until told to stop.
fn visit(cluster: &Cluster, user: &User, namespace: &str, look: &mut Look<'_>) {
    let roles = Roles::of(cluster);
    let mut look_at = |binding: &Value, namespace: &str| match bound(binding, user, namespace) {
        Some(subject) => look(binding, subject, roles.rules(binding, namespace)),
        None => true,
    };
    if !cluster.parsed(CLUSTER_BINDINGS).values().all(|binding| look_at(binding, "")) || namespace.is_empty()
    {
        return;
    }
    let all = cluster.parsed(BINDINGS);
    let here =
        all.range((namespace.to_owned(), String::new())..).take_while(|((within, _), _)| within == namespace);
    for (_, binding) in here {
        if !look_at(binding, namespace) {
            return;
        }
    }
}

/// A binding and its subject as reasons name them.
fn source_text(binding: &Value, subject: &Value) -> String {
    let namespace = meta::namespace(binding);
    let (kind, name) = if namespace.is_empty() {
        ("ClusterRoleBinding", meta::name(binding).to_owned())
    } else {
        ("RoleBinding", format!("{}/{namespace}", meta::name(binding)))
    };
    let whom = match meta::text(subject, &["kind"]) {
        "ServiceAccount" => {
            let own = meta::text(subject, &["namespace"]);
            let own = if own.is_empty() { namespace } else { own };
            format!("{}/{own}", meta::text(subject, &["name"]))
        }
        _ => meta::text(subject, &["name"]).to_owned(),
    };
    format!(
        "{kind} {name:?} of {} {:?} to {} {whom:?}",
        meta::text(binding, &["roleRef", "kind"]),
        meta::text(binding, &["roleRef", "name"]),
        meta::text(subject, &["kind"])
    )
}

/// The rules of the role a binding refers to.
///
/// # Errors
/// When there is no such role.
pub(super) fn role_rules(cluster: &Cluster, binding: &Value, namespace: &str) -> Result<Vec<Value>, String> {
    Roles::of(cluster).rules(binding, namespace).map(<[Value]>::to_vec)
}

/// The subject of a binding that is this user.
fn bound<'a>(binding: &'a Value, user: &User, namespace: &str) -> Option<&'a Value> {
    meta::items(binding, &["subjects"]).iter().find(|subject| {
        let name = meta::text(subject, &["name"]);
        match meta::text(subject, &["kind"]) {
            "User" => user.name == name,
            "Group" => user.groups.iter().any(|group| group == name),
            "ServiceAccount" => {
                let own = meta::text(subject, &["namespace"]);
                let own = if own.is_empty() { namespace } else { own };
                user.name == format!("system:serviceaccount:{own}:{name}")
            }
            _ => false,
        }
    })
}

fn has(rule: &Value, key: &str, wanted: &str) -> bool {
    meta::items(rule, &[key]).iter().filter_map(Value::as_str).any(|item| item == "*" || item == wanted)
}

fn rule_allows(rule: &Value, attributes: &Attributes) -> bool {
    if !has(rule, "verbs", &attributes.verb) {
        return false;
    }
    if attributes.resource.is_empty() {
        return meta::items(rule, &["nonResourceURLs"]).iter().filter_map(Value::as_str).any(|pattern| {
            pattern == attributes.path
                || pattern.strip_suffix('*').is_some_and(|prefix| attributes.path.starts_with(prefix))
        });
    }
    if !has(rule, "apiGroups", &attributes.group) {
        return false;
    }
    let resource_allowed =
        meta::items(rule, &["resources"]).iter().filter_map(Value::as_str).any(|pattern| {
            if attributes.subresource.is_empty() {
                return pattern == "*" || pattern == attributes.resource;
            }
            pattern == "*"
                || pattern == format!("{}/{}", attributes.resource, attributes.subresource)
                || pattern.strip_prefix("*/").is_some_and(|sub| sub == attributes.subresource)
        });
    let names = meta::items(rule, &["resourceNames"]);
    resource_allowed
        && (names.is_empty() || names.iter().any(|name| name.as_str() == Some(attributes.name.as_str())))
}

/// A rule taken apart: one verb, one group, one resource, one name each.
pub(super) fn single_rules(rule: &Value) -> Vec<Value> {
    let list = |key: &str| -> Vec<String> {
        meta::items(rule, &[key]).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut singles = Vec::new();
    for verb in list("verbs") {
        for url in list("nonResourceURLs") {
            singles.push(json!({"verbs": [verb], "nonResourceURLs": [url]}));
        }
        for group in list("apiGroups") {
            for resource in list("resources") {
                let names = list("resourceNames");
                if names.is_empty() {
                    singles.push(json!({"verbs": [verb], "apiGroups": [group], "resources": [resource]}));
                }
                for name in names {
                    singles.push(json!({"verbs": [verb], "apiGroups": [group], "resources": [resource], "resourceNames": [name]}));
                }
            }
        }
    }
    singles
}

/// Whether some rule grants everything a single rule grants.
pub(super) fn covers(owned: &[Value], single: &Value) -> bool {
    let first = |key: &str| {
        meta::items(single, &[key]).first().and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    owned.iter().any(|rule| {
        if !has(rule, "verbs", &first("verbs")) {
            return false;
        }
        let url = first("nonResourceURLs");
        if !url.is_empty() {
            return meta::items(rule, &["nonResourceURLs"]).iter().filter_map(Value::as_str).any(|pattern| {
                pattern == url || pattern.strip_suffix('*').is_some_and(|prefix| url.starts_with(prefix))
            });
        }
        let resource = first("resources");
        let sub = resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
        let names = meta::items(rule, &["resourceNames"]);
        let name = first("resourceNames");
        has(rule, "apiGroups", &first("apiGroups"))
            && (has(rule, "resources", &resource) || sub.is_some_and(|sub| has(rule, "resources", &sub)))
            && (names.is_empty() || (!name.is_empty() && names.iter().any(|n| n.as_str() == Some(&name))))
    })
}

/// Single rules as refusals show them: those of one resource together, sorted by their texts.
pub(super) fn compact_texts(rules: &[Value]) -> Vec<String> {
    let mut together: Vec<Value> = Vec::new();
    for rule in rules {
        let of = |other: &Value, key: &str| other.get(key) == rule.get(key);
        let simple = rule.get("nonResourceURLs").is_none();
        let same = together.iter_mut().find(|other| {
            simple
                && ["apiGroups", "resources", "resourceNames", "nonResourceURLs"]
                    .iter()
                    .all(|key| of(other, key))
        });
        let verbs = same.and_then(|same| same.get_mut("verbs")).and_then(Value::as_array_mut);
        match verbs {
            Some(verbs) => verbs.extend_from_slice(meta::items(rule, &["verbs"])),
            None => together.push(rule.clone()),
        }
    }
    let mut texts: Vec<String> = together.iter().map(rule_text).collect();
    texts.sort();
    texts.dedup();
    texts
}

fn rule_text(rule: &Value) -> String {
    let parts: Vec<String> = [
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("ResourceNames", "resourceNames"),
        ("Verbs", "verbs"),
    ]
    .into_iter()
    .filter(|(_, key)| !meta::items(rule, &[key]).is_empty())
    .map(|(label, key)| {
        let items = meta::items(rule, &[key]).iter().filter_map(Value::as_str).map(str::to_owned);
        format!("{label}:{}", quoted_list(&items.collect::<Vec<_>>()))
    })
    .collect();
    format!("{{{}}}", parts.join(", "))
}

/// A list of texts as Go prints it quoted.
pub(crate) fn quoted_list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
    format!("[{}]", items.join(" "))
}
