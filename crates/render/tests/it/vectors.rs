use std::path::PathBuf;

use serde_json::Value;

use crate::support::{chart, text_with};

/// The folder of shared vectors, beside the repository or where the variable says.
fn vectors(name: &str) -> Option<String> {
    let shared = std::env::var_os("WHEELHOUSE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("data/vectors").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("SKIPPED: {} is not there", path.display());
    }
    text
}

/// Functions whose result no two runs share.
const RANDOM: &[&str] = &[
    "randAlpha",
    "randNumeric",
    "randAscii",
    "randBytes",
    "randInt",
    "shuffle",
    "uuidv4",
    "gen",
    "htpasswd",
    "bcrypt",
    "encryptAES",
    "now",
    "ago",
    "htmlDate",
    "date",
    "%p",
];

fn check(name: &str) {
    let Some(text) = vectors(name) else { return };
    let mut failures = Vec::new();
    let mut count = 0;
    for line in text.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let template = vector["tpl"].as_str().unwrap();
        if vector["nondet"].as_bool() == Some(true) || RANDOM.iter().any(|name| template.contains(name)) {
            continue;
        }
        // What prints the whole scope names the build of Helm that answered.
        if vector["out"].as_str().is_some_and(|out| out.contains("admissionregistration")) {
            continue;
        }
        count += 1;
        let files = chart(&[("templates/t", template)]);
        let found = text_with(files, Some(vector["values"].to_string()), "c/templates/t");
        let fits = match (&found, vector["out"].as_str()) {
            (Ok(found), Some(expected)) => found == expected,
            (Err(_), None) => true,
            _ => false,
        };
        if !fits {
            failures.push(format!(
                "{template}\n  found    {found:?}\n  expected {:?} {:?}",
                vector["out"], vector["err"]
            ));
        }
    }
    failures.truncate(40);
    assert!(failures.is_empty(), "of {count}:\n{}", failures.join("\n"));
}

#[test]
fn template_vectors() {
    check("tpl.jsonl");
}

#[test]
fn yaml_vectors() {
    check("toyaml.jsonl");
}
