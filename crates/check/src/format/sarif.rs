use serde_json::{Value, json};
use wheelhouse_policy::{Level, Rule, catalogue};
use wheelhouse_render::Location;
use wheelhouse_source::LineIndex;

use super::with_values;
use crate::baseline::fingerprints;
use crate::located::{Located, PlaceInChart};

/// The base of all paths of files: the chart's directory.
const BASE: &str = "CHART";

/// Findings as SARIF 2.1.0, with true regions in template files.
#[must_use]
pub fn sarif(findings: &[Located]) -> Value {
    let rules: Vec<Value> = catalogue().map(rule).collect();
    let results: Vec<Value> = fingerprints(findings)
        .iter()
        .zip(findings)
        .map(|(fingerprint, located)| result(located, fingerprint))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "wheelhouse", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "originalUriBaseIds": {BASE: {"description": {"text": "the chart's directory"}}},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "name": rule.slug,
        "shortDescription": {"text": rule.reason},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": level(rule.level)},
    })
}

/// A region in its file, columns counted as SARIF viewers do: in UTF-16 code units.
fn physical(location: &Location) -> Value {
    let text = location.source.as_bytes();
    let index = LineIndex::new(text);
    let column = |offset: usize| {
        let line = index.position(offset).line;
        let start = index.line_range(line).map_or(0, |range| range.start);
        let before = text.get(start..offset.min(text.len())).unwrap_or_default();
        String::from_utf8_lossy(before).encode_utf16().count() + 1
    };
    let place = PlaceInChart::of(location);
    json!({
        "artifactLocation": {"uri": uri(&place.file), "uriBaseId": BASE},
        "region": {
            "startLine": place.line,
            "startColumn": column(location.span.start),
            "endLine": place.end_line,
            "endColumn": column(location.span.end),
        },
    })
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn result(located: &Located, fingerprint: &str) -> Value {
    let finding = &located.finding;
    let name = [finding.object.as_str(), finding.path.as_str()];
    let name = name.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let mut location = match &located.provenance {
        Some(provenance) => json!({"physicalLocation": physical(&provenance.template)}),
        None => json!({
            "physicalLocation": {
                "artifactLocation": {"uri": "Chart.yaml", "uriBaseId": BASE},
                "region": {"startLine": 1},
            },
        }),
    };
    if let Some(entries) = location.as_object_mut().filter(|_| !name.is_empty()) {
        entries.insert("logicalLocations".to_owned(), json!([{"fullyQualifiedName": name}]));
    }
    let related: Vec<Value> = located
        .provenance
        .iter()
        .flat_map(|provenance| &provenance.stack)
        .map(|call| json!({"physicalLocation": physical(call), "message": {"text": "included from here"}}))
        .collect();
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": catalogue().position(|rule| rule.id == finding.rule.id),
        "level": level(finding.level),
        "message": {"text": format!("{}. Fix: {}", with_values(located), finding.fix)},
        "locations": [location],
        "relatedLocations": related,
        "partialFingerprints": {"wheelhouse/v1": fingerprint},
    })
}
