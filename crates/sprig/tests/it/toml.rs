//! TOML.

use crate::support::{check, check_error};

#[test]
fn values_to_toml() {
    check(
        r#"{{ toToml (dict "b" 1.0 "a" "x\ny" "c" (dict "d" 1 "e" (dict "f" true)) "n" nil) }}"#,
        "a = \"x\\ny\"\nb = 1.0\n\n[c]\n  d = 1\n  [c.e]\n    f = true\n",
    );
    check(
        r#"{{ toToml (dict "l" (list (dict "a" 1) (dict "a" 2)) "m" (list 1 "x" (dict "z" nil "y" 1))) }}"#,
        "m = [1, \"x\", {y = 1, }]\n\n[[l]]\n  a = 1\n\n[[l]]\n  a = 2\n",
    );
    check(r#"{{ toToml (dict "a b" 1 "" 2 "c-d" 3) }}"#, "\"\" = 2\n\"a b\" = 1\nc-d = 3\n");
    check(
        r#"{{ toToml (dict "f" 1e6 "g" 1e21 "h" 0.1 "i" (float64 "inf")) }}"#,
        "f = 1e+06\ng = 1e+21\nh = 0.1\ni = inf\n",
    );
    check("{{ toToml (list (dict)) }}", "toml: top-level values must be Go maps or structs");
    check(r#"{{ toToml (dict "l" (list 1 nil)) }}"#, "toml: cannot encode array with nil element");
    check_error(
        r#"{{ mustToToml (dict "l" (list 1 nil)) }}"#,
        "error calling mustToToml: toml: cannot encode array with nil element",
    );
    check(r#"{{ toToml 3 }} {{ toToml "a" }} {{ toToml (list 1 2) }}"#, r#"3 "a" [1, 2]"#);
    check_error(
        "{{ toToml nil }}",
        "error calling toToml: reflect: call of reflect.Value.Type on zero Value",
    );
    check("{{ toToml .Values.m }}", "a = 1.0\ng = \"\"\nh = 0.0\n\n[b]\n  [b.c]\n    d = \"x\"\n");
    check(r#"{{ toToml (dict "e" (list) "d" (dict)) }}"#, "e = []\n\n[d]\n");
}

#[test]
fn toml_to_values() {
    check(
        r#"{{ fromToml "a = 1\nb = [1.5, 'x']\n[c.d]\ne = true\n[[f]]\ng=1\n[[f]]" }}"#,
        "map[a:1 b:[1.5 x] c:map[d:map[e:true]] f:[map[g:1] map[]]]",
    );
    check(r#"{{ fromToml "a={x=1, y.z=2}" }}"#, "map[a:map[x:1 y:map[z:2]]]");
    check(
        r#"{{ typeOf (fromToml "[[f]]").f }} {{ typeOf (fromToml "a=1").a }}"#,
        "[]map[string]interface {} int64",
    );
    check(
        r#"{{ fromToml "d=2020-01-02T03:04:05Z\ne=2020-01-02\nf=03:04:05.5\ng=2020-01-02 03:04:05+02:00" }}"#,
        "map[d:2020-01-02 03:04:05 +0000 UTC e:2020-01-02 00:00:00 +0000 date-local f:0000-01-01 03:04:05.5 +0000 time-local g:2020-01-02 03:04:05 +0200 +0200]",
    );
    check(r#"{{ fromToml "a=\"\"\"\nx \\\n  y\"\"\"" }}"#, "map[a:x y]");
    check(r#"{{ fromToml "a=0xFF\nb=0o17\nc=0b11\nd=1_000\ne=-inf" }}"#, "map[a:255 b:15 c:3 d:1000 e:-Inf]");
    check(r#"{{ fromToml "a=\"\\u00e9\\t\"" }}"#, "map[a:é\t]");
    check(
        r#"{{ fromToml "e=2020-01-02\nf=03:04:05.5\ng=2020-01-02T03:04:05" | toToml }}"#,
        "e = 2020-01-02\nf = 03:04:05.5\ng = 2020-01-02T03:04:05\n",
    );
    check(r#"{{ fromToml "" }}"#, "map[]");
}

#[test]
fn what_is_wrong_with_toml() {
    check(
        r#"{{ fromToml "a =" }}"#,
        r#"map[Error:toml: line 1 (last key "a"): unexpected EOF; expected value]"#,
    );
    check(r#"{{ fromToml "a" }}"#, "map[Error:toml: line 1: unexpected EOF; expected key separator '=']");
    check(r#"{{ fromToml "= 1" }}"#, "map[Error:toml: line 1: unexpected '=': key name appears blank]");
    check(
        r#"{{ fromToml "a = 1 b" }}"#,
        "map[Error:toml: line 1: expected a top-level item to end with a newline, comment, or EOF, but got 'b' instead]",
    );
    check(
        r#"{{ fromToml "[a" }}"#,
        r"map[Error:toml: line 1: expected '.' or ']' to end table name, but got '\x00' instead]",
    );
    check(
        r#"{{ fromToml "[]" }}"#,
        "map[Error:toml: line 1: unexpected end of table name (table names cannot be empty)]",
    );
    check(r#"{{ fromToml "[a]\n[a]" }}"#, "map[Error:toml: line 2: Key 'a' has already been defined.]");
    check(
        r#"{{ fromToml "a=1\na=2" }}"#,
        r#"map[Error:toml: line 2 (last key "a"): Key 'a' has already been defined.]"#,
    );
    check(r#"{{ fromToml "a.b=1\na=2" }}"#, "map[a:map[b:1]]");
    check(
        r#"{{ fromToml "x=01" }}"#,
        r#"map[Error:toml: line 1 (last key "x"): Invalid integer "01": cannot have leading zeroes]"#,
    );
    check(
        r#"{{ fromToml "x=1." }}"#,
        r#"map[Error:toml: line 1 (last key "x"): Invalid float "1.": '.' must be followed by one or more digits]"#,
    );
    check(
        r#"{{ fromToml "x=1__0" }}"#,
        r#"map[Error:toml: line 1 (last key "x"): Invalid integer "1__0": underscores must be surrounded by digits]"#,
    );
    check(
        r#"{{ fromToml "x=99999999999999999999" }}"#,
        r#"map[Error:toml: line 1 (last key "x"): 99999999999999999999 is out of range for int64]"#,
    );
    check(r#"{{ fromToml "a=[1,,2]" }}"#, r#"map[Error:toml: line 1 (last key "a"): unexpected comma]"#);
    check(
        r#"{{ fromToml "a={b=1,c" }}"#,
        r#"map[Error:toml: line 1 (last key "a.b"): unexpected EOF; expected key separator '=']"#,
    );
    check(
        r#"{{ fromToml "a=\"x" }}"#,
        r#"map[Error:toml: line 1 (last key "a"): unexpected EOF; expected '"']"#,
    );
    check(
        r#"{{ fromToml "a=\"\\z\"" }}"#,
        r#"map[Error:toml: line 1 (last key "a"): invalid escape in string '\z']"#,
    );
    check(
        r#"{{ fromToml "a=tru" }}"#,
        r#"map[Error:toml: line 1 (last key "a"): expected value but found "tru" instead]"#,
    );
    check(
        r#"{{ fromToml "d=2020-13-01" }}"#,
        r#"map[Error:toml: line 1 (last key "d"): invalid datetime: "2020-13-01"]"#,
    );
    check(
        r#"{{ fromToml "a=\x01" }}"#,
        r#"map[Error:toml: line 1 (last key "a"): TOML files cannot contain control characters: '0x01']"#,
    );
    check(
        r#"{{ fromToml "a=1\n[[a]]" }}"#,
        "map[Error:toml: line 2: Key 'a' was already created and cannot be used as an array.]",
    );
    check(r#"{{ fromToml "a={x=1}\n[a.y]\nz=1" }}"#, "map[a:map[x:1 y:map[z:1]]]");
}
