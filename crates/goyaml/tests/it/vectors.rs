//! Larger sets of answers computed by Helm's own packages, read where they lie.

use std::path::PathBuf;

use serde_json::Value as Json;
use wheelhouse_goyaml::{ReadOptions, json, json_to_yaml, to_yaml, yaml_to_json};

/// The lines of a vector file; `None`, with a word about it, where the folder is absent.
fn vectors(name: &str) -> Option<Vec<Json>> {
    let shared = std::env::var_os("WHEELHOUSE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = shared.join("data/vectors").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not there", path.display());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn check(case: &Json, outcome: Result<Vec<u8>, wheelhouse_goyaml::Error>) {
    match outcome {
        Ok(out) => assert_eq!(Some(String::from_utf8(out).unwrap().as_str()), case["out"].as_str(), "{case}"),
        Err(error) => assert_eq!(Some(error.to_string().as_str()), case["err"].as_str(), "{case}"),
    }
}

#[test]
fn json_becomes_the_same_yaml() {
    for case in vectors("json2yaml.jsonl").unwrap_or_default() {
        check(&case, json_to_yaml(case["s"].as_str().unwrap().as_bytes()));
    }
}

#[test]
fn yaml_becomes_the_same_json() {
    for case in vectors("yaml2json.jsonl").unwrap_or_default() {
        check(&case, yaml_to_json(case["s"].as_str().unwrap().as_bytes(), &ReadOptions::default()));
    }
}

#[test]
fn values_are_written_as_by_to_yaml_and_to_json() {
    for case in vectors("toyaml.jsonl").unwrap_or_default() {
        assert!(case["tpl"].as_str().unwrap().starts_with("{{ toYaml .Values.v }}|{{ toJson .Values.v }}|"));
        let values = case["values"]["v"].to_string();
        let value = json::decode(values.as_bytes(), &json::DecodeOptions::default()).unwrap();
        // `toYaml` gives nothing for what cannot be written.
        let yaml = String::from_utf8(to_yaml(&value).unwrap_or_default()).unwrap();
        let json = String::from_utf8(json::to_json(&value, json::Format::default()).unwrap()).unwrap();
        let expected = format!("{}|{json}|", yaml.strip_suffix('\n').unwrap_or(&yaml));
        let out = case["out"].as_str().unwrap();
        assert!(out.starts_with(&expected), "{case}\n{expected}");
    }
}
