use serde_json::{Value, json};
use wheelhouse_policy::{Level, Rule, catalogue};

use crate::located::{Located, PlaceInChart};

/// Findings as SARIF 2.1.0, with true regions in template files.
#[must_use]
pub fn sarif(findings: &[Located]) -> Value {
    let rules: Vec<Value> = catalogue().map(rule).collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "wheelhouse", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
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

fn result(located: &Located) -> Value {
    let finding = &located.finding;
    let logical = json!([{"fullyQualifiedName": format!("{}/{}", finding.object, finding.path)}]);
    let physical = |place: &PlaceInChart| {
        json!({
            "artifactLocation": {"uri": place.file},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        })
    };
    let location = match located.place() {
        Some(place) => json!({"physicalLocation": physical(&place), "logicalLocations": logical}),
        None => json!({
            "physicalLocation": {"artifactLocation": {"uri": "Chart.yaml"}, "region": {"startLine": 1}},
            "logicalLocations": logical,
        }),
    };
    let related: Vec<Value> = located
        .provenance
        .iter()
        .flat_map(|provenance| &provenance.stack)
        .map(|call| json!({"physicalLocation": physical(&PlaceInChart::of(call)), "message": {"text": "included from here"}}))
        .collect();
    json!({
        "ruleId": finding.rule.id,
        "level": level(finding.level),
        "message": {"text": format!("{}. Fix: {}", finding.message, finding.fix)},
        "locations": [location],
        "relatedLocations": related,
    })
}
