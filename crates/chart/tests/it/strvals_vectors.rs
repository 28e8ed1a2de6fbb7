//! Answers of Helm's own parser.

use std::sync::Arc;

use serde_json::{Value, json};
use wheelhouse_chart::Compat;
use wheelhouse_chart::strvals::{MAX_EMPTY_SLOTS, SetContext, set};
use wheelhouse_chart::values::{SetFlag, ValueSource};

use crate::support::{table, to_json, vectors};

#[test]
fn answers_of_the_original() {
    let Some(lines) = vectors("strvals.jsonl") else { return };
    let mut compared = 0;
    let mut wrong = Vec::new();
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let flag = match case["op"].as_str().unwrap() {
            "strvals" => SetFlag::Set,
            "string" => SetFlag::SetString,
            "literal" => SetFlag::SetLiteral,
            "json" => SetFlag::SetJson,
            other => panic!("unknown parser {other}"),
        };
        let text = case["s"].as_str().unwrap();
        let mut values = table(case.get("base").unwrap_or(&json!({})));
        let mut context = SetContext {
            compat: Compat::V4,
            source: Arc::new(ValueSource::Flag { flag, index: 0, text: text.to_owned() }),
            empty_slots: MAX_EMPTY_SLOTS,
            read_file: &mut |_| Err("no files here".to_owned()),
        };
        let error =
            set(flag, text.as_bytes(), &mut values, &mut context).err().map(|error| error.to_string());
        let expected = case.get("err").and_then(Value::as_str);
        if error.as_deref() != expected || to_json(&values) != case["out"] {
            wrong.push(format!("{line}\n   got {} {error:?}", to_json(&values)));
        }
        compared += 1;
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 700, "only {compared} cases");
}
