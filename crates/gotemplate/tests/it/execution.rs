//! What templates print and how they fail: every answer is Go's.

mod builtins;
mod calls;
mod comparison;
mod control;
mod values;

use serde_json::json;

use crate::support::Job;

fn check(rows: &[(&str, Result<&str, &str>)]) {
    let data = json!({"s": "hello", "e": "", "i": 3, "z": 0, "f": 1.5, "t": true, "no": false, "n": null, "m": {"b": 1, "a": "x", "c": {"d": null, "e": [1, "two", 3.5]}}, "l": [3, 1, 2], "em": {}, "el": [], "ls": ["b", "a<&>'\"", "é"], "lm": [{"k": 1}, {"k": "v"}, null], "big": 1234567890});
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(text, expect)| {
            let found = Job::new(text).data(data.clone()).run();
            let found = found.as_deref().map_err(String::as_str);
            (found != *expect).then(|| format!("{text}\n  expect {expect:?}\n  found  {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
