//! Go's `%#v` of what go-yaml decodes.

use std::cmp::Ordering;

use super::key::Key;
use super::object::Object;

/// The value in Go syntax.
pub(super) fn go_syntax(object: &Object<'_>) -> String {
    let mut text = String::new();
    match object {
        Object::Scalar(key) => text.push_str(&key.go_syntax()),
        collection => write(collection, &mut text),
    }
    text
}

fn write(object: &Object<'_>, text: &mut String) {
    match object {
        // Inside a collection the type of a nil is shown.
        Object::Scalar(Key::Null) => text.push_str("interface {}(nil)"),
        Object::Scalar(key) => text.push_str(&key.go_syntax()),
        Object::Seq(items) => {
            text.push_str("[]interface {}{");
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write(item, text);
            }
            text.push('}');
        }
        Object::Map(map) => {
            text.push_str("map[interface {}]interface {}{");
            let mut entries: Vec<_> = map.entries.iter().collect();
            entries.sort_by(|(left, _), (right, _)| compare(left, right));
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                match key {
                    Key::Null => text.push_str("interface {}(nil)"),
                    key => text.push_str(&key.go_syntax()),
                }
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
    }
}

/// The order in which Go prints the keys of a map. Between types Go goes by addresses; this is
/// the order they have in Helm's binary.
fn compare(left: &Key<'_>, right: &Key<'_>) -> Ordering {
    match (left, right) {
        (Key::Bool(left), Key::Bool(right)) => left.cmp(right),
        (Key::Int(left), Key::Int(right)) => left.cmp(right),
        (Key::Uint(left), Key::Uint(right)) => left.cmp(right),
        (Key::Text(left), Key::Text(right)) => left.cmp(right),
        (Key::Float(left), Key::Float(right)) => {
            let (left, right) = (left.get(), right.get());
            // Not-a-number comes first.
            left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

fn rank(key: &Key<'_>) -> u8 {
    match key {
        Key::Null => 0,
        Key::Text(_) => 1,
        Key::Uint(_) => 2,
        Key::Int(_) => 3,
        Key::Float(_) => 4,
        Key::Bool(_) => 5,
    }
}
