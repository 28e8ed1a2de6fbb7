//! YAML.

use crate::support::{check, check_error};

#[test]
fn values_to_yaml() {
    check(
        r#"{{ toYaml (dict "b" (list 1 (dict "c" nil)) "a" "x: y" "a10" 1 "a9" true) }}"#,
        "a: 'x: y'\na9: true\na10: 1\nb:\n- 1\n- c: null",
    );
    check(r#"{{ toYaml "" }}"#, r#""""#);
    check("{{ toYaml nil }}", "null");
    check(r#"{{ toYaml "a\nb\n" }}"#, "|\n  a\n  b");
    check("{{ toYaml .Values.big }}", "12345678901234567000");
    check(r#"{{ toYaml (float64 "nan") }}|"#, "|");
    check_error(
        r#"{{ mustToYaml (float64 "nan") }}"#,
        "error calling mustToYaml: error marshaling into JSON: json: unsupported value: NaN",
    );
    check(r#"{{ toYamlPretty (dict "a" (list 1 2) "b" (dict)) }}"#, "a:\n  - 1\n  - 2\nb: {}");
    check("{{ toYaml (list) }} {{ toYaml (dict) }}", "[] {}");
}

#[test]
fn yaml_to_values() {
    check(r#"{{ fromYaml "a: 1\nb: [x, ~]" }}"#, "map[a:1 b:[x <nil>]]");
    check(
        r#"{{ fromYaml "- a" }}"#,
        "map[Error:error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}]",
    );
    check(
        r#"{{ fromYaml "a: [1" }}"#,
        "map[Error:error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']']",
    );
    check(r#"{{ fromYaml "" }}"#, "map[]");
    check(
        r#"{{ fromYaml "x" }}"#,
        "map[Error:error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type map[string]interface {}]",
    );
    check(r#"{{ fromYamlArray "- 1\n- b" }}"#, "[1 b]");
    check(
        r#"{{ fromYamlArray "a: 1" }}"#,
        "[error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go value of type []interface {}]",
    );
    check(r#"{{ fromYamlArray "" }}"#, "[]");
    check(r#"{{ $m := fromYaml "" }}{{ set $m "a" 1 }}"#, "map[a:1]");
}
