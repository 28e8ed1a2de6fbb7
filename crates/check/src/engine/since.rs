//! What a deployment brings that the version did not have when it was created.

use std::collections::HashSet;

use serde_json::{Map as JsonMap, Value as Json, json};
use wheelhouse_functions::engine::{ChartRequest, CheckReport, Finding};

/// Most keys of a configuration that are tried one by one: each is a render.
const MOST_TRIALS: usize = 16;

/// Marks the findings that are not among those at creation, and tells the keys of the configuration
/// that cause them.
pub(super) fn tell(
    report: &mut CheckReport,
    request: &ChartRequest<'_>,
    at_creation: &CheckReport,
    check: impl Fn(&ChartRequest<'_>) -> CheckReport,
) {
    let known = keys(at_creation);
    let mut unexplained: Vec<&mut Finding> = Vec::new();
    for finding in report.findings.iter_mut().filter(|finding| !known.contains(&key(finding))) {
        set(finding, "newSinceCreation", json!(true));
        let origins = origins(finding);
        if origins.is_empty() {
            unexplained.push(finding);
        } else {
            set(finding, "causedBy", json!(origins));
        }
    }
    if unexplained.is_empty() || request.values.is_empty() {
        return;
    }
    let mut leaves = Vec::new();
    leaves_of(request.values, &mut Vec::new(), &mut leaves);
    for leaf in leaves.into_iter().take(MOST_TRIALS) {
        let values = without(request.values, &leaf);
        let found = keys(&check(&ChartRequest { values: &values, ..*request }));
        for finding in &mut unexplained {
            if !found.contains(&key(finding)) {
                let path = leaf.join(".");
                match finding.details.get_mut("causedBy").and_then(Json::as_array_mut) {
                    Some(causes) => causes.push(json!(path)),
                    None => set(finding, "causedBy", json!([path])),
                }
            }
        }
    }
}

/// What makes two findings the same one under other values: not their texts, which tell the values.
fn key(finding: &Finding) -> (String, String, String) {
    let text = |key: &str| finding.details.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    (finding.rule.clone(), text("object"), text("path"))
}

fn keys(report: &CheckReport) -> HashSet<(String, String, String)> {
    report.findings.iter().map(key).collect()
}

/// The keys of the configuration that a finding's text came from.
fn origins(finding: &Finding) -> Vec<String> {
    let values = finding.details.get("values").and_then(Json::as_array);
    let of_configuration = |value: &&Json| {
        value.get("from").and_then(Json::as_str).is_some_and(|from| from.starts_with("configuration"))
    };
    let path = |value: &Json| {
        let path = value.get("path").and_then(Json::as_str)?;
        Some(path.trim_start_matches(".Values.").to_owned())
    };
    values.into_iter().flatten().filter(of_configuration).filter_map(path).collect()
}

fn set(finding: &mut Finding, key: &str, value: Json) {
    if let Some(details) = finding.details.as_object_mut() {
        details.insert(key.to_owned(), value);
    }
}

fn leaves_of(values: &JsonMap<String, Json>, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    for (key, value) in values {
        path.push(key.clone());
        match value {
            Json::Object(inner) if !inner.is_empty() => leaves_of(inner, path, found),
            _ => found.push(path.clone()),
        }
        path.pop();
    }
}

fn without(values: &JsonMap<String, Json>, leaf: &[String]) -> JsonMap<String, Json> {
    let mut values = values.clone();
    if let Some((last, tables)) = leaf.split_last() {
        let table = tables.iter().try_fold(&mut values, |table, key| table.get_mut(key)?.as_object_mut());
        if let Some(table) = table {
            table.remove(last);
        }
    }
    values
}
