//! Reads and writes the parts every object has.

use serde_json::{Map, Value};

/// Text at a path of keys; empty when absent.
pub(crate) fn text<'a>(object: &'a Value, path: &[&str]) -> &'a str {
    at(object, path).and_then(Value::as_str).unwrap_or_default()
}

/// The value at a path of keys.
pub(crate) fn at<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, key| value.get(key))
}

/// The value at a path of keys, to change.
pub(crate) fn at_mut<'a>(object: &'a mut Value, path: &[&str]) -> Option<&'a mut Value> {
    path.iter().try_fold(object, |value, key| value.get_mut(key))
}

/// The items of a list at a path; none when absent.
pub(crate) fn items<'a>(object: &'a Value, path: &[&str]) -> &'a [Value] {
    at(object, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The object at a key, made when absent.
pub(crate) fn map_mut<'a>(object: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    let map = object.as_object_mut()?;
    let value = map.entry(key.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

/// Sets a key of an object.
pub(crate) fn set(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value.into());
    }
}

/// Sets a key of an object when it is absent, null, empty text or an empty list.
pub(crate) fn default(object: &mut Value, key: &str, value: impl Into<Value>) {
    let unset = match object.get(key) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        _ => false,
    };
    if unset {
        set(object, key, value);
    }
}

/// Removes a key of an object.
pub(crate) fn remove(object: &mut Value, key: &str) -> Option<Value> {
    object.as_object_mut().and_then(|map| map.shift_remove(key))
}

/// Sets or removes a metadata field.
pub(crate) fn set_metadata(object: &mut Value, key: &str, value: Option<Value>) {
    if let Some(metadata) = map_mut(object, "metadata") {
        match value {
            Some(value) => metadata.insert(key.to_owned(), value),
            None => metadata.shift_remove(key),
        };
    }
}

/// The object's name.
pub(crate) fn name(object: &Value) -> &str {
    text(object, &["metadata", "name"])
}

/// The object's namespace.
pub(crate) fn namespace(object: &Value) -> &str {
    text(object, &["metadata", "namespace"])
}

/// The object's uid.
pub(crate) fn uid(object: &Value) -> &str {
    text(object, &["metadata", "uid"])
}

/// The object's finalizers.
pub(crate) fn finalizers(object: &Value) -> Vec<String> {
    items(object, &["metadata", "finalizers"]).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The object is being deleted.
pub(crate) fn deleting(object: &Value) -> bool {
    !text(object, &["metadata", "deletionTimestamp"]).is_empty()
}

/// The text map at a path (labels, annotations, data), sorted.
pub(crate) fn text_map(object: &Value, path: &[&str]) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = at(object, path)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    entries.sort();
    entries
}

/// The object's labels, sorted.
pub(crate) fn labels(object: &Value) -> Vec<(String, String)> {
    text_map(object, &["metadata", "labels"])
}

/// Splits an `apiVersion` into group and version.
pub(crate) fn group_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // without randomness no uid is safe to hand out; the operating systems we run on always have it
    if getrandom::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

/// A random version 4 UUID.
pub(crate) fn new_uid() -> String {
    let value = u128::from_be_bytes(random());
    let value = (value & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{value:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// A random suffix for generated names: five characters without vowels.
pub(crate) fn random_suffix() -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    random::<5>()
        .iter()
        .filter_map(|b| ALPHABET.get(usize::from(*b) % ALPHABET.len()))
        .map(|b| char::from(*b))
        .collect()
}

/// The present time as objects carry it.
pub(crate) fn now() -> String {
    crate::decode::format_seconds(jiff::Timestamp::now())
}
