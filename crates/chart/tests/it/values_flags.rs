//! The values flags of a command, and their order.

use serde_json::{Value, json};
use wheelhouse_chart::Compat;
use wheelhouse_chart::values::ValuesFlags;

use crate::support::to_json;

fn merge(flags: &ValuesFlags, compat: Compat) -> Result<Value, String> {
    let mut read = |path: &str| match path {
        "a.yaml" => Ok(b"x: a\nt: {a: 1, l: [1]}\n".to_vec()),
        "b.yaml" => Ok(b"x: b\n---\nt: {b: ~, l: [2, 3]}\n".to_vec()),
        "-" => Ok(b"x: stdin".to_vec()),
        "broken.yaml" => Ok(b"a: b: c".to_vec()),
        "list.yaml" => Ok(b"- a".to_vec()),
        "content" => Ok(b"\xffbytes".to_vec()),
        _ => Err(format!("open {path}: no such file or directory")),
    };
    flags.merge(compat, false, &mut read).map(|values| to_json(&values)).map_err(|error| error.to_string())
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn files_come_first_and_flags_follow_by_kind() {
    let flags = ValuesFlags {
        files: texts(&["a.yaml", "b.yaml", "-"]),
        json: texts(&["y=1", r#"{"y": "object", "z": 1}"#]),
        set: texts(&["y=set", "z=set"]),
        string: texts(&["z=1"]),
        file: texts(&["f=content"]),
        literal: texts(&["f.not=used=x"]),
    };
    let error = merge(&flags, Compat::V4).unwrap_err();
    assert_eq!(
        error,
        "failed parsing --set-literal data: unable to parse key: interface conversion: interface {} is string, not map[string]interface {}"
    );
    let flags = ValuesFlags { literal: texts(&["g=a,b={}"]), ..flags };
    assert_eq!(
        merge(&flags, Compat::V4).unwrap(),
        json!({"x": "stdin", "t": {"a": 1, "b": null, "l": [2, 3]}, "y": "set", "z": "1", "f": "\u{fffd}bytes", "g": "a,b={}"})
    );
}

#[test]
fn helm_3_reads_one_document_and_knows_no_json_objects() {
    let flags = ValuesFlags { files: texts(&["b.yaml"]), ..ValuesFlags::default() };
    assert_eq!(merge(&flags, Compat::V3).unwrap(), json!({"x": "b"}));
    let flags = ValuesFlags { json: texts(&[r#"{"a": 1}"#]), ..ValuesFlags::default() };
    assert_eq!(merge(&flags, Compat::V4).unwrap(), json!({"a": 1}));
    assert_eq!(merge(&flags, Compat::V3).unwrap_err(), r#"failed parsing --set-json data {"a": 1}"#);
}

#[test]
fn mistakes_name_the_flag_or_file() {
    let one = |change: fn(&mut ValuesFlags)| {
        let mut flags = ValuesFlags::default();
        change(&mut flags);
        merge(&flags, Compat::V4).unwrap_err()
    };
    assert_eq!(one(|flags| flags.files = texts(&["gone"])), "open gone: no such file or directory");
    assert_eq!(
        one(|flags| flags.files = texts(&["broken.yaml"])),
        "failed to parse broken.yaml: cannot unmarshal yaml document: error converting YAML to JSON: yaml: mapping values are not allowed in this context"
    );
    assert_eq!(
        one(|flags| flags.files = texts(&["list.yaml"])),
        "failed to parse list.yaml: cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}"
    );
    assert_eq!(one(|flags| flags.set = texts(&["a"])), "failed parsing --set data: key \"a\" has no value");
    assert_eq!(
        one(|flags| flags.string = texts(&["a[b]=1"])),
        "failed parsing --set-string data: error parsing index: strconv.Atoi: parsing \"b\": invalid syntax"
    );
    assert_eq!(
        one(|flags| flags.file = texts(&["a=gone"])),
        "failed parsing --set-file data: open gone: no such file or directory"
    );
    assert_eq!(one(|flags| flags.json = texts(&["a=x"])), "failed parsing --set-json data a=x");
    assert_eq!(one(|flags| flags.json = texts(&["{x"])), "failed parsing --set-json data JSON: {x");
}
