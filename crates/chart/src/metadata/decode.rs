//! Chart.yaml and its relatives into their types, as Go's JSON decoder fills structs: keys in any
//! letter case, null changes nothing, numbers and truth values become text where text is wanted,
//! and of several misfits the first is told.

use std::collections::BTreeMap;

use wheelhouse_goyaml::{ReadOptions, Value, read as read_yaml};

use super::{Dependency, ImportValue, Lock, Maintainer, Metadata, Timestamp};
use crate::values::{Data, from_yaml};
use crate::{Compat, Error};

/// Whether unknown and repeated keys are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// As charts are loaded.
    Lenient,
    /// As `lint` reads Chart.yaml once more.
    Strict,
}

impl Metadata {
    /// Reads a Chart.yaml.
    ///
    /// # Errors
    /// [`Error::Yaml`] and [`Error::Decode`] with Go's text.
    pub fn parse(text: &[u8], compat: Compat) -> Result<Self, Error> {
        let mut metadata = Metadata::default();
        metadata.read_over(text, compat, Strictness::Lenient)?;
        Ok(metadata)
    }

    /// Reads a Chart.yaml in which unknown and repeated keys are errors, as `lint` does.
    ///
    /// # Errors
    /// [`Error::Yaml`] and [`Error::Decode`] with Go's text.
    pub fn parse_strict(text: &[u8], compat: Compat) -> Result<Self, Error> {
        let mut metadata = Metadata::default();
        metadata.read_over(text, compat, Strictness::Strict)?;
        Ok(metadata)
    }

    /// Reads a file over what is there already: requirements.yaml over Chart.yaml.
    pub(crate) fn read_over(
        &mut self,
        text: &[u8],
        compat: Compat,
        strictness: Strictness,
    ) -> Result<(), Error> {
        let value = read(text, strictness)?;
        let mut decoder = Decoder::new(compat, strictness);
        decoder.metadata(value, self);
        decoder.finish()
    }
}

impl Lock {
    /// Reads a Chart.lock; `None` for a file without content.
    ///
    /// # Errors
    /// [`Error::Yaml`] and [`Error::Decode`] with Go's text.
    pub fn parse(text: &[u8], compat: Compat) -> Result<Option<Self>, Error> {
        let value = read(text, Strictness::Lenient)?;
        if matches!(value, Value::Null) {
            return Ok(None);
        }
        let mut decoder = Decoder::new(compat, Strictness::Lenient);
        let mut lock = Lock::default();
        decoder.lock(value, &mut lock);
        decoder.finish()?;
        Ok(Some(lock))
    }
}

/// The `apiVersion` of a Chart.yaml alone, by which Helm 4 chooses how to load a chart.
pub(crate) fn api_version(text: &[u8]) -> Result<String, Error> {
    let value = read(text, Strictness::Lenient)?;
    let mut decoder = Decoder::new(Compat::V4, Strictness::Lenient);
    let mut version = String::new();
    decoder.fields(
        value,
        Struct { go_type: "loader.chartBase", name: "chartBase" },
        "",
        |decoder, field, value| {
            match field {
                "apiversion" => decoder.string(value, &mut version),
                _ => return false,
            }
            true
        },
    );
    decoder.finish()?;
    Ok(version)
}

fn read(text: &[u8], strictness: Strictness) -> Result<Value, Error> {
    let options = ReadOptions {
        strict: strictness == Strictness::Strict,
        keep_integers: true,
        ..ReadOptions::default()
    };
    read_yaml(text, &options).map_err(Error::Yaml)
}

/// A Go struct by its names: with its package, and alone.
#[derive(Clone, Copy)]
struct Struct {
    go_type: &'static str,
    name: &'static str,
}

struct Decoder {
    /// The package Helm's types are in.
    package: &'static str,
    strictness: Strictness,
    /// The struct and the field that are being filled.
    place: Option<(&'static str, String)>,
    first_error: Option<String>,
}

impl Decoder {
    fn new(compat: Compat, strictness: Strictness) -> Self {
        let package = match compat {
            Compat::V4 => "v2",
            Compat::V3 => "chart",
        };
        Decoder { package, strictness, place: None, first_error: None }
    }

    fn finish(self) -> Result<(), Error> {
        match self.first_error {
            None => Ok(()),
            Some(error) => Err(Error::Decode(error)),
        }
    }

    fn type_in_package(&self, name: &'static str) -> Struct {
        let go_type = match (self.package, name) {
            ("v2", "Metadata") => "v2.Metadata",
            ("v2", "Maintainer") => "v2.Maintainer",
            ("v2", "Dependency") => "v2.Dependency",
            ("v2", _) => "v2.Lock",
            (_, "Metadata") => "chart.Metadata",
            (_, "Maintainer") => "chart.Maintainer",
            (_, "Dependency") => "chart.Dependency",
            _ => "chart.Lock",
        };
        Struct { go_type, name }
    }

    fn mismatch(&mut self, value: &Value, go_type: &str) {
        let target = match &self.place {
            None => format!("value of type {go_type}"),
            Some((name, field)) => format!("struct field {name}.{field} of type {go_type}"),
        };
        let kind = value.json_kind();
        self.first_error.get_or_insert(format!("json: cannot unmarshal {kind} into Go {target}"));
    }

    /// Goes through an object's keys in their order. `fill` gets the field's name in small letters
    /// and tells whether the struct has it.
    fn fields(
        &mut self,
        value: Value,
        target: Struct,
        path: &str,
        mut fill: impl FnMut(&mut Self, &str, Value) -> bool,
    ) {
        let entries = match value {
            Value::Null => return,
            Value::Map(entries) => entries,
            other => return self.mismatch(&other, target.go_type),
        };
        let outer = self.place.take();
        for (key, value) in entries {
            let field = fold(&key);
            // Error texts name the field as the struct's tag spells it.
            let tag = TAGS.iter().find(|tag| fold(tag) == field).copied().unwrap_or(&key);
            let separator = if path.is_empty() { "" } else { "." };
            self.place = Some((target.name, format!("{path}{separator}{tag}")));
            if !fill(self, &field, value) && self.strictness == Strictness::Strict {
                self.first_error.get_or_insert(format!("json: unknown field {}", crate::text::quote(&key)));
            }
        }
        self.place = outer;
    }

    fn metadata(&mut self, value: Value, target: &mut Metadata) {
        let metadata = self.type_in_package("Metadata");
        self.fields(value, metadata, "", |decoder, field, value| {
            match field {
                "name" => decoder.string(value, &mut target.name),
                "home" => decoder.string(value, &mut target.home),
                "sources" => decoder.strings(value, &mut target.sources),
                "version" => decoder.string(value, &mut target.version),
                "description" => decoder.string(value, &mut target.description),
                "keywords" => decoder.strings(value, &mut target.keywords),
                "maintainers" => decoder.maintainers(value, &mut target.maintainers),
                "icon" => decoder.string(value, &mut target.icon),
                "apiversion" => decoder.string(value, &mut target.api_version),
                "condition" => decoder.string(value, &mut target.condition),
                "tags" => decoder.string(value, &mut target.tags),
                "appversion" => decoder.string(value, &mut target.app_version),
                "deprecated" => decoder.bool(value, &mut target.deprecated),
                "annotations" => decoder.annotations(value, &mut target.annotations),
                "kubeversion" => decoder.string(value, &mut target.kube_version),
                "dependencies" => decoder.dependencies(value, &mut target.dependencies),
                "type" => decoder.string(value, &mut target.chart_type),
                _ => return false,
            }
            true
        });
    }

    fn lock(&mut self, value: Value, target: &mut Lock) {
        let lock = self.type_in_package("Lock");
        self.fields(value, lock, "", |decoder, field, value| {
            match field {
                "generated" => decoder.time(&value, &mut target.generated),
                "digest" => decoder.string(value, &mut target.digest),
                "dependencies" => decoder.dependencies(value, &mut target.dependencies),
                _ => return false,
            }
            true
        });
    }

    fn maintainers(&mut self, value: Value, target: &mut Vec<Option<Maintainer>>) {
        let maintainer = self.type_in_package("Maintainer");
        let mut list = Some(Vec::new());
        self.pointers(value, &mut list, maintainer, |decoder, value, entry: &mut Maintainer| {
            decoder.fields(value, maintainer, "maintainers", |decoder, field, value| {
                match field {
                    "name" => decoder.string(value, &mut entry.name),
                    "email" => decoder.string(value, &mut entry.email),
                    "url" => decoder.string(value, &mut entry.url),
                    _ => return false,
                }
                true
            });
        });
        *target = list.unwrap_or_default();
    }

    fn dependencies(&mut self, value: Value, target: &mut Option<Vec<Option<Dependency>>>) {
        let dependency = self.type_in_package("Dependency");
        self.pointers(value, target, dependency, |decoder, value, entry: &mut Dependency| {
            decoder.fields(value, dependency, "dependencies", |decoder, field, value| {
                match field {
                    "name" => decoder.string(value, &mut entry.name),
                    "version" => decoder.string(value, &mut entry.version),
                    "repository" => decoder.string(value, &mut entry.repository),
                    "condition" => decoder.string(value, &mut entry.condition),
                    "tags" => decoder.strings(value, &mut entry.tags),
                    "enabled" => decoder.bool(value, &mut entry.enabled),
                    "import-values" => decoder.import_values(value, &mut entry.import_values),
                    "alias" => decoder.string(value, &mut entry.alias),
                    _ => return false,
                }
                true
            });
        });
    }

    /// A list of pointers to structs: null entries stay null.
    fn pointers<T: Default>(
        &mut self,
        value: Value,
        target: &mut Option<Vec<Option<T>>>,
        pointee: Struct,
        mut fill: impl FnMut(&mut Self, Value, &mut T),
    ) {
        match value {
            Value::Null => *target = None,
            Value::Seq(items) => {
                let entries = items.into_iter().map(|item| match item {
                    Value::Null => None,
                    item => {
                        let mut entry = T::default();
                        fill(self, item, &mut entry);
                        Some(entry)
                    }
                });
                *target = Some(entries.collect());
            }
            other => self.mismatch(&other, &format!("[]*{}", pointee.go_type)),
        }
    }

    fn string(&mut self, value: Value, target: &mut String) {
        match value {
            Value::Null => {}
            Value::String(text) => *target = text,
            value => match value.as_string_field() {
                Some(text) => *target = text,
                None => self.mismatch(&value, "string"),
            },
        }
    }

    fn strings(&mut self, value: Value, target: &mut Vec<String>) {
        match value {
            Value::Null => target.clear(),
            Value::Seq(items) => {
                *target = items
                    .into_iter()
                    .map(|item| {
                        let mut text = String::new();
                        self.string(item, &mut text);
                        text
                    })
                    .collect();
            }
            other => self.mismatch(&other, "[]string"),
        }
    }

    fn bool(&mut self, value: Value, target: &mut bool) {
        match value {
            Value::Null => {}
            Value::Bool(value) => *target = value,
            other => self.mismatch(&other, "bool"),
        }
    }

    fn annotations(&mut self, value: Value, target: &mut Option<BTreeMap<String, String>>) {
        match value {
            Value::Null => *target = None,
            Value::Map(entries) => {
                let target = target.get_or_insert_default();
                for (key, value) in entries {
                    let mut text = String::new();
                    self.string(value, &mut text);
                    target.insert(key, text);
                }
            }
            other => self.mismatch(&other, "map[string]string"),
        }
    }

    fn import_values(&mut self, value: Value, target: &mut Option<Vec<ImportValue>>) {
        match value {
            Value::Null => *target = None,
            Value::Seq(items) => {
                *target = Some(
                    items
                        .into_iter()
                        .map(|mut item| {
                            item.make_floats();
                            match item {
                                Value::String(name) => ImportValue::Export(name),
                                item => match from_yaml(item) {
                                    Data::Table(table) => ImportValue::Table(table),
                                    other => ImportValue::Other(other),
                                },
                            }
                        })
                        .collect(),
                );
            }
            other => self.mismatch(&other, "[]interface {}"),
        }
    }

    fn time(&mut self, value: &Value, target: &mut Timestamp) {
        match value {
            Value::Null => {}
            Value::String(text) => match Timestamp::parse(text) {
                Some(time) => *target = time,
                None => {
                    let text = crate::text::quote(text);
                    self.first_error.get_or_insert(format!(
                        "parsing time {text} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text} as \"2006\""
                    ));
                }
            },
            _ => {
                self.first_error.get_or_insert("Time.UnmarshalJSON: input is not a JSON string".to_owned());
            }
        }
    }
}

/// Names that contain capital letters; all others are spelled as they are folded.
const TAGS: &[&str] = &["apiVersion", "appVersion", "kubeVersion"];

/// Unicode's simple folding, as far as it leads to ASCII: Go's JSON compares keys by it.
fn fold(key: &str) -> String {
    key.chars()
        .map(|letter| match letter {
            'ſ' => 's',
            '\u{212a}' => 'k',
            letter => letter.to_ascii_lowercase(),
        })
        .collect()
}
