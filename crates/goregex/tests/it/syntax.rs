use proptest::prelude::*;
use wheelhouse_goregex::Regex;

fn check_error(pattern: impl AsRef<[u8]>, expected: &str) {
    let error = Regex::new(pattern).unwrap_err().to_string();
    assert_eq!(error, format!("error parsing regexp: {expected}"));
}

fn check_match(pattern: &str, matching: &[&str], other: &[&str]) {
    let regex = Regex::new(pattern).unwrap();
    for text in matching {
        assert!(regex.is_match(text.as_bytes()), "{pattern} matches {text:?}");
    }
    for text in other {
        assert!(!regex.is_match(text.as_bytes()), "{pattern} does not match {text:?}");
    }
}

#[test]
fn errors_are_in_gos_words() {
    check_error("[", "missing closing ]: `[`");
    check_error("[a", "missing closing ]: `[a`");
    check_error("[]", "missing closing ]: `[]`");
    check_error("a[b-", "missing closing ]: `[b-`");
    check_error("(", "missing closing ): `(`");
    check_error("a(b", "missing closing ): `a(b`");
    check_error("a)", "unexpected ): `a)`");
    check_error("*", "missing argument to repetition operator: `*`");
    check_error("a|*", "missing argument to repetition operator: `*`");
    check_error("(+?)", "missing argument to repetition operator: `+?`");
    check_error("(?i)*", "missing argument to repetition operator: `*`");
    check_error("a**", "invalid nested repetition operator: `**`");
    check_error("a+{2}?", "invalid nested repetition operator: `+{2}?`");
    check_error("a{1001}", "invalid repeat count: `{1001}`");
    check_error("a{2,1}", "invalid repeat count: `{2,1}`");
    check_error("a{99999999999}", "invalid repeat count: `{99999999999}`");
    check_error("((a{100}){10}){2}", "invalid repeat count: `{2}`");
    check_error("{1001}", "invalid repeat count: `{1001}`");
    check_error("[z-a]", "invalid character class range: `z-a`");
    check_error("[[:foo:]]", "invalid character class range: `[:foo:]`");
    check_error(r"\pX", r"invalid character class range: `\pX`");
    check_error(r"\p{Foo}", r"invalid character class range: `\p{Foo}`");
    check_error(r"\p{Old_Italic}", r"invalid character class range: `\p{Old_Italic}`");
    check_error(r"\p{Greek", r"invalid character class range: `\p{Greek`");
    check_error(r"\p", r"invalid character class range: `\p`");
    check_error("a\\", "trailing backslash at end of expression: ``");
    check_error(r"\8", r"invalid escape sequence: `\8`");
    check_error(r"\1", r"invalid escape sequence: `\1`");
    check_error(r"\C", r"invalid escape sequence: `\C`");
    check_error(r"\Z", r"invalid escape sequence: `\Z`");
    check_error(r"[\b]", r"invalid escape sequence: `\b`");
    check_error(r"[a-\d]", r"invalid escape sequence: `\d`");
    check_error(r"\x{110000}", r"invalid escape sequence: `\x{110000`");
    check_error(r"\xg0", r"invalid escape sequence: `\xg0`");
    check_error("(?=a)", "invalid or unsupported Perl syntax: `(?=`");
    check_error("(?!a)", "invalid or unsupported Perl syntax: `(?!`");
    check_error("(?<=a)", "invalid named capture: `(?<=a)`");
    check_error("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`");
    check_error("(?P=n)", "invalid or unsupported Perl syntax: `(?P`");
    check_error("(?P<n", "invalid named capture: `(?P<n`");
    check_error("(?P<n m>a)", "invalid named capture: `(?P<n m>`");
    check_error(b"a\xffb", "invalid UTF-8: `\u{fffd}b`");
}

#[test]
fn perl_classes_are_ascii() {
    check_match(r"^\d+$", &["0123"], &["٣"]);
    check_match(r"^\w$", &["a", "_"], &["é"]);
    check_match(r"^\W$", &["é", "\n"], &["a"]);
    check_match(r"^\s$", &[" ", "\t", "\n", "\u{c}"], &["\u{b}", "\u{a0}"]);
    check_match(r"é\b", &[], &["é", "é "]);
    check_match(r"(?i)^\w$", &["ſ", "\u{212a}"], &["é"]);
}

#[test]
fn brackets_hold_what_go_says() {
    check_match("^[[]$", &["["], &["]"]);
    check_match("^[]a]$", &["]", "a"], &["["]);
    check_match("^[^]a]$", &["[", "\n"], &["]"]);
    check_match("^[a&&b]+$", &["a&b"], &["c"]);
    check_match("^[a-]$", &["-", "a"], &["b"]);
    check_match(r"^[\d-z]$", &["5", "-", "z"], &["y"]);
    check_match("^[[:^alpha:]x]$", &["x", "1"], &["a"]);
    check_match(r"^[\pL\-]$", &["é", "-"], &["1"]);
}

#[test]
fn braces_that_count_nothing_are_characters() {
    check_match("^a{,5}$", &["a{,5}"], &["a"]);
    check_match("^{a}$", &["{a}"], &[]);
    check_match("^a{01}$", &["a{01}"], &["a"]);
    check_match("^a{2,3}$", &["aa", "aaa"], &["a", "aaaa"]);
    check_match("^a{0}b$", &["b"], &["ab"]);
}

#[test]
fn escapes() {
    check_match(r"^\x41\x{1F600}\101\07\a\.$", &["A😀A\u{7}\u{7}."], &[]);
    check_match(r"^\Qa.b*\E+$", &["a.b*", "a.b**"], &["axb"]);
    check_match(r"^a\Q\E*$", &["", "aa"], &["b"]);
    check_match(r"\Q(", &["("], &[]);
    check_match(r"^\_\-$", &["_-"], &[]);
}

#[test]
fn flags_and_anchors() {
    check_match("a$", &["a"], &["a\n"]);
    check_match("(?m)^a$", &["b\na\nc"], &["ba"]);
    check_match(r"(?m)\Aa\z", &["a"], &["b\na", "a\n"]);
    check_match("^.$", &["é"], &["\n"]);
    check_match("(?s)^.$", &["\n"], &[]);
    check_match("(?i)^straße$", &["STRAßE", "straẞe"], &["STRASSE"]);
    check_match("^a(?i)b$", &["ab", "aB"], &["AB"]);
    check_match("^(?i:a)b$", &["Ab"], &["AB"]);
    check_match("(?i)^(?-i:a)b$", &["aB"], &["AB"]);
}

#[test]
fn unicode_classes() {
    check_match(r"^\pN$", &["٣", "Ⅷ"], &["a"]);
    check_match(r"^\p{Greek}$", &["λ"], &["l"]);
    check_match(r"^\p{greek}\P{^greek}\p{^latin}$", &["λλλ"], &[]);
    check_match(r"^\p{Lowercase_Letter}$", &["a"], &["A"]);
    check_match(r"^\p{any}\p{ASCII}\p{Assigned}\p{LC}\p{Zl}$", &["\naaa\u{2028}"], &[]);
    check_match(r"(?i)^\p{Lu}$", &["a", "A"], &["1"]);
    check_match(r"\p{Cs}", &[], &["a", "\u{fffd}"]);
}

#[test]
fn wrong_bytes_are_replacement_characters() {
    let matches = |pattern: &str, text: &[u8]| Regex::new(pattern).unwrap().is_match(text);
    assert!(matches("^.$", b"\xff"));
    assert!(matches(r"^\x{FFFD}{2}$", b"\xe2\x82"));
    assert!(!matches("^.$", b"\xe2\x82"));
    assert!(matches("^[^a]$", b"\xff"));
    assert!(matches(r"^\p{So}$", b"\xff"));
}

proptest! {
    #[test]
    fn no_pattern_panics(pattern in r"[ab().*+?\[\]{}|^$\\:<>PiUsm1-3,pLdwQEx-]{0,24}", text in "[ab\n1é]{0,12}") {
        if let Ok(regex) = Regex::new(&pattern) {
            let found = regex.find(text.as_bytes());
            prop_assert_eq!(found.is_some(), regex.is_match(text.as_bytes()));
        }
    }
}
