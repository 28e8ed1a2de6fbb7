//! What templates see as their dot: one map for each chart, shared by all its files.

use std::sync::Arc;

use wheelhouse_chart::{Chart, Compat};
use wheelhouse_gotemplate::value::{Element, MapType};
use wheelhouse_gotemplate::{CallError, GoString, Map, Method, Parameter, Signature, Value};

use crate::chart_value::chart_value;
use crate::files::files;

/// Helm 4's `common.Values`.
pub static VALUES: MapType = MapType { name: "common.Values", element: Element::Any, methods: METHODS };
/// Helm 3's `chartutil.Values`.
pub static VALUES_V3: MapType = MapType { name: "chartutil.Values", element: Element::Any, methods: METHODS };

const METHODS: &[Method] = &[
    Method {
        name: "AsMap",
        signature: Signature::fixed(&[], Parameter::Map),
        call: |_, values, _| {
            Ok(Value::Map(values.as_map().map(|map| map.with_type(MapType::ANY)).unwrap_or_default()))
        },
    },
    Method {
        name: "PathValue",
        signature: Signature::fixed(&[Parameter::String], Parameter::Any),
        call: |_, values, arguments| path_value(values, arguments.first()),
    },
    Method {
        name: "Table",
        signature: Signature::fixed(&[Parameter::String], Parameter::Named("common.Values")),
        call: |_, values, arguments| {
            let path = argument(arguments.first());
            match values.as_map() {
                Some(map) => table(map, &path).map(Value::Map).map_err(|name| no_table(&name)),
                None => Ok(Value::Nil),
            }
        },
    },
    Method {
        name: "YAML",
        signature: Signature::fixed(&[], Parameter::String),
        call: |context, values, _| {
            let mut text = wheelhouse_sprig::to_yaml_text(context, values)?.as_bytes().to_vec();
            text.push(b'\n');
            Ok(Value::String(text.into()))
        },
    },
];

fn argument(value: Option<&Value>) -> String {
    value.and_then(Value::as_string).map(GoString::to_string).unwrap_or_default()
}

fn no_table(name: &str) -> CallError {
    CallError::message(format!("{name:?} is not a table"))
}

/// The table at a dotted path; the first name that is none where there is none.
pub(crate) fn table(values: &Map, path: &str) -> Result<Map, String> {
    path.split('.').try_fold(values.clone(), |table, name| match table.get(name) {
        Some(Value::Map(next)) => Ok(next.with_type(values.map_type())),
        _ => Err(name.to_owned()),
    })
}

fn path_value(values: &Value, path: Option<&Value>) -> Result<Value, CallError> {
    let path = argument(path);
    if path.is_empty() {
        return Err(CallError::message("YAML path cannot be empty"));
    }
    let no_value = |name: &str| CallError::message(format!("{name:?} is not a value"));
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", &path));
    let Some(root) = values.as_map() else { return Ok(Value::Nil) };
    let holder = if parent.is_empty() { Ok(root.clone()) } else { table(root, parent) };
    match holder.ok().and_then(|table| table.get(key)) {
        Some(value) if value.as_map().is_none() => Ok(value),
        _ => Err(no_value(key)),
    }
}

/// The type of `.Values`.
#[must_use]
pub fn values_type(compat: Compat) -> &'static MapType {
    match compat {
        Compat::V4 => &VALUES,
        Compat::V3 => &VALUES_V3,
    }
}

/// A template file of a chart or of one of its subcharts.
pub(crate) struct Renderable {
    /// The name it is parsed under: `chart/templates/deployment.yaml`.
    pub(crate) name: String,
    pub(crate) text: GoString,
    /// The dot of its chart.
    pub(crate) scope: Map,
    /// `chart/templates`
    pub(crate) base_path: String,
}

/// What all charts of a render see alike.
pub(crate) struct Shared {
    pub(crate) release: Value,
    pub(crate) capabilities: Value,
    pub(crate) compat: Compat,
}

/// Goes through a chart and its subcharts, builds the dot of each and collects the templates.
pub(crate) fn collect(
    chart: &Chart,
    path: &str,
    parent: Option<&Map>,
    values: &Map,
    shared: &Shared,
    found: &mut Vec<Renderable>,
) -> Map {
    let values_type = values_type(shared.compat);
    let own_values = match parent {
        None => values.with_type(values_type),
        Some(parent) => table(parent, &format!("Values.{}", chart.name()))
            .map_or_else(|_| Map::of_type(values_type), |table| table.with_type(values_type)),
    };
    let subcharts = Map::new();
    let contents = chart.contents();
    let scope = Map::of_type(values_type).filled([
        (GoString::from("Chart"), chart_value(chart, parent.is_none(), shared.compat)),
        (GoString::from("Files"), files(&contents.files)),
        (GoString::from("Release"), shared.release.clone()),
        (GoString::from("Capabilities"), shared.capabilities.clone()),
        (GoString::from("Values"), Value::Map(own_values)),
        (GoString::from("Subcharts"), Value::Map(subcharts.clone())),
    ]);
    for child in chart.dependencies() {
        let child_path = format!("{path}/charts/{}", child.name());
        let child_scope = collect(child, &child_path, Some(&scope), values, shared, found);
        subcharts.insert(child.name(), Value::Map(child_scope.with_type(MapType::ANY)));
    }
    for template in &contents.templates {
        let base = template.name.rsplit('/').next().unwrap_or_default();
        if chart.is_library() && !base.starts_with('_') {
            continue;
        }
        found.push(Renderable {
            name: format!("{path}/{}", template.name),
            text: GoString::from(Arc::clone(&template.data)),
            scope: scope.clone(),
            base_path: format!("{path}/templates"),
        });
    }
    scope
}
