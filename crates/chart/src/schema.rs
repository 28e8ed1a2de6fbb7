//! `values.schema.json`: JSON Schema of drafts 4, 6, 7, 2019-09 and 2020-12, with the messages of
//! Helm's validator (santhosh-tekuri/jsonschema 6.0.2).
//!
//! The specification's own schemas are built in; other documents that a schema refers to come from
//! [`Documents`], if from anywhere. Patterns are Go's regular expressions. Of several
//! failures of one object those of earlier names come first; Helm's order changes from run to run.

mod check;
mod compile;
mod decimal;
mod document;
mod draft;
mod error;
mod failure;
mod format;
mod location;
mod metaschemas;
mod model;
mod source;
mod validate;

use wheelhouse_gotemplate::{Map, Value as TemplateValue};
use wheelhouse_goyaml::Value;

use crate::{Chart, Error, Warning};

/// The address Helm gives a chart's schema; references in it resolve against this.
const SCHEMA_URL: &str = "file:///values.schema.json";

/// Gives what lies at an address outside of a schema (`file:`, `http:` or `https:`), or says why it
/// cannot be had.
pub type Documents<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// [`Documents`] for charts that nobody vouches for: a schema refers to nothing but itself.
///
/// # Errors
/// Always.
pub fn no_documents(_url: &str) -> Result<Vec<u8>, String> {
    Err("references out of the schema are not followed".to_owned())
}

/// Checks coalesced values against the schema of a chart, and the values of each subchart against
/// the subchart's.
///
/// # Errors
/// [`Error::SchemaViolations`] lists what is wrong, chart by chart.
pub fn validate_values(
    chart: &Chart,
    values: &Map,
    documents: Documents<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    let mut report = String::new();
    report_chart(chart, values, documents, warnings, &mut report);
    match report.is_empty() {
        true => Ok(()),
        false => Err(Error::SchemaViolations(report)),
    }
}

fn report_chart(
    chart: &Chart,
    values: &Map,
    documents: Documents<'_>,
    warnings: &mut Vec<Warning>,
    report: &mut String,
) {
    if let Some(schema) = &chart.contents().schema
        && let Err(error) = validate_against(&schema.data, values, documents, warnings)
    {
        report.push_str(&format!("{}:\n{error}", chart.name()));
    }
    for subchart in chart.dependencies() {
        match values.get(subchart.name()) {
            None | Some(TemplateValue::Nil) => {}
            Some(TemplateValue::Map(values)) => report_chart(subchart, &values, documents, warnings, report),
            Some(other) => report.push_str(&format!(
                "{}:\ninvalid type for values: expected object (map), got {}\n",
                subchart.name(),
                other.type_name()
            )),
        }
    }
}

/// One thing that coalesced values do not satisfy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The keys from the root of all values: `["redis", "port"]`.
    pub path: Vec<String>,
    /// What is wrong, in the validator's words: `got string, want number`.
    pub message: String,
}

/// What [`validate_values`] finds without other documents, one by one.
///
/// # Errors
/// When a schema cannot be used.
pub fn violations(chart: &Chart, values: &Map) -> Result<Vec<Violation>, Error> {
    let mut found = Vec::new();
    collect_violations(chart, values, &mut Vec::new(), &mut found)?;
    Ok(found)
}

fn collect_violations(
    chart: &Chart,
    values: &Map,
    path: &mut Vec<String>,
    found: &mut Vec<Violation>,
) -> Result<(), Error> {
    if let Some(schema) = &chart.contents().schema
        && let Some(failure) = failure_of(&schema.data, values, &no_documents, &mut Vec::new())?
    {
        for (at, message) in failure.leaves() {
            let keys = at.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"));
            found.push(Violation { path: path.iter().cloned().chain(keys).collect(), message });
        }
    }
    for subchart in chart.dependencies() {
        if let Some(TemplateValue::Map(values)) = values.get(subchart.name()) {
            path.push(subchart.name().to_owned());
            collect_violations(subchart, &values, path, found)?;
            path.pop();
        }
    }
    Ok(())
}

/// Checks values against one schema.
///
/// # Errors
/// [`Error::SchemaViolation`] with the list of failures, or what is wrong with the schema.
pub fn validate_against(
    schema: &[u8],
    values: &Map,
    documents: Documents<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    match failure_of(schema, values, documents, warnings)? {
        None => Ok(()),
        Some(failure) => Err(Error::SchemaViolation(failure.list())),
    }
}

fn failure_of(
    schema: &[u8],
    values: &Map,
    documents: Documents<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<failure::Failure>, Error> {
    let schema = source::read(schema)?;
    // Helm tells of each urn once.
    let mut warn = |urn: String| {
        let is_told =
            |warning: &Warning| matches!(warning, Warning::UnresolvedUrn { urn: told } if *told == urn);
        if !warnings.iter().any(is_told) {
            warnings.push(Warning::UnresolvedUrn { urn });
        }
    };
    let mut source = source::Source { fetch: documents, warn: &mut warn };
    let schemas = document::Document::new(SCHEMA_URL, schema, &mut source)
        .and_then(|document| {
            compile::compile(document, compile::Formats::AsDrafted, &metaschemas::check, source)
        })
        .map_err(|error| Error::Schema(error.to_string()))?;
    let values = to_json(&TemplateValue::Map(values.clone()), 0)?;
    validate::validate(&schemas, &values)
}

fn to_json(value: &TemplateValue, depth: usize) -> Result<Value, Error> {
    if depth > crate::values::MAX_DEPTH {
        return Err(Error::TooDeep { limit: crate::values::MAX_DEPTH });
    }
    Ok(match value {
        TemplateValue::Bool(value) => Value::Bool(*value),
        TemplateValue::Int64(value) => Value::Int(*value),
        TemplateValue::Float64(value) => Value::Float(*value),
        TemplateValue::String(text) => Value::String(text.to_str_lossy().into_owned()),
        TemplateValue::List(list) => {
            Value::Seq(list.items().iter().map(|item| to_json(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        TemplateValue::Map(map) => {
            let mut entries = wheelhouse_goyaml::Map::new();
            map.for_each(|key, value| {
                entries.insert(key.to_str_lossy().into_owned(), to_json(value, depth + 1)?);
                Ok::<(), Error>(())
            })?;
            Value::Map(entries)
        }
        _ => Value::Null,
    })
}
