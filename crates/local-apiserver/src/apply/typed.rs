//! Walking objects by their type: which fields they set, how two differ, how two merge, what is left
//! when some fields go.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::set::{Element, Scalar, Set, path_text};
use crate::schema::{Shape, Topology, TypeDef, type_def};

/// How a value is owned.
enum Kind {
    /// As one.
    Leaf,
    /// Field by field.
    Struct(Arc<TypeDef>),
    /// Key by key.
    Map(Shape),
    /// Item by item.
    List(Shape, Keys),
}

#[derive(Clone)]
enum Keys {
    /// The items themselves.
    Values,
    /// Fields with their defaults.
    Fields(Vec<(String, Option<Value>)>),
}

fn kind(shape: &Shape, value: &Value) -> Kind {
    match shape {
        Shape::Ref { atomic: true, .. } => Kind::Leaf,
        Shape::Ref { name, .. } => match type_def(name) {
            Some(def) => match &def.alias {
                Some(alias) => kind(alias, value),
                None if def.atomic => Kind::Leaf,
                None => Kind::Struct(def),
            },
            None => Kind::Leaf,
        },
        Shape::Inline(def) if def.atomic => Kind::Leaf,
        Shape::Inline(def) => Kind::Struct(def.clone()),
        Shape::Map { atomic: true, .. } => Kind::Leaf,
        Shape::Map { value, .. } => Kind::Map((**value).clone()),
        Shape::List { topology: Topology::Atomic, .. } => Kind::Leaf,
        Shape::List { item, topology: Topology::Set } => Kind::List((**item).clone(), Keys::Values),
        Shape::List { item, topology: Topology::Map(keys) } => {
            let def = item.type_def();
            let default =
                |key: &String| def.as_ref().and_then(|def| def.field(key)).and_then(|f| f.default.clone());
            let keys = keys.iter().map(|key| (key.clone(), default(key))).collect();
            Kind::List((**item).clone(), Keys::Fields(keys))
        }
        // no known type: objects key by key, everything else as one
        Shape::Any if value.is_object() => Kind::Map(Shape::Any),
        _ => Kind::Leaf,
    }
}

/// The type of a field of an object; `None` when the type has no such field.
fn field_shape(def: &TypeDef, name: &str) -> Option<Shape> {
    match def.field(name) {
        Some(field) => Some(field.shape.clone()),
        None if def.open => Some(Shape::Any),
        None => None,
    }
}

fn element(keys: &Keys, item: &Value) -> Result<Element, String> {
    match keys {
        Keys::Values => match item {
            Value::Object(_) => {
                Err("associative list without keys has an element that's a map type".to_owned())
            }
            Value::Array(_) => Err("not supported: associative list with lists as elements".to_owned()),
            Value::Null => {
                Err("associative list without keys has an element that's an explicit null".to_owned())
            }
            scalar => Ok(Element::Value(Scalar(scalar.clone()))),
        },
        Keys::Fields(keys) => {
            if item.is_null() {
                return Err("associative list with keys may not have a null element".to_owned());
            }
            if !item.is_object() {
                return Err("associative list with keys may not have non-map elements".to_owned());
            }
            let mut fields: Vec<(String, Scalar)> = keys
                .iter()
                .filter_map(|(key, default)| {
                    let value = item.get(key).cloned().or_else(|| default.clone())?;
                    Some((key.clone(), Scalar(value)))
                })
                .collect();
            if fields.is_empty() {
                let names: Vec<String> = keys.iter().map(|(key, _)| format!("{key:?}")).collect();
                return Err(format!(
                    "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
                    names.join(" ")
                ));
            }
            fields.sort();
            Ok(Element::Key(fields))
        }
    }
}

fn field(name: &str) -> Element {
    Element::Field(name.to_owned())
}

/// Whether every field of an object is declared and every list item has its keys; the errors by path.
pub(super) fn check(shape: &Shape, value: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    check_at(shape, value, &mut Vec::new(), &mut errors);
    errors
}

fn check_at(shape: &Shape, value: &Value, path: &mut Vec<Element>, errors: &mut Vec<String>) {
    if value.is_null() {
        return;
    }
    let mut wrong = |what: String| errors.push(format!("{}: {what}", path_text(path)));
    match (kind(shape, value), value) {
        (Kind::Struct(def), Value::Object(map)) => {
            for (name, inner) in map {
                path.push(field(name));
                match field_shape(&def, name) {
                    Some(shape) => check_at(&shape, inner, path, errors),
                    None => errors.push(format!("{}: field not declared in schema", path_text(path))),
                }
                path.pop();
            }
        }
        (Kind::Map(shape), Value::Object(map)) => {
            for (name, inner) in map {
                path.push(field(name));
                check_at(&shape, inner, path, errors);
                path.pop();
            }
        }
        (Kind::List(shape, keys), Value::Array(items)) => {
            let mut seen = Vec::new();
            for (index, item) in items.iter().enumerate() {
                match element(&keys, item) {
                    Ok(step) => {
                        if seen.contains(&step) {
                            errors.push(format!("{}: duplicate entries for key {step}", path_text(path)));
                        }
                        seen.push(step.clone());
                        path.push(step);
                        check_at(&shape, item, path, errors);
                        path.pop();
                    }
                    Err(why) => errors.push(format!("{}: element {index}: {why}", path_text(path))),
                }
            }
        }
        (Kind::Struct(_) | Kind::Map(_), other) => {
            wrong(format!("expected map, got &{{{}}}", plain_text(other)))
        }
        (Kind::List(..), other) => wrong(format!("expected list, got &{{{}}}", plain_text(other))),
        (Kind::Leaf, value) => {
            let scalar = !value.is_object() && !value.is_array();
            match shape {
                Shape::String | Shape::Time | Shape::MicroTime | Shape::Bytes if !value.is_string() => {
                    wrong(format!("expected string, got &value.valueUnstructured{{Value:{}}}", shown(value)));
                }
                Shape::Boolean if !value.is_boolean() => {
                    wrong(format!("expected boolean, got &value.valueUnstructured{{Value:{}}}", shown(value)))
                }
                Shape::Int32 | Shape::Int64 | Shape::Number if !value.is_number() => {
                    wrong(format!("expected numeric (int or float), got {}", go_type(value)));
                }
                Shape::Quantity | Shape::IntOrString if !scalar => {
                    wrong(format!("expected scalar, got {}", shown(value)));
                }
                _ => {}
            }
        }
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{text}\""),
        other => other.to_string(),
    }
}

/// The fields an object sets.
pub(super) fn fields(shape: &Shape, value: &Value) -> Set {
    let mut set = Set::default();
    fields_at(shape, value, &mut Vec::new(), &mut set);
    set
}

fn fields_at(shape: &Shape, value: &Value, path: &mut Vec<Element>, set: &mut Set) {
    match (kind(shape, value), value) {
        (Kind::Struct(def), Value::Object(map)) => {
            for (name, inner) in map {
                path.push(field(name));
                let shape = field_shape(&def, name);
                fields_at(shape.as_ref().unwrap_or(&Shape::Any), inner, path, set);
                let empty = inner.is_null() || inner.as_object().is_some_and(Map::is_empty);
                if empty || def.field(name).is_none() {
                    set.insert(path);
                }
                path.pop();
            }
        }
        (Kind::Map(shape), Value::Object(map)) => {
            for (name, inner) in map {
                path.push(field(name));
                fields_at(&shape, inner, path, set);
                set.insert(path);
                path.pop();
            }
        }
        (Kind::List(shape, keys), Value::Array(items)) => {
            for item in items {
                let Ok(step) = element(&keys, item) else { continue };
                path.push(step);
                fields_at(&shape, item, path, set);
                set.insert(path);
                path.pop();
            }
        }
        (Kind::Leaf, _) => set.insert(path),
        _ => {}
    }
}

/// How an object differs from another.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// In the old one only.
    pub(super) removed: Set,
    /// In both, with other values.
    pub(super) modified: Set,
    /// In the new one only.
    pub(super) added: Set,
}

impl Comparison {
    /// The same without these fields and what is below them.
    pub(super) fn without(self, ignored: &Set) -> Self {
        Comparison {
            removed: self.removed.without_trees(ignored),
            modified: self.modified.without_trees(ignored),
            added: self.added.without_trees(ignored),
        }
    }
}

/// Compares two states of an object.
pub(super) fn compare(shape: &Shape, old: &Value, new: &Value) -> Comparison {
    let mut comparison = Comparison::default();
    compare_at(shape, Some(old), Some(new), &mut Vec::new(), &mut comparison);
    comparison
}

fn compare_at(
    shape: &Shape,
    old: Option<&Value>,
    new: Option<&Value>,
    path: &mut Vec<Element>,
    out: &mut Comparison,
) {
    let null = Value::Null;
    let sample = new.or(old).unwrap_or(&null);
    let both_kinds = kind(shape, sample);
    let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let leaf = |out: &mut Comparison, path: &[Element]| match (old, new) {
        (None, _) => out.added.insert(path),
        (_, None) => out.removed.insert(path),
        (Some(old), Some(new)) if !same(old, new) => out.modified.insert(path),
        _ => {}
    };
    let whole = |out: &mut Comparison, path: &[Element]| match (old, new) {
        (None, _) => out.added.insert(path),
        (_, None) => out.removed.insert(path),
        _ => {}
    };
    match both_kinds {
        Kind::Leaf => leaf(out, path),
        Kind::Struct(_) | Kind::Map(_) => {
            let (before, after) = (object(old), object(new));
            if before.is_empty() && after.is_empty() {
                return leaf(out, path);
            }
            for name in names(&before, &after) {
                let shape = match &both_kinds {
                    Kind::Struct(def) => field_shape(def, &name).unwrap_or(Shape::Any),
                    Kind::Map(shape) => shape.clone(),
                    _ => Shape::Any,
                };
                path.push(field(&name));
                compare_at(&shape, before.get(&name), after.get(&name), path, out);
                path.pop();
            }
            whole(out, path);
        }
        Kind::List(item, keys) => {
            let (before, after) = (list(old), list(new));
            if before.is_empty() && after.is_empty() {
                return leaf(out, path);
            }
            let mut items: BTreeMap<Element, (Option<&Value>, Option<&Value>)> = BTreeMap::new();
            for value in &before {
                if let Ok(step) = element(&keys, value) {
                    items.entry(step).or_default().0 = Some(value);
                }
            }
            for value in &after {
                if let Ok(step) = element(&keys, value) {
                    items.entry(step).or_default().1 = Some(value);
                }
            }
            for (step, (before, after)) in items {
                path.push(step);
                compare_at(&item, before, after, path, out);
                path.pop();
            }
            whole(out, path);
        }
    }
}

fn names(a: &Map<String, Value>, b: &Map<String, Value>) -> Vec<String> {
    let mut names: Vec<String> = a.keys().cloned().collect();
    names.extend(b.keys().filter(|name| !a.contains_key(*name)).cloned());
    names
}

/// Equality with numbers by value.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

/// Merges a configuration over an object.
pub(super) fn merge(shape: &Shape, live: &Value, applied: &Value) -> Value {
    merge_at(shape, Some(live), Some(applied)).unwrap_or(Value::Null)
}

fn merge_at(shape: &Shape, live: Option<&Value>, applied: Option<&Value>) -> Option<Value> {
    let sample = applied.or(live)?;
    let how = kind(shape, sample);
    match (&how, live, applied) {
        (Kind::Leaf, _, _) => applied.or(live).cloned(),
        (Kind::Struct(_) | Kind::Map(_), _, _) => {
            let (before, over) = (live.and_then(Value::as_object), applied.and_then(Value::as_object));
            let empty = Map::new();
            let (before, over) = (before.unwrap_or(&empty), over.unwrap_or(&empty));
            if before.is_empty() && over.is_empty() {
                return applied.or(live).cloned();
            }
            let mut merged = Map::new();
            for name in names(before, over) {
                let shape = match &how {
                    Kind::Struct(def) => field_shape(def, &name).unwrap_or(Shape::Any),
                    Kind::Map(shape) => shape.clone(),
                    _ => Shape::Any,
                };
                if let Some(value) = merge_at(&shape, before.get(&name), over.get(&name)) {
                    merged.insert(name, value);
                }
            }
            Some(Value::Object(merged))
        }
        (Kind::List(item, keys), _, _) => {
            let (before, over) = (live.and_then(Value::as_array), applied.and_then(Value::as_array));
            let empty = Vec::new();
            let (before, over) = (before.unwrap_or(&empty), over.unwrap_or(&empty));
            if before.is_empty() && over.is_empty() {
                return applied.or(live).cloned();
            }
            Some(Value::Array(merge_lists(item, keys, before, over)))
        }
    }
}

/// Items of both, the applied ones in their order; live-only items stay where they were between
/// the items both have.
fn merge_lists(item: &Shape, keys: &Keys, live: &[Value], applied: &[Value]) -> Vec<Value> {
    let index = |list: &[Value]| -> Vec<(Element, Value)> {
        list.iter().filter_map(|value| Some((element(keys, value).ok()?, value.clone()))).collect()
    };
    let (left, right) = (index(live), index(applied));
    let find = |list: &[(Element, Value)], step: &Element| {
        list.iter().find(|(e, _)| e == step).map(|(_, v)| v.clone())
    };
    let mut shared: std::collections::VecDeque<Element> =
        right.iter().filter(|(step, _)| find(&left, step).is_some()).map(|(step, _)| step.clone()).collect();
    let mut next = shared.pop_front();
    let mut merged_steps: Vec<Element> = Vec::new();
    let mut out = Vec::new();
    let (mut l, mut r) = (0, 0);
    while l < left.len() || r < right.len() {
        let here = left.get(l);
        let there = right.get(r);
        if let (Some((a, live)), Some((b, applied))) = (here, there) {
            if a == b {
                merged_steps.push(a.clone());
                out.extend(merge_at(item, Some(live), Some(applied)));
                l += 1;
                r += 1;
                next = shared.pop_front();
                continue;
            }
            if find(&right, a).is_some() && next.as_ref().is_some_and(|next| next != a) {
                // shared, but its turn comes with the applied list
                l += 1;
                continue;
            }
        }
        if let Some((a, live)) = here {
            if find(&right, a).is_none() {
                out.extend(merge_at(item, Some(live), None));
                l += 1;
                continue;
            }
            if merged_steps.contains(a) {
                l += 1;
            }
        }
        if let Some((b, applied)) = there {
            merged_steps.push(b.clone());
            out.extend(merge_at(item, find(&left, b).as_ref(), Some(applied)));
            r += 1;
            if next.as_ref() == Some(b) {
                next = shared.pop_front();
            }
        }
    }
    out
}

/// An object without the fields of a set.
pub(super) fn remove(shape: &Shape, value: &Value, set: &Set) -> Value {
    remove_at(shape, value, set).unwrap_or(Value::Null)
}

fn remove_at(shape: &Shape, value: &Value, set: &Set) -> Option<Value> {
    match (kind(shape, value), value) {
        (Kind::Leaf, value) => (!value.is_object() && !value.is_array()).then(|| value.clone()),
        (_, Value::Object(map)) if map.is_empty() => None,
        (_, Value::Array(items)) if items.is_empty() => None,
        (Kind::List(item, keys), Value::Array(items)) => {
            let mut kept = Vec::new();
            let mut touched = false;
            for value in items {
                let Ok(step) = element(&keys, value) else { continue };
                if set.has(&step) {
                    continue;
                }
                match set.below(&step) {
                    Some(below) => {
                        touched = true;
                        kept.push(remove_at(&item, value, below).unwrap_or_else(|| emptied(value)));
                    }
                    None => kept.push(value.clone()),
                }
            }
            (!kept.is_empty() || touched).then_some(Value::Array(kept))
        }
        (how, Value::Object(map)) => {
            let mut kept = Map::new();
            let mut touched = false;
            for (name, inner) in map {
                let step = field(name);
                if set.has(&step) {
                    continue;
                }
                let shape = match &how {
                    Kind::Struct(def) => field_shape(def, name).unwrap_or(Shape::Any),
                    Kind::Map(shape) => shape.clone(),
                    _ => Shape::Any,
                };
                match set.below(&step) {
                    Some(below) => {
                        touched = true;
                        kept.insert(
                            name.clone(),
                            remove_at(&shape, inner, below).unwrap_or_else(|| emptied(inner)),
                        );
                    }
                    None => {
                        kept.insert(name.clone(), inner.clone());
                    }
                }
            }
            (!kept.is_empty() || touched).then_some(Value::Object(kept))
        }
        (_, value) => Some(value.clone()),
    }
}

fn emptied(value: &Value) -> Value {
    match value {
        Value::Object(_) => Value::Object(Map::new()),
        Value::Array(_) => Value::Array(Vec::new()),
        _ => Value::Null,
    }
}

/// Whether the last step of a path is a field its type declares.
pub(super) fn is_named(root: &Shape, path: &[Element]) -> bool {
    let mut shape = root.clone();
    let Some((last, lead)) = path.split_last() else { return false };
    for step in lead {
        let Some(next) = step_into(&shape, step) else { return false };
        shape = next;
    }
    match (last, shape.type_def()) {
        (Element::Field(name), Some(def)) => def.field(name).is_some(),
        _ => false,
    }
}

fn step_into(shape: &Shape, step: &Element) -> Option<Shape> {
    match (shape, step) {
        (Shape::Map { value, .. }, Element::Field(_)) => Some((**value).clone()),
        (Shape::List { item, .. }, Element::Key(_)) => Some((**item).clone()),
        (_, Element::Field(name)) => field_shape(&*shape.type_def()?, name),
        _ => None,
    }
}
