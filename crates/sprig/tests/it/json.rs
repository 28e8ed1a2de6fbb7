//! JSON.

use crate::support::{check, check_error};

#[test]
fn values_to_json() {
    check("{{ toJson .Values.m }}", r#"{"a":1,"b":{"c":{"d":"x","e":null}},"g":"","h":0}"#);
    check(r#"{{ toJson (dict "b" 1 "a" "<&>\u2028é") }}"#, r#"{"a":"\u003c\u0026\u003e\u2028é","b":1}"#);
    check(r#"{{ toRawJson (dict "a" "<&>\u2028é") }}"#, r#"{"a":"<&>\u2028é"}"#);
    check(
        r#"{{ toPrettyJson (dict "a" (list 1 nil) "e" (list) "m" (dict)) }}"#,
        "{\n  \"a\": [\n    1,\n    null\n  ],\n  \"e\": [],\n  \"m\": {}\n}",
    );
    check(
        "{{ toJson 1e21 }} {{ toJson 1e-7 }} {{ toJson 100000.0 }} {{ toJson .Values.big }}",
        "1e+21 1e-7 100000 12345678901234567000",
    );
    check(r#"{{ toJson (float64 "inf") }}|"#, "|");
    check(r#"{{ toPrettyJson (float64 "nan") }}|"#, "|");
    check_error(
        r#"{{ mustToJson (float64 "inf") }}"#,
        "error calling mustToJson: json: unsupported value: +Inf",
    );
    check_error(
        r#"{{ toRawJson (float64 "nan") }}"#,
        "error calling toRawJson: json: unsupported value: NaN",
    );
    check(r#"{{ toJson (b64dec "/w==") }}"#, r#""\ufffd""#);
    check("{{ toJson nil }}", "null");
}

#[test]
fn what_no_writer_can_write_is_refused() {
    check(
        r#"{{ toJson 1i }}|{{ toYaml (list 1i) }}|{{ toToml (dict "a" 1i) }}"#,
        "||unsupported type: complex128",
    );
    for (function, text) in [
        ("mustToJson", "json: unsupported type: complex128"),
        ("toRawJson", "json: unsupported type: complex128"),
        ("mustToYaml", "error marshaling into JSON: json: unsupported type: complex128"),
        ("toYamlPretty", "cannot marshal type: complex128"),
    ] {
        check_error(&format!("{{{{ {function} 1i }}}}"), &format!("error calling {function}: {text}"));
    }
}

#[test]
fn json_to_values() {
    check(r#"{{ fromJson "{\"a\":[1,null]}" }}"#, "map[a:[1 <nil>]]");
    check(
        r#"{{ fromJson "[1]" }}"#,
        "map[Error:json: cannot unmarshal array into Go value of type map[string]interface {}]",
    );
    check(r#"{{ fromJson "" }}"#, "map[Error:unexpected end of JSON input]");
    check(r#"{{ fromJson "{" }}"#, "map[Error:unexpected end of JSON input]");
    check(r#"{{ fromJson "null" | toJson }}"#, "null");
    check(
        r#"{{ fromJson "{\"a\":1e999}" }}"#,
        "map[Error:json: cannot unmarshal number 1e999 into Go value of type float64 a:<nil>]",
    );
    check(r#"{{ fromJsonArray "[1,\"a\"]" }}"#, "[1 a]");
    check(
        r#"{{ fromJsonArray "{}" }}"#,
        "[json: cannot unmarshal object into Go value of type []interface {}]",
    );
    check(r#"{{ mustFromJson "3" }}"#, "3");
    check_error(
        r#"{{ mustFromJson "x" }}"#,
        "error calling mustFromJson: invalid character 'x' looking for beginning of value",
    );
    check(r#"{{ typeOf (fromJson "{\"a\":1}").a }}"#, "float64");
}
