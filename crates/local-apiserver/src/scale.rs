//! The `scale` subresource of workloads and custom resources.

use serde_json::{Value, json};

use crate::meta;
use crate::resources::Resource;
use crate::status::Status;

/// Paths of replicas, current replicas and selector.
fn paths(resource: &Resource) -> (Vec<String>, Vec<String>, Option<Vec<String>>) {
    let split = |path: &str| path.trim_start_matches('.').split('.').map(str::to_owned).collect::<Vec<_>>();
    match resource.custom.as_ref().and_then(|custom| custom.scale.as_ref()) {
        Some(scale) => (split(&scale.spec), split(&scale.status), scale.selector.as_deref().map(split)),
        None => (split("spec.replicas"), split("status.replicas"), None),
    }
}

/// Where an object says how many replicas it wants.
pub(crate) fn replicas_path(resource: &Resource) -> Vec<String> {
    paths(resource).0
}

fn at<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, key| value.get(key))
}

/// The `Scale` of an object.
pub(crate) fn from_object(resource: &Resource, object: &Value) -> Value {
    let (spec, status, selector) = paths(resource);
    let number = |path: &[String]| at(object, path).and_then(Value::as_i64).unwrap_or_default();
    let metadata = &["name", "namespace", "uid", "resourceVersion", "creationTimestamp"];
    let kept: serde_json::Map<String, Value> = metadata
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), meta::at(object, &["metadata", key])?.clone())))
        .collect();
    let mut scale_status = json!({"replicas": number(&status)});
    let text = match selector {
        Some(path) => at(object, &path).and_then(Value::as_str).map(str::to_owned),
        None if resource.custom.is_some() => None,
        None => meta::at(object, &["spec", "selector"]).map(|s| selector_text(resource, s)),
    };
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        meta::set(&mut scale_status, "selector", text);
    }
    let mut scale_spec = json!({});
    if number(&spec) != 0 {
        meta::set(&mut scale_spec, "replicas", number(&spec));
    }
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": kept, "spec": scale_spec, "status": scale_status})
}

/// The object with the replicas of a `Scale`.
///
/// # Errors
/// 422 for a negative number.
pub(crate) fn into_object(resource: &Resource, object: &Value, scale: &Value) -> Result<Value, Status> {
    let replicas = meta::at(scale, &["spec", "replicas"]).and_then(Value::as_i64).unwrap_or_default();
    if replicas < 0 {
        let subject =
            crate::status::Subject { group: "autoscaling", kind: "Scale", name: meta::name(object) };
        return Err(Status::invalid(
            subject,
            &[crate::field::FieldError::invalid(
                "spec.replicas",
                replicas,
                "must be greater than or equal to 0",
            )],
        ));
    }
    let (spec, _, _) = paths(resource);
    let mut object = object.clone();
    set_at(&mut object, &spec, replicas.into());
    Ok(object)
}

fn set_at(object: &mut Value, path: &[String], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *object = value;
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    if let Some(map) = object.as_object_mut() {
        set_at(map.entry(key.clone()).or_insert(Value::Null), rest, value);
    }
}

/// A label selector as text.
fn selector_text(resource: &Resource, selector: &Value) -> String {
    if resource.plural == "replicationcontrollers" {
        return meta::text_map(selector, &[])
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect::<Vec<_>>()
            .join(",");
    }
    label_selector_text(selector)
}

/// A structured label selector in the form command lines use.
pub(crate) fn label_selector_text(selector: &Value) -> String {
    let mut parts: Vec<(String, String)> = meta::text_map(selector, &["matchLabels"])
        .into_iter()
        .map(|(k, v)| (k.clone(), format!("{k}={v}")))
        .collect();
    for expression in meta::items(selector, &["matchExpressions"]) {
        let key = meta::text(expression, &["key"]);
        let mut values: Vec<&str> =
            meta::items(expression, &["values"]).iter().filter_map(Value::as_str).collect();
        values.sort_unstable();
        parts.push((
            key.to_owned(),
            match meta::text(expression, &["operator"]) {
                "In" => format!("{key} in ({})", values.join(",")),
                "NotIn" => format!("{key} notin ({})", values.join(",")),
                "Exists" => key.to_owned(),
                _ => format!("!{key}"),
            },
        ));
    }
    parts.sort();
    parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",")
}
