//! Values files: Helm 4 merges all documents of one, Helm 3 reads the first.

use std::borrow::Cow;

use wheelhouse_source::Span;

use crate::decode::{ReadOptions, decode_object};
use crate::document::Document;
use crate::error::{Error, Place};
use crate::json;
use crate::value::{Map, Value};

/// One document of a values file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuesDocument<'a> {
    /// Its text, line breaks as `\n`.
    pub text: Cow<'a, [u8]>,
    /// Lines of the file before it.
    pub lines_before: usize,
    /// Bytes of the file before it. Offsets in the document count from here, unless the file has
    /// `\r\n` breaks (then lines still agree).
    pub bytes_before: usize,
}

/// The documents of a values file as Helm 4 splits it: at lines that begin with `---`.
///
/// Each item is an error if something but a comment follows the `---` that ends the document.
#[must_use]
pub fn split_values(input: &[u8]) -> ValuesDocuments<'_> {
    ValuesDocuments { input, offset: 0, line: 0 }
}

/// The documents of a values file; see [`split_values`].
#[derive(Clone, Debug)]
pub struct ValuesDocuments<'a> {
    input: &'a [u8],
    /// Where the next document begins.
    offset: usize,
    line: usize,
}

impl<'a> Iterator for ValuesDocuments<'a> {
    type Item = Result<ValuesDocument<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let (start, lines_before) = (self.offset, self.line);
        let mut end = start;
        while end < self.input.len() {
            let rest = self.input.get(end..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |index| index + 1);
            self.offset = end + length;
            self.line += 1;
            if let Some(after) = rest.get(..length).and_then(|line| line.strip_prefix(b"---")) {
                if let Err(error) = check_separator(after, end, self.line) {
                    self.offset = self.input.len();
                    return Some(Err(error));
                }
                // The line that ends a document belongs to none; one before any content stays.
                if end > start {
                    break;
                }
            }
            end = self.offset;
        }
        if end == start {
            return None;
        }
        let text = with_line_feeds(self.input.get(start..end).unwrap_or_default());
        Some(Ok(ValuesDocument { text, lines_before, bytes_before: start }))
    }
}

/// The lines of a text, each ended by a line feed alone.
fn with_line_feeds(text: &[u8]) -> Cow<'_, [u8]> {
    let has_carriage_returns = memchr::memchr_iter(b'\r', text).any(|at| text.get(at + 1) == Some(&b'\n'));
    if !has_carriage_returns && text.ends_with(b"\n") {
        return Cow::Borrowed(text);
    }
    let mut lines = Vec::with_capacity(text.len() + 1);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let content = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        lines.extend_from_slice(content);
        lines.push(b'\n');
    }
    Cow::Owned(lines)
}

fn check_separator(after: &[u8], offset: usize, line: usize) -> Result<(), Error> {
    let text = String::from_utf8_lossy(after);
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(());
    }
    let span = Span::new(offset, offset + 3 + after.trim_ascii_end().len());
    let place = Place { span, line, column: 1 };
    Err(Error::ValuesSeparator { text: text.to_owned(), place })
}

/// Reads a values file as Helm 4 does: every document, merged into those before it.
///
/// # Errors
/// A document is not YAML or no mapping, or stands after a separator with something in its line.
pub fn load_values(input: &[u8], options: &ReadOptions) -> Result<Map, Error> {
    let mut values = Map::new();
    for document in split_values(input) {
        let map =
            read_map(&document?.text, options).map_err(|error| Error::ValuesDocument(Box::new(error)))?;
        values = merge_maps(values, map);
    }
    Ok(values)
}

/// Reads the first document into a map: how Helm 3 reads a values file, and `fromYaml` its text.
/// No content gives an empty map.
///
/// # Errors
/// The document is not YAML or no mapping.
pub fn read_map(input: &[u8], options: &ReadOptions) -> Result<Map, Error> {
    json::into_map(read(input, options)?).map(Option::unwrap_or_default).map_err(Error::Unmarshaling)
}

/// Reads the first document into a list, as `fromYamlArray` does. No content gives an empty list.
///
/// # Errors
/// The document is not YAML or no list.
pub fn read_list(input: &[u8], options: &ReadOptions) -> Result<Vec<Value>, Error> {
    json::into_list(read(input, options)?).map(Option::unwrap_or_default).map_err(Error::Unmarshaling)
}

/// Reads the first document: `sigs.k8s.io/yaml.Unmarshal` into `interface{}` (its strict form, or
/// with integers kept, as the options say).
///
/// # Errors
/// The document is not YAML, or has no JSON form.
pub fn read(input: &[u8], options: &ReadOptions) -> Result<Value, Error> {
    Document::parse(input, &options.limits)
        .and_then(|document| document.to_value(options))
        .map_err(|error| Error::Converting(Box::new(error)))
}

/// Turns YAML into JSON text: `sigs.k8s.io/yaml.YAMLToJSON` (or its strict form), with integers
/// kept whatever the options say.
///
/// # Errors
/// The document is not YAML, or has no JSON form.
pub fn yaml_to_json(input: &[u8], options: &ReadOptions) -> Result<Vec<u8>, Error> {
    let options = ReadOptions { keep_integers: true, ..*options };
    let document = Document::parse(input, &options.limits)?;
    let value = document.to_value(&options)?;
    if document.has_tag("tag:yaml.org,2002:binary") {
        // JSON tells bytes that are no text from U+FFFD; a value cannot.
        return json::to_json(&decode_object(&document, &options)?, json::Format::default());
    }
    json::to_json(&value, json::Format::default())
}

/// Merges two maps; where both have a mapping under a key these are merged, otherwise the value of
/// `over` counts.
#[must_use]
pub fn merge_maps(mut under: Map, over: Map) -> Map {
    for (key, value) in over {
        let value = match (value, under.get_mut(&key)) {
            (Value::Map(over), Some(Value::Map(under))) => {
                Value::Map(merge_maps(std::mem::take(under), over))
            }
            (value, _) => value,
        };
        under.insert(key, value);
    }
    under
}
