//! The documents of a rendered file as Helm's linter reads them: a stream of JSON objects if it
//! begins with a brace, else YAML between lines of `---`, by the reader of Kubernetes' libraries.

use std::collections::BTreeMap;

use wheelhouse_chart::Compat;
use wheelhouse_goyaml::json::{DecodeOptions, Error as JsonError, decode_first};
use wheelhouse_goyaml::{Error as YamlError, ReadOptions, Value, read, split_values};
use wheelhouse_render::trim_start;

/// What the rules want to know of a document. Texts that are not given are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentHead {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
}

/// How far the reader looks for a brace.
const LOOK_AHEAD: usize = 4096;

/// The heads of a file's documents, empty ones left out. After an error nothing follows.
#[must_use]
pub fn document_heads(text: &[u8], compat: Compat) -> Vec<Result<DocumentHead, String>> {
    let start = text.get(..LOOK_AHEAD.min(text.len())).unwrap_or_default();
    let mut heads = Heads { compat, found: Vec::new() };
    let outcome = if trim_start(start).starts_with(b"{") { heads.json(text) } else { heads.yaml(text, None) };
    if let Err(problem) = outcome {
        heads.found.push(Err(problem));
    }
    heads.found
}

struct Heads {
    compat: Compat,
    found: Vec<Result<DocumentHead, String>>,
}

impl Heads {
    fn json(&mut self, text: &[u8]) -> Result<(), String> {
        let options = DecodeOptions { keep_integers: true, ..DecodeOptions::default() };
        let (mut consumed, mut count) = (0, 0);
        loop {
            let rest = text.get(consumed..).unwrap_or_default();
            let (plain, shown) = match decode_first(rest, &options) {
                Err(JsonError::Eof) => return Ok(()),
                Ok((value, read)) => match self.head(value, Texts::AreTexts) {
                    Ok(()) => {
                        consumed += read;
                        count += 1;
                        continue;
                    }
                    Err(problem) => (problem.clone(), problem),
                },
                Err(JsonError::Syntax { text, offset }) => {
                    let shown = format!("json: offset {}: {text}", consumed + offset + 1);
                    (text, shown)
                }
                Err(error) => (error.to_string(), error.to_string()),
            };
            // After two objects it cannot be YAML any more.
            if count > 1 {
                return Err(plain);
            }
            return match skip_line(rest) {
                Some(rest) => self.yaml(rest, Some(shown)),
                None => Err(shown),
            };
        }
    }

    /// Reads YAML. If the first document is none, the error of JSON is told if there is one.
    fn yaml(&mut self, text: &[u8], json_error: Option<String>) -> Result<(), String> {
        let options = ReadOptions { keep_integers: true, ..ReadOptions::default() };
        let mut json_error = json_error;
        for document in split_values(text) {
            let value = document.and_then(|document| read(&document.text, &options));
            let read = match value {
                Ok(value) => self.head(value, Texts::FromScalars),
                Err(YamlError::ValuesSeparator { text, .. }) => {
                    Err(format!("invalid Yaml document separator: {text}"))
                }
                Err(error) => Err(error.to_string()),
            };
            read.map_err(|problem| json_error.take().unwrap_or(problem))?;
            json_error = None;
        }
        Ok(())
    }

    fn head(&mut self, value: Value, texts: Texts) -> Result<(), String> {
        if value == Value::Null {
            return Ok(());
        }
        let (root, go_type) = match self.compat {
            Compat::V4 => ("k8sYamlStruct", "rules.k8sYamlStruct"),
            Compat::V3 => ("K8sYamlStruct", "rules.K8sYamlStruct"),
        };
        let mut decoder = Decoder { first_error: None, texts };
        let mut head = DocumentHead::default();
        for (key, value) in decoder.object(value, &format!("value of type {go_type}")) {
            let field = |name: &str, go_type: &str| format!("struct field {root}.{name} of type {go_type}");
            match key.to_lowercase().as_str() {
                "apiversion" => decoder.text(&value, &mut head.api_version, &field("apiVersion", "string")),
                "kind" => decoder.text(&value, &mut head.kind, &field("Kind", "string")),
                "metadata" => {
                    let target = field("Metadata", "rules.k8sYamlMetadata");
                    for (key, value) in decoder.object(value, &target) {
                        let field = |name: &str| {
                            format!("struct field k8sYamlMetadata.Metadata.{name} of type string")
                        };
                        match key.to_lowercase().as_str() {
                            "name" => decoder.text(&value, &mut head.name, &field("Name")),
                            "namespace" => {
                                decoder.text(&value, &mut String::new(), &field("Namespace"));
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        decoder.finish()?;
        self.found.push(Ok(head));
        Ok(())
    }
}

/// What follows the white space of a line, or the line break; nothing if only white space is left.
fn skip_line(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        let next = trim_one(rest)?;
        match next {
            (true, after) => return Some(after),
            (false, after) if after.len() == rest.len() => return Some(rest),
            (false, after) => rest = after,
        }
    }
}

/// Takes one character of white space off, and tells whether it was a line break; `None` at the end.
fn trim_one(text: &[u8]) -> Option<(bool, &[u8])> {
    let (first, after) = text.split_first()?;
    match first {
        b'\n' => Some((true, after)),
        b'\t' | 0x0b | 0x0c | b'\r' | b' ' => Some((false, after)),
        _ => Some((false, text)),
    }
}

/// What becomes of numbers where a text is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// They become texts, as on the way from YAML.
    FromScalars,
    /// They do not fit, as in JSON.
    AreTexts,
}

/// Fills Go's structs: it goes on after a misfit, and tells the first.
pub(crate) struct Decoder {
    first_error: Option<String>,
    texts: Texts,
}

impl Decoder {
    pub(crate) fn new(texts: Texts) -> Self {
        Decoder { first_error: None, texts }
    }

    pub(crate) fn mismatch(&mut self, value: &Value, target: &str) {
        let kind = value.json_kind();
        self.first_error.get_or_insert_with(|| format!("json: cannot unmarshal {kind} into Go {target}"));
    }

    /// The entries of an object; none of null.
    pub(crate) fn object(&mut self, value: Value, target: &str) -> BTreeMap<String, Value> {
        match value {
            Value::Map(entries) => entries,
            Value::Null => BTreeMap::new(),
            other => {
                self.mismatch(&other, target);
                BTreeMap::new()
            }
        }
    }

    pub(crate) fn text(&mut self, value: &Value, field: &mut String, target: &str) {
        let text = match self.texts {
            Texts::FromScalars => value.as_string_field(),
            Texts::AreTexts => value.as_str().map(ToOwned::to_owned),
        };
        match text {
            Some(text) => *field = text,
            None if *value == Value::Null => {}
            None => self.mismatch(value, target),
        }
    }

    /// The first misfit.
    pub(crate) fn finish(self) -> Result<(), String> {
        match (self.first_error, self.texts) {
            (None, _) => Ok(()),
            (Some(error), Texts::AreTexts) => Err(error),
            (Some(error), Texts::FromScalars) => {
                Err(format!("error unmarshaling JSON: while decoding JSON: {error}"))
            }
        }
    }
}
