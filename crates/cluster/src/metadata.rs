//! Reading the metadata that every Kubernetes object has.

use serde_json::Value;

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object
        .get("metadata")
        .and_then(|metadata| metadata.get(field))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// `metadata.name`, or nothing.
#[must_use]
pub fn name(object: &Value) -> &str {
    text(object, "name")
}

/// `metadata.namespace`, or nothing for a cluster-scoped object.
#[must_use]
pub fn namespace(object: &Value) -> &str {
    text(object, "namespace")
}

/// `metadata.uid`.
#[must_use]
pub fn uid(object: &Value) -> &str {
    text(object, "uid")
}

/// `metadata.resourceVersion` as written.
#[must_use]
pub fn resource_version(object: &Value) -> &str {
    text(object, "resourceVersion")
}

/// `metadata.generation`; 0 where there is none.
#[must_use]
pub fn generation(object: &Value) -> i64 {
    object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default()
}

/// `metadata.creationTimestamp`.
#[must_use]
pub fn created(object: &Value) -> &str {
    text(object, "creationTimestamp")
}

/// Whether the object is on its way out.
#[must_use]
pub fn is_deleting(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some_and(|stamp| !stamp.is_null())
}

/// The value of a label.
#[must_use]
pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("labels")?.get(key)?.as_str()
}

/// The value of an annotation.
#[must_use]
pub fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

/// All owner references.
pub fn owners(object: &Value) -> impl Iterator<Item = &Value> {
    object.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten()
}

/// The owner reference that says `controller: true`.
#[must_use]
pub fn controller(object: &Value) -> Option<&Value> {
    owners(object).find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
}

/// The uid of the controlling owner.
#[must_use]
pub fn controller_uid(object: &Value) -> Option<&str> {
    controller(object)?.get("uid")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn missing_metadata_reads_as_empty() {
        let object = json!({});
        assert_eq!((name(&object), namespace(&object), generation(&object)), ("", "", 0));
        assert!(!is_deleting(&object));
        assert_eq!(controller_uid(&object), None);
    }

    #[test]
    fn the_controller_is_the_owner_that_says_so() {
        let object = json!({"metadata": {"ownerReferences": [
            {"uid": "a"}, {"uid": "b", "controller": true}]}});
        assert_eq!(controller_uid(&object), Some("b"));
    }
}
