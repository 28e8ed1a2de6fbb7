//! Names that are made from contents.

use serde_json::Value;

/// The characters of generated names: no vowels and no look-alikes, so that no words come out. The
/// API server's `generateName` uses the same.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A short name for a content, equal for equal contents whatever the order of their fields.
pub(crate) fn content_hash(content: &Value, salt: i64) -> String {
    let mut hash = Fnv::new();
    walk(content, &mut hash);
    if salt != 0 {
        hash.write(&salt.to_le_bytes());
    }
    hash.state
        .to_string()
        .bytes()
        .map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()).copied().map_or('b', char::from))
        .collect()
}

/// FNV-1a in 32 bits, which upstream uses for the same purpose.
struct Fnv {
    state: u32,
}

impl Fnv {
    fn new() -> Self {
        Self { state: 0x811c_9dc5 }
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.state = (self.state ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
}

fn walk(value: &Value, hash: &mut Fnv) {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            hash.write(b"{");
            for (name, value) in sorted {
                hash.write(name.as_bytes());
                hash.write(b":");
                walk(value, hash);
            }
            hash.write(b"}");
        }
        Value::Array(items) => {
            hash.write(b"[");
            for item in items {
                walk(item, hash);
                hash.write(b",");
            }
            hash.write(b"]");
        }
        other => hash.write(other.to_string().as_bytes()),
    }
}

/// A name cut so that a suffix still fits into 63 characters.
pub(crate) fn cut(name: &str, room_for: usize) -> &str {
    let end = 63_usize.saturating_sub(room_for).min(name.len());
    name.get(..end).unwrap_or(name).trim_end_matches(['-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_fields_does_not_matter_and_their_values_do() {
        let one = content_hash(&json!({"a": 1, "b": [1, 2]}), 0);
        assert_eq!(one, content_hash(&json!({"b": [1, 2], "a": 1}), 0));
        assert_ne!(one, content_hash(&json!({"a": 1, "b": [2, 1]}), 0));
        assert_ne!(one, content_hash(&json!({"a": 1, "b": [1, 2]}), 1));
        assert!(one.bytes().all(|byte| ALPHABET.contains(&byte)), "{one}");
    }

    #[test]
    fn long_names_leave_room() {
        assert_eq!(cut(&"a".repeat(80), 11).len(), 52);
        assert_eq!(cut("short", 11), "short");
    }
}
