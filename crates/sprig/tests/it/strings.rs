//! Strings: what is cut, joined, padded and quoted.

use crate::support::{check, check_error};

#[test]
fn text_is_cut_in_bytes() {
    check(r#"{{ trunc 3 "hello" }}"#, "hel");
    check(r#"{{ trunc -3 "hello" }}"#, "llo");
    check(r#"{{ trunc -9 "hello" }}"#, "hello");
    check(r#"{{ trunc 9 "hello" }}"#, "hello");
    check(r#"{{ trunc 2 "éa" }}"#, "é");
    check(r#"{{ trunc 0 "a" }}"#, "");
    check(r#"{{ substr 1 3 "hello" }}"#, "el");
    check(r#"{{ substr -1 3 "hello" }}"#, "hel");
    check(r#"{{ substr 2 -1 "hello" }}"#, "llo");
    check(r#"{{ substr 2 99 "hello" }}"#, "llo");
    check_error(
        r#"{{ substr 3 1 "hello" }}"#,
        "error calling substr: runtime error: slice bounds out of range [3:1]",
    );
    check_error(
        r#"{{ substr 9 99 "hello" }}"#,
        "error calling substr: runtime error: slice bounds out of range [9:5]",
    );
    check_error(
        r#"{{ substr -1 9 "hello" }}"#,
        "error calling substr: runtime error: slice bounds out of range [:9] with length 5",
    );
    check_error(
        r#"{{ substr -1 -1 "hello" }}"#,
        "error calling substr: runtime error: slice bounds out of range [:-1]",
    );
}

#[test]
fn text_is_trimmed() {
    check(r#"{{ trim " \t\u00a0a b\u3000\n" }}"#, "a b");
    check(r#"{{ trimAll "$-" "$-5.00-" }}"#, "5.00");
    check(r#"{{ trimall "é" "éaé" }}"#, "a");
    check(r#"{{ trimAll "" "a" }}"#, "a");
    check(r#"{{ trimSuffix "-" "a--" }}"#, "a-");
    check(r#"{{ trimPrefix "ab" "abab" }}"#, "ab");
    check(r#"{{ trimSuffix "x" "a" }}"#, "a");
    check(r#"{{ nospace " a b\n" }}"#, "ab");
    check(r#"{{ nospace "é a" }}"#, "Ã©a");
    check(r#"{{ nospace "é" }}"#, "é");
}

#[test]
fn text_is_repeated_and_padded() {
    check(r#"{{ repeat 3 "ab" }}"#, "ababab");
    check(r#"{{ repeat 0 "ab" }}"#, "");
    check_error(r#"{{ repeat -1 "ab" }}"#, "error calling repeat: strings: negative Repeat count");
    check(r#"{{ indent 2 "a\n\nb" }}"#, "  a\n  \n  b");
    check(r#"{{ nindent 2 "a\nb\n" }}"#, "\n  a\n  b\n  ");
    check_error(r#"{{ indent -1 "a" }}"#, "error calling indent: strings: negative Repeat count");
    check(r#"{{ indent 2 "" }}"#, "  ");
}

#[test]
fn quotes_are_gos() {
    check(r#"{{ quote "a\"b\n\té" 1 nil true }}"#, r#""a\"b\n\té" "1" "true""#);
    check("{{ quote .Values.m }}", r#""map[a:1 b:map[c:map[d:x e:<nil>]] g: h:0]""#);
    check("{{ quote }}", "");
    check("{{ quote nil }}|", "|");
    check(r#"{{ squote "a'b" 1.5 nil }}"#, "'a'b' '1.5'");
    check(r#"{{ quote "\x00\u200b\xff" }}"#, r#""\x00\u200b\xff""#);
    check(r#"{{ quote (b64dec "/w==") }}"#, r#""\xff""#);
}

#[test]
fn values_are_joined() {
    check(r#"{{ cat "a" nil 1 .Values.l "b " }}"#, "a 1 [3 1 2 3] b ");
    check("{{ cat }}|", "|");
    check(r#"{{ join "-" (list 1 nil "a" true) }}"#, "1-a-true");
    check(r#"{{ join "-" "a" }}"#, "a");
    check(r#"{{ join "-" nil }}|"#, "|");
    check(r#"{{ join "," .Values.l }}"#, "3,1,2,3");
    check(r#"{{ join "," (until 3) }}"#, "0,1,2");
    check(r#"{{ join "," .Values.m }}"#, "map[a:1 b:map[c:map[d:x e:<nil>]] g: h:0]");
}

#[test]
fn text_is_taken_apart() {
    check(r#"{{ split "," "a,b" }}"#, "map[_0:a _1:b]");
    check(r#"{{ (split "$" "a$b")._1 }}"#, "b");
    check(r#"{{ splitn "," 2 "a,b,c" }}"#, "map[_0:a _1:b,c]");
    check(r#"{{ splitn "," 0 "a,b" }}"#, "map[]");
    check(r#"{{ splitList "," "a,,b" }}"#, "[a  b]");
    check(r#"{{ splitList "" "aé" }}"#, "[a é]");
    check(r#"{{ splitList "," "" | len }}"#, "1");
    check(r#"{{ typeOf (split "," "a") }}"#, "map[string]string");
}

#[test]
fn text_is_searched() {
    check(r#"{{ contains "cat" "catch" }}"#, "true");
    check(r#"{{ hasPrefix "a" "ab" }}"#, "true");
    check(r#"{{ hasSuffix "a" "ab" }}"#, "false");
    check(r#"{{ contains "" "" }}"#, "true");
    check(r#"{{ replace " " "-" "a b c" }}"#, "a-b-c");
    check(r#"{{ replace "" "-" "ab" }}"#, "-a-b-");
    check(r#"{{ plural "one" "many" 1 }}"#, "one");
    check(r#"{{ plural "one" "many" 0 }}"#, "many");
}

#[test]
fn lines_are_wrapped() {
    check(r#"{{ wrap 5 "hello brave world" }}"#, "hello\nbrave\nworld");
    check(r#"{{ wrapWith 5 "|" "hello brave world" }}"#, "hello|brave|world");
    check(r#"{{ wrapWith 3 "|" "abcdefgh" }}"#, "abc|def|gh");
    check(r#"{{ wrap 3 "abcdefgh ij" }}"#, "abcdefgh\nij");
    check(r#"{{ wrap 0 "ab c" }}"#, "ab\nc");
    check(r#"{{ wrapWith 2 "" "abc" }}"#, "ab\nc");
}

#[test]
fn text_is_abbreviated() {
    check(r#"{{ abbrev 5 "hello world" }}"#, "he...");
    check(r#"{{ abbrev 3 "hello" }}"#, "hello");
    check(r#"{{ abbrevboth 5 10 "1234 5678 9123" }}"#, "...5678...");
    check(r#"{{ abbrevboth 4 6 "1234 5678 9123" }}"#, "1234 5678 9123");
    check(r#"{{ initials "First Try" }}"#, "FT");
    check(r#"{{ initials "é x" }}"#, "Ãx");
}

#[test]
fn strings_of_other_values() {
    check("{{ toString nil }}", "<nil>");
    check("{{ toString 1.0 }}", "1");
    check("{{ toString .Values.big }}", "1.2345678901234567e+19");
    check("{{ toString .Values.l }}", "[3 1 2 3]");
    check(r#"{{ toStrings (list 1 nil "a") }}"#, "[1 a]");
    check("{{ toStrings nil }}", "[]");
    check("{{ toStrings 5 }}", "[5]");
    check(r#"{{ sortAlpha (list "b" 10 9 "a") }}"#, "[10 9 a b]");
    check("{{ sortAlpha 3 }}", "[3]");
    check("{{ sortAlpha nil }}", "[<nil>]");
}

#[test]
fn arguments_are_strings() {
    check_error("{{ upper 3 }}", "expected string; found 3");
    check_error("{{ upper .Values.n }}", "wrong type for value; expected string; got interface {}");
    check_error("{{ .Values.n | upper }}", "invalid value; expected string");
    check_error("{{ upper }}", "wrong number of args for upper: want 1 got 0");
    check_error(r#"{{ upper "a" "b" }}"#, "wrong number of args for upper: want 1 got 2");
    check_error(r#"{{ trunc "a" "b" }}"#, r#"expected integer; found "a""#);
    check_error("{{ upper nil }}", "cannot assign nil to string");
}
