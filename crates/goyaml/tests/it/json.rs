//! JSON in the words and forms of Go's `encoding/json`.

use wheelhouse_goyaml::json::{
    DecodeOptions, Error, Format, decode, decode_first, decode_list, decode_map, to_json,
};
use wheelhouse_goyaml::{Encode, KeyOrder, Sink, Value};

fn read(text: &str) -> Result<Value, Error> {
    decode(text.as_bytes(), &DecodeOptions::default())
}

fn written(value: &Value, format: Format) -> String {
    String::from_utf8(to_json(value, format).unwrap()).unwrap()
}

#[test]
fn errors_have_gos_texts() {
    let check =
        |text: &str, expected: &str| assert_eq!(read(text).unwrap_err().to_string(), expected, "{text:?}");
    for unfinished in ["", "{", "[", "[1", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "\"abc"] {
        check(unfinished, "unexpected end of JSON input");
    }
    check("\"\\", "invalid character ' ' in string escape code");
    check("\"\\u12", "invalid character ' ' in \\u hexadecimal character escape");
    check("\"\\x\"", "invalid character 'x' in string escape code");
    check("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape");
    check("tru", "invalid character ' ' in literal true (expecting 'e')");
    check("trux", "invalid character 'x' in literal true (expecting 'e')");
    check("nul", "invalid character ' ' in literal null (expecting 'l')");
    check("fals", "invalid character ' ' in literal false (expecting 'e')");
    check("-", "invalid character ' ' in numeric literal");
    check("-a", "invalid character 'a' in numeric literal");
    check("1.", "invalid character ' ' after decimal point in numeric literal");
    check("1e+", "invalid character ' ' in exponent of numeric literal");
    check("01", "invalid character '1' after top-level value");
    check("[1 2]", "invalid character '2' after array element");
    check("{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair");
    check("{a:1}", "invalid character 'a' looking for beginning of object key string");
    check("{\"a\" 1}", "invalid character '1' after object key");
    check("'a'", "invalid character '\\'' looking for beginning of value");
    check("\"a\nb\"", "invalid character '\\n' in string literal");
    check("[1,]", "invalid character ']' looking for beginning of value");
    check("é", "invalid character 'Ã' looking for beginning of value");
    check("\u{1}", "invalid character '\\x01' looking for beginning of value");
    check("[1e400]", "json: cannot unmarshal number 1e400 into Go value of type float64");
    check("[1e400", "unexpected end of JSON input");
}

#[test]
fn a_target_takes_its_own_kind_or_null() {
    let options = DecodeOptions::default();
    let map = |text: &str| decode_map(text.as_bytes(), &options);
    let list = |text: &str| decode_list(text.as_bytes(), &options);
    assert_eq!(map("{}"), Ok(Some(wheelhouse_goyaml::Map::new())));
    assert_eq!(map("null"), Ok(None));
    assert_eq!(list("[]"), Ok(Some(Vec::new())));
    assert_eq!(list("null"), Ok(None));
    let text = |error: Error| error.to_string();
    for (value, kind) in [("[]", "array"), ("\"a\"", "string"), ("1e400", "number"), ("true", "bool")] {
        let expected =
            format!("json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}");
        assert_eq!(map(value).map_err(text), Err(expected));
    }
    assert_eq!(
        list("{}").map_err(text),
        Err("json: cannot unmarshal object into Go value of type []interface {}".to_owned())
    );
}

#[test]
fn a_stream_gives_one_value_after_another() {
    let first = |text: &str| decode_first(text.as_bytes(), &DecodeOptions::default());
    assert_eq!(first(" {\"a\":1},b"), Ok((read("{\"a\":1}").unwrap(), 8)));
    assert_eq!(first("12,"), Ok((Value::Float(12.0), 2)));
    assert_eq!(first("  "), Err(Error::Eof));
    assert_eq!(first("[1"), Err(Error::UnexpectedEof));
    assert_eq!(first("tru"), Err(Error::UnexpectedEof));
}

#[test]
fn strings_are_unescaped_as_in_go() {
    let check = |text: &str, expected: &str| assert_eq!(read(text), Ok(Value::from(expected)), "{text}");
    check(r#""\u00e9\n\/\"\\""#, "é\n/\"\\");
    check(r#""\ud83d\ude00""#, "😀");
    check(r#""\ud83d""#, "\u{fffd}");
    check(r#""\ud83d\u0041""#, "\u{fffd}A");
    check(r#""\ude00\ud83d\ude00""#, "\u{fffd}😀");
    assert_eq!(
        decode(b"\"a\xff\xe2\x28b\"", &DecodeOptions::default()),
        Ok(Value::from("a\u{fffd}\u{fffd}(b"))
    );
}

#[test]
fn integers_are_kept_on_demand() {
    let options = DecodeOptions { keep_integers: true, ..DecodeOptions::default() };
    let check =
        |text: &str, expected: Value| assert_eq!(decode(text.as_bytes(), &options), Ok(expected), "{text}");
    check("9007199254740993", Value::Int(9_007_199_254_740_993));
    check("18446744073709551615", Value::Uint(u64::MAX));
    check("18446744073709551616", Value::Float(18_446_744_073_709_552_000.0));
    check("1.0", Value::Float(1.0));
    check("1e3", Value::Float(1000.0));
    assert_eq!(read("9007199254740993"), Ok(Value::Float(9_007_199_254_740_992.0)));
}

#[test]
fn text_is_escaped_as_the_format_says() {
    let value = Value::from("<a href=\"x\">\u{2028}&\u{1}\u{7f}é</a>");
    let raw = Format { escape_html: false, indent: false };
    assert_eq!(
        written(&value, Format::default()),
        "\"\\u003ca href=\\\"x\\\"\\u003e\\u2028\\u0026\\u0001\u{7f}é\\u003c/a\\u003e\""
    );
    assert_eq!(written(&value, raw), "\"<a href=\\\"x\\\">\\u2028&\\u0001\u{7f}é</a>\"");
    let nested = read(r#"{"b":[1,{}],"a":[],"c":{"d":"e"}}"#).unwrap();
    assert_eq!(written(&nested, Format::default()), r#"{"a":[],"b":[1,{}],"c":{"d":"e"}}"#);
    assert_eq!(
        written(&nested, Format { escape_html: true, indent: true }),
        "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ],\n  \"c\": {\n    \"d\": \"e\"\n  }\n}"
    );
}

/// What only Go values can hold.
struct GoThings;

impl Encode for GoThings {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), wheelhouse_goyaml::Error> {
        sink.begin_map(4)?;
        sink.key(b"bytes")?;
        sink.bytes(&[1, 0xFF])?;
        sink.key(b"map")?;
        sink.nil_map()?;
        sink.key(b"seq")?;
        sink.nil_seq()?;
        sink.key(b"text")?;
        sink.string(b"a\xff")?;
        sink.end_map();
        assert!(matches!(sink.key_order(), KeyOrder::Bytes | KeyOrder::Natural | KeyOrder::NaturalV3));
        Ok(())
    }
}

#[test]
fn go_values_that_are_no_json_values_are_written_too() {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert_eq!(
        text(to_json(&GoThings, Format::default()).unwrap()),
        r#"{"bytes":"Af8=","map":null,"seq":null,"text":"a\ufffd"}"#
    );
    assert_eq!(
        text(wheelhouse_goyaml::to_yaml(&GoThings).unwrap()),
        "bytes: Af8=\nmap: null\nseq: null\ntext: a\u{fffd}\n"
    );
    assert_eq!(
        text(wheelhouse_goyaml::to_yaml_pretty(&GoThings).unwrap()),
        "bytes:\n  - 1\n  - 255\nmap: {}\nseq: []\ntext: !!binary Yf8=\n"
    );
}
