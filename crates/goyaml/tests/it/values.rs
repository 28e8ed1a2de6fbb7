//! Values files of several documents.

use wheelhouse_goyaml::{ReadOptions, Value, json, load_values, read_list, read_map, split_values};

fn loaded(input: &str) -> String {
    match load_values(input.as_bytes(), &ReadOptions::default()) {
        Ok(map) => String::from_utf8(json::to_json(&map, json::Format::default()).unwrap()).unwrap(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn documents_are_merged_and_lists_replaced() {
    let check = |input: &str, expected: &str| assert_eq!(loaded(input), expected, "{input:?}");
    check("", "{}");
    check("# nothing\n", "{}");
    check("a: {b: 1, c: [1, 2]}\n---\na: {c: [3], d: 4}\n", r#"{"a":{"b":1,"c":[3],"d":4}}"#);
    check("a: {b: 1}\n--- # again\r\na: null\n", r#"{"a":null}"#);
    check("---\n---\na: 1\n---\n", r#"{"a":1}"#);
    check("a: |\n  x\n--- \nb: 2", r#"{"a":"x\n","b":2}"#);
    check("a: 1\n---x\n", "error reading yaml document: invalid Yaml document separator: x");
    check("a: [\n--- x\n", "error reading yaml document: invalid Yaml document separator: x");
    check(
        "a: [\n---\n--- x\n",
        "cannot unmarshal yaml document: error converting YAML to JSON: yaml: line 1: did not find expected node content",
    );
    check(
        "a: 1\n---\n- b\n",
        "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
}

#[test]
fn each_document_knows_where_it_begins() {
    let input = "# first\na: 1\n---\nb: 2\r\nc: 3\n---\nd: 4";
    let documents: Vec<_> = split_values(input.as_bytes()).map(Result::unwrap).collect();
    let found: Vec<_> = documents
        .iter()
        .map(|document| (document.lines_before, document.bytes_before, document.text.as_ref()))
        .collect();
    let expected: Vec<(usize, usize, &[u8])> =
        vec![(0, 0, b"# first\na: 1\n"), (3, 17, b"b: 2\nc: 3\n"), (6, 32, b"d: 4\n")];
    assert_eq!(found, expected);
}

#[test]
fn only_the_first_document_is_read_by_a_single_read() {
    let options = ReadOptions::default();
    assert_eq!(read_map(b"a: 1\n---\nb: [\n", &options).unwrap().len(), 1);
    assert_eq!(read_map(b"", &options).unwrap().len(), 0);
    assert_eq!(read_list(b"[x]\n...\n]", &options).unwrap(), [Value::from("x")]);
    assert_eq!(
        read_list(b"a: 1", &options).unwrap_err().to_string(),
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go value of type []interface {}"
    );
}

#[test]
fn scalars_become_the_text_a_string_field_gets() {
    let options = ReadOptions { keep_integers: true, ..ReadOptions::default() };
    let check = |scalar: &str, expected: Option<&str>| {
        let map = read_map(format!("version: {scalar}").as_bytes(), &options).unwrap();
        assert_eq!(map["version"].as_string_field().as_deref(), expected, "{scalar}");
    };
    check("1.20", Some("1.2"));
    check("1e3", Some("1000"));
    check("010", Some("8"));
    check("18446744073709551615", Some("18446744073709551615"));
    check("3.14159265358979", Some("3.1415927"));
    check("yes", Some("true"));
    check("2001-01-01", Some("2001-01-01"));
    check("'1.20'", Some("1.20"));
    check("~", None);
    check("[1]", None);
}
