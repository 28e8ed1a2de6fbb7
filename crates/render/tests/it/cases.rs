use serde_json::Value;

use crate::support::{chart, text_of};

const CASES: &str = include_str!("../data/helm-template-cases.json");

/// The one case whose text was observed with an older version library: Helm 4.2.4 itself puts the
/// constraint in quotes.
const OLDER: (&str, &str) = ("improper constraint: abc", "improper constraint: \"abc\"");

fn run(case: &Value) -> Result<String, String> {
    let files = chart(&[
        ("values.yaml", case["v"].as_str().unwrap_or_default()),
        ("templates/t.yaml", case["t"].as_str().unwrap()),
    ]);
    text_of(files, "c/templates/t.yaml")
}

#[test]
fn every_observed_case_gives_what_helm_gave() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let mut failures = Vec::new();
    for case in &cases {
        let name = case["n"].as_str().unwrap();
        let found = run(case);
        let fits = match (&found, case["out"].as_str(), case["err"].as_str()) {
            (Ok(text), Some(expected), _) => text == expected,
            (Err(text), _, Some(expected)) => *text == expected.replace(OLDER.0, OLDER.1),
            _ => false,
        };
        if !fits {
            failures.push(format!(
                "{name}: {}\n  found    {found:?}\n  expected {:?} {:?}",
                case["t"], case["out"], case["err"]
            ));
        }
    }
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
