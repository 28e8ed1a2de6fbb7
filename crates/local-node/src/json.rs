//! Writing fields of untyped objects.

use serde_json::Value;

/// Sets a field of an object, making the objects on the way.
pub(crate) fn set(object: &mut Value, path: &[&str], new: Value) {
    let mut place = object;
    for step in path {
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        let Some(fields) = place.as_object_mut() else { return };
        place = fields.entry(*step).or_insert(Value::Null);
    }
    *place = new;
}
