//! Chart.yaml and Chart.lock as Go writes them.

use wheelhouse_goyaml::json::{Format, to_json};
use wheelhouse_goyaml::{Encode, Error as YamlError, Sink, encode_map, encode_seq, to_yaml};

use sha2::{Digest, Sha256};

use super::{API_VERSION_V1, Dependency, ImportValue, Lock, Maintainer, Metadata};
use crate::Error;
use crate::values::{Data, Node, Table};

impl Metadata {
    /// The text of a Chart.yaml; requirements of `v1` charts are left out, as they have a file of
    /// their own.
    ///
    /// # Errors
    /// [`Error::Yaml`] for text YAML cannot hold.
    pub fn to_yaml(&self) -> Result<Vec<u8>, Error> {
        match self.api_version.as_str() {
            API_VERSION_V1 => to_yaml(&Metadata { dependencies: None, ..self.clone() }),
            _ => to_yaml(self),
        }
        .map_err(Error::Yaml)
    }

    /// The JSON that Go writes of the struct, its fields in their order: what registries keep as a chart's
    /// configuration.
    ///
    /// # Errors
    /// [`Error::Yaml`] for numbers JSON cannot hold.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        to_json(&MetadataInStructOrder(self), Format::default()).map_err(Error::Yaml)
    }

    /// The fields Go writes (those that are not empty), in the struct's order.
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let dependencies = self.dependencies.as_deref().unwrap_or_default();
        let fields = [
            ("name", Field::Text(&self.name)),
            ("home", Field::Text(&self.home)),
            ("sources", Field::Texts(&self.sources)),
            ("version", Field::Text(&self.version)),
            ("description", Field::Text(&self.description)),
            ("keywords", Field::Texts(&self.keywords)),
            ("maintainers", Field::Maintainers(&self.maintainers)),
            ("icon", Field::Text(&self.icon)),
            ("apiVersion", Field::Text(&self.api_version)),
            ("condition", Field::Text(&self.condition)),
            ("tags", Field::Text(&self.tags)),
            ("appVersion", Field::Text(&self.app_version)),
            ("deprecated", Field::Bool(self.deprecated)),
            ("annotations", Field::Annotations(self.annotations.as_ref())),
            ("kubeVersion", Field::Text(&self.kube_version)),
            ("dependencies", Field::Dependencies(dependencies)),
            ("type", Field::Text(&self.chart_type)),
        ];
        fields.into_iter().filter(|(_, field)| !field.is_empty()).collect()
    }
}

impl Lock {
    /// The text of a Chart.lock.
    ///
    /// # Errors
    /// [`Error::Yaml`] for text YAML cannot hold.
    pub fn to_yaml(&self) -> Result<Vec<u8>, Error> {
        to_yaml(self).map_err(Error::Yaml)
    }

    /// The digest of requirements and what they were resolved to, by which Helm tells whether a
    /// lock file is out of date.
    #[must_use]
    pub fn digest_of(requirements: &[Option<Dependency>], locked: &[Option<Dependency>]) -> String {
        struct Pair<'a>([&'a [Option<Dependency>]; 2]);
        impl Encode for Pair<'_> {
            fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
                encode_seq(sink, self.0.map(InStructOrder))
            }
        }
        sha256(&Pair([requirements, locked]))
    }

    /// The digest Helm 2 wrote into requirements.lock, over the requirements alone.
    #[must_use]
    pub fn helm2_digest_of(requirements: &[Option<Dependency>]) -> String {
        struct Requirements<'a>(&'a [Option<Dependency>]);
        impl Encode for Requirements<'_> {
            fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
                encode_map(sink, [("dependencies", InStructOrder(self.0))])
            }
        }
        sha256(&Requirements(requirements))
    }
}

fn sha256(value: &impl Encode) -> String {
    // JSON of text and truth values has nothing it could fail at.
    let json = to_json(value, Format::default()).unwrap_or_default();
    let hex: String = Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

impl Dependency {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let fields = [
            ("name", Field::Text(&self.name)),
            ("version", Field::Text(&self.version)),
            ("repository", Field::Text(&self.repository)),
            ("condition", Field::Text(&self.condition)),
            ("tags", Field::Texts(&self.tags)),
            ("enabled", Field::Bool(self.enabled)),
            ("import-values", Field::ImportValues(self.import_values.as_deref().unwrap_or_default())),
            ("alias", Field::Text(&self.alias)),
        ];
        let always = |name: &str| matches!(name, "name" | "repository");
        fields.into_iter().filter(|(name, field)| always(name) || !field.is_empty()).collect()
    }
}

/// A field's value by its type.
enum Field<'a> {
    Text(&'a str),
    Texts(&'a [String]),
    Bool(bool),
    Maintainers(&'a [Option<Maintainer>]),
    Annotations(Option<&'a std::collections::BTreeMap<String, String>>),
    Dependencies(&'a [Option<Dependency>]),
    ImportValues(&'a [ImportValue]),
}

impl Field<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Field::Text(text) => text.is_empty(),
            Field::Texts(texts) => texts.is_empty(),
            Field::Bool(value) => !value,
            Field::Maintainers(list) => list.is_empty(),
            Field::Annotations(map) => map.is_none_or(std::collections::BTreeMap::is_empty),
            Field::Dependencies(list) => list.is_empty(),
            Field::ImportValues(list) => list.is_empty(),
        }
    }
}

struct Text<'a>(&'a str);

impl Encode for Text<'_> {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        sink.string(self.0.as_bytes())
    }
}

/// What a null pointer becomes.
fn encode_entry<S: Sink + ?Sized>(entry: Option<&impl Encode>, sink: &mut S) -> Result<(), YamlError> {
    match entry {
        Some(entry) => entry.encode(sink),
        None => sink.null(),
    }
}

struct Entry<'a, T>(&'a Option<T>);

impl<T: Encode> Encode for Entry<'_, T> {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        encode_entry(self.0.as_ref(), sink)
    }
}

impl Encode for Field<'_> {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        match self {
            Field::Text(text) => Text(text).encode(sink),
            Field::Bool(value) => sink.bool(*value),
            Field::Texts(texts) => encode_seq(sink, texts.iter().map(|text| Text(text))),
            Field::Maintainers(list) => encode_seq(sink, list.iter().map(Entry)),
            Field::Dependencies(list) => encode_seq(sink, list.iter().map(Entry)),
            Field::ImportValues(list) => encode_seq(sink, list.iter()),
            Field::Annotations(map) => {
                let entries = map.iter().flat_map(|map| map.iter());
                encode_map(sink, entries.map(|(key, value)| (key, Text(value))))
            }
        }
    }
}

impl Encode for Metadata {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        encode_map(sink, self.fields())
    }
}

impl Encode for Dependency {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        encode_map(sink, self.fields())
    }
}

impl Encode for Lock {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        struct Dependencies<'a>(Option<&'a [Option<Dependency>]>);
        enum LockField<'a> {
            Text(String),
            Dependencies(Dependencies<'a>),
        }
        impl Encode for LockField<'_> {
            fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
                match self {
                    LockField::Text(text) => Text(text).encode(sink),
                    LockField::Dependencies(Dependencies(Some(list))) => {
                        encode_seq(sink, list.iter().map(Entry))
                    }
                    LockField::Dependencies(Dependencies(None)) => sink.nil_seq(),
                }
            }
        }
        encode_map(
            sink,
            [
                ("generated", LockField::Text(self.generated.to_string())),
                ("digest", LockField::Text(self.digest.clone())),
                ("dependencies", LockField::Dependencies(Dependencies(self.dependencies.as_deref()))),
            ],
        )
    }
}

impl Encode for Maintainer {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        let fields = [("name", &self.name), ("email", &self.email), ("url", &self.url)];
        encode_map(
            sink,
            fields.into_iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| (key, Text(text))),
        )
    }
}

impl Encode for ImportValue {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        match self {
            ImportValue::Export(name) => Text(name).encode(sink),
            ImportValue::Table(table) => table.encode(sink),
            ImportValue::Paths { child, parent } => {
                encode_map(sink, [("child", Text(child)), ("parent", Text(parent))])
            }
            ImportValue::Other(data) => data.encode(sink),
        }
    }
}

/// Chart.yaml with the fields of everything in it in the order of Go's structs.
struct MetadataInStructOrder<'a>(&'a Metadata);

impl Encode for MetadataInStructOrder<'_> {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        let fields = self.0.fields();
        sink.begin_map(fields.len())?;
        for (key, field) in fields {
            sink.key(key.as_bytes())?;
            match field {
                Field::Dependencies(list) => InStructOrder(list).encode(sink)?,
                Field::Maintainers(list) => {
                    sink.begin_seq(list.len())?;
                    for entry in list {
                        let Some(Maintainer { name, email, url }) = entry else {
                            sink.null()?;
                            continue;
                        };
                        let fields = [("name", name), ("email", email), ("url", url)];
                        let fields: Vec<_> =
                            fields.into_iter().filter(|(_, text)| !text.is_empty()).collect();
                        sink.begin_map(fields.len())?;
                        for (key, text) in fields {
                            sink.key(key.as_bytes())?;
                            Text(text).encode(sink)?;
                        }
                        sink.end_map();
                    }
                    sink.end_seq();
                }
                field => field.encode(sink)?,
            }
        }
        sink.end_map();
        Ok(())
    }
}

/// Requirements with their fields in the order of Go's struct, not of their names.
struct InStructOrder<'a>(&'a [Option<Dependency>]);

impl Encode for InStructOrder<'_> {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        sink.begin_seq(self.0.len())?;
        for entry in self.0 {
            let Some(dependency) = entry else {
                sink.null()?;
                continue;
            };
            let fields = dependency.fields();
            sink.begin_map(fields.len())?;
            for (key, field) in fields {
                sink.key(key.as_bytes())?;
                field.encode(sink)?;
            }
            sink.end_map();
        }
        sink.end_seq();
        Ok(())
    }
}

impl Encode for Data {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        match self {
            Data::Null => sink.null(),
            Data::Bool(value) => sink.bool(*value),
            Data::Int(value) => sink.int(*value),
            Data::Float(value) => sink.float(*value),
            Data::String(text) => sink.string(text.as_bytes()),
            Data::List(nodes) => encode_seq(sink, nodes),
            Data::Table(table) => table.encode(sink),
        }
    }
}

impl Encode for Node {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        self.data.encode(sink)
    }
}

impl Encode for Table {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), YamlError> {
        encode_map(sink, self.iter())
    }
}
