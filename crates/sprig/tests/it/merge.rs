//! `merge` and `mergeOverwrite`: whose value stays.

use crate::support::check;

#[test]
fn merge_fills_what_is_empty() {
    check(r#"{{ merge (dict "a" 1) (dict "a" 2 "b" 3) }}"#, "map[a:1 b:3]");
    check(
        r#"{{ merge (dict "z" 0 "e" "" "f" false "n" nil "l" (list)) (dict "z" 5 "e" "E" "f" true "n" 1 "l" (list 1)) }}"#,
        "map[e:E f:true l:[1] n:1 z:5]",
    );
    check(r#"{{ merge (dict) (dict "a" nil) }}"#, "map[]");
    check(r#"{{ merge (dict "m" (dict "a" 1)) (dict "m" (dict "a" 2 "b" 3)) }}"#, "map[m:map[a:1 b:3]]");
    check(r#"{{ merge (dict "l" (list 1)) (dict "l" (list 2 3)) }}"#, "map[l:[1]]");
    check(r#"{{ merge (dict "m" "x") (dict "m" (dict "a" 1)) }}"#, "map[m:x]");
    check(r#"{{ merge (dict "m" (dict "a" 1)) (dict "m" "x") }}"#, "map[m:map[a:1]]");
    check(r#"{{ merge (dict) (dict "a" 1) (dict "a" 2 "b" 2) }}"#, "map[a:1 b:2]");
}

#[test]
fn merge_overwrite_takes_the_source() {
    check(r#"{{ mergeOverwrite (dict "a" 1 "k" "keep") (dict "a" 2 "k" "") }}"#, "map[a:2 k:]");
    check(r#"{{ mergeOverwrite (dict "a" 1) (dict "a" nil) }}"#, "map[a:<nil>]");
    check(r#"{{ mergeOverwrite (dict "l" (list 1)) (dict "l" (list)) }}"#, "map[l:[]]");
    check(
        r#"{{ mergeOverwrite (dict "m" (dict "a" 1 "b" 1)) (dict "m" (dict "a" 2)) }}"#,
        "map[m:map[a:2 b:1]]",
    );
    check(r#"{{ mergeOverwrite (dict "m" "x") (dict "m" (dict "a" 1)) }}"#, "map[m:map[a:1]]");
    check(r#"{{ mergeOverwrite (dict "t" true) (dict "t" false) }}"#, "map[t:false]");
}

#[test]
fn what_the_destination_lacks_is_shared() {
    check(
        r#"{{ $s := dict "m" (dict) }}{{ $d := merge (dict) $s }}{{ $_ := set $d.m "k" 1 }}{{ $s }}"#,
        "map[m:map[k:1]]",
    );
    check(
        r#"{{ $s := dict "m" (dict "a" 1) }}{{ $d := merge (dict "m" (dict)) $s }}{{ $_ := set $d.m "k" 1 }}{{ $s }}"#,
        "map[m:map[a:1]]",
    );
    check(r#"{{ $d := dict }}{{ $_ := merge $d (dict "a" 1) }}{{ $d }}"#, "map[a:1]");
    check(r#"{{ $_ := merge .Values (dict "q" 1) }}{{ .Values.q }}"#, "1");
    check(r#"{{ merge (fromJson "null") (dict "a" 1) }}"#, "map[a:1]");
    check("{{ merge (dict) nil }}", "map[]");
}
