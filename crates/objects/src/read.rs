//! From YAML to a tree that knows where each field stands.

use wheelhouse_goyaml::{Document, Error, Kind, Limits, ReadOptions, Value};
use wheelhouse_source::Span;

use crate::tree::{Content, Entry, Node};

/// Reads a document as the Kubernetes tools do (YAML 1.1, the last of repeated keys counts).
/// Spans are moved by `offset`: where the document begins in its file.
///
/// # Errors
/// When the text is not YAML.
pub fn read_document(text: &[u8], offset: usize) -> Result<Node, Error> {
    read_noting_repeats(text, offset, &mut Vec::new())
}

/// A key that a mapping holds more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatedKey {
    /// The key.
    pub key: String,
    /// Where it stands again.
    pub span: Span,
}

/// [`read_document`], with the keys that stand more than once in their mapping.
///
/// # Errors
/// When the text is not YAML.
pub fn read_noting_repeats(
    text: &[u8],
    offset: usize,
    repeats: &mut Vec<RepeatedKey>,
) -> Result<Node, Error> {
    Ok(Reading::of(text)?.into_node(offset, repeats))
}

/// A document that was read once, for its plain value and for its tree.
#[derive(Debug)]
pub struct Reading<'a> {
    document: Document<'a>,
    value: Value,
    length: usize,
}

impl<'a> Reading<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// When the text is not YAML.
    pub fn of(text: &'a [u8]) -> Result<Self, Error> {
        let document = Document::parse(text, &Limits::default())?;
        let options = ReadOptions { keep_integers: true, ..ReadOptions::default() };
        let value = document.to_value(&options)?;
        Ok(Reading { document, value, length: text.len() })
    }

    /// What it says, without places.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The tree, its spans moved by `offset`; keys that stand more than once are noted.
    pub fn into_node(self, offset: usize, repeats: &mut Vec<RepeatedKey>) -> Node {
        build(self.value, self.document.root(), Span::new(0, self.length), offset, repeats)
    }
}

/// Values tell what is there (aliases followed, merges done), nodes tell where. A value without a
/// node of its own (one that was merged in) stands where its mapping does.
fn build(
    value: Value,
    node: Option<wheelhouse_goyaml::Node<'_>>,
    around: Span,
    offset: usize,
    repeats: &mut Vec<RepeatedKey>,
) -> Node {
    let own = node.map_or(around, |node| node.span());
    let node = node.map(wheelhouse_goyaml::Node::resolved);
    let content = match value {
        Value::Null => Content::Null,
        Value::Bool(value) => Content::Bool(value),
        Value::Int(value) => Content::Integer(value),
        #[allow(clippy::cast_precision_loss)]
        Value::Uint(value) => i64::try_from(value).map_or(Content::Float(value as f64), Content::Integer),
        Value::Float(value) => Content::Float(value),
        Value::String(text) => Content::String(text),
        Value::Seq(items) => {
            let mut nodes = node.filter(|node| node.kind() == Kind::Sequence).map(|node| node.items());
            Content::Sequence(
                items
                    .into_iter()
                    .map(|item| build(item, nodes.as_mut().and_then(Iterator::next), own, offset, repeats))
                    .collect(),
            )
        }
        Value::Map(mut map) => {
            let mut entries = Vec::with_capacity(map.len());
            let has_repeats = node.is_some_and(|node| node.len() > map.len());
            for (key, value) in node.into_iter().flat_map(|node| node.entries()) {
                let Some(text) = key.scalar() else { continue };
                // A repeated key: its last value is the one that counts.
                if let Some(taken) = map.remove(text) {
                    let key_span = moved(key.span(), offset);
                    let last = match node {
                        Some(node) if has_repeats => node.entry(text).map_or(value, |(_, value)| value),
                        _ => value,
                    };
                    let value = build(taken, Some(last), own, offset, repeats);
                    entries.push(Entry { key: text.to_owned(), key_span, value });
                } else if has_repeats && entries.iter().any(|entry| entry.key == text) {
                    repeats.push(RepeatedKey { key: text.to_owned(), span: moved(key.span(), offset) });
                }
            }
            // Merged in, or under a key that is no text (`on:`, `1:`).
            entries.extend(map.into_iter().map(|(key, value)| {
                let (at, found) = match node.and_then(|node| merged(node, &key)) {
                    Some((at, found)) => (at.span(), Some(found)),
                    None => (own, None),
                };
                Entry { key_span: moved(at, offset), value: build(value, found, own, offset, repeats), key }
            }));
            Content::Mapping(entries)
        }
    };
    Node { value: content, span: moved(own, offset) }
}

/// The entry that a merge key (`<<`) brings into a mapping: key and value. Of several mappings the
/// first that has it counts.
fn merged<'a>(
    mapping: wheelhouse_goyaml::Node<'a>,
    key: &str,
) -> Option<(wheelhouse_goyaml::Node<'a>, wheelhouse_goyaml::Node<'a>)> {
    let in_one = |source: wheelhouse_goyaml::Node<'a>| {
        let source = source.resolved();
        (source.kind() == Kind::Mapping).then(|| source.entry(key).or_else(|| merged(source, key))).flatten()
    };
    mapping.entries().filter(|(name, _)| name.scalar() == Some("<<")).find_map(|(_, source)| {
        match source.resolved() {
            list if list.kind() == Kind::Sequence => list.items().find_map(in_one),
            one => in_one(one),
        }
    })
}

fn moved(span: Span, offset: usize) -> Span {
    Span::new(span.start + offset, span.end + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &str, expected: &str) {
        let root = read_document(text.as_bytes(), 0).unwrap();
        let node = root.at(path).unwrap();
        assert_eq!(text.get(node.span.range()).unwrap(), expected, "{path} of {text:?}");
    }

    #[test]
    fn every_field_knows_its_bytes() {
        let text = "kind: Pod\nspec:\n  hostPID: true\n  list: [a, \"b\"]\n";
        check(text, "kind", "Pod");
        check(text, "spec.hostPID", "true");
        let root = read_document(text.as_bytes(), 0).unwrap();
        let items = root.at("spec.list").unwrap().items();
        assert_eq!(text.get(items[1].span.range()).unwrap(), "\"b\"");
        let entry = root.at("spec").unwrap().entry("hostPID").unwrap();
        assert_eq!(text.get(entry.key_span.range()).unwrap(), "hostPID");
    }

    #[test]
    fn the_last_of_repeated_keys_counts() {
        check("a: 1\na: 22\n", "a", "22");
    }

    #[test]
    fn repeated_keys_are_noted_where_they_stand_again() {
        let mut repeats = Vec::new();
        read_noting_repeats(b"a: 1\nb: {c: 1, c: 2}\na: 3\n", 10, &mut repeats).unwrap();
        let found: Vec<(&str, usize)> =
            repeats.iter().map(|repeat| (repeat.key.as_str(), repeat.span.start - 10)).collect();
        assert_eq!(found, [("c", 15), ("a", 21)]);
        let mut none = Vec::new();
        read_noting_repeats(b"k: &x {a: 1}\nm: {<<: *x, b: 2}\n", 0, &mut none).unwrap();
        assert_eq!(none, []);
    }

    #[test]
    fn aliases_and_merges_are_followed() {
        let root = read_document(b"k: &x {a: 1}\nm:\n  <<: *x\n  b: 2\nz: *x\n", 0).unwrap();
        assert_eq!(root.at("m.a").unwrap().as_integer(), Some(1));
        assert_eq!(root.at("m.b").unwrap().as_integer(), Some(2));
        assert_eq!(root.at("z.a").unwrap().as_integer(), Some(1));
    }

    #[test]
    fn what_was_merged_in_stands_where_it_was_written() {
        check("k: &x {a: 11}\nm:\n  <<: *x\n", "m.a", "11");
        check("m:\n  <<: [{b: 1}, {a: 12, b: 2}]\n", "m.a", "12");
        check("m:\n  <<: {<<: {a: 13}}\n  b: 1\n", "m.a", "13");
        check("m:\n  <<: {a: 1}\n  a: 14\n", "m.a", "14");
    }

    #[test]
    fn spans_move_with_the_document() {
        let root = read_document(b"a: b", 100).unwrap();
        assert_eq!(root.get("a").unwrap().span, Span::new(103, 104));
    }
}
