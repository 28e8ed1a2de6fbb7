//! Defaults, emptiness, choices.

use crate::support::{check, check_error};

#[test]
fn what_is_empty() {
    check(
        r#"{{ empty nil }} {{ empty 0 }} {{ empty "" }} {{ empty false }} {{ empty (list) }} {{ empty (dict) }} {{ empty 0.0 }}"#,
        "true true true true true true true",
    );
    check(
        r#"{{ empty 1 }} {{ empty "a" }} {{ empty (list nil) }} {{ empty "0" }} {{ empty (float64 "nan") }}"#,
        "false false false false false",
    );
}

#[test]
fn defaults() {
    check(r#"{{ default "d" "" }}"#, "d");
    check(r#"{{ default "d" "x" }}"#, "x");
    check(r#"{{ default "d" .Values.nope }}"#, "d");
    check(r#"{{ default "d" }}"#, "d");
    check(r#"{{ default "d" 0 }}"#, "d");
    check(r#"{{ default "d" false }}"#, "d");
    check(r#"{{ .Values.e | default "d" }}"#, "d");
    check(r#"{{ coalesce nil "" 0 "a" "b" }}"#, "a");
    check("{{ coalesce }}|", "<no value>|");
    check(r#"{{ all 1 "a" }} {{ all }} {{ all 1 0 }}"#, "true true false");
    check("{{ any 0 1 }} {{ any }}", "true false");
    check("{{ ternary 1 2 true }} {{ ternary 1 2 false }}", "1 2");
    check("{{ ternary 1 2 .Values.t }}", "1");
    check_error(r#"{{ ternary 1 2 "true" }}"#, r#"expected bool; found "true""#);
    check_error("{{ ternary 1 2 .Values.n }}", "wrong type for value; expected bool; got interface {}");
}

#[test]
fn types_and_kinds() {
    check(
        r#"{{ typeOf nil }} {{ typeOf 1 }} {{ typeOf 1.5 }} {{ typeOf "a" }} {{ typeOf true }}"#,
        "<nil> int float64 string bool",
    );
    check(
        "{{ typeOf .Values }} {{ typeOf .Values.m }} {{ typeOf .Values.l }} {{ typeOf .Values.f }}",
        "common.Values map[string]interface {} []interface {} float64",
    );
    check(
        "{{ kindOf nil }} {{ kindOf .Values }} {{ kindOf (list) }} {{ kindOf 1 }}",
        "invalid map slice int",
    );
    check(r#"{{ kindIs "map" .Values }} {{ kindIs "slice" (until 2) }}"#, "true true");
    check(r#"{{ typeIs "string" "a" }} {{ typeIsLike "int" 1 }}"#, "true true");
    check(
        r#"{{ deepEqual (list 1) (list 1) }} {{ deepEqual 1 1.0 }} {{ deepEqual (dict "a" nil) (dict) }} {{ deepEqual nil nil }}"#,
        "true false false true",
    );
}
