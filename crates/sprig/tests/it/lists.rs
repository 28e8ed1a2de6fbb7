//! Lists: what is taken, put and found.

use crate::support::{check, check_error};

#[test]
fn ends_of_a_list() {
    check("{{ first (list 1 2) }}", "1");
    check("{{ last (list 1 2) }}", "2");
    check("{{ rest (list 1 2 3) }}", "[2 3]");
    check("{{ initial (list 1 2 3) }}", "[1 2]");
    check("{{ first (list) }}", "<no value>");
    check("{{ rest (list) | toJson }}", "null");
    check("{{ initial (list) }}", "[]");
    check_error(
        "{{ first nil }}",
        "error calling first: runtime error: invalid memory address or nil pointer dereference",
    );
    check_error("{{ mustFirst 3 }}", "error calling mustFirst: Cannot find first on type int");
    check_error(r#"{{ last "a" }}"#, "error calling last: Cannot find last on type string");
}

#[test]
fn lists_grow() {
    check("{{ append (list 1) 2 }}", "[1 2]");
    check("{{ prepend (list 1) 0 }}", "[0 1]");
    check(r#"{{ push (until 2) "a" }}"#, "[0 1 a]");
    check_error(
        "{{ append nil 1 }}",
        "error calling append: runtime error: invalid memory address or nil pointer dereference",
    );
    check_error(r#"{{ mustPrepend "a" 1 }}"#, "error calling mustPrepend: Cannot prepend on type string");
    check(r#"{{ concat (list 1) (until 2) (splitList "," "a") }}"#, "[1 0 1 a]");
    check("{{ concat }}|", "[]|");
    check("{{ concat (list) | toJson }}", "null");
    check_error(r#"{{ concat "a" }}"#, "error calling concat: Cannot concat type string as list");
    check_error(
        "{{ concat nil }}",
        "error calling concat: runtime error: invalid memory address or nil pointer dereference",
    );
    check("{{ typeOf (append (until 2) 1) }}", "[]interface {}");
}

#[test]
fn elements_are_compared_deeply() {
    check("{{ has 3 .Values.l }}", "false");
    check("{{ has 3.0 .Values.l }}", "true");
    check("{{ has 1 nil }}", "false");
    check_error(r#"{{ has 1 "a" }}"#, "error calling has: Cannot find has on type string");
    check(r#"{{ uniq (list 1 1.0 "1" 1) }}"#, "[1 1 1]");
    check("{{ without (list 1 2 3) 2 }}", "[1 3]");
    check(r#"{{ uniq (list (list 1) (list 1) (dict "a" 1) (dict "a" 1)) }}"#, "[[1] map[a:1]]");
    check("{{ without .Values.l 3.0 }}", "[1 2]");
}

#[test]
fn lists_change_order_and_lose_elements() {
    check("{{ reverse (list 1 2 3) }}", "[3 2 1]");
    check(r#"{{ compact (list 0 1 "" "a" nil false (list)) }}"#, "[1 a]");
    check("{{ chunk 2 (list 1 2 3) }}", "[[1 2] [3]]");
    check("{{ chunk 3 (list) | toJson }}", "[]");
    check_error("{{ chunk 0 (list 1) }}", "error calling chunk: runtime error: makeslice: len out of range");
    check("{{ chunk -2 (list 1 2 3) | toJson }}", "[]");
    check("{{ typeOf (chunk 2 (list 1)) }}", "[][]interface {}");
}

#[test]
fn slices_may_reach_into_spare_room() {
    check("{{ slice (list 1 2 3) 1 }}", "[2 3]");
    check("{{ slice (list 1 2 3) 1 2 }}", "[2]");
    check("{{ slice (list 1 2 3) }}", "[1 2 3]");
    check("{{ slice (list) 1 }}|", "<no value>|");
    check_error(
        "{{ slice (list 1 2 3) 1 4 }}",
        "error calling slice: reflect.Value.Slice: slice index out of bounds",
    );
    check("{{ slice (append (list 1 2 3) 4) 3 6 }}", "[4 <nil> <nil>]");
    check_error(
        r#"{{ slice "abc" 1 }}"#,
        "error calling slice: list should be type of slice or array but string",
    );
    check_error(
        "{{ slice (list 1 2) 2 1 }}",
        "error calling slice: reflect.Value.Slice: slice index out of bounds",
    );
    check(r#"{{ slice (list 1 2) "1" }}"#, "[2]");
    check("{{ typeOf (slice (until 3) 1) }}", "[]int");
}
