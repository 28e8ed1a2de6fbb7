//! The schemas of schemas, one for each draft, put together from a table of keywords.
//!
//! They accept and refuse what the specification's own do, and fail at the same places; unlike
//! those of the newer drafts they are one document each.

use std::sync::LazyLock;

use wheelhouse_goyaml::json::{DecodeOptions, decode};
use wheelhouse_goyaml::{Map, Value};

use super::compile::{Formats, compile};
use super::document::Document;
use super::draft::Draft;
use super::model::Schemas;
use super::no_documents;
use super::source::Source;
use super::validate::validate;

/// Whether an address belongs to the specification.
pub(super) fn is_metaschema(url: &str) -> bool {
    url.starts_with("http://json-schema.org/") || url.starts_with("https://json-schema.org/")
}

/// The metaschema at an address.
pub(super) fn document(url: &str) -> Option<Value> {
    Draft::from_url(url).filter(|_| is_metaschema(url)).map(metaschema)
}

/// Checks a schema against its draft's metaschema.
///
/// # Errors
/// What is wrong with it, under the validator's heading.
pub(super) fn check(draft: Draft, schema: &Value) -> Result<(), String> {
    let (quick, exact) = match draft {
        Draft::V4 => (None, &COMPILED.0),
        Draft::V6 => (None, &COMPILED.1),
        Draft::V7 => (None, &COMPILED.2),
        Draft::V2019 => (Some(&QUICK.0), &COMPILED.3),
        Draft::V2020 => (Some(&QUICK.1), &COMPILED.4),
    };
    if quick.is_some_and(|quick| matches!(validate(quick, schema), Ok(None))) {
        return Ok(());
    }
    match validate(exact, schema) {
        Ok(None) => Ok(()),
        Ok(Some(failure)) => {
            Err(format!("jsonschema validation failed with '{}#'\n{}", draft.metaschema(), failure.list()))
        }
        Err(error) => Err(error.to_string()),
    }
}

type Lazy = LazyLock<Schemas>;

static COMPILED: (Lazy, Lazy, Lazy, Lazy, Lazy) = (
    LazyLock::new(|| compiled(Draft::V4, metaschema)),
    LazyLock::new(|| compiled(Draft::V6, metaschema)),
    LazyLock::new(|| compiled(Draft::V7, metaschema)),
    LazyLock::new(|| compiled(Draft::V2019, metaschema)),
    LazyLock::new(|| compiled(Draft::V2020, metaschema)),
);

/// The metaschemas of the newer drafts without their vocabularies: they accept the same, and take an
/// eighth of the time.
static QUICK: (Lazy, Lazy) = (
    LazyLock::new(|| compiled(Draft::V2019, undivided)),
    LazyLock::new(|| compiled(Draft::V2020, undivided)),
);

fn compiled(draft: Draft, metaschema: fn(Draft) -> Value) -> Schemas {
    let mut source = Source { fetch: &no_documents, warn: &mut |_| {} };
    let schemas = Document::new(draft.metaschema(), metaschema(draft).into(), &mut source)
        .and_then(|document| compile(document, Formats::Checked, &|_, _| Ok(()), source));
    // The table is ours, and a test compiles all of it.
    schemas.unwrap_or_default()
}

/// A schema that takes schemas of a draft with these keywords.
fn keywords(draft: Draft, properties: Value) -> Map {
    let types = rule(if draft == Draft::V4 { "'object'" } else { "['object', 'boolean']" });
    Map::from([("type".to_owned(), types), ("properties".to_owned(), properties)])
}

/// A draft's metaschema with all keywords in one object.
fn undivided(draft: Draft) -> Value {
    let mut root = keywords(draft, properties(draft, None));
    root.insert("definitions".to_owned(), rule(DEFINITIONS));
    root.insert("$schema".to_owned(), Value::String(draft.metaschema().to_owned()));
    Value::Map(root)
}

fn metaschema(draft: Draft) -> Value {
    let schema = |properties| keywords(draft, properties);
    let Value::Map(mut definitions) = rule(DEFINITIONS) else { return Value::Null };
    let mut root = schema(properties(draft, (draft >= Draft::V2019).then_some(Group::Old)));
    if draft >= Draft::V2019 {
        // The newer drafts' metaschemas refer to one for each vocabulary, which shows in failures.
        let groups = GROUPS.iter().filter(|(group, _)| draft >= Draft::V2020 || *group != Group::Unevaluated);
        let mut references = Vec::new();
        for (group, name) in groups {
            definitions.insert((*name).to_owned(), Value::Map(schema(properties(draft, Some(*group)))));
            references.push(rule(&format!("{{'$ref': '#/definitions/{name}'}}")));
        }
        root.insert("allOf".to_owned(), Value::Seq(references));
    }
    if draft == Draft::V4 {
        let needs = "{'exclusiveMaximum': ['maximum'], 'exclusiveMinimum': ['minimum']}";
        root.insert("dependencies".to_owned(), rule(needs));
    }
    root.insert("definitions".to_owned(), Value::Map(definitions));
    root.insert("$schema".to_owned(), Value::String(draft.metaschema().to_owned()));
    Value::Map(root)
}

fn properties(draft: Draft, group: Option<Group>) -> Value {
    let applies = |keyword: &&Keyword| {
        let (_, of, since, until, _) = **keyword;
        let of = if draft == Draft::V2019 && of == Group::Unevaluated { Group::Applicator } else { of };
        (since..=until).contains(&draft) && group.is_none_or(|group| group == of)
    };
    let entries =
        KEYWORDS.iter().filter(applies).map(|(name, _, _, _, text)| ((*name).to_owned(), rule(text)));
    Value::Map(entries.collect())
}

/// A rule from its short form: JSON in single quotes, with names for what comes often.
fn rule(text: &str) -> Value {
    let mut json = text.to_owned();
    for (name, meaning) in NAMES {
        json = json.replace(name, meaning);
    }
    decode(
        json.replace('\'', "\"").as_bytes(),
        &DecodeOptions { keep_integers: true, ..DecodeOptions::default() },
    )
    .unwrap_or_default()
}

/// The vocabularies of the newer drafts, in the order their metaschemas ask for them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Core,
    Applicator,
    Unevaluated,
    Validation,
    Remarks,
    Format,
    Content,
    /// Of older drafts, and known to newer ones as such.
    Old,
}

const GROUPS: [(Group, &str); 7] = [
    (Group::Core, "core"),
    (Group::Applicator, "applicator"),
    (Group::Unevaluated, "unevaluated"),
    (Group::Validation, "validation"),
    (Group::Remarks, "meta-data"),
    (Group::Format, "format"),
    (Group::Content, "content"),
];

/// Names of rules; later ones may stand in earlier ones.
const NAMES: &[(&str, &str)] = &[
    ("SCHEMAS", "{'$ref': '#/definitions/schemaArray'}"),
    ("SCHEMA-OR-BOOL", "{'anyOf': [{'type': 'boolean'}, SCHEMA]}"),
    ("MAP", "{'type': 'object', 'additionalProperties': SCHEMA}"),
    ("SCHEMA", "{'$ref': '#'}"),
    ("SOME-TEXTS", "{'$ref': '#/definitions/nonEmptyStringArray'}"),
    ("TEXTS", "{'$ref': '#/definitions/stringArray'}"),
    ("TEXT", "{'type': 'string'}"),
    ("BOOL", "{'type': 'boolean'}"),
    ("NUMBER", "{'type': 'number'}"),
    ("DEFAULTED", "{'allOf': [COUNT, {}]}"),
    ("COUNT", "{'type': 'integer', 'minimum': 0}"),
    ("TYPES", "{'anyOf': [TYPE, {'type': 'array', 'items': TYPE, 'minItems': 1, 'uniqueItems': true}]}"),
    ("TYPE", "{'enum': ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']}"),
    ("REFERENCE", "{'type': 'string', 'format': 'uri-reference'}"),
    ("URI", "{'type': 'string', 'format': 'uri'}"),
    ("REGEX", "{'type': 'string', 'format': 'regex'}"),
];

/// Rules that stand by themselves: references to them show in failures.
const DEFINITIONS: &str = "{\
    'schemaArray': {'type': 'array', 'minItems': 1, 'items': SCHEMA}, \
    'stringArray': {'type': 'array', 'items': TEXT, 'uniqueItems': true}, \
    'nonEmptyStringArray': {'type': 'array', 'items': TEXT, 'minItems': 1, 'uniqueItems': true}, \
    'uriReferenceString': REFERENCE, 'positiveInteger': COUNT, 'positiveIntegerDefault0': DEFAULTED, \
    'nonNegativeInteger': COUNT, 'nonNegativeIntegerDefault0': DEFAULTED, 'simpleTypes': TYPE}";

/// A keyword, its group, the first and the last draft with this rule, and the rule.
type Keyword = (&'static str, Group, Draft, Draft, &'static str);

use Draft::{V4, V6, V7, V2019, V2020};
use Group::{Applicator, Content, Core, Format, Old, Remarks, Unevaluated, Validation};

const KEYWORDS: &[Keyword] = &[
    ("$schema", Core, V4, V2020, "URI"),
    ("id", Core, V4, V4, "TEXT"),
    ("$id", Core, V6, V7, "REFERENCE"),
    ("$id", Core, V2019, V2019, "{'type': 'string', 'format': 'uri-reference', 'pattern': '^[^#]*#?$'}"),
    ("$id", Core, V2020, V2020, "{'$ref': '#/definitions/uriReferenceString', 'pattern': '^[^#]*#?$'}"),
    ("$ref", Core, V4, V4, "TEXT"),
    ("$ref", Core, V6, V2020, "REFERENCE"),
    ("$comment", Core, V7, V2020, "TEXT"),
    ("$anchor", Core, V2019, V2019, "{'type': 'string', 'pattern': '^[A-Za-z][-A-Za-z0-9.:_]*$'}"),
    ("$anchor", Core, V2020, V2020, "{'type': 'string', 'pattern': '^[A-Za-z_][-A-Za-z0-9._]*$'}"),
    ("$recursiveRef", Core, V2019, V2019, "REFERENCE"),
    ("$recursiveAnchor", Core, V2019, V2019, "BOOL"),
    ("$recursiveRef", Old, V2020, V2020, "REFERENCE"),
    ("$recursiveAnchor", Old, V2020, V2020, "{'type': 'string', 'pattern': '^[A-Za-z_][-A-Za-z0-9._]*$'}"),
    ("$dynamicRef", Core, V2020, V2020, "REFERENCE"),
    ("$dynamicAnchor", Core, V2020, V2020, "{'type': 'string', 'pattern': '^[A-Za-z_][-A-Za-z0-9._]*$'}"),
    (
        "$vocabulary",
        Core,
        V2019,
        V2020,
        "{'type': 'object', 'propertyNames': URI, 'additionalProperties': BOOL}",
    ),
    ("$defs", Core, V2019, V2020, "MAP"),
    ("definitions", Old, V4, V2020, "MAP"),
    (
        "dependencies",
        Old,
        V4,
        V4,
        "{'type': 'object', 'additionalProperties': {'anyOf': [SCHEMA, SOME-TEXTS]}}",
    ),
    (
        "dependencies",
        Old,
        V6,
        V2020,
        "{'type': 'object', 'additionalProperties': {'anyOf': [SCHEMA, TEXTS]}}",
    ),
    ("prefixItems", Applicator, V2020, V2020, "SCHEMAS"),
    ("items", Applicator, V4, V2019, "{'anyOf': [SCHEMA, SCHEMAS]}"),
    ("items", Applicator, V2020, V2020, "SCHEMA"),
    ("additionalItems", Applicator, V4, V4, "SCHEMA-OR-BOOL"),
    ("additionalItems", Applicator, V6, V2019, "SCHEMA"),
    ("contains", Applicator, V6, V2020, "SCHEMA"),
    ("additionalProperties", Applicator, V4, V4, "SCHEMA-OR-BOOL"),
    ("additionalProperties", Applicator, V6, V2020, "SCHEMA"),
    ("properties", Applicator, V4, V2020, "MAP"),
    ("patternProperties", Applicator, V4, V6, "MAP"),
    (
        "patternProperties",
        Applicator,
        V7,
        V2020,
        "{'type': 'object', 'additionalProperties': SCHEMA, 'propertyNames': {'format': 'regex'}}",
    ),
    ("dependentSchemas", Applicator, V2019, V2020, "MAP"),
    ("propertyNames", Applicator, V6, V2020, "SCHEMA"),
    ("if", Applicator, V7, V2020, "SCHEMA"),
    ("then", Applicator, V7, V2020, "SCHEMA"),
    ("else", Applicator, V7, V2020, "SCHEMA"),
    ("allOf", Applicator, V4, V2020, "SCHEMAS"),
    ("anyOf", Applicator, V4, V2020, "SCHEMAS"),
    ("oneOf", Applicator, V4, V2020, "SCHEMAS"),
    ("not", Applicator, V4, V2020, "SCHEMA"),
    ("unevaluatedItems", Unevaluated, V2019, V2020, "SCHEMA"),
    ("unevaluatedProperties", Unevaluated, V2019, V2020, "SCHEMA"),
    ("type", Validation, V4, V2020, "TYPES"),
    ("const", Validation, V6, V2020, "{}"),
    ("enum", Validation, V4, V7, "{'type': 'array', 'items': {}, 'minItems': 1, 'uniqueItems': true}"),
    ("enum", Validation, V2019, V2020, "{'type': 'array', 'items': {}}"),
    ("multipleOf", Validation, V4, V4, "{'type': 'number', 'minimum': 0, 'exclusiveMinimum': true}"),
    ("multipleOf", Validation, V6, V2020, "{'type': 'number', 'exclusiveMinimum': 0}"),
    ("maximum", Validation, V4, V2020, "NUMBER"),
    ("exclusiveMaximum", Validation, V4, V4, "BOOL"),
    ("exclusiveMaximum", Validation, V6, V2020, "NUMBER"),
    ("minimum", Validation, V4, V2020, "NUMBER"),
    ("exclusiveMinimum", Validation, V4, V4, "BOOL"),
    ("exclusiveMinimum", Validation, V6, V2020, "NUMBER"),
    ("maxLength", Validation, V4, V2020, "COUNT"),
    ("minLength", Validation, V4, V7, "DEFAULTED"),
    ("minLength", Validation, V2019, V2020, "COUNT"),
    ("pattern", Validation, V4, V2020, "REGEX"),
    ("maxItems", Validation, V4, V2020, "COUNT"),
    ("minItems", Validation, V4, V7, "DEFAULTED"),
    ("minItems", Validation, V2019, V2020, "COUNT"),
    ("uniqueItems", Validation, V4, V2020, "BOOL"),
    ("maxContains", Validation, V2019, V2020, "COUNT"),
    ("minContains", Validation, V2019, V2020, "COUNT"),
    ("maxProperties", Validation, V4, V2020, "COUNT"),
    ("minProperties", Validation, V4, V7, "DEFAULTED"),
    ("minProperties", Validation, V2019, V2020, "COUNT"),
    ("required", Validation, V4, V4, "SOME-TEXTS"),
    ("required", Validation, V6, V2020, "TEXTS"),
    ("dependentRequired", Validation, V2019, V2020, "{'type': 'object', 'additionalProperties': TEXTS}"),
    ("title", Remarks, V4, V2020, "TEXT"),
    ("description", Remarks, V4, V2020, "TEXT"),
    ("deprecated", Remarks, V2019, V2020, "BOOL"),
    ("readOnly", Remarks, V7, V2020, "BOOL"),
    ("writeOnly", Remarks, V7, V2020, "BOOL"),
    ("examples", Remarks, V6, V2020, "{'type': 'array', 'items': {}}"),
    ("format", Format, V4, V2020, "TEXT"),
    ("contentMediaType", Content, V7, V2020, "TEXT"),
    ("contentEncoding", Content, V7, V2020, "TEXT"),
    ("contentSchema", Content, V2019, V2020, "SCHEMA"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metaschema_is_a_schema_of_its_own_kind() {
        for draft in [V4, V6, V7, V2019, V2020] {
            for form in [metaschema, undivided] {
                assert_eq!(check(draft, &form(draft)), Ok(()), "{draft:?}");
                assert!(compiled(draft, form).0.len() > 20, "{draft:?} does not compile");
            }
        }
        assert!(KEYWORDS.iter().all(|(_, _, _, _, text)| rule(text) != Value::Null), "a rule is no JSON");
    }
}
