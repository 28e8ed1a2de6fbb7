//! Sets of field paths, and the `FieldsV1` form they are kept in.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

/// A scalar inside a path: a key field's value or an item of a set.
#[derive(Debug, Clone)]
pub(crate) struct Scalar(pub(crate) Value);

impl Scalar {
    fn rank(&self) -> u8 {
        match self.0 {
            Value::Number(_) => 0,
            Value::String(_) => 1,
            Value::Bool(_) => 2,
            Value::Null => 3,
            Value::Array(_) => 4,
            Value::Object(_) => 5,
        }
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scalar {}

impl PartialOrd for Scalar {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scalar {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| match (&self.0, &other.0) {
            (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default()),
            },
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (a, b) => a.to_string().cmp(&b.to_string()),
        })
    }
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Element {
    /// A field or map key.
    Field(String),
    /// A list item by its key fields, sorted by name.
    Key(Vec<(String, Scalar)>),
    /// An item of a set.
    Value(Scalar),
    /// An item by position.
    Index(i64),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Field(name) => write!(f, ".{name}"),
            Element::Key(fields) => {
                let parts: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name}={}", value.0)).collect();
                write!(f, "[{}]", parts.join(","))
            }
            Element::Value(value) => write!(f, "[={}]", value.0),
            Element::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl Element {
    fn encode(&self) -> String {
        match self {
            Element::Field(name) => format!("f:{name}"),
            Element::Key(fields) => {
                let map: Map<String, Value> =
                    fields.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect();
                format!("k:{}", Value::Object(map))
            }
            Element::Value(value) => format!("v:{}", value.0),
            Element::Index(index) => format!("i:{index}"),
        }
    }

    fn decode(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(Element::Field(rest.to_owned())),
            "k" => {
                let map: Map<String, Value> = serde_json::from_str(rest).ok()?;
                let mut fields: Vec<(String, Scalar)> =
                    map.into_iter().map(|(name, value)| (name, Scalar(value))).collect();
                fields.sort();
                Some(Element::Key(fields))
            }
            "v" => Some(Element::Value(Scalar(serde_json::from_str(rest).ok()?))),
            "i" => Some(Element::Index(rest.parse().ok()?)),
            _ => None,
        }
    }
}

/// A set of paths, as a tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Set {
    members: BTreeSet<Element>,
    children: BTreeMap<Element, Set>,
}

impl Set {
    /// No path is in the set.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(Set::is_empty)
    }

    /// Adds a path.
    pub(crate) fn insert(&mut self, path: &[Element]) {
        match path {
            [] => {}
            [last] => {
                self.members.insert(last.clone());
            }
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// Whether one step from here is in the set.
    pub(crate) fn has(&self, element: &Element) -> bool {
        self.members.contains(element)
    }

    /// Whether the path of these fields is in the set.
    pub(crate) fn holds(&self, path: &[String]) -> bool {
        let field = |name: &String| Element::Field(name.clone());
        match path.split_last() {
            Some((last, lead)) => {
                let place = lead.iter().try_fold(self, |set, name| set.below(&field(name)));
                place.is_some_and(|set| set.has(&field(last)))
            }
            None => false,
        }
    }

    /// The paths below a step.
    pub(crate) fn below(&self, element: &Element) -> Option<&Set> {
        self.children.get(element).filter(|set| !set.is_empty())
    }

    /// Paths of either.
    pub(crate) fn union(&self, other: &Set) -> Set {
        let mut result = self.clone();
        result.members.extend(other.members.iter().cloned());
        for (element, set) in &other.children {
            let merged = match result.children.get(element) {
                Some(mine) => mine.union(set),
                None => set.clone(),
            };
            result.children.insert(element.clone(), merged);
        }
        result
    }

    /// Paths of both.
    pub(crate) fn intersection(&self, other: &Set) -> Set {
        let members = self.members.intersection(&other.members).cloned().collect();
        let children = self
            .children
            .iter()
            .filter_map(|(element, set)| {
                let both = set.intersection(other.children.get(element)?);
                (!both.is_empty()).then(|| (element.clone(), both))
            })
            .collect();
        Set { members, children }
    }

    /// Paths of this set that are not in the other.
    pub(crate) fn difference(&self, other: &Set) -> Set {
        let members = self.members.difference(&other.members).cloned().collect();
        let children = self
            .children
            .iter()
            .filter_map(|(element, set)| {
                let rest = match other.children.get(element) {
                    Some(theirs) => set.difference(theirs),
                    None => set.clone(),
                };
                (!rest.is_empty()).then(|| (element.clone(), rest))
            })
            .collect();
        Set { members, children }
    }

    /// Paths of this set that are neither in the other nor below a member of it.
    pub(crate) fn without_trees(&self, other: &Set) -> Set {
        let members = self.members.difference(&other.members).cloned().collect();
        let children = self
            .children
            .iter()
            .filter(|(element, _)| !other.members.contains(*element))
            .filter_map(|(element, set)| {
                let rest = match other.children.get(element) {
                    Some(theirs) => set.without_trees(theirs),
                    None => set.clone(),
                };
                (!rest.is_empty()).then(|| (element.clone(), rest))
            })
            .collect();
        Set { members, children }
    }

    /// Adds each step that leads to a member, where `named` says that the step is a declared field.
    pub(crate) fn with_named_steps(&self, named: &dyn Fn(&[Element]) -> bool) -> Set {
        self.with_named_steps_at(&mut Vec::new(), named)
    }

    fn with_named_steps_at(&self, path: &mut Vec<Element>, named: &dyn Fn(&[Element]) -> bool) -> Set {
        let mut result = Set { members: self.members.clone(), children: BTreeMap::new() };
        for (element, set) in &self.children {
            path.push(element.clone());
            if named(path) {
                result.members.insert(element.clone());
            }
            result.children.insert(element.clone(), set.with_named_steps_at(path, named));
            path.pop();
        }
        result
    }

    /// Every path, in order.
    pub(crate) fn paths(&self) -> Vec<Vec<Element>> {
        let mut paths: Vec<Vec<Element>> = self.members.iter().map(|element| vec![element.clone()]).collect();
        for (element, set) in &self.children {
            for rest in set.paths() {
                paths.push(std::iter::once(element.clone()).chain(rest).collect());
            }
        }
        paths
    }

    /// The `FieldsV1` object.
    pub(crate) fn encode(&self) -> Value {
        Value::Object(self.encode_map())
    }

    fn encode_map(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let steps: BTreeSet<&Element> = self.members.iter().chain(self.children.keys()).collect();
        for element in steps {
            let mut inner = Map::new();
            if let Some(set) = self.children.get(element).filter(|set| !set.is_empty()) {
                if self.members.contains(element) {
                    inner.insert(".".to_owned(), Value::Object(Map::new()));
                }
                inner.extend(set.encode_map());
            } else if !self.members.contains(element) {
                continue;
            }
            map.insert(element.encode(), Value::Object(inner));
        }
        map
    }

    /// Reads a `FieldsV1` object; `None` when it is malformed.
    pub(crate) fn decode(value: &Value) -> Option<Set> {
        let mut set = Set::default();
        for (key, inner) in value.as_object()? {
            if key == "." {
                continue;
            }
            let element = Element::decode(key)?;
            let map = inner.as_object()?;
            if map.is_empty() || map.contains_key(".") {
                set.members.insert(element.clone());
            }
            let below = Set::decode(inner)?;
            if !below.is_empty() {
                set.children.insert(element, below);
            }
        }
        Some(set)
    }
}

/// A path as messages show it: `.spec.containers[name="c"].image`.
pub(crate) fn path_text(path: &[Element]) -> String {
    path.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(value: Value) -> Set {
        Set::decode(&value).unwrap()
    }

    #[test]
    fn sets_survive_their_encoding() {
        let value = json!({"f:metadata": {"f:labels": {".": {}, "f:a": {}}},
            "f:spec": {"f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}, "f:set": {"v:\"x\"": {}}}});
        assert_eq!(set(value.clone()).encode(), value);
        let paths: Vec<String> = set(value).paths().iter().map(|path| path_text(path)).collect();
        assert_eq!(
            paths,
            [
                ".metadata.labels",
                ".metadata.labels.a",
                ".spec.ports[port=80,protocol=\"TCP\"]",
                ".spec.ports[port=80,protocol=\"TCP\"].port",
                ".spec.set[=\"x\"]"
            ]
        );
    }

    #[test]
    fn set_algebra() {
        let a = set(json!({"f:x": {".": {}, "f:y": {}, "f:z": {}}}));
        let b = set(json!({"f:x": {"f:y": {}}, "f:w": {}}));
        assert_eq!(a.intersection(&b), set(json!({"f:x": {"f:y": {}}})));
        assert_eq!(a.difference(&b), set(json!({"f:x": {".": {}, "f:z": {}}})));
        assert_eq!(a.union(&b), set(json!({"f:x": {".": {}, "f:y": {}, "f:z": {}}, "f:w": {}})));
        assert!(a.difference(&a).is_empty());
        assert_eq!(a.without_trees(&set(json!({"f:x": {}}))), Set::default());
    }
}
