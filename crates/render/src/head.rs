//! The head of a manifest: what Helm reads of it to sort and to find hooks.

use std::collections::BTreeMap;

use wheelhouse_chart::Compat;
use wheelhouse_goyaml::{Document, Error, ReadOptions, Value};

/// What Helm's `SimpleHead` holds. Texts that are not given are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
    /// `metadata.annotations`
    pub annotations: BTreeMap<String, String>,
}

/// A document whose head cannot be read, in the words of Go's YAML and JSON readers.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct HeadError {
    /// The text Helm shows.
    pub message: String,
    /// Line in the document, from 1, where it is known.
    pub line: Option<usize>,
}

impl HeadError {
    /// In the words of Go's reader, which turns a document into JSON first.
    pub(crate) fn of(error: &Error) -> Self {
        HeadError {
            message: format!("error converting YAML to JSON: {error}"),
            line: error.place().map(|place| place.line),
        }
    }
}

impl Head {
    /// Reads the head of a document. The whole document must be YAML.
    ///
    /// # Errors
    /// When it is not, or when a field of the head has another type.
    pub fn parse(document: &[u8], compat: Compat) -> Result<Self, HeadError> {
        let options = ReadOptions { keep_integers: true, ..ReadOptions::default() };
        let wanted = |key: &[u8]| ["apiversion", "kind", "metadata"].iter().any(|name| is_field(key, name));
        let value = Document::parse(document, &options.limits)
            .and_then(|document| document.to_partial_value(&options, &wanted))
            .map_err(|error| HeadError::of(&error))?;
        Head::of_value(&value, compat)
    }

    /// Takes the head out of a document that was read.
    ///
    /// # Errors
    /// When a field of the head has another type.
    pub(crate) fn of_value(value: &Value, compat: Compat) -> Result<Self, HeadError> {
        let mut decoder = Decoder { first_error: None };
        let mut head = Head::default();
        match value {
            Value::Null => {}
            Value::Map(entries) => decoder.head(entries, &mut head),
            other => {
                let go_type = match compat {
                    Compat::V4 => "util.SimpleHead",
                    Compat::V3 => "releaseutil.SimpleHead",
                };
                decoder.mismatch(other, &format!("value of type {go_type}"));
            }
        }
        match decoder.first_error {
            None => Ok(head),
            Some(error) => Err(HeadError {
                message: format!("error unmarshaling JSON: while decoding JSON: {error}"),
                line: None,
            }),
        }
    }
}

/// Whether Go's JSON decoder may take a key for a field of this name, given in small letters: some
/// letters outside of ASCII count as `s` or `k` there.
fn is_field(key: &[u8], name: &str) -> bool {
    key.eq_ignore_ascii_case(name.as_bytes()) || !key.is_ascii()
}

/// Goes on after a misfit, as Go's decoder does, and tells the first.
struct Decoder {
    first_error: Option<String>,
}

const METADATA_TYPE: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

impl Decoder {
    fn mismatch(&mut self, value: &Value, target: &str) {
        let kind = value.json_kind();
        self.first_error.get_or_insert(format!("json: cannot unmarshal {kind} into Go {target}"));
    }

    fn head(&mut self, entries: &BTreeMap<String, Value>, head: &mut Head) {
        for (key, value) in entries {
            match key.to_lowercase().as_str() {
                "apiversion" => {
                    self.text(
                        value,
                        &mut head.api_version,
                        "struct field SimpleHead.apiVersion of type string",
                    );
                }
                "kind" => self.text(value, &mut head.kind, "struct field SimpleHead.kind of type string"),
                "metadata" => match value {
                    Value::Null => {}
                    Value::Map(entries) => self.metadata(entries, head),
                    other => {
                        self.mismatch(
                            other,
                            &format!("struct field SimpleHead.metadata of type {METADATA_TYPE}"),
                        );
                    }
                },
                _ => {}
            }
        }
    }

    fn metadata(&mut self, entries: &BTreeMap<String, Value>, head: &mut Head) {
        for (key, value) in entries {
            match key.to_lowercase().as_str() {
                "name" => self.text(value, &mut head.name, "struct field .metadata.name of type string"),
                "annotations" => match value {
                    Value::Null => {}
                    Value::Map(annotations) => {
                        for (name, value) in annotations {
                            let mut text = String::new();
                            self.text(value, &mut text, "struct field .metadata.annotations of type string");
                            head.annotations.insert(name.clone(), text);
                        }
                    }
                    other => {
                        self.mismatch(other, "struct field .metadata.annotations of type map[string]string");
                    }
                },
                _ => {}
            }
        }
    }

    fn text(&mut self, value: &Value, target: &mut String, place: &str) {
        match value.as_string_field() {
            Some(text) => *target = text,
            None if *value == Value::Null => {}
            None => self.mismatch(value, place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(document: &str) -> String {
        Head::parse(document.as_bytes(), Compat::V4).unwrap_err().to_string()
    }

    #[test]
    fn scalars_become_texts() {
        let head = Head::parse(
            b"metadata: {annotations: {a: 1, b: true, c: null}, name: 12}\nkind: 3\n",
            Compat::V4,
        )
        .unwrap();
        assert_eq!((head.kind.as_str(), head.name.as_str()), ("3", "12"));
        let annotations: Vec<_> =
            head.annotations.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(annotations, ["a=1", "b=true", "c="]);
    }

    #[test]
    fn what_the_head_does_not_name_is_checked_all_the_same() {
        let check = |document: &str, rest: &str| {
            assert_eq!(error(document), format!("error converting YAML to JSON: {rest}"));
        };
        check("kind: A\nspec: {a: !!int x}\n", "yaml: cannot decode !!str `x` as a !!int");
        check("kind: A\nspec: {a: [.inf]}\n", "json: unsupported value: +Inf");
        check("kind: A\nspec: *a\n", "yaml: unknown anchor 'a' referenced");
        let head = Head::parse(
            b"spec: &s {kind: no, metadata: {name: no}}\n<<: {KIND: yes, metadata: {name: a}}\nx: [*s]\n",
            Compat::V4,
        )
        .unwrap();
        assert_eq!((head.kind.as_str(), head.name.as_str()), ("true", "a"));
    }

    #[test]
    fn misfits_are_told_in_gos_words() {
        let prefix = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
        let check = |document: &str, rest: &str| assert_eq!(error(document), format!("{prefix} {rest}"));
        check("kind: {a: b}", "object into Go struct field SimpleHead.kind of type string");
        check("abc", "string into Go value of type util.SimpleHead");
        check(
            "metadata: {annotations: {a: [b]}}",
            "array into Go struct field .metadata.annotations of type string",
        );
        check("metadata: {name: [b]}", "array into Go struct field .metadata.name of type string");
        check(
            "metadata: abc",
            r#"string into Go struct field SimpleHead.metadata of type struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#,
        );
    }
}
