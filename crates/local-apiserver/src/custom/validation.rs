//! What is wrong with a definition, beside its schemas.
//!
//! The API's inner form keeps what all versions share (schema, subresources, columns) once, at the top
//! of the spec. Its errors name those places, so paths here follow the same rule.

use serde_json::{Value, json};

use super::structural;
use crate::field::FieldError;
use crate::{meta, names};

/// What is wrong with a new definition, or with a changed one.
pub(crate) fn validate_definition(definition: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let text = |path: &[&str]| meta::text(definition, path).to_owned();
    let group = text(&["spec", "group"]);
    let expected = format!("{}.{group}", text(&["spec", "names", "plural"]));
    if old.is_none() && meta::name(definition) != expected {
        errors.push(FieldError::invalid(
            "metadata.name",
            meta::name(definition),
            "must be spec.names.plural+\".\"+spec.group",
        ));
    }
    let malformed = names::subdomain(&group).join(",");
    if group.is_empty() {
        errors.push(FieldError::required("spec.group", ""));
    } else if !malformed.is_empty() {
        errors.push(FieldError::invalid("spec.group", group, malformed));
    } else if !group.contains('.') {
        errors.push(FieldError::invalid("spec.group", group, "should be a domain with at least one dot"));
    }
    one_of(definition, &["spec", "scope"], &["Cluster", "Namespaced"], &mut errors);
    versions(definition, &mut errors);
    required_names(definition, &mut errors);
    accepted(definition, &mut errors);
    shared(definition, &mut errors);
    conversion(definition, &mut errors);
    if let Some(old) = old {
        unchanged(definition, old, &mut errors);
    }
    stored_versions(definition, &mut errors);
    errors
}

fn one_of(definition: &Value, path: &[&str], known: &[&str], errors: &mut Vec<FieldError>) {
    let value = meta::text(definition, path);
    if value.is_empty() {
        errors.push(FieldError::required(path.join("."), ""));
    } else if !known.contains(&value) {
        errors.push(FieldError::not_supported(path.join("."), value, known));
    }
}

fn unchanged(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let established = meta::items(old, &["status", "conditions"])
        .iter()
        .any(|c| meta::text(c, &["type"]) == "Established" && meta::text(c, &["status"]) == "True");
    let mut paths: Vec<&[&str]> = Vec::new();
    if established {
        paths.extend([&["spec", "scope"][..], &["spec", "names", "kind"]]);
    }
    paths.extend([&["spec", "group"][..], &["spec", "names", "plural"]]);
    for path in paths {
        if meta::at(new, path) != meta::at(old, path) {
            let value = meta::at(new, path).cloned().unwrap_or_default();
            errors.push(FieldError::invalid(path.join("."), value, "field is immutable"));
        }
    }
}

/// What every version says in the same words, if they do.
fn common<'a>(versions: &'a [Value], key: &str) -> Option<&'a Value> {
    let first = versions.first()?.get(key).filter(|value| !value.is_null())?;
    versions.iter().all(|version| version.get(key) == Some(first)).then_some(first)
}

fn versions(definition: &Value, errors: &mut Vec<FieldError>) {
    let versions = meta::items(definition, &["spec", "versions"]);
    let shared_schema = common(versions, "schema");
    let mut seen: Vec<&str> = Vec::new();
    let mut unique = true;
    for (index, version) in versions.iter().enumerate() {
        if meta::at(version, &["schema", "openAPIV3Schema"]).is_none_or(|schema| !schema.is_object()) {
            let field = format!("spec.versions[{index}].schema.openAPIV3Schema");
            errors.push(FieldError::required(field, ""));
        }
    }
    for (index, version) in versions.iter().enumerate() {
        let path = format!("spec.versions[{index}]");
        let name = meta::text(version, &["name"]);
        unique &= !seen.contains(&name);
        seen.push(name);
        let malformed = names::label_1035(name).join(",");
        if !malformed.is_empty() {
            errors.push(FieldError::invalid(format!("{path}.name"), name, malformed));
        }
        if shared_schema.is_none()
            && let Some(schema) = meta::at(version, &["schema", "openAPIV3Schema"]).filter(|s| s.is_object())
        {
            structural::check(schema, &format!("{path}.schema.openAPIV3Schema"), errors);
        }
        if common(versions, "subresources").is_none() {
            subresources(version, &format!("{path}.subresources"), errors);
        }
        if common(versions, "additionalPrinterColumns").is_none() {
            columns(version, &format!("{path}.additionalPrinterColumns"), errors);
        }
    }
    let invalid = |why: &str| FieldError::invalid("spec.versions", inner_form(versions), why);
    if !unique {
        errors.push(invalid("must contain unique version names"));
    }
    let storage = versions.iter().filter(|v| v.get("storage") == Some(&Value::Bool(true))).count();
    if storage != 1 {
        errors.push(invalid("must have exactly one version marked as storage version"));
    }
    // the inner form repeats the first version's name
    if let Some(name) = versions.first().map(|first| meta::text(first, &["name"])).filter(|n| !n.is_empty()) {
        let malformed = names::label_1035(name).join(",");
        if !malformed.is_empty() {
            errors.push(FieldError::invalid("spec.version", name, malformed));
        }
    }
}

/// The versions in the API's inner form, as its errors print them.
fn inner_form(versions: &[Value]) -> Value {
    if versions.is_empty() {
        return Value::Null;
    }
    let shared = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"]
        .map(|key| common(versions, key).map(|_| key));
    let versions = versions.iter().map(|version| {
        let mut version = version.clone();
        for key in shared.into_iter().flatten() {
            meta::remove(&mut version, key);
        }
        version
    });
    crate::inner::definition_versions(versions)
}

/// What all versions share is looked at once, after the names.
fn shared(definition: &Value, errors: &mut Vec<FieldError>) {
    let versions = meta::items(definition, &["spec", "versions"]);
    let schema = common(versions, "schema").and_then(|schema| schema.get("openAPIV3Schema"));
    if let Some(schema) = schema.filter(|schema| schema.is_object()) {
        structural::check(schema, "spec.validation.openAPIV3Schema", errors);
    }
    let Some(first) = versions.first() else { return };
    if common(versions, "subresources").is_some() {
        subresources(first, "spec.subresources", errors);
    }
    if common(versions, "additionalPrinterColumns").is_some() {
        columns(first, "spec.additionalPrinterColumns", errors);
    }
}

fn required_names(definition: &Value, errors: &mut Vec<FieldError>) {
    for key in ["plural", "singular", "kind", "listKind"] {
        if meta::text(definition, &["spec", "names", key]).is_empty() {
            errors.push(FieldError::required(format!("spec.names.{key}"), ""));
        }
    }
}

fn accepted(definition: &Value, errors: &mut Vec<FieldError>) {
    let text = |key: &str| meta::text(definition, &["spec", "names", key]);
    for key in ["plural", "singular", "kind", "listKind"] {
        let value = text(key);
        let mixed = key.to_lowercase().ends_with("kind");
        let folded = if mixed { value.to_lowercase() } else { value.to_owned() };
        let why = names::label_1035(&folded).join(",");
        if !value.is_empty() && !why.is_empty() {
            let lead = if mixed { "may have mixed case, but should otherwise match: " } else { "" };
            errors.push(FieldError::invalid(format!("spec.names.{key}"), value, format!("{lead}{why}")));
        }
    }
    let list = |key: &str, errors: &mut Vec<FieldError>| {
        for (index, name) in meta::items(definition, &["spec", "names", key]).iter().enumerate() {
            let name = name.as_str().unwrap_or_default();
            let why = names::label_1035(name).join(",");
            if !why.is_empty() {
                errors.push(FieldError::invalid(format!("spec.names.{key}[{index}]"), name, why));
            }
        }
    };
    list("shortNames", errors);
    if !text("kind").is_empty() && text("kind") == text("listKind") {
        let why = "kind and listKind may not be the same";
        errors.push(FieldError::invalid("spec.names.listKind", text("listKind"), why));
    }
    list("categories", errors);
}

fn subresources(version: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let Some(scale) = meta::at(version, &["subresources", "scale"]).filter(|s| s.is_object()) else { return };
    for (key, head) in [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")] {
        let field = format!("{path}.scale.{key}");
        let value = meta::text(scale, &[key]);
        let under = head.trim_end_matches('.');
        if value.is_empty() {
            errors.push(FieldError::required(field, ""));
        } else if !value.starts_with('.') {
            errors.push(FieldError::invalid(field, value, "must be a simple json path starting with ."));
        } else if !value.starts_with(head) {
            errors.push(FieldError::invalid(field, value, format!("should be a json path under {under}")));
        }
    }
    let selector = meta::text(scale, &["labelSelectorPath"]);
    let field = format!("{path}.scale.labelSelectorPath");
    if selector.is_empty() {
    } else if !selector.starts_with('.') {
        errors.push(FieldError::invalid(field, selector, "must be a simple json path starting with ."));
    } else if !selector.starts_with(".spec.") && !selector.starts_with(".status.") {
        let why = "should be a json path under either .spec or .status";
        errors.push(FieldError::invalid(field, selector, why));
    }
}

fn columns(version: &Value, path: &str, errors: &mut Vec<FieldError>) {
    const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
    const FORMATS: [&str; 11] = [
        "binary",
        "bool",
        "byte",
        "date",
        "date-time",
        "double",
        "float",
        "int32",
        "int64",
        "password",
        "string",
    ];
    for (index, column) in meta::items(version, &["additionalPrinterColumns"]).iter().enumerate() {
        let path = format!("{path}[{index}]");
        let text = |key: &str| meta::text(column, &[key]);
        if text("name").is_empty() {
            errors.push(FieldError::required(format!("{path}.name"), ""));
        }
        let known = format!("must be one of {}", TYPES.join(","));
        if text("type").is_empty() {
            errors.push(FieldError::required(format!("{path}.type"), known));
        } else if !TYPES.contains(&text("type")) {
            errors.push(FieldError::invalid(format!("{path}.type"), text("type"), known));
        }
        if !text("format").is_empty() && !FORMATS.contains(&text("format")) {
            let known = format!("must be one of {}", FORMATS.join(","));
            errors.push(FieldError::invalid(format!("{path}.format"), text("format"), known));
        }
        let field = format!("{path}.JSONPath");
        if text("jsonPath").is_empty() {
            errors.push(FieldError::required(field, ""));
        } else if !text("jsonPath").starts_with('.') {
            let why = "must be a simple json path starting with .";
            errors.push(FieldError::invalid(field, text("jsonPath"), why));
        }
    }
}

fn conversion(definition: &Value, errors: &mut Vec<FieldError>) {
    let Some(conversion) = meta::at(definition, &["spec", "conversion"]).filter(|c| c.is_object()) else {
        return;
    };
    one_of(definition, &["spec", "conversion", "strategy"], &["None", "Webhook"], errors);
    let webhook = conversion.get("webhook").is_some_and(|webhook| !webhook.is_null());
    let client = meta::at(conversion, &["webhook", "clientConfig"]).is_some_and(|c| !c.is_null());
    match meta::text(conversion, &["strategy"]) {
        "Webhook" => {
            if !client {
                errors.push(FieldError::required(
                    "spec.conversion.webhookClientConfig",
                    "required when strategy is set to Webhook",
                ));
            }
            if meta::items(conversion, &["webhook", "conversionReviewVersions"]).is_empty() {
                errors.push(FieldError::required("spec.conversion.conversionReviewVersions", ""));
            }
        }
        _ if webhook && client => errors.push(FieldError::forbidden(
            "spec.conversion.webhookClientConfig",
            "should not be set when strategy is not set to Webhook",
        )),
        _ => {}
    }
}

fn stored_versions(definition: &Value, errors: &mut Vec<FieldError>) {
    const FIELD: &str = "status.storedVersions";
    let stored: Vec<&str> =
        meta::items(definition, &["status", "storedVersions"]).iter().filter_map(Value::as_str).collect();
    if stored.is_empty() {
        errors.push(FieldError::invalid(FIELD, Value::Null, "must have at least one stored version"));
        return;
    }
    let versions = meta::items(definition, &["spec", "versions"]);
    let named: Vec<&str> = versions.iter().map(|version| meta::text(version, &["name"])).collect();
    let mut left = stored.clone();
    for version in versions {
        let name = meta::text(version, &["name"]);
        let known = left.contains(&name);
        left.retain(|other| *other != name);
        if version.get("storage") == Some(&Value::Bool(true)) && !known {
            let why = format!("must have the storage version {name}");
            errors.push(FieldError::invalid(FIELD, json!(stored), why));
        }
    }
    for (index, name) in stored.iter().enumerate().filter(|(_, name)| !named.contains(name)) {
        errors.push(FieldError::invalid(
            format!("{FIELD}[{index}]"),
            *name,
            format!(
                "missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions"
            ),
        ));
    }
}
