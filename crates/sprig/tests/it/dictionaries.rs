//! Dictionaries, which are shared and change in place.

use crate::support::{check, check_error};

#[test]
fn keys_and_values() {
    check(r#"{{ dict "b" 1 "a" 2 }}"#, "map[a:2 b:1]");
    check(r#"{{ dict "a" }}"#, "map[a:]");
    check("{{ dict 1 2 nil 3 }}", "map[1:2 <nil>:3]");
    check(r#"{{ get .Values.m "a" }}"#, "1");
    check(r#"{{ get .Values.m "zz" }}|"#, "|");
    check(r#"{{ hasKey .Values.m "g" }}"#, "true");
    check(r#"{{ hasKey .Values.m "zz" }}"#, "false");
    check(r#"{{ pluck "a" .Values.m (dict) (dict "a" 2) }}"#, "[1 2]");
    check(r#"{{ keys (dict "b" 1) | first }}"#, "b");
    check(r#"{{ values (dict "a" 1) }}"#, "[1]");
    check(r#"{{ pick .Values.m "a" "zz" }}"#, "map[a:1]");
    check(r#"{{ omit .Values.m "b" "g" }}"#, "map[a:1 h:0]");
}

#[test]
fn maps_are_shared() {
    check(r#"{{ $d := dict }}{{ $_ := set $d "a" 1 }}{{ $d }}"#, "map[a:1]");
    check(r#"{{ $_ := set .Values "x" 1 }}{{ .Values.x }}"#, "1");
    check(r#"{{ $d := dict "a" 1 "b" 2 }}{{ unset $d "a" }}{{ $d }}"#, "map[b:2]map[b:2]");
    check(
        r#"{{ $d := dict "m" (dict) }}{{ $e := pick $d "m" }}{{ $_ := set $e.m "k" 1 }}{{ $d }}"#,
        "map[m:map[k:1]]",
    );
    check(
        r#"{{ $d := dict "m" (dict) }}{{ $e := deepCopy $d }}{{ $_ := set $e.m "k" 1 }}{{ $d }}"#,
        "map[m:map[]]",
    );
    check_error(r#"{{ set (fromJson "null") "a" 1 }}"#, "error calling set: assignment to entry in nil map");
    check(r#"{{ typeOf (set .Values "a" 1) }}"#, "map[string]interface {}");
    check_error(
        "{{ deepCopy nil }}",
        "error calling deepCopy: reflect: call of reflect.Value.Type on zero Value",
    );
    check("{{ typeOf (deepCopy .Values) }}", "common.Values");
}

#[test]
fn dig_asks_for_plain_maps() {
    check(r#"{{ dig "b" "c" "d" "z" .Values.m }}"#, "x");
    check(r#"{{ dig "b" "q" "d" "z" .Values.m }}"#, "z");
    check(r#"{{ dig "b" "c" "e" "z" .Values.m | typeOf }}"#, "<nil>");
    check_error(
        r#"{{ dig "a" "d" .Values }}"#,
        "error calling dig: interface conversion: interface {} is common.Values, not map[string]interface {}",
    );
    check_error(
        r#"{{ dig "a" "x" "d" .Values.m }}"#,
        "error calling dig: interface conversion: interface {} is float64, not map[string]interface {}",
    );
    check_error(r#"{{ dig "a" (dict) }}"#, "error calling dig: dig needs at least three arguments");
    check_error(
        r#"{{ dig 1 "d" (dict) }}"#,
        "error calling dig: interface conversion: interface {} is int, not string",
    );
    check_error(
        r#"{{ dig "a" "d" nil }}"#,
        "error calling dig: interface conversion: interface {} is nil, not map[string]interface {}",
    );
}
