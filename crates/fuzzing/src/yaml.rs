//! Any bytes as YAML: the readers agree, and what is written reads back equal.

use wheelhouse_goyaml::{
    Document, Limits, ReadOptions, Value, json_to_yaml, load_values, read, to_yaml, to_yaml_pretty,
    yaml_to_json,
};

pub(crate) fn run(input: &[u8]) {
    let limits = Limits { max_nodes: 20_000, ..Limits::default() };
    let options = ReadOptions { limits, ..ReadOptions::default() };
    let value = read(input, &options);
    let document = Document::parse(input, &limits);
    assert_eq!(
        value.is_ok(),
        document.is_ok_and(|document| document.to_value(&options).is_ok()),
        "the short and the long way of reading differ"
    );
    assert_eq!(value.is_ok(), yaml_to_json(input, &options).is_ok(), "reading and converting differ");
    if read(input, &ReadOptions { strict: true, ..options }).is_ok() {
        assert!(value.is_ok(), "strict reading takes more");
    }
    drop(load_values(input, &options));
    if let Ok(value) = value {
        write(&value, &options);
    }
}

fn write(value: &Value, options: &ReadOptions) {
    if let Ok(text) = to_yaml(value) {
        let json = yaml_to_json(&text, options);
        // go-yaml writes the key `<<` without quotes and then reads it as a merge.
        if !has_merge_key(value) {
            assert_eq!(read(&text, options).as_ref(), Ok(value), "what was written reads back unequal");
            let again = json.map(|json| json_to_yaml(&json));
            assert_eq!(again, Ok(Ok(text)), "YAML to JSON to YAML changes the text");
        }
    }
    drop(to_yaml_pretty(value));
}

fn has_merge_key(value: &Value) -> bool {
    match value {
        Value::Seq(items) => items.iter().any(has_merge_key),
        Value::Map(map) => map.iter().any(|(key, value)| key == "<<" || has_merge_key(value)),
        _ => false,
    }
}
