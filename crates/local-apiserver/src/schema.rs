//! What is known of the types of the Kubernetes API: fields, list keys, patch strategies, defaults.
//!
//! The facts come from one committed table (`data/types.txt`, one line per type, written by
//! `reference/kubernetes-types`), parsed type by type when first asked for. Custom resources make
//! [`TypeDef`]s of the same shape from their OpenAPI schemas, so that everything above (decoding,
//! patches, server-side apply, OpenAPI documents) knows one model only.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

mod parse;

/// The fields of one object type.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TypeDef {
    /// Short type name such as `core.v1.Pod`; empty for inline types of custom resources.
    pub(crate) name: String,
    /// The whole object is owned as one by server-side apply.
    pub(crate) atomic: bool,
    /// Fields not named here are kept and have no known type.
    pub(crate) open: bool,
    /// The fields, sorted by name.
    pub(crate) fields: Vec<Field>,
    /// For types that are not objects with fields: what they really are.
    pub(crate) alias: Option<Shape>,
}

/// One field of a type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// JSON name.
    pub(crate) name: String,
    /// Required by the published schema.
    pub(crate) required: bool,
    /// When the field is left out of an encoded object.
    pub(crate) omit: Omit,
    /// A pointer in the Go type: a zero value that was given is kept.
    pub(crate) pointer: bool,
    /// Type of the value.
    pub(crate) shape: Shape,
    /// Key by which strategic merge patch matches list items.
    pub(crate) merge_key: Option<String>,
    /// Strategic merge: merge the list or map by key (`merge`).
    pub(crate) merge: bool,
    /// Strategic merge: fields not in the patch are dropped (`retainKeys`).
    pub(crate) retain_keys: bool,
    /// Default of the published schema.
    pub(crate) default: Option<serde_json::Value>,
}

/// When a field is left out of an encoded object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Omit {
    /// Never: the zero value is written.
    Never,
    /// Empty values are left out; empty objects are written (Go's `omitempty`).
    Empty,
    /// Every zero value is left out, empty objects too (Go's `omitzero`).
    Zero,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Floating point number.
    Number,
    /// Base64 text.
    Bytes,
    /// RFC 3339 time with seconds.
    Time,
    /// RFC 3339 time with microseconds.
    MicroTime,
    /// Resource quantity, a number or text.
    Quantity,
    /// Number or text.
    IntOrString,
    /// Any JSON.
    Any,
    /// A managed fields set: any JSON, owned as one.
    FieldSet,
    /// A named type of the table; `atomic` when this use is owned as one.
    Ref {
        /// Short type name.
        name: String,
        /// Owned as one.
        atomic: bool,
    },
    /// A type given in place (custom resources).
    Inline(Arc<TypeDef>),
    /// A list.
    List {
        /// Type of the items.
        item: Box<Shape>,
        /// How server-side apply sees the list.
        topology: Topology,
    },
    /// A map with text keys.
    Map {
        /// Type of the values.
        value: Box<Shape>,
        /// Owned as one.
        atomic: bool,
    },
}

/// How server-side apply sees a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Topology {
    /// Owned as one; also the meaning of no annotation.
    Atomic,
    /// A set of scalars.
    Set,
    /// Objects told apart by these keys.
    Map(Vec<String>),
}

impl TypeDef {
    /// The field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        match self.fields.binary_search_by(|field| field.name.as_str().cmp(name)) {
            Ok(index) => self.fields.get(index),
            Err(_) => None,
        }
    }

    /// The Go name of the type, the last part of the short name.
    pub(crate) fn go_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

impl Shape {
    /// The object type behind this shape, when it is one with fields.
    pub(crate) fn type_def(&self) -> Option<Arc<TypeDef>> {
        match self {
            Shape::Ref { name, .. } => type_def(name).filter(|def| def.alias.is_none()),
            Shape::Inline(def) => Some(def.clone()),
            _ => None,
        }
    }
}

struct Line {
    text: &'static str,
    parsed: OnceLock<Arc<TypeDef>>,
}

static TABLE: LazyLock<HashMap<&'static str, Line>> = LazyLock::new(|| {
    include_str!("../data/types.txt")
        .lines()
        .filter_map(|text| {
            let name = text.split(' ').next()?.trim_end_matches('=');
            Some((name, Line { text, parsed: OnceLock::new() }))
        })
        .collect()
});

/// A type of the table by its short name, such as `core.v1.Pod`.
pub(crate) fn type_def(name: &str) -> Option<Arc<TypeDef>> {
    let line = TABLE.get(name)?;
    Some(line.parsed.get_or_init(|| Arc::new(parse::type_line(line.text))).clone())
}

/// Every short type name of the table, in no particular order.
#[cfg(test)]
pub(crate) fn type_names() -> impl Iterator<Item = &'static str> {
    TABLE.keys().copied()
}

/// The group of the API a package of the table belongs to: `rbac` is `rbac.authorization.k8s.io`.
pub(crate) fn package_group(package: &str) -> &str {
    match package {
        "core" | "meta" => "",
        "rbac" => "rbac.authorization.k8s.io",
        "flowcontrol" => "flowcontrol.apiserver.k8s.io",
        "admissionregistration" => "admissionregistration.k8s.io",
        "apiextensions" => "apiextensions.k8s.io",
        "apiregistration" => "apiregistration.k8s.io",
        "authentication" => "authentication.k8s.io",
        "authorization" => "authorization.k8s.io",
        "certificates" => "certificates.k8s.io",
        "coordination" => "coordination.k8s.io",
        "discovery" => "discovery.k8s.io",
        "events" => "events.k8s.io",
        "networking" => "networking.k8s.io",
        "node" => "node.k8s.io",
        "resource" => "resource.k8s.io",
        "scheduling" => "scheduling.k8s.io",
        "storage" => "storage.k8s.io",
        other => other,
    }
}

/// The short type name of a built-in kind: (`apps`, `v1`, `Deployment`) is `apps.v1.Deployment`.
pub(crate) fn kind_type(group: &str, version: &str, kind: &str) -> Option<String> {
    let package = match group {
        "" => "core",
        _ => group.split('.').next().unwrap_or_default(),
    };
    let name = format!("{package}.{version}.{kind}");
    (package_group(package) == group && TABLE.contains_key(name.as_str())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_parses_and_every_reference_resolves() {
        fn check(shape: &Shape, within: &str) {
            match shape {
                Shape::Ref { name, .. } => assert!(type_def(name).is_some(), "{name} in {within}"),
                Shape::List { item, .. } => check(item, within),
                Shape::Map { value, .. } => check(value, within),
                _ => {}
            }
        }
        let mut count = 0;
        for name in type_names() {
            let def = type_def(name).unwrap();
            assert_eq!(def.name, name);
            for field in &def.fields {
                check(&field.shape, name);
            }
            count += 1;
        }
        assert!(count > 500, "{count}");
    }

    #[test]
    fn a_field_carries_its_facts() {
        let service = type_def("core.v1.ServiceSpec").unwrap();
        let ports = service.field("ports").unwrap();
        assert_eq!(ports.merge_key.as_deref(), Some("port"));
        assert!(ports.merge && !ports.retain_keys);
        let Shape::List { item, topology } = &ports.shape else { panic!() };
        assert_eq!(*topology, Topology::Map(vec!["port".into(), "protocol".into()]));
        let port = item.type_def().unwrap();
        assert_eq!(port.field("protocol").unwrap().default, Some("TCP".into()));
        assert_eq!(port.field("port").unwrap().omit, Omit::Never);
        assert!(port.field("port").unwrap().required);
        assert!(type_def("core.v1.ObjectReference").unwrap().atomic);
        assert!(type_def("core.v1.PodSpec").unwrap().field("volumes").unwrap().retain_keys);
        assert_eq!(kind_type("rbac.authorization.k8s.io", "v1", "Role").as_deref(), Some("rbac.v1.Role"));
        assert_eq!(kind_type("rbac", "v1", "Role"), None);
    }
}
