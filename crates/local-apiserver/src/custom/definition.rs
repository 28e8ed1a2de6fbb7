//! The definitions themselves: defaults, status and validation.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::field::FieldError;
use crate::meta;
use crate::names;

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

/// What is wrong with a definition.
pub(crate) fn validate_definition(definition: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let text = |path: &[&str]| meta::text(definition, path).to_owned();
    let group = text(&["spec", "group"]);
    let plural = text(&["spec", "names", "plural"]);
    let expected = format!("{plural}.{group}");
    if meta::name(definition) != expected {
        errors.push(FieldError::invalid(
            "metadata.name",
            meta::name(definition),
            "must be spec.names.plural+\".\"+spec.group",
        ));
    }
    if group.is_empty() {
        errors.push(FieldError::required("spec.group", ""));
    } else {
        for why in names::subdomain(&group) {
            errors.push(FieldError::invalid("spec.group", group.clone(), why));
        }
        if group.split('.').count() < 2 {
            errors.push(FieldError::invalid(
                "spec.group",
                group.clone(),
                "should be a domain with at least one dot",
            ));
        }
    }
    let scope = text(&["spec", "scope"]);
    if scope.is_empty() {
        errors.push(FieldError::required("spec.scope", ""));
    } else if !matches!(scope.as_str(), "Cluster" | "Namespaced") {
        errors.push(FieldError::not_supported("spec.scope", scope, &["Cluster", "Namespaced"]));
    }
    for key in ["plural", "singular", "kind", "listKind"] {
        let field = format!("spec.names.{key}");
        let value = text(&["spec", "names", key]);
        if value.is_empty() {
            errors.push(FieldError::required(field, ""));
        } else {
            for why in names::label_1035(&value.to_lowercase()) {
                errors.push(FieldError::invalid(field.clone(), value.clone(), why));
            }
        }
    }
    if text(&["spec", "names", "kind"]) == text(&["spec", "names", "listKind"])
        && !text(&["spec", "names", "kind"]).is_empty()
    {
        errors.push(FieldError::invalid(
            "spec.names.listKind",
            text(&["spec", "names", "listKind"]),
            "kind and listKind may not be the same",
        ));
    }
    validate_versions(definition, &mut errors);
    errors
}

fn validate_versions(definition: &Value, errors: &mut Vec<FieldError>) {
    let versions = meta::items(definition, &["spec", "versions"]);
    let mut seen: Vec<&str> = Vec::new();
    let mut storage = 0;
    for (index, version) in versions.iter().enumerate() {
        let path = format!("spec.versions[{index}]");
        let name = meta::text(version, &["name"]);
        for why in names::label_1035(name) {
            errors.push(FieldError::invalid(format!("{path}.name"), name, why));
        }
        if seen.contains(&name) {
            errors.push(FieldError::invalid(format!("{path}.name"), name, "must be unique"));
        }
        seen.push(name);
        storage += usize::from(version.get("storage") == Some(&Value::Bool(true)));
        match meta::at(version, &["schema", "openAPIV3Schema"]).filter(|s| s.is_object()) {
            None => errors.push(FieldError::required(format!("{path}.schema.openAPIV3Schema"), "")),
            Some(schema) => {
                let path = format!("{path}.schema.openAPIV3Schema");
                if meta::text(schema, &["type"]) != "object" {
                    errors.push(match meta::text(schema, &["type"]) {
                        "" => FieldError::required(format!("{path}.type"), "must not be empty at the root"),
                        other => {
                            FieldError::invalid(format!("{path}.type"), other, "must be object at the root")
                        }
                    });
                }
                structural(schema, &path, true, errors);
            }
        }
    }
    if versions.is_empty() {
        errors.push(FieldError::required("spec.versions", ""));
    }
    if storage != 1 {
        errors.push(FieldError::invalid(
            "spec.versions",
            versions.to_vec(),
            "must have exactly one version marked as storage version",
        ));
    }
}

/// Schemas must be structural: every node has a type.
fn structural(schema: &Value, path: &str, root: bool, errors: &mut Vec<FieldError>) {
    let kind = meta::text(schema, &["type"]);
    let flag = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    if kind.is_empty()
        && !root
        && !flag("x-kubernetes-int-or-string")
        && !flag("x-kubernetes-preserve-unknown-fields")
    {
        errors.push(FieldError::required(
            format!("{path}.type"),
            "must not be empty for specified object fields",
        ));
    }
    if !kind.is_empty() && !matches!(kind, "object" | "array" | "string" | "integer" | "number" | "boolean") {
        errors.push(FieldError::not_supported(
            format!("{path}.type"),
            kind,
            &["array", "boolean", "integer", "number", "object", "string"],
        ));
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && let Err(error) = regex::Regex::new(pattern)
    {
        errors.push(FieldError::invalid(
            format!("{path}.pattern"),
            pattern,
            format!("must be a valid regular expression, but isn't: {error}"),
        ));
    }
    if kind == "array" && schema.get("items").is_none() {
        errors.push(FieldError::required(format!("{path}.items"), "must be specified"));
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        structural(property, &format!("{path}.properties[{name}]"), false, errors);
    }
    if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
        structural(items, &format!("{path}.items"), false, errors);
    }
    if let Some(extra) = schema.get("additionalProperties").filter(|extra| extra.is_object()) {
        structural(extra, &format!("{path}.additionalProperties"), false, errors);
        if schema.get("properties").is_some() {
            errors.push(FieldError::forbidden(
                format!("{path}.additionalProperties"),
                "additionalProperties and properties are mutual exclusive",
            ));
        }
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
