use serde_json::{Value, json};

use super::Counts;
use crate::located::{Located, PlaceInChart};

/// Findings as one JSON document with a stable schema.
#[must_use]
pub fn json(findings: &[Located], counted: usize) -> Value {
    let counts = Counts::of(findings);
    json!({
        "objects": counted,
        "errors": counts.errors,
        "warnings": counts.warnings,
        "notes": counts.infos,
        "findings": findings.iter().map(finding_json).collect::<Vec<_>>(),
    })
}

/// One finding: `rule`, `slug`, `level`, `object`, `path`, `message`, `reason`, `fix` and, where it
/// is known, `file`, `line`, `column`, `includedFrom` and `values`; `under` tells of other values.
#[must_use]
pub fn finding_json(located: &Located) -> Value {
    let finding = &located.finding;
    let mut value = json!({
        "rule": finding.rule.id,
        "slug": finding.rule.slug,
        "level": finding.level.name(),
        "object": finding.object,
        "path": finding.path,
        "message": finding.message,
        "reason": finding.rule.reason,
        "fix": finding.fix,
    });
    let Some(entries) = value.as_object_mut() else { return value };
    if !finding.also.is_empty() {
        entries.insert("also".to_owned(), json!(finding.also));
    }
    if let Some(values) = &located.under {
        entries.insert("under".to_owned(), json!(values));
    }
    if let Some(place) = located.place() {
        entries.insert("file".to_owned(), json!(place.file));
        entries.insert("line".to_owned(), json!(place.line));
        entries.insert("column".to_owned(), json!(place.column));
    }
    if let Some(provenance) = &located.provenance {
        if !provenance.stack.is_empty() {
            let calls: Vec<Value> = provenance
                .stack
                .iter()
                .map(PlaceInChart::of)
                .map(|place| json!({"file": place.file, "line": place.line, "column": place.column}))
                .collect();
            entries.insert("includedFrom".to_owned(), Value::Array(calls));
        }
        let values: Vec<Value> = provenance
            .values
            .iter()
            .map(|value| json!({"path": value.path, "from": value.mark.as_ref().map(ToString::to_string)}))
            .collect();
        if !values.is_empty() {
            entries.insert("values".to_owned(), Value::Array(values));
        }
    }
    value
}
