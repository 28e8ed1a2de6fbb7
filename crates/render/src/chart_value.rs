//! `.Chart`: Chart.yaml as templates see it. Helm 4 gives a map with Go's field names, Helm 3 a
//! struct.

use std::any::Any;

use wheelhouse_chart::metadata::ImportValue;
use wheelhouse_chart::{Chart, Compat, Dependency, Maintainer, Metadata};
use wheelhouse_gotemplate::value::{ListType, MapType};
use wheelhouse_gotemplate::{GoString, Kind, List, ListKind, Map, Object, Value};

/// The value of `.Chart`.
pub(crate) fn chart_value(chart: &Chart, is_root: bool, compat: Compat) -> Value {
    match compat {
        Compat::V4 => {
            let map = Map::from_entries(
                metadata_fields(&chart.metadata, compat)
                    .into_iter()
                    .map(|(name, value)| (GoString::from(name), value)),
            );
            map.insert("IsRoot", Value::Bool(is_root));
            Value::Map(map)
        }
        Compat::V3 => Value::object(ChartObject { metadata: chart.metadata.clone(), is_root }),
    }
}

fn text(text: &str) -> Value {
    Value::from(text)
}

/// A list of texts: `[]interface {}` in Helm 4's maps, `[]string` in Helm 3's structs.
fn texts(items: &[String], compat: Compat) -> Value {
    match compat {
        Compat::V4 => Value::list(items.iter().map(|item| text(item)).collect()),
        Compat::V3 if items.is_empty() => Value::List(List::nil(ListKind::String)),
        Compat::V3 => Value::List(List::strings(items.iter().map(String::as_str))),
    }
}

// What is said of their elements holds for those of lists of maps: they are pointers, and no interfaces.
static MAINTAINERS: ListType =
    ListType { name: "[]*chart.Maintainer", underlying: ListKind::Map, methods: &[] };
static DEPENDENCIES: ListType =
    ListType { name: "[]*chart.Dependency", underlying: ListKind::Map, methods: &[] };

/// A list of pointers to structs: `[]interface {}` of maps in Helm 4, in Helm 3 of its own type.
fn pointers(items: Vec<Value>, go_type: &'static ListType, compat: Compat) -> Value {
    match compat {
        Compat::V4 => Value::list(items),
        Compat::V3 if items.is_empty() => Value::List(List::nil(ListKind::Named(go_type))),
        Compat::V3 => Value::List(List::new(ListKind::Named(go_type), items)),
    }
}

/// `[]interface {}`, which Helm 3 has as the file gives it: nil if it gives none.
fn anything(items: Vec<Value>, compat: Compat) -> Value {
    match compat {
        Compat::V3 if items.is_empty() => Value::List(List::nil(ListKind::Any)),
        _ => Value::list(items),
    }
}

/// The fields of `chart.Metadata`, in the order Go declares them.
fn metadata_fields(metadata: &Metadata, compat: Compat) -> Vec<(&'static str, Value)> {
    let annotations = match &metadata.annotations {
        Some(entries) => Value::Map(
            Map::of_type(MapType::STRINGS)
                .filled(entries.iter().map(|(key, value)| (GoString::from(key.as_str()), text(value)))),
        ),
        None => Value::Map(Map::nil(MapType::STRINGS)),
    };
    let maintainers = metadata
        .maintainers
        .iter()
        .map(|maintainer| maintainer.as_ref().map_or(Value::Nil, |known| maintainer_value(known, compat)))
        .collect::<Vec<_>>();
    let dependencies = metadata
        .dependencies
        .iter()
        .flatten()
        .map(|dependency| dependency.as_ref().map_or(Value::Nil, |known| dependency_value(known, compat)))
        .collect::<Vec<_>>();
    vec![
        ("Name", text(&metadata.name)),
        ("Home", text(&metadata.home)),
        ("Sources", texts(&metadata.sources, compat)),
        ("Version", text(&metadata.version)),
        ("Description", text(&metadata.description)),
        ("Keywords", texts(&metadata.keywords, compat)),
        ("Maintainers", pointers(maintainers, &MAINTAINERS, compat)),
        ("Icon", text(&metadata.icon)),
        ("APIVersion", text(&metadata.api_version)),
        ("Condition", text(&metadata.condition)),
        ("Tags", text(&metadata.tags)),
        ("AppVersion", text(&metadata.app_version)),
        ("Deprecated", Value::Bool(metadata.deprecated)),
        ("Annotations", annotations),
        ("KubeVersion", text(&metadata.kube_version)),
        ("Dependencies", pointers(dependencies, &DEPENDENCIES, compat)),
        ("Type", text(&metadata.chart_type)),
    ]
}

fn struct_or_map(
    go_type: &'static str,
    fields: Vec<(&'static str, Value)>,
    json_names: &'static [&'static str],
    compat: Compat,
) -> Value {
    match compat {
        Compat::V4 => Value::Map(Map::from_entries(
            fields.into_iter().map(|(name, value)| (GoString::from(name), value)),
        )),
        Compat::V3 => Value::object(PointedStruct { go_type, fields, json_names }),
    }
}

fn maintainer_value(maintainer: &Maintainer, compat: Compat) -> Value {
    let fields = vec![
        ("Name", text(&maintainer.name)),
        ("Email", text(&maintainer.email)),
        ("URL", text(&maintainer.url)),
    ];
    struct_or_map("*chart.Maintainer", fields, &["name", "email", "url"], compat)
}

fn dependency_value(dependency: &Dependency, compat: Compat) -> Value {
    let imports = dependency.import_values.iter().flatten().map(import_value);
    let fields = vec![
        ("Name", text(&dependency.name)),
        ("Version", text(&dependency.version)),
        ("Repository", text(&dependency.repository)),
        ("Condition", text(&dependency.condition)),
        ("Tags", texts(&dependency.tags, compat)),
        ("Enabled", Value::Bool(dependency.enabled)),
        ("ImportValues", anything(imports.collect(), compat)),
        ("Alias", text(&dependency.alias)),
    ];
    let names = &["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];
    struct_or_map("*chart.Dependency", fields, names, compat)
}

/// An entry of `import-values`; when templates run, Helm has made a pair of paths of each.
fn import_value(import: &ImportValue) -> Value {
    match import {
        ImportValue::Paths { child, parent } => Value::Map(
            Map::of_type(MapType::STRINGS)
                .filled([(GoString::from("child"), text(child)), (GoString::from("parent"), text(parent))]),
        ),
        ImportValue::Export(name) => text(name),
        ImportValue::Table(_) | ImportValue::Other(_) => Value::Nil,
    }
}

/// Helm 3's `.Chart`: `chart.Metadata` with `IsRoot` beside it.
#[derive(Debug)]
struct ChartObject {
    metadata: Metadata,
    is_root: bool,
}

impl Object for ChartObject {
    fn type_name(&self) -> &'static str {
        "struct { chart.Metadata; IsRoot bool }"
    }

    fn field(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.fields().into_iter().find(|(field, _)| *field == name) {
            return Some(value);
        }
        metadata_fields(&self.metadata, Compat::V3)
            .into_iter()
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let metadata = PointedStruct {
            go_type: "chart.Metadata",
            fields: metadata_fields(&self.metadata, Compat::V3),
            json_names: METADATA_JSON_NAMES,
        };
        vec![("Metadata", Value::object(metadata)), ("IsRoot", Value::Bool(self.is_root))]
    }

    fn to_json(&self) -> Option<Value> {
        self.json_fields().map(as_map)
    }

    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let mut fields = json_of(&metadata_fields(&self.metadata, Compat::V3), METADATA_JSON_NAMES);
        fields.push(("IsRoot", Value::Bool(self.is_root)));
        Some(fields)
    }

    fn is_comparable(&self) -> bool {
        false
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other
            .as_any()
            .downcast_ref::<Self>()
            .is_some_and(|other| self.metadata == other.metadata && self.is_root == other.is_root)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

const METADATA_JSON_NAMES: &[&str] = &[
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];

/// A Go struct whose fields are left out of JSON when they are empty, but for a dependency's name and
/// repository.
#[derive(Debug)]
struct PointedStruct {
    go_type: &'static str,
    fields: Vec<(&'static str, Value)>,
    json_names: &'static [&'static str],
}

impl Object for PointedStruct {
    fn type_name(&self) -> &'static str {
        self.go_type
    }

    fn kind(&self) -> Kind {
        if self.go_type.starts_with('*') { Kind::Pointer } else { Kind::Struct }
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone())
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.fields.clone()
    }

    fn to_json(&self) -> Option<Value> {
        self.json_fields().map(as_map)
    }

    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(json_of(&self.fields, self.json_names))
    }

    fn is_comparable(&self) -> bool {
        self.kind() == Kind::Pointer
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The fields that are not empty, under their names in JSON.
fn json_of(fields: &[(&'static str, Value)], names: &[&'static str]) -> Vec<(&'static str, Value)> {
    let is_kept = |name: &str| names.contains(&"repository") && matches!(name, "name" | "repository");
    let entries = fields.iter().zip(names).filter(|((_, value), name)| value.truth() || is_kept(name));
    entries.map(|((_, value), name)| (*name, value.clone())).collect()
}

fn as_map(fields: Vec<(&'static str, Value)>) -> Value {
    Value::Map(Map::from_entries(fields.into_iter().map(|(name, value)| (GoString::from(name), value))))
}
