//! A parsed document that knows where each of its fields stands.

use serde_json::Value;
use wheelhouse_source::Span;

/// A node of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What the node holds.
    pub value: Content,
    /// Where its text stands in the rendered file.
    pub span: Span,
}

/// What a node holds, in JSON's data model.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `null`, or nothing after a key.
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping; keys in document order, a repeated key keeps its last value.
    Mapping(Vec<Entry>),
}

/// A key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A node that stands nowhere: one the platform made.
    #[must_use]
    pub fn made(value: Content) -> Self {
        Node { value, span: Span::default() }
    }

    /// A text the platform made.
    #[must_use]
    pub fn text(value: impl Into<String>) -> Self {
        Node::made(Content::String(value.into()))
    }

    /// A mapping the platform made.
    #[must_use]
    pub fn mapping<K: Into<String>>(entries: impl IntoIterator<Item = (K, Node)>) -> Self {
        let entries = entries
            .into_iter()
            .map(|(key, value)| Entry { key: key.into(), key_span: Span::default(), value })
            .collect();
        Node::made(Content::Mapping(entries))
    }

    /// The value at a key of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry at a key of a mapping.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rev().find(|entry| entry.key == key)
    }

    /// The value at a dotted path of mapping keys: `metadata.name`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, key| node.get(key))
    }

    /// The value at a key if it is there and not null: Kubernetes reads null as unset.
    #[must_use]
    pub fn set(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|node| node.value != Content::Null)
    }

    /// The entries of a mapping; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Content::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Content::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Content::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if it is one; a float without a fraction counts.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self.value {
            Content::Integer(value) => Some(value),
            #[allow(clippy::cast_possible_truncation)]
            Content::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
            _ => None,
        }
    }

    /// The text of a scalar as a message shows it.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.value {
            Content::Null => "null".to_owned(),
            Content::Bool(value) => value.to_string(),
            Content::Integer(value) => value.to_string(),
            Content::Float(value) => value.to_string(),
            Content::String(text) => text.clone(),
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
        }
    }

    /// The node as plain JSON, without its places; a number JSON cannot hold is null.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.value {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Integer(value) => Value::from(*value),
            Content::Float(value) => Value::from(*value),
            Content::String(text) => Value::from(text.as_str()),
            Content::Sequence(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Content::Mapping(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
            ),
        }
    }

    /// Puts a value at a key of a mapping, in place of the one there. Does nothing to other nodes.
    pub fn put(&mut self, key: &str, value: Node) {
        if let Content::Mapping(entries) = &mut self.value {
            match entries.iter_mut().rev().find(|entry| entry.key == key) {
                Some(entry) => entry.value = value,
                None => entries.push(Entry { key: key.to_owned(), key_span: Span::default(), value }),
            }
        }
    }

    /// Takes a key out of a mapping.
    pub fn take(&mut self, key: &str) -> Option<Node> {
        let Content::Mapping(entries) = &mut self.value else { return None };
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at).value)
    }

    /// The value at a key of a mapping, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Content::Mapping(entries) => {
                entries.iter_mut().rev().find(|entry| entry.key == key).map(|entry| &mut entry.value)
            }
            _ => None,
        }
    }

    /// The value at a key of a mapping, made as an empty mapping where it is missing or null.
    pub fn mapping_at(&mut self, key: &str) -> Option<&mut Node> {
        if self.set(key).is_none() {
            self.put(key, Node::made(Content::Mapping(Vec::new())));
        }
        self.get_mut(key)
    }

    /// The items of a sequence, to change.
    pub fn items_mut(&mut self) -> &mut [Node] {
        match &mut self.value {
            Content::Sequence(items) => items,
            _ => &mut [],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_there_but_not_set() {
        let node = Node::mapping([("a", Node::made(Content::Null))]);
        assert!(node.get("a").is_some());
        assert!(node.set("a").is_none());
    }

    #[test]
    fn a_path_goes_through_mappings() {
        let node = Node::mapping([("metadata", Node::mapping([("name", Node::text("x"))]))]);
        assert_eq!(node.at("metadata.name").and_then(Node::as_str), Some("x"));
        assert!(node.at("metadata.nope.name").is_none());
    }

    #[test]
    fn putting_replaces_or_appends() {
        let mut node = Node::mapping([("a", Node::text("1"))]);
        node.put("a", Node::text("2"));
        node.put("b", Node::text("3"));
        assert_eq!(node.entries().iter().map(|entry| entry.value.shown()).collect::<String>(), "23");
    }
}
