//! Strategic merge patch: like a merge patch, but lists of objects are merged by a key of their type.
//!
//! Directives: `$patch: replace|delete|merge` in objects and list items, `$deleteFromPrimitiveList/F`,
//! `$setElementOrder/F` and `$retainKeys`.

use serde_json::{Map, Value};

use crate::schema::{Field, Shape, TypeDef};

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE: &str = "$deleteFromPrimitiveList/";

/// Applies a strategic merge patch to an object of this type.
///
/// # Errors
/// When a directive or a merge key is wrong.
pub(crate) fn strategic_merge(shape: &Shape, target: &mut Value, patch: &Value) -> Result<(), String> {
    let Value::Object(patch) = patch else {
        return Err("cannot unmarshal patch into an object".to_owned());
    };
    let original = std::mem::take(target);
    let original = match original {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    *target = Value::Object(merge_map(shape.type_def().as_deref(), original, patch, true)?);
    Ok(())
}

fn merge_map(
    def: Option<&TypeDef>,
    mut original: Map<String, Value>,
    patch: &Map<String, Value>,
    merge_lists: bool,
) -> Result<Map<String, Value>, String> {
    match patch.get(DIRECTIVE).map(|d| d.as_str().unwrap_or_default()) {
        Some("replace") => {
            let mut replaced = clean_map(patch);
            replaced.shift_remove(DIRECTIVE);
            return Ok(replaced);
        }
        Some("delete") => return Ok(Map::new()),
        Some("merge") | None => {}
        Some(other) => {
            let shown = go_text(&Value::Object(patch.clone()));
            return Err(format!("unknown patch type: {other} in map: {shown}"));
        }
    }
    if let Some(retain) = patch.get(RETAIN) {
        let keep: Vec<&str> = retain.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if let Some(stray) = patch.keys().find(|k| !k.starts_with('$') && !keep.contains(&k.as_str())) {
            return Err(format!(
                "{RETAIN} directive must be a superset of the patch keys: {stray} is missing"
            ));
        }
        original.retain(|key, _| keep.contains(&key.as_str()));
    }
    for (key, value) in patch {
        if key == DIRECTIVE || key == RETAIN {
            continue;
        }
        if let Some(field) = key.strip_prefix(DELETE) {
            delete_primitives(&mut original, field, value);
            continue;
        }
        if key.starts_with(ORDER) {
            continue;
        }
        if value.is_null() {
            original.shift_remove(key);
            continue;
        }
        let field = def.and_then(|def| def.field(key));
        let present = original.shift_remove(key);
        let merged =
            merge_field(def, field, present, value, merge_lists, patch.get(&format!("{ORDER}{key}")))?;
        original.insert(key.clone(), merged);
    }
    // an order alone also sorts
    for (key, order) in patch.iter().filter_map(|(k, v)| Some((k.strip_prefix(ORDER)?, v))) {
        if !patch.contains_key(key)
            && let Some(Value::Array(items)) = original.get_mut(key)
        {
            let merge_key = def.and_then(|def| def.field(key)).and_then(|field| field.merge_key.as_deref());
            let before = std::mem::take(items);
            let order = order.as_array().cloned().unwrap_or_default();
            *items = ordered(before.clone(), &order, &before, merge_key);
        }
    }
    Ok(original)
}

fn merge_field(
    def: Option<&TypeDef>,
    field: Option<&Field>,
    present: Option<Value>,
    patch: &Value,
    merge_lists: bool,
    order: Option<&Value>,
) -> Result<Value, String> {
    match (present, patch) {
        (Some(Value::Object(original)), Value::Object(patch)) => {
            let inner = match (field.map(|f| &f.shape), def) {
                (Some(Shape::Map { value, .. }), _) => return merge_plain_map(value, original, patch),
                (Some(shape), _) => shape.type_def(),
                (None, _) => None,
            };
            let replace = field.is_some_and(|f| {
                !f.merge && f.shape.type_def().is_none() && !matches!(f.shape, Shape::Any | Shape::FieldSet)
            });
            if replace {
                return Ok(Value::Object(clean_map(patch)));
            }
            Ok(Value::Object(merge_map(inner.as_deref(), original, patch, merge_lists)?))
        }
        (None, Value::Object(patch)) => {
            let shape = field.map(|f| &f.shape);
            match shape {
                Some(Shape::Map { value, .. }) => merge_plain_map(value, Map::new(), patch),
                _ => {
                    let inner = shape.and_then(Shape::type_def);
                    Ok(Value::Object(merge_map(inner.as_deref(), Map::new(), patch, merge_lists)?))
                }
            }
        }
        (present, Value::Array(items)) => {
            let merge = merge_lists && field.is_some_and(|f| f.merge);
            if !merge {
                return Ok(clean(patch));
            }
            let present = match present {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            };
            merge_list(field, present, items, order)
        }
        (_, other) => Ok(other.clone()),
    }
}

/// Maps with free keys: merged key by key, their values by type.
fn merge_plain_map(
    value_shape: &Shape,
    mut original: Map<String, Value>,
    patch: &Map<String, Value>,
) -> Result<Value, String> {
    if patch.get(DIRECTIVE).and_then(Value::as_str) == Some("replace") {
        let mut replaced = clean_map(patch);
        replaced.shift_remove(DIRECTIVE);
        return Ok(Value::Object(replaced));
    }
    for (key, value) in patch.iter().filter(|(key, _)| *key != DIRECTIVE) {
        if value.is_null() {
            original.shift_remove(key);
            continue;
        }
        let merged = match (original.shift_remove(key), value) {
            (Some(Value::Object(present)), Value::Object(patch)) => {
                Value::Object(merge_map(value_shape.type_def().as_deref(), present, patch, true)?)
            }
            (_, value) => clean(value),
        };
        original.insert(key.clone(), merged);
    }
    Ok(Value::Object(original))
}

fn merge_list(
    field: Option<&Field>,
    mut present: Vec<Value>,
    patch: &[Value],
    order: Option<&Value>,
) -> Result<Value, String> {
    let original = present.clone();
    let Some(key) = field.and_then(|f| f.merge_key.as_deref()) else {
        // a merged list of scalars is a set
        let mut from_patch = Vec::new();
        for item in patch {
            from_patch.push(item.clone());
            if !present.contains(item) {
                present.push(item.clone());
            }
        }
        let order = order.and_then(Value::as_array).unwrap_or(&from_patch);
        return Ok(Value::Array(ordered(present, order, &original, None)));
    };
    let item_type = field.and_then(|f| match &f.shape {
        Shape::List { item, .. } => item.type_def(),
        _ => None,
    });
    if patch.iter().any(|item| item.get(DIRECTIVE).and_then(Value::as_str) == Some("replace")) {
        let items = patch.iter().filter(|item| item.get(DIRECTIVE).is_none()).map(clean).collect();
        return Ok(Value::Array(items));
    }
    for item in patch {
        let Value::Object(map) = item else {
            return Err(format!("map: {} does not contain declared merge key: {key}", go_text(item)));
        };
        let Some(identity) = map.get(key) else {
            return Err(format!("map: {} does not contain declared merge key: {key}", go_text(item)));
        };
        if map.get(DIRECTIVE).and_then(Value::as_str) == Some("delete") {
            present.retain(|other| other.get(key) != Some(identity));
            continue;
        }
        match present.iter_mut().find(|other| other.get(key) == Some(identity)) {
            Some(slot) => {
                let original = match std::mem::take(slot) {
                    Value::Object(map) => map,
                    _ => Map::new(),
                };
                *slot = Value::Object(merge_map(item_type.as_deref(), original, map, true)?);
            }
            None => present.push(Value::Object(merge_map(item_type.as_deref(), Map::new(), map, true)?)),
        }
    }
    let order = order.and_then(Value::as_array).map_or(patch, Vec::as_slice);
    Ok(Value::Array(ordered(present, order, &original, Some(key))))
}

/// Sorts merged items: those of the order list in its order, the others among them where the original
/// list had them, as far as it tells.
fn ordered(merged: Vec<Value>, order: &[Value], original: &[Value], key: Option<&str>) -> Vec<Value> {
    let identity = |item: &Value| match key {
        Some(key) => item.get(key).cloned().unwrap_or(Value::Null),
        None => item.clone(),
    };
    let position =
        |list: &[Value], item: &Value| list.iter().position(|other| identity(other) == identity(item));
    let (mut listed, mut others): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| position(order, item).is_some());
    listed.sort_by_key(|item| position(order, item));
    others.sort_by_key(|item| position(original, item));
    let mut result = Vec::with_capacity(listed.len() + others.len());
    let mut others = others.into_iter().peekable();
    for item in listed {
        while let Some(other) = others.peek() {
            let before = match (position(original, other), position(original, &item)) {
                (Some(other), Some(item)) => other < item,
                _ => false,
            };
            if !before {
                break;
            }
            result.extend(others.next());
        }
        result.push(item);
    }
    result.extend(others);
    result
}

/// A value as Go prints it.
pub(crate) fn go_text(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut parts: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", go_text(value))).collect();
            parts.sort();
            format!("map[{}]", parts.join(" "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}

fn delete_primitives(original: &mut Map<String, Value>, field: &str, values: &Value) {
    if let (Some(Value::Array(items)), Some(values)) = (original.get_mut(field), values.as_array()) {
        items.retain(|item| !values.contains(item));
    }
}

/// A value of the patch that is taken whole: without directives and nulls.
fn clean(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(clean_map(map)),
        other => other.clone(),
    }
}

fn clean_map(map: &Map<String, Value>) -> Map<String, Value> {
    map.iter()
        .filter(|(key, value)| {
            !value.is_null()
                && *key != RETAIN
                && !key.starts_with(ORDER)
                && !key.starts_with(DELETE)
                && *key != DIRECTIVE
        })
        .map(|(key, value)| (key.clone(), clean(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(kind: &str, mut target: Value, patch: Value, expect: Value) {
        let shape = Shape::Ref { name: kind.to_owned(), atomic: false };
        strategic_merge(&shape, &mut target, &patch).unwrap();
        assert_eq!(target, expect);
    }

    #[test]
    fn lists_merge_by_key() {
        check(
            "core.v1.PodSpec",
            json!({"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]}),
            json!({"containers": [{"name": "b", "image": "3"}, {"name": "c"}, {"name": "a", "$patch": "delete"}]}),
            json!({"containers": [{"name": "b", "image": "3"}, {"name": "c"}]}),
        );
    }

    #[test]
    fn lists_without_a_key_are_replaced() {
        check(
            "core.v1.PodSpec",
            json!({"containers": [{"name": "a", "args": ["x", "y"]}], "tolerations": [{"key": "k"}]}),
            json!({"containers": [{"name": "a", "args": ["z"]}], "tolerations": []}),
            json!({"containers": [{"name": "a", "args": ["z"]}], "tolerations": []}),
        );
    }

    #[test]
    fn the_element_order_is_kept() {
        check(
            "core.v1.PodSpec",
            json!({"containers": [{"name": "a"}, {"name": "b"}]}),
            json!({"$setElementOrder/containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}], "containers": [{"name": "c"}]}),
            json!({"containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}]}),
        );
    }

    #[test]
    fn directives_replace_retain_and_delete() {
        check(
            "core.v1.ConfigMap",
            json!({"data": {"a": "1"}}),
            json!({"data": {"$patch": "replace", "b": "2"}}),
            json!({"data": {"b": "2"}}),
        );
        check(
            "apps.v1.DeploymentSpec",
            json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}),
            json!({"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}),
            json!({"strategy": {"type": "Recreate"}}),
        );
        check(
            "meta.v1.ObjectMeta",
            json!({"finalizers": ["a", "b"]}),
            json!({"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}),
            json!({"finalizers": ["c", "b"]}),
        );
    }

    #[test]
    fn nulls_delete_and_maps_merge() {
        check(
            "core.v1.Pod",
            json!({"metadata": {"labels": {"a": "1", "b": "2"}}}),
            json!({"metadata": {"labels": {"a": null, "c": "3"}}}),
            json!({"metadata": {"labels": {"b": "2", "c": "3"}}}),
        );
    }

    #[test]
    fn an_item_without_its_key_is_refused() {
        let shape = Shape::Ref { name: "core.v1.PodSpec".to_owned(), atomic: false };
        let mut target = json!({"containers": []});
        assert!(strategic_merge(&shape, &mut target, &json!({"containers": [{"image": "x"}]})).is_err());
    }
}
