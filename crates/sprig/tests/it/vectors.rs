//! Templates whose output Helm's own packages printed, read in place: they are no part of the
//! project.

use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;
use wheelhouse_sprig::helm::refusal;
use wheelhouse_sprig::{Compat, Environment};

use crate::support::{FixedHost, Render, value_map};

/// The lines of a file of vectors; none, said aloud, where the folder is absent.
fn vectors(name: &str) -> Vec<Json> {
    let shared = std::env::var_os("WHEELHOUSE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("data/vectors").join(name);
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return Vec::new();
    };
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn run(vector: &Json) -> Result<String, String> {
    let values = vector["values"].to_string();
    let values = wheelhouse_goyaml::json::decode_map(values.as_bytes(), &Default::default()).unwrap();
    // The answers tell when they were given.
    let host = FixedHost { now: Some(1_795_216_508), ..FixedHost::default() };
    let render = Render {
        name: "c/templates/t",
        values: value_map(values.into_iter().flatten().collect()),
        environment: Environment::new(Box::new(host), Compat::V4),
        ..Render::new(vector["tpl"].as_str().unwrap())
    };
    render.run().map(|bytes| String::from_utf8_lossy(&bytes).replace("<no value>", ""))
}

/// Whether the template asks for what Helm puts beside `.Values`: those run where that is made.
fn needs_the_whole_scope(vector: &Json) -> bool {
    let template = vector["tpl"].as_str().unwrap();
    let shows_it = vector["out"].as_str().is_some_and(|output| output.contains("v1.36.0"));
    shows_it || [".Template", ".Files", "{{range .}}"].iter().any(|part| template.contains(part))
}

/// Whether an error says what Helm makes of it: Helm lays errors out in lines, keeps the last part
/// of one from parsing, and shows a refusal alone.
fn says(error: &str, expect: &str) -> bool {
    match expect.split_once(": ") {
        Some((place, text)) if place.starts_with("execution error at ") => refusal(error) == Some(text),
        Some((place, text)) if place.starts_with("parse error at ") => error.ends_with(text),
        _ => error.ends_with(expect.lines().last().unwrap().trim()),
    }
}

fn check_all(name: &str) {
    let mut failures = Vec::new();
    let (mut checked, mut left_out) = (0, 0);
    for vector in vectors(name) {
        if needs_the_whole_scope(&vector) {
            left_out += 1;
            continue;
        }
        let random = vector["nondet"].as_bool() == Some(true);
        let result = run(&vector);
        let fits = match (&result, vector["out"].as_str(), vector["err"].as_str()) {
            (Ok(_), Some(_), _) if random => true,
            (Ok(output), Some(expect), _) => output == expect,
            (Err(error), _, Some(expect)) => says(error, expect),
            _ => false,
        };
        checked += 1;
        if !fits {
            let template = vector["tpl"].as_str().unwrap();
            failures
                .push(format!("{template}\n  want {} {}\n  got  {result:?}", vector["out"], vector["err"]));
        }
    }
    eprintln!("{name}: {checked} checked, {left_out} that need Helm's whole scope left out");
    assert!(failures.is_empty(), "{} of {checked} differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn templates() {
    check_all("tpl.jsonl");
}

#[test]
fn yaml_of_values() {
    check_all("toyaml.jsonl");
}
