//! Documents and what Helm 4.2.4 made of them.

use serde_json::Value as Json;
use wheelhouse_goyaml::{ReadOptions, json, load_values, read, to_yaml};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_case_reads_and_writes_as_in_helm() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../data/helm-yaml-cases.json")).unwrap();
    assert!(cases.len() > 200);
    let options = ReadOptions::default();
    let strict = ReadOptions { strict: true, ..options };
    let json_text = |value: &_| text(json::to_json(value, json::Format::default()).unwrap());
    for case in &cases {
        let input = case["y"].as_str().unwrap().as_bytes();
        let expect = |field: &str| case[field].as_str();

        let value = read(input, &options);
        assert_eq!(value.as_ref().ok().map(json_text).as_deref(), expect("json"), "{case}");
        assert_eq!(value.as_ref().err().map(ToString::to_string).as_deref(), expect("err"), "{case}");
        if let Ok(value) = &value {
            assert_eq!(Some(text(to_yaml(value).unwrap()).as_str()), expect("yaml"), "{case}");
        }
        let strict_error = read(input, &strict).err().map(|error| error.to_string());
        assert_eq!(strict_error.as_deref(), expect("strict_err"), "{case}");

        let values = load_values(input, &options);
        let values_text =
            values.as_ref().ok().map(|map| text(json::to_json(map, json::Format::default()).unwrap()));
        assert_eq!(values_text.as_deref(), expect("values"), "{case}");
        assert_eq!(values.err().map(|error| error.to_string()).as_deref(), expect("values_err"), "{case}");
    }
}
