//! The two ways of writing YAML side by side.

use wheelhouse_goyaml::json::{DecodeOptions, decode};
use wheelhouse_goyaml::{Value, to_yaml, to_yaml_pretty};

/// Reads `json` and writes it as `toYaml` and as `toYamlPretty`.
fn check(json: &str, yaml: &str, pretty: &str) {
    let options = DecodeOptions { keep_integers: true, ..DecodeOptions::default() };
    let value = decode(json.as_bytes(), &options).unwrap();
    assert_eq!(String::from_utf8(to_yaml(&value).unwrap()).unwrap(), yaml, "toYaml of {json}");
    assert_eq!(String::from_utf8(to_yaml_pretty(&value).unwrap()).unwrap(), pretty, "toYamlPretty of {json}");
}

#[test]
fn lists_in_mappings_are_indented_by_v3_only() {
    check(
        r#"{"a":[1,{"b":[]},[2,[3]],{}],"c":{},"d":null}"#,
        "a:\n- 1\n- b: []\n- - 2\n  - - 3\n- {}\nc: {}\nd: null\n",
        "a:\n  - 1\n  - b: []\n  - - 2\n    - - 3\n  - {}\nc: {}\nd: null\n",
    );
}

#[test]
fn numbers_become_integers_through_json_only() {
    check("1000000.0", "1000000\n", "1e+06\n");
    check("1.5e-7", "1.5e-07\n", "1.5e-07\n");
    check("9007199254740993", "9007199254740993\n", "9007199254740993\n");
}

#[test]
fn keys_are_sorted_by_each_version_in_its_own_way() {
    check(
        r#"{"x10":1,"x9":2,"a b":3,"_x":4,"B":5,"1b":6,"11":7}"#,
        "_x: 4\n\"11\": 7\n1b: 6\nB: 5\na b: 3\nx9: 2\nx10: 1\n",
        "_x: 4\n1b: 6\n\"11\": 7\nB: 5\na b: 3\nx9: 2\nx10: 1\n",
    );
}

#[test]
fn quotes_depend_on_what_the_version_reads() {
    let both = |json: &str, text: &str| check(json, text, text);
    both(r#""yes""#, "\"yes\"\n");
    both(r#""0o7""#, "\"0o7\"\n");
    both(r#"" x""#, "' x'\n");
    both(r#""tab\there""#, "\"tab\\there\"\n");
    both(r#""two\nlines\n""#, "|\n  two\n  lines\n");
    both(r#""""#, "\"\"\n");
    both(r#"["é","😀","\u2028"]"#, "- é\n- \"\\U0001F600\"\n- '\u{2028}'\n");
    check(r#""0o+7""#, "0o+7\n", "\"0o+7\"\n");
    check(r#""two\n\tlines""#, "\"two\\n\\tlines\"\n", "|-\n  two\n  \tlines\n");
}

#[test]
fn long_lines_are_folded_by_v2_only() {
    let (left, right) = ("x".repeat(100), "y".repeat(30));
    check(
        &format!("{{\"a\":\"{left} {right}\",\"b\":\"'{left} {right}\",\"c\":\"\\t{left}  {right}\"}}"),
        &format!("a: {left}\n  {right}\nb: '''{left}\n  {right}'\nc: \"\\t{left}\n  \\ {right}\"\n"),
        &format!("a: {left} {right}\nb: '''{left} {right}'\nc: \"\\t{left}  {right}\"\n"),
    );
}

#[test]
fn long_keys_and_keys_of_lines_get_a_question_mark() {
    let key = "k".repeat(129);
    let text = format!("? |-\n  a\n  b\n: - 1\n? {key}\n: long\n");
    check(&format!("{{\"{key}\":\"long\",\"a\\nb\":[1]}}"), &text, &text);
}

#[test]
fn a_next_line_character_is_folded_on_the_way_through_json() {
    check("[\"a \u{85} b\"]", "- a b\n", "- \"a \\N b\"\n");
    let key = Value::Map([("a\u{85}".to_owned(), Value::Null)].into());
    assert_eq!(to_yaml(&key).unwrap_err().to_string(), "yaml: line 1: did not find expected ',' or '}'");
    let key = Value::Map([("k".repeat(1023), Value::Null)].into());
    assert_eq!(to_yaml(&key).unwrap_err().to_string(), "yaml: did not find expected ',' or '}'");
}
