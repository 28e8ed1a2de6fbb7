//! What holds for every value and every input.

use proptest::prelude::*;
use wheelhouse_goyaml::{
    Document, Limits, Map, ReadOptions, Value, json, json_to_yaml, load_values, read, to_yaml,
    to_yaml_pretty, yaml_to_json,
};

/// Texts that mean something to YAML, and any others that survive Go's way through JSON.
fn texts() -> impl Strategy<Value = String> {
    let telling = prop::sample::select(vec![
        "",
        " ",
        "~",
        "null",
        "yes",
        "n",
        "1",
        "1.0",
        "0x1f",
        "0o7",
        "1e3",
        "2001-01-01",
        "12:30",
        "-",
        "- a",
        "?",
        ":",
        "a: b",
        "a #b",
        "#c",
        "'",
        "\"",
        "|",
        ">",
        "%",
        "@",
        "`",
        "*a",
        "&a",
        "!t",
        "<<",
        "=",
        "---",
        "...",
        "{a",
        "[a",
        "a\n",
        "\na",
        "a\n\n",
        " a\nb",
        "a \nb",
        "a\tb",
        "\ta",
        "\u{feff}a",
        "\u{2028}",
        "a\u{a0}b",
    ]);
    prop_oneof![
        telling.prop_map(str::to_owned),
        "[ -~\n\t\u{a0}-\u{2fff}\u{1f600}-\u{1f64f}]{0,40}",
        "([a-z]{1,12} {1,2}){0,30}[a-z]{1,4}",
    ]
}

fn values() -> impl Strategy<Value = Value> {
    values_of(texts().boxed())
}

fn values_of(texts: BoxedStrategy<String>) -> impl Strategy<Value = Value> {
    // go-yaml writes the key `<<` without quotes and then reads it as a merge.
    let keys = texts.clone().prop_filter("go-yaml cannot read it back", |key| key != "<<");
    let leaves = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (i64::MAX as u64 + 1..).prop_map(Value::Uint),
        any::<f64>().prop_filter("JSON writes it", |value| value.is_finite()).prop_map(Value::Float),
        texts.prop_map(Value::String),
    ];
    leaves.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Seq),
            prop::collection::btree_map(keys.clone(), inner, 0..6).prop_map(Value::Map),
        ]
    })
}

/// The value after Go's JSON made floats of its numbers.
fn floats(value: &Value) -> Value {
    let mut value = value.clone();
    value.make_floats();
    value
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn what_to_yaml_writes_reads_back_equal(value in values()) {
        let text = to_yaml(&value).unwrap();
        prop_assert_eq!(read(&text, &ReadOptions::default()).unwrap(), floats(&value));
    }

    #[test]
    fn what_to_yaml_pretty_writes_reads_back_equal(
        // v3 writes a block that begins with a tab, which v2 refuses.
        value in values_of(texts().prop_map(|text| text.replace('\t', " ")).boxed())
    ) {
        let text = to_yaml_pretty(&value).unwrap();
        prop_assert_eq!(read(&text, &ReadOptions::default()).unwrap(), floats(&value));
    }

    #[test]
    fn json_reads_back_equal(value in values(), escape_html in any::<bool>(), indent in any::<bool>()) {
        let text = json::to_json(&value, json::Format { escape_html, indent }).unwrap();
        let decoded = json::decode(&text, &json::DecodeOptions::default()).unwrap();
        prop_assert_eq!(&decoded, &floats(&value));
        prop_assert_eq!(json::decode_first(&text, &json::DecodeOptions::default()), Ok((decoded, text.len())));
    }

    #[test]
    fn the_short_way_and_the_long_way_write_the_same(value in values()) {
        let json = json::to_json(&value, json::Format::default()).unwrap();
        prop_assert_eq!(to_yaml(&value), json_to_yaml(&json));
    }

    #[test]
    fn any_bytes_are_read_or_refused(input in prop::collection::vec(any::<u8>(), 0..200)) {
        read_everything(&input);
    }

    #[test]
    fn any_marks_are_read_or_refused(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40)
    ) {
        read_everything(pieces.concat().as_bytes());
    }
}

const PIECES: [&str; 52] = [
    "a",
    "b",
    ": ",
    ":",
    "- ",
    "-",
    "? ",
    "\n",
    "\n  ",
    "  ",
    " ",
    "\t",
    "[",
    "]",
    "{",
    "}",
    ",",
    "#",
    " #",
    "&a ",
    "*a",
    "!!int ",
    "!t ",
    "!",
    "|",
    "> ",
    "|-\n",
    "|2\n",
    "'",
    "\"",
    "\\",
    "\\x41",
    "\\u00e9",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "%TAG ! tag:x\n",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "é",
    "😀",
    "<<: ",
    "null",
    "1",
    "1.5",
    ".inf",
    "~",
    "@",
    "=",
    "\u{1}",
];

/// Every reader on the same input: none may panic, and those that agree must agree.
fn read_everything(input: &[u8]) {
    let options = ReadOptions::default();
    let strict = ReadOptions { strict: true, ..options };
    let value = read(input, &options);
    let document = Document::parse(input, &Limits::default());
    assert_eq!(value.is_ok(), document.is_ok_and(|document| document.to_value(&options).is_ok()));
    assert_eq!(value.is_ok(), yaml_to_json(input, &options).is_ok());
    if read(input, &strict).is_ok() {
        assert!(value.is_ok());
    }
    let _ = load_values(input, &options);
    if let Ok(value) = json::decode(input, &json::DecodeOptions::default()) {
        assert!(json::to_json(&value, json::Format::default()).is_ok());
    }
    let _ = json::decode_first(input, &json::DecodeOptions::default());
    if let Ok(text) = std::str::from_utf8(input) {
        let value = Value::Map(Map::from([(text.to_owned(), Value::from(text))]));
        let _ = to_yaml(&value);
        assert!(to_yaml_pretty(&value).is_ok());
    }
}
