//! Reads JSON bodies and reports what `serde_json` alone would pass over: keys given twice.

use std::fmt::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

mod syntax;

pub(crate) use syntax::error as syntax_error;

/// Reads a JSON document; the second part names each field given twice, by its path.
///
/// # Errors
/// When the bytes are not JSON.
pub(crate) fn read(bytes: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let mut reader = Reader { path: String::new(), duplicates: Vec::new() };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Node(&mut reader).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((value, reader.duplicates))
}

struct Reader {
    path: String,
    duplicates: Vec<String>,
}

struct Node<'a>(&'a mut Reader);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        let length = self.0.path.len();
        loop {
            // writing to a String cannot fail
            let _ = write!(self.0.path, "[{}]", list.len());
            let item = items.next_element_seed(Node(self.0))?;
            self.0.path.truncate(length);
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let length = self.0.path.len();
        while let Some(key) = entries.next_key::<String>()? {
            if length > 0 {
                self.0.path.push('.');
            }
            self.0.path.push_str(&key);
            if map.contains_key(&key) && !self.0.duplicates.contains(&self.0.path) {
                self.0.duplicates.push(self.0.path.clone());
            }
            let value = entries.next_value_seed(Node(self.0))?;
            self.0.path.truncate(length);
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_named_by_path_and_the_last_value_wins() {
        let (value, duplicates) = read(br#"{"a":1,"b":[{"c":1,"c":2,"c":3}],"a":{"d":null}}"#).unwrap();
        assert_eq!(value, serde_json::json!({"a": {"d": null}, "b": [{"c": 3}]}));
        assert_eq!(duplicates, ["b[0].c", "a"]);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "{} x", "nul", "{\"a\":}"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
