//! What is too much ends in an ordinary error, soon and with a line.

use wheelhouse_goyaml::{
    Document, Error, Limit, Limits, Map, ReadOptions, Value, json, read, to_yaml, to_yaml_pretty,
};

fn error_of(input: &str) -> String {
    read(input.as_bytes(), &ReadOptions::default()).unwrap_err().to_string()
}

#[test]
fn nesting_beyond_gos_limit_is_gos_error() {
    for depth in [10_001, 1_000_000] {
        assert_eq!(
            error_of(&"[".repeat(depth)),
            "error converting YAML to JSON: yaml: exceeded max depth of 10000"
        );
        assert_eq!(
            error_of(&format!("a: 1\nb: {}", "{".repeat(depth))),
            "error converting YAML to JSON: yaml: line 2: exceeded max depth of 10000"
        );
    }
    assert_eq!(
        error_of(&"- ".repeat(20_000)),
        "error converting YAML to JSON: yaml: exceeded max depth of 10000"
    );
}

#[test]
fn nesting_beyond_our_limit_is_our_error() {
    for input in [
        format!("a: 1\nb: {}{}", "[".repeat(2000), "]".repeat(2000)),
        format!("a: 1\nb:\n{}x", "- ".repeat(2000)),
    ] {
        let error = read(input.as_bytes(), &ReadOptions::default()).unwrap_err();
        assert_eq!(error.place().unwrap().line, if input.contains('[') { 2 } else { 3 });
        assert!(error.to_string().ends_with(": more than 1000 levels of nesting"), "{error}");
    }
}

#[test]
fn an_error_go_reports_too_comes_first() {
    let input = format!("a: {}\nb: ]", "[".repeat(2000));
    assert_eq!(
        error_of(&input),
        "error converting YAML to JSON: yaml: line 2: did not find expected ',' or ']'"
    );
}

#[test]
fn nesting_within_the_limit_fits_a_small_stack() {
    let work = || {
        let depth = Limits::default().max_depth;
        let input = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let value = read(input.as_bytes(), &ReadOptions::default()).unwrap();
        assert_eq!(value, value.clone());
        assert_eq!(json::to_json(&value, json::Format::default()).unwrap(), input.as_bytes());
        assert_eq!(json::decode(input.as_bytes(), &json::DecodeOptions::default()).unwrap(), value);
        assert!(to_yaml(&value).unwrap().starts_with(b"- - - - "));
        assert!(to_yaml_pretty(&value).unwrap().starts_with(b"- - - - "));

        let input = format!("{}1{}", "{a: ".repeat(depth), "}".repeat(depth));
        let value = read(input.as_bytes(), &ReadOptions::default()).unwrap();
        assert!(to_yaml(&value).unwrap().starts_with(b"a:\n  a:\n    a:"));

        let input = format!("? {}1{}\n: x", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(error_of(&input).contains("invalid map key: []interface {}{[]interface {}{"));

        let too_deep = Value::Seq(vec![value]);
        assert_eq!(to_yaml(&too_deep), Err(Error::TooDeep { max: depth }));
        assert_eq!(json::to_json(&too_deep, json::Format::default()), Err(Error::TooDeep { max: depth }));
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn json_nesting_has_the_same_limits() {
    let decode = |text: &str| json::decode(text.as_bytes(), &json::DecodeOptions::default()).unwrap_err();
    assert_eq!(decode(&"[".repeat(1_000_000)).to_string(), "invalid character '[' exceeded max depth");
    assert_eq!(decode(&"{\"a\":".repeat(10_001)).to_string(), "invalid character '{' exceeded max depth");
    let deep = format!("{}{}", "[".repeat(2000), "]".repeat(2000));
    assert_eq!(decode(&deep), json::Error::Limit { limit: Limit::Depth, max: 1000 });
    assert_eq!(decode(&"[".repeat(2000)), json::Error::UnexpectedEnd);
    let deepest = format!("{}1e400{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(decode(&deepest), json::Error::Limit { limit: Limit::Depth, max: 1000 });
    let limits = Limits { max_nodes: 3, ..Limits::default() };
    let options = json::DecodeOptions { limits, ..json::DecodeOptions::default() };
    assert_eq!(
        json::decode(b"[1e400, 2, 3, 4]", &options),
        Err(json::Error::Limit { limit: Limit::Nodes, max: 3 })
    );
    assert!(json::decode(b"[1, 2]", &options).is_ok());
}

#[test]
fn alias_bombs_end_early() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for letter in 'b'..='j' {
        let previous = char::from(letter as u8 - 1);
        let items = vec![format!("*{previous}"); 9].join(", ");
        bomb.push_str(&format!("{letter}: &{letter} [{items}]\n"));
    }
    assert_eq!(error_of(&bomb), "error converting YAML to JSON: yaml: document contains excessive aliasing");
    let merges =
        bomb.replace("[x, x, x, x, x, x, x, x, x]", "{x: 1}").replace('[', "{<<: [").replace(']', "]}");
    assert_eq!(
        error_of(&merges),
        "error converting YAML to JSON: yaml: document contains excessive aliasing"
    );
}

#[test]
fn aliases_that_hold_themselves_are_errors() {
    for input in ["a: &a [*a]", "a: &a {b: *a}", "&a [{x: *a}]", "a: &a {<<: *a}"] {
        assert_eq!(error_of(input), "error converting YAML to JSON: yaml: anchor 'a' value contains itself");
    }
}

#[test]
fn size_and_number_of_nodes_are_limited() {
    let read_within = |limits: Limits, input: &str| {
        read(input.as_bytes(), &ReadOptions { limits, ..ReadOptions::default() }).unwrap_err().to_string()
    };
    let limits = Limits { max_nodes: 10, ..Limits::default() };
    assert_eq!(
        read_within(limits, "a: [1, 2, 3, 4]\nb: [1, 2, 3, 4]\n"),
        "error converting YAML to JSON: yaml: line 2: more than 10 nodes"
    );
    assert_eq!(
        read_within(limits, "a: &a [1, 2, 3]\nb: *a\nc: *a\n"),
        "error converting YAML to JSON: yaml: line 2: more than 10 nodes"
    );
    let limits = Limits { max_bytes: 10, ..Limits::default() };
    assert_eq!(
        read_within(limits, "a: 1\nb: 2\nc: 3"),
        "error converting YAML to JSON: yaml: line 1: more than 10 bytes"
    );
    let limits = Limits { max_bytes: 50, ..Limits::default() };
    assert_eq!(
        read_within(limits, "a: &a abcdefghijklmnopqrstuvwxyz\nb:\n- *a\n- *a\n"),
        "error converting YAML to JSON: yaml: line 4: more than 50 bytes"
    );
    let limits = Limits { max_bytes: 10, ..Limits::default() };
    assert!(matches!(
        Document::parse(b"a: 1\nb: 2\nc: 3", &limits),
        Err(Error::Limit { limit: Limit::Bytes, max: 10, .. })
    ));
}

#[test]
fn what_has_no_json_form_cannot_be_written() {
    let map = |value: f64| Map::from([("a".to_owned(), Value::Float(value))]);
    let text = |value: f64| to_yaml(&map(value)).unwrap_err().to_string();
    assert_eq!(text(f64::NAN), "error marshaling into JSON: json: unsupported value: NaN");
    assert_eq!(text(f64::NEG_INFINITY), "error marshaling into JSON: json: unsupported value: -Inf");
    assert_eq!(to_yaml_pretty(&map(f64::INFINITY)).unwrap(), b"a: .inf\n");
    assert_eq!(
        to_yaml(&Value::from("\u{7f}")).unwrap_err().to_string(),
        "yaml: control characters are not allowed"
    );
}
