//! Regular expressions in Go's syntax.

use wheelhouse_gotemplate::Limits;

use crate::support::{Render, check, check_error};

#[test]
fn finding() {
    check(
        r#"{{ regexMatch "^[a-z]+$" "abc" }} {{ regexMatch "b" "a" }} {{ mustRegexMatch "a" "a" }}"#,
        "true false true",
    );
    check(r#"{{ regexFind "b+" "abbb" }}|{{ regexFind "x" "abbb" }}|{{ mustRegexFind "b" "ab" }}"#, "bbb||b");
    check(r#"{{ regexFindAll "[2,4]" "1234" -1 }} {{ mustRegexFindAll "." "abc" 2 }}"#, "[2 4] [a b]");
    check(r#"{{ regexFindAll "a" "bbb" -1 | toJson }} {{ regexFindAll "b" "b" 0 | toJson }}"#, "null null");
    check(r#"{{ typeOf (regexFindAll "b" "b" -1) }}"#, "[]string");
    check(r#"{{ regexFind "." (b64dec "/w==") | b64enc }}"#, "/w==");
}

#[test]
fn replacing() {
    check(r#"{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }}"#, "-W-xxW-");
    check(r#"{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W" }}"#, "---");
    check(r#"{{ mustRegexReplaceAll "(?P<n>[a-z]+)-(\\d+)" "ab-12 cd-3" "$2:${n}$x$$" }}"#, "12:ab$ 3:cd$");
    check(r#"{{ regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}" }}"#, "-${1}-${1}-");
    check(r#"{{ mustRegexReplaceAllLiteral "x*" "baac" "-" }}"#, "-b-a-a-c-");
}

#[test]
fn splitting_and_quoting() {
    check(r#"{{ regexSplit "z+" "pizza" -1 }} {{ mustRegexSplit "a" "banana" 2 }}"#, "[pi a] [b nana]");
    check(
        r#"{{ regexSplit "a" "" -1 | toJson }} {{ regexSplit "" "" -1 | toJson }} {{ regexSplit "a" "bab" 0 | toJson }}"#,
        r#"[""] [] null"#,
    );
    check(r#"{{ regexQuoteMeta "a.b*c[d]" }}"#, r"a\.b\*c\[d\]");
}

#[test]
fn a_wrong_pattern() {
    check(r#"{{ regexMatch "(" "x" }}"#, "false");
    check_error(
        r#"{{ mustRegexMatch "(" "x" }}"#,
        "error calling mustRegexMatch: error parsing regexp: missing closing ): `(`",
    );
    check_error(
        r#"{{ regexFind "(?=a)" "x" }}"#,
        "error calling regexFind: regexp: Compile(`(?=a)`): error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
    );
    check_error(
        r#"{{ regexFind "(`" "x" }}"#,
        "error calling regexFind: regexp: Compile(\"(`\"): error parsing regexp: missing closing ): `(``",
    );
    check_error(
        r#"{{ mustRegexSplit "a**" "x" -1 }}"#,
        "error calling mustRegexSplit: error parsing regexp: invalid nested repetition operator: `**`",
    );
}

#[test]
fn matching_is_paid_for() {
    let limits = Limits { steps: 100_000, ..Limits::default() };
    for template in [
        // Many states at each byte.
        r#"{{ $t := repeat 100000 "a" }}{{ regexMatch "(a?){100}b" $t }}"#,
        // Each match looks at all of the rest.
        r#"{{ $t := repeat 100000 "a" }}{{ regexFindAll "a(.*b)?" $t -1 | len }}"#,
        r#"{{ $t := repeat 100000 "a" }}{{ regexReplaceAll "a(.*b)?" $t "" }}"#,
    ] {
        let error = Render { limits, ..Render::new(template) }.run().unwrap_err();
        assert!(error.contains("evaluation steps"), "{error}");
    }
}

#[test]
fn large_texts_with_many_matches_are_affordable() {
    let template = r#"{{ $t := repeat 20000 "key: value\n" }}{{ regexReplaceAll "\\s+" $t " " | len }}"#;
    check(template, "220000");
}
