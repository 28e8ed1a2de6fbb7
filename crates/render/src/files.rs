//! `.Files`: the chart's other files, as a Go map with methods.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wheelhouse_chart::{Compat, File};
use wheelhouse_gotemplate::value::{Element, Map, MapType};
use wheelhouse_gotemplate::{
    CallError, Context, GoString, List, ListKind, Method, Parameter, Signature, Value,
};

use crate::glob::Glob;

/// Helm's `engine.files`: from path to content.
static FILES: MapType = MapType {
    name: "engine.files",
    element: Element::Bytes,
    methods: &[
        Method {
            name: "AsConfig",
            signature: Signature::fixed(&[], Parameter::String),
            call: |context, files, _| as_yaml(context, files, Clone::clone),
        },
        Method {
            name: "AsSecrets",
            signature: Signature::fixed(&[], Parameter::String),
            call: |context, files, _| {
                as_yaml(context, files, |content| STANDARD.encode(content.as_bytes()).into())
            },
        },
        Method {
            name: "Get",
            signature: Signature::fixed(&[Parameter::String], Parameter::String),
            call: |_, files, arguments| Ok(Value::String(content(files, arguments.first()))),
        },
        Method {
            name: "GetBytes",
            signature: Signature::fixed(&[Parameter::String], Parameter::Bytes),
            call: |_, files, arguments| {
                Ok(Value::Bytes(Arc::from(content(files, arguments.first()).as_bytes())))
            },
        },
        Method {
            name: "Glob",
            signature: Signature::fixed(&[Parameter::String], Parameter::Named("engine.files")),
            call: glob,
        },
        Method {
            name: "Lines",
            signature: Signature::fixed(&[Parameter::String], Parameter::Strings),
            call: lines,
        },
    ],
};

/// The `.Files` of a chart, which share the chart's memory.
pub(crate) fn files(files: &[File]) -> Value {
    let entries =
        files.iter().map(|file| (GoString::from(file.name.as_str()), Value::Bytes(Arc::clone(&file.data))));
    Value::Map(Map::of_type(&FILES).filled(entries))
}

/// A file's content as a string; empty when there is no such file.
fn content(files: &Value, path: Option<&Value>) -> GoString {
    let found = match (files, path) {
        (Value::Map(map), Some(Value::String(path))) => map.get(path),
        _ => None,
    };
    match found {
        Some(Value::Bytes(bytes)) => GoString::from(bytes),
        _ => GoString::default(),
    }
}

fn glob(_: &mut dyn Context, files: &Value, arguments: &[Value]) -> Result<Value, CallError> {
    let pattern = match arguments.first() {
        Some(Value::String(pattern)) => pattern.to_str_lossy().into_owned(),
        _ => String::new(),
    };
    // Helm takes every file where the pattern is malformed.
    let glob = Glob::parse(&pattern).unwrap_or_else(Glob::everything);
    let entries = files.as_map().map(Map::entries).unwrap_or_default();
    let chosen = entries.into_iter().filter(|(path, _)| glob.matches(&path.to_str_lossy()));
    Ok(Value::Map(Map::of_type(&FILES).filled(chosen)))
}

fn lines(context: &mut dyn Context, files: &Value, arguments: &[Value]) -> Result<Value, CallError> {
    let is_there = match (files, arguments.first()) {
        (Value::Map(map), Some(Value::String(path))) => map.contains(path),
        _ => false,
    };
    if !is_there {
        return Ok(Value::List(List::new(ListKind::String, Vec::new())));
    }
    let content = content(files, arguments.first());
    let bytes = content.as_bytes();
    if bytes.is_empty() {
        if wheelhouse_sprig::environment(context)?.compat == Compat::V3 {
            return Ok(Value::List(List::new(ListKind::String, Vec::new())));
        }
        // Helm 4 looks at the last byte without asking whether there is one.
        return Err(CallError::message("runtime error: index out of range [-1]"));
    }
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    Ok(Value::List(List::strings(body.split(|byte| *byte == b'\n'))))
}

/// A YAML map from base names to contents, without its last newline, as Helm's `toYaml` gives it.
fn as_yaml(
    context: &mut dyn Context,
    files: &Value,
    encode: impl Fn(&GoString) -> GoString,
) -> Result<Value, CallError> {
    let map = Map::new();
    for (path, content) in files.as_map().map(Map::entries).unwrap_or_default() {
        let base = path.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if let Value::Bytes(bytes) = content {
            map.insert(base, encode(&GoString::from(bytes)));
        }
    }
    wheelhouse_sprig::to_yaml_text(context, &Value::Map(map)).map(Value::String)
}
