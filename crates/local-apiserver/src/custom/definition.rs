//! The definitions themselves: defaults, status and the order of versions.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::meta;

/// Fills in the defaults of a definition.
pub(crate) fn default_definition(definition: &mut Value) {
    let kind = meta::text(definition, &["spec", "names", "kind"]).to_owned();
    if let Some(names) = meta::at_mut(definition, &["spec", "names"]) {
        meta::default(names, "singular", kind.to_lowercase());
        if !kind.is_empty() {
            meta::default(names, "listKind", format!("{kind}List"));
        }
    }
    if let Some(spec) = meta::at_mut(definition, &["spec"]) {
        if spec.get("conversion").is_none_or(Value::is_null) {
            meta::set(spec, "conversion", json!({"strategy": "None"}));
        }
        if let Some(service) = meta::at_mut(spec, &["conversion", "webhook", "clientConfig", "service"])
            && service.get("port").is_none()
        {
            meta::set(service, "port", 443);
        }
    }
}

/// Prepares the status of a new or changed definition: the versions objects may be stored in.
pub(crate) fn prepare(definition: &mut Value, old: Option<&Value>) {
    let storage: Vec<Value> = meta::items(definition, &["spec", "versions"])
        .iter()
        .filter(|version| version.get("storage") == Some(&Value::Bool(true)))
        .filter_map(|version| version.get("name").cloned())
        .collect();
    let mut stored =
        old.map(|old| meta::items(old, &["status", "storedVersions"]).to_vec()).unwrap_or_default();
    for name in storage {
        if !stored.contains(&name) {
            stored.push(name);
        }
    }
    if old.is_none() {
        meta::set(
            definition,
            "status",
            json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}}),
        );
    }
    if let Some(status) = meta::map_mut(definition, "status") {
        status.insert("storedVersions".to_owned(), json!(stored));
    }
}

/// What users of a version are warned of, when it is deprecated.
pub(super) fn deprecation(definition: &Value, version: &Value) -> Option<String> {
    let flag = |version: &Value, key: &str| version.get(key) == Some(&Value::Bool(true));
    if !flag(version, "deprecated") {
        return None;
    }
    if let Some(text) = version.get("deprecationWarning").and_then(Value::as_str) {
        return Some(text.to_owned());
    }
    let group = meta::text(definition, &["spec", "group"]);
    let kind = meta::text(definition, &["spec", "names", "kind"]);
    let name = meta::text(version, &["name"]);
    let mut newer: Vec<&str> = meta::items(definition, &["spec", "versions"])
        .iter()
        .filter(|other| flag(other, "served") && !flag(other, "deprecated"))
        .map(|other| meta::text(other, &["name"]))
        .filter(|other| version_order(other, name) == Ordering::Less)
        .collect();
    newer.sort_by(|a, b| version_order(a, b));
    let mut text = format!("{group}/{name} {kind} is deprecated");
    if let Some(newest) = newer.first() {
        text.push_str(&format!("; use {group}/{newest} {kind}"));
    }
    Some(text)
}

/// Sorts versions the Kubernetes way: stable before beta before alpha, newer before older, others
/// last by name.
pub(super) fn version_order(a: &str, b: &str) -> Ordering {
    let parse = |text: &str| -> Option<(i32, i64, i64)> {
        let rest = text.strip_prefix('v')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (major, tail) = rest.split_at_checked(end)?;
        let major: i64 = major.parse().ok()?;
        if tail.is_empty() {
            return Some((0, -major, 0));
        }
        let (stage, number) = match (tail.strip_prefix("beta"), tail.strip_prefix("alpha")) {
            (Some(number), _) => (1, number),
            (_, Some(number)) => (2, number),
            _ => return None,
        };
        Some((stage, -major, -number.parse::<i64>().ok()?))
    };
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_by_stability() {
        let mut versions = vec!["v1alpha1", "foo", "v2", "v1beta2", "v1", "v1beta1", "v10", "bar"];
        versions.sort_by(|a, b| version_order(a, b));
        assert_eq!(versions, ["v10", "v2", "v1", "v1beta2", "v1beta1", "v1alpha1", "bar", "foo"]);
    }
}
