//! Role based access control, from the roles and bindings in the store.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::Cluster;
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

/// Whether a user may do something.
pub(crate) fn allowed(cluster: &Cluster, user: &User, attributes: &Attributes) -> bool {
    user.groups.iter().any(|group| group == "system:masters")
        || rules(cluster, user, &attributes.namespace).iter().any(|rule| rule_allows(rule, attributes))
}

/// Every rule a user has in a namespace (or in the whole cluster, for an empty one).
pub(crate) fn rules_for(cluster: &Cluster, user: &User, namespace: &str) -> Vec<Value> {
    let mut found: Vec<Value> =
        rules(cluster, user, namespace).into_iter().map(|rule| (*rule).clone()).collect();
    if user.groups.iter().any(|group| group == "system:masters") {
        found.push(json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}));
        found.push(json!({"nonResourceURLs": ["*"], "verbs": ["*"]}));
    }
    found
}

fn rules(cluster: &Cluster, user: &User, namespace: &str) -> Vec<Arc<Value>> {
    let mut found = Vec::new();
    for binding in cluster.objects("clusterrolebindings.rbac.authorization.k8s.io", None) {
        if binds(&binding, user, "") {
            found.extend(role_rules(cluster, &binding, "").into_iter().map(Arc::new));
        }
    }
    if !namespace.is_empty() {
        for binding in cluster.objects("rolebindings.rbac.authorization.k8s.io", Some(namespace)) {
            if binds(&binding, user, namespace) {
                found.extend(role_rules(cluster, &binding, namespace).into_iter().map(Arc::new));
            }
        }
    }
    found
}

/// The rules of the role a binding refers to.
pub(super) fn role_rules(cluster: &Cluster, binding: &Value, namespace: &str) -> Vec<Value> {
    let name = meta::text(binding, &["roleRef", "name"]);
    let role = match meta::text(binding, &["roleRef", "kind"]) {
        "ClusterRole" => cluster.object("clusterroles.rbac.authorization.k8s.io", "", name),
        "Role" => cluster.object("roles.rbac.authorization.k8s.io", namespace, name),
        _ => None,
    };
    role.map(|role| meta::items(&role, &["rules"]).to_vec()).unwrap_or_default()
}

fn binds(binding: &Value, user: &User, namespace: &str) -> bool {
    meta::items(binding, &["subjects"]).iter().any(|subject| {
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

/// A rule as refusals show it.
pub(super) fn rule_text(rule: &Value) -> String {
    let list = |key: &str| {
        let items: Vec<String> = meta::items(rule, &[key])
            .iter()
            .filter_map(Value::as_str)
            .map(|item| format!("{item:?}"))
            .collect();
        items.join(", ")
    };
    let parts: Vec<String> = [
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("ResourceNames", "resourceNames"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("Verbs", "verbs"),
    ]
    .into_iter()
    .filter(|(_, key)| !meta::items(rule, &[key]).is_empty())
    .map(|(label, key)| format!("{label}:[{}]", list(key)))
    .collect();
    format!("{{{}}}", parts.join(", "))
}
