//! Which fields the kinds that a function may have hold, and of what type: the API of Kubernetes 1.36
//! in short form (`schema.txt`: a line for each type, `field:type` each).

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// Any number.
    Number,
    /// `true` or `false`.
    Truth,
    /// An amount: a number, or a text such as `1Gi`.
    Amount,
    /// A number or a text: a port or a percentage.
    TextOrWhole,
    /// Anything.
    Any,
    /// A list.
    List(Box<FieldType>),
    /// A mapping with keys of the author's choice.
    Map(Box<FieldType>),
    /// An object of a type with fields of its own.
    Object(&'static str),
}

/// The fields of a type.
pub type Fields = BTreeMap<&'static str, FieldType>;

static TYPES: LazyLock<HashMap<&'static str, Fields>> = LazyLock::new(|| {
    let lines = include_str!("schema.txt").lines();
    let types = lines.filter_map(|line| {
        let (name, fields) = line.split_once(' ')?;
        let fields = fields.split(' ').filter_map(|field| field.split_once(':'));
        Some((name, fields.map(|(field, kind)| (field, field_type(kind))).collect()))
    });
    types.collect()
});

fn field_type(text: &'static str) -> FieldType {
    let inside = |open, close| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    if let Some(item) = inside('[', ']') {
        return FieldType::List(Box::new(field_type(item)));
    }
    if let Some(value) = inside('{', '}') {
        return FieldType::Map(Box::new(field_type(value)));
    }
    match text {
        "string" => FieldType::Text,
        "int" => FieldType::Whole,
        "number" => FieldType::Number,
        "bool" => FieldType::Truth,
        "quantity" => FieldType::Amount,
        "port" => FieldType::TextOrWhole,
        "any" => FieldType::Any,
        name => FieldType::Object(name),
    }
}

/// The fields of a type, by the name the API gives it: `PodSpec`, or a kind.
#[must_use]
pub fn fields(name: &str) -> Option<&'static Fields> {
    TYPES.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_there() {
        fn hold(field: &FieldType) {
            match field {
                FieldType::List(inner) | FieldType::Map(inner) => hold(inner),
                FieldType::Object(name) => assert!(fields(name).is_some(), "{name}"),
                _ => {}
            }
        }
        TYPES.values().flat_map(BTreeMap::values).for_each(hold);
    }

    #[test]
    fn fields_have_their_types() {
        let field = |name: &str, field: &str| fields(name).unwrap().get(field).cloned();
        assert_eq!(field("PodSpec", "hostPID"), Some(FieldType::Truth));
        assert_eq!(field("Pod", "spec"), Some(FieldType::Object("PodSpec")));
        assert_eq!(
            field("PodSpec", "containers"),
            Some(FieldType::List(Box::new(FieldType::Object("Container"))))
        );
        assert_eq!(field("ConfigMap", "data"), Some(FieldType::Map(Box::new(FieldType::Text))));
        assert_eq!(field("ServicePort", "targetPort"), Some(FieldType::TextOrWhole));
        assert_eq!(field("PodSpec", "hostPid"), None);
    }
}
