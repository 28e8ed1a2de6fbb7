//! Reading fields of untyped objects.

use jiff::Timestamp;
use serde_json::Value;

/// The text at a JSON pointer, or nothing.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The whole number at a JSON pointer.
pub(crate) fn number(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// Whether the value at a JSON pointer is `true`.
pub(crate) fn truth(object: &Value, pointer: &str) -> bool {
    object.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// The items of the list at a JSON pointer.
pub(crate) fn items<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    object.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// The value at a JSON pointer, or null.
pub(crate) fn value<'a>(object: &'a Value, pointer: &str) -> &'a Value {
    object.pointer(pointer).unwrap_or(&Value::Null)
}

/// The time at a JSON pointer.
pub(crate) fn time(object: &Value, pointer: &str) -> Option<Timestamp> {
    object.pointer(pointer)?.as_str()?.parse().ok()
}

/// A time as Kubernetes writes it, to the second.
pub(crate) fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Sets a field of an object, making the objects on the way. Does nothing where something on the way
/// is no object.
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

/// An integer or a percentage of a total, as `maxSurge` and `maxUnavailable` have.
pub(crate) fn scaled(value: &Value, total: i64, round_up: bool) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let percent: i64 = text.strip_suffix('%')?.parse().ok()?;
            let product = percent.checked_mul(total)?;
            Some(if round_up {
                product.div_euclid(100) + i64::from(product.rem_euclid(100) != 0)
            } else {
                product.div_euclid(100)
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_round_the_way_that_is_asked() {
        let cases = [
            (json!(3), 10, true, Some(3)),
            (json!("25%"), 10, true, Some(3)),
            (json!("25%"), 10, false, Some(2)),
            (json!("0%"), 10, true, Some(0)),
            (json!("x"), 10, true, None),
            (json!(null), 10, true, None),
        ];
        for (value, total, up, expected) in cases {
            assert_eq!(scaled(&value, total, up), expected, "{value} {up}");
        }
    }

    #[test]
    fn setting_makes_the_way() {
        let mut object = json!({"a": {"b": 1}});
        set(&mut object, &["a", "c", "d"], json!(2));
        assert_eq!(object, json!({"a": {"b": 1, "c": {"d": 2}}}));
        set(&mut object, &["a", "b", "x"], json!(3));
        assert_eq!(object["a"]["b"], json!(1));
    }

    #[test]
    fn times_are_written_to_the_second() {
        let time: Timestamp = "2026-11-21T10:54:49.75Z".parse().unwrap();
        assert_eq!(stamp(time), "2026-11-21T10:54:49Z");
    }
}
