//! Patches: JSON patch, JSON merge patch and strategic merge patch. Server-side apply is in
//! [`crate::apply`].

use serde_json::Value;

mod strategic;

pub(crate) use strategic::{go_text, strategic_merge};

/// Applies a JSON merge patch (RFC 7386).
pub(crate) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(target) = target.as_object_mut() else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.shift_remove(&key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// Why a JSON patch was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum JsonPatchError {
    /// The patch is no JSON patch (400).
    #[error("{0}")]
    Malformed(String),
    /// The patch has too many operations (413).
    #[error("{0}")]
    TooMany(String),
    /// An operation does not fit the object (422).
    #[error("{0}")]
    Failed(String),
}

/// Applies a JSON patch (RFC 6902).
///
/// # Errors
/// When the patch is malformed or does not fit.
pub(crate) fn json(target: &mut Value, patch: &Value) -> Result<(), JsonPatchError> {
    if patch.is_object() {
        let why = "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp";
        return Err(JsonPatchError::Malformed(why.to_owned()));
    }
    if patch.as_array().is_some_and(|list| list.iter().any(|operation| !operation.is_object())) {
        let kind = patch.as_array().into_iter().flatten().find(|operation| !operation.is_object());
        let kind = match kind {
            Some(Value::Number(_)) => "number",
            Some(Value::String(_)) => "string",
            Some(Value::Bool(_)) => "bool",
            _ => "array",
        };
        return Err(JsonPatchError::Malformed(format!(
            "error decoding patch: json: cannot unmarshal {kind} into Go value of type handlers.jsonPatchOp"
        )));
    }
    const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];
    let unknown = |operation: &Value| {
        operation.get("op").and_then(Value::as_str).is_some_and(|op| !OPERATIONS.contains(&op))
    };
    if patch.as_array().is_some_and(|list| list.iter().any(unknown)) {
        return Err(JsonPatchError::Failed("Unexpected kind: unknown".to_owned()));
    }
    let patch: json_patch::Patch = serde_json::from_value(patch.clone())
        .map_err(|error| JsonPatchError::Malformed(error.to_string()))?;
    if patch.0.len() > 10_000 {
        return Err(JsonPatchError::TooMany(format!(
            "The allowed maximum operations in a JSON patch is 10000, got {}",
            patch.0.len()
        )));
    }
    json_patch::patch(target, &patch).map_err(|error| JsonPatchError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json as j;

    use super::*;

    #[test]
    fn merge_patches_follow_the_rfc() {
        for (mut target, patch, expect) in [
            (j!({"a": "b"}), j!({"a": "c"}), j!({"a": "c"})),
            (j!({"a": "b"}), j!({"a": null}), j!({})),
            (j!({"a": {"b": 1, "c": 2}}), j!({"a": {"c": null, "d": 3}}), j!({"a": {"b": 1, "d": 3}})),
            (j!({"a": [1]}), j!({"a": {"b": 1}}), j!({"a": {"b": 1}})),
            (j!({}), j!({"a": {"b": {"c": null}}}), j!({"a": {"b": {}}})),
        ] {
            merge(&mut target, patch);
            assert_eq!(target, expect);
        }
    }

    #[test]
    fn json_patches_apply_or_say_why_not() {
        let mut target = j!({"a": [1, 2], "b": {}});
        json(
            &mut target,
            &j!([{"op": "add", "path": "/a/-", "value": 3}, {"op": "remove", "path": "/a/0"},
            {"op": "test", "path": "/b", "value": {}}]),
        )
        .unwrap();
        assert_eq!(target, j!({"a": [2, 3], "b": {}}));
        assert!(matches!(
            json(&mut target, &j!([{"op": "test", "path": "/b", "value": 1}])),
            Err(JsonPatchError::Failed(_))
        ));
        assert!(matches!(json(&mut target, &j!({"op": "test"})), Err(JsonPatchError::Malformed(_))));
    }
}
