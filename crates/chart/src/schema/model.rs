use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_goregex::Regex;
use wheelhouse_goyaml::Value;

use super::decimal::Decimal;
use super::draft::Draft;
use super::format::Format;
use super::location;

/// A schema among those compiled together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SchemaId(pub(super) usize);

/// Compiled schemas; the first is the one asked for.
#[derive(Debug, Default)]
pub(super) struct Schemas(pub(super) Vec<Schema>);

impl Schemas {
    pub(super) fn get(&self, id: SchemaId) -> Option<&Schema> {
        self.0.get(id.0)
    }
}

impl Schema {
    /// URL and pointer.
    pub(super) fn location(&self) -> String {
        location::to_text(&self.url, &self.pointer)
    }
}

/// One schema, its keywords read.
#[derive(Debug)]
pub(super) struct Schema {
    /// The document it stands in.
    pub(super) url: Arc<str>,
    /// Where it stands there.
    pub(super) pointer: String,
    pub(super) draft: Draft,
    /// The named schema it is in.
    pub(super) resource: SchemaId,
    pub(super) dynamic_anchors: BTreeMap<String, SchemaId>,

    pub(super) boolean: Option<bool>,
    pub(super) reference: Option<SchemaId>,
    pub(super) recursive_reference: Option<SchemaId>,
    pub(super) is_recursive_anchor: bool,
    pub(super) dynamic_reference: Option<(SchemaId, Option<String>)>,
    pub(super) dynamic_anchor: Option<String>,

    pub(super) types: Types,
    pub(super) constant: Option<Constant>,
    pub(super) choices: Option<Vec<Constant>>,
    pub(super) format: Option<Format>,

    pub(super) not: Option<SchemaId>,
    pub(super) all_of: Vec<SchemaId>,
    pub(super) any_of: Vec<SchemaId>,
    pub(super) one_of: Vec<SchemaId>,
    pub(super) condition: Option<SchemaId>,
    pub(super) then: Option<SchemaId>,
    pub(super) otherwise: Option<SchemaId>,

    pub(super) object: ObjectRules,
    pub(super) array: ArrayRules,
    pub(super) string: StringRules,
    pub(super) number: NumberRules,
}

/// A value that a schema gives.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) value: Value,
    /// A number as it is written, where the value does not tell.
    pub(super) literal: Option<String>,
}

impl Constant {
    /// Whether a value equals it.
    pub(super) fn is(&self, value: &Value) -> bool {
        match (&self.literal, Decimal::of(value)) {
            (Some(literal), Some(number)) => number == Decimal::parse(literal),
            (Some(_), None) => false,
            (None, _) => equal(value, &self.value),
        }
    }
}

/// Keywords for objects.
#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    pub(super) min_properties: Option<usize>,
    pub(super) max_properties: Option<usize>,
    pub(super) required: Vec<String>,
    pub(super) properties: BTreeMap<String, SchemaId>,
    pub(super) pattern_properties: Vec<(Regex, SchemaId)>,
    pub(super) additional: Option<Additional>,
    pub(super) property_names: Option<SchemaId>,
    pub(super) dependencies: BTreeMap<String, Dependency>,
    pub(super) dependent_schemas: BTreeMap<String, SchemaId>,
    pub(super) dependent_required: BTreeMap<String, Vec<String>>,
    pub(super) unevaluated: Option<SchemaId>,
}

/// Keywords for lists.
#[derive(Debug, Default)]
pub(super) struct ArrayRules {
    pub(super) min_items: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) unique_items: bool,
    pub(super) contains: Option<SchemaId>,
    pub(super) min_contains: Option<usize>,
    pub(super) max_contains: Option<usize>,
    /// Schemas of the first items: `prefixItems`, or `items` with a list.
    pub(super) first_items: Vec<SchemaId>,
    /// The schema of all further items: `items`.
    pub(super) items: Option<SchemaId>,
    /// `additionalItems` beside `items` with a list.
    pub(super) additional: Option<Additional>,
    pub(super) unevaluated: Option<SchemaId>,
}

/// Keywords for strings.
#[derive(Debug, Default)]
pub(super) struct StringRules {
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) pattern: Option<(String, Regex)>,
}

/// Keywords for numbers.
#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) minimum: Option<Decimal>,
    pub(super) maximum: Option<Decimal>,
    pub(super) exclusive_minimum: Option<Decimal>,
    pub(super) exclusive_maximum: Option<Decimal>,
    pub(super) multiple_of: Option<Decimal>,
}

/// What holds for what no other keyword speaks of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Additional {
    Allowed(bool),
    Schema(SchemaId),
}

/// What the presence of a property asks for.
#[derive(Debug)]
pub(super) enum Dependency {
    Properties(Vec<String>),
    Schema(SchemaId),
}

/// A set of JSON types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Types(u8);

/// The JSON types by name, in the order messages list them. A whole number is a number too.
const TYPE_NAMES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

impl Types {
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn add(&mut self, name: &str) {
        if let Some(index) = TYPE_NAMES.iter().position(|known| *known == name) {
            self.0 |= 1 << index;
        }
    }

    pub(super) fn contains(self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        TYPE_NAMES
            .into_iter()
            .enumerate()
            .filter(move |(index, _)| self.0 & (1 << index) != 0)
            .map(|(_, name)| name)
    }
}

/// The JSON type of a value.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    }
}

/// Whether two values are equal in JSON: numbers by their value.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|((key, value), (other, other_value))| key == other && equal(value, other_value))
        }
        (Value::Seq(left), Value::Seq(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(value, other)| equal(value, other))
        }
        _ => match (Decimal::of(left), Decimal::of(right)) {
            (Some(left), Some(right)) => left == right,
            (None, None) => left == right,
            _ => false,
        },
    }
}
