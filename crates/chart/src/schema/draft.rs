use wheelhouse_goyaml::{Map, Value};

use super::location::{append, split_fragment};

/// A version of the JSON Schema specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Draft {
    V4,
    V6,
    V7,
    V2019,
    V2020,
}

/// Where subschemas stand below a keyword.
#[derive(Clone, Copy)]
enum Below {
    /// The value is one.
    Value,
    /// Each entry of an object is one.
    Entries,
    /// Each item of a list is one.
    Items,
}

impl Draft {
    /// What a schema without `$schema` follows.
    pub(super) const LATEST: Draft = Draft::V2020;

    /// The draft a `$schema` names, if it is one of the specification's own. It need not say by which
    /// protocol.
    pub(super) fn from_url(url: &str) -> Option<Draft> {
        let (url, fragment) = split_fragment(url);
        if !fragment.is_empty() {
            return None;
        }
        let address = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or(url);
        Some(match address {
            "json-schema.org/schema" => Draft::LATEST,
            "json-schema.org/draft/2020-12/schema" => Draft::V2020,
            "json-schema.org/draft/2019-09/schema" => Draft::V2019,
            "json-schema.org/draft-07/schema" => Draft::V7,
            "json-schema.org/draft-06/schema" => Draft::V6,
            "json-schema.org/draft-04/schema" => Draft::V4,
            _ => return None,
        })
    }

    /// The address of the schema of this draft's schemas.
    pub(super) fn metaschema(self) -> &'static str {
        match self {
            Draft::V4 => "http://json-schema.org/draft-04/schema",
            Draft::V6 => "http://json-schema.org/draft-06/schema",
            Draft::V7 => "http://json-schema.org/draft-07/schema",
            Draft::V2019 => "https://json-schema.org/draft/2019-09/schema",
            Draft::V2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The keyword that names a schema.
    pub(super) fn id_keyword(self) -> &'static str {
        if self == Draft::V4 { "id" } else { "$id" }
    }

    /// The name a schema gives itself, without its fragment; empty if it gives none.
    pub(super) fn id_of(self, schema: &Map) -> &str {
        // Beside a reference nothing else counts in old drafts.
        if self < Draft::V2019 && entry(schema, "$ref").is_some() {
            return "";
        }
        let id = entry(schema, self.id_keyword()).and_then(Value::as_str).unwrap_or_default();
        id.split_once('#').map_or(id, |(id, _)| id)
    }

    /// The subschemas that stand directly in a schema, with their pointers.
    pub(super) fn subschemas<'v>(self, schema: &'v Map, pointer: &str) -> Vec<(String, &'v Value)> {
        let mut found = Vec::new();
        for (keyword, below, since) in SUBSCHEMAS {
            let Some(value) = entry(schema, keyword).filter(|_| self >= *since) else { continue };
            let pointer = append(pointer, keyword);
            match (below, value) {
                (Below::Value, value) => found.push((pointer, value)),
                (Below::Entries, Value::Map(entries)) => {
                    found.extend(entries.iter().map(|(key, value)| (append(&pointer, key), value)));
                }
                (Below::Items, Value::Seq(items)) => {
                    let items = items.iter().enumerate();
                    found.extend(items.map(|(index, value)| (append(&pointer, &index.to_string()), value)));
                }
                _ => {}
            }
        }
        found
    }
}

/// The value of a keyword. Schemas are small and asked for many keywords that they do not have, which
/// mostly differ in length already from those they have.
pub(super) fn entry<'v>(schema: &'v Map, keyword: &str) -> Option<&'v Value> {
    const SMALL: usize = 12;
    match schema.len() <= SMALL {
        true => schema.iter().find(|(name, _)| *name == keyword).map(|(_, value)| value),
        false => schema.get(keyword),
    }
}

const SUBSCHEMAS: &[(&str, Below, Draft)] = &[
    ("definitions", Below::Entries, Draft::V4),
    ("not", Below::Value, Draft::V4),
    ("allOf", Below::Items, Draft::V4),
    ("anyOf", Below::Items, Draft::V4),
    ("oneOf", Below::Items, Draft::V4),
    ("properties", Below::Entries, Draft::V4),
    ("additionalProperties", Below::Value, Draft::V4),
    ("patternProperties", Below::Entries, Draft::V4),
    ("items", Below::Value, Draft::V4),
    ("items", Below::Items, Draft::V4),
    ("additionalItems", Below::Value, Draft::V4),
    ("dependencies", Below::Entries, Draft::V4),
    ("propertyNames", Below::Value, Draft::V6),
    ("contains", Below::Value, Draft::V6),
    ("if", Below::Value, Draft::V7),
    ("then", Below::Value, Draft::V7),
    ("else", Below::Value, Draft::V7),
    ("$defs", Below::Entries, Draft::V2019),
    ("dependentSchemas", Below::Entries, Draft::V2019),
    ("unevaluatedProperties", Below::Value, Draft::V2019),
    ("unevaluatedItems", Below::Value, Draft::V2019),
    ("contentSchema", Below::Value, Draft::V2019),
    ("prefixItems", Below::Items, Draft::V2020),
];
