use crate::{go_on, regex};

fn check(pattern: &str, text: &str, replacement: &str, expected: &str) {
    let replaced = regex(pattern).replace_all(text.as_bytes(), replacement.as_bytes(), go_on).unwrap();
    assert_eq!(String::from_utf8(replaced).unwrap(), expected, "{pattern} {text:?} {replacement:?}");
}

#[test]
fn groups_in_replacements() {
    check("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-");
    check("a(x*)b", "-ab-axxb-", "$1W", "---");
    check("a(?P<n>x*)b", "axxb", "<$n|${n}|$0|$1>", "<xx|xx|axxb|xx>");
    check("(?P<n>a)|(?P<n>b)", "ab", "<$n>", "<a><b>");
    check("a", "a", "$$1 $ ${ ${x $! $é", "$1 $ ${ ${x $! ");
    check("(a)", "a", "$01 $2 $1000000000", "  ");
    check("(a)(b)?", "a", "[$1$2]", "[a]");
}

#[test]
fn empty_matches() {
    check("x*", "baaac", "-", "-b-a-a-a-c-");
    check("a*", "baac", "-", "-b-c-");
    check("", "é日", "-", "-é-日-");
    check("$", "a", "-", "a-");
    check("^", "", "-", "-");
}

#[test]
fn literal_replacements_keep_their_dollars() {
    let replaced = regex("a(x*)b").replace_all_literal(b"-axb-", b"${1}", go_on).unwrap();
    assert_eq!(replaced, b"-${1}-");
}

#[test]
fn wrong_bytes_are_kept() {
    let replaced = regex("b").replace_all(b"\xffb\xe2\x82b\xff", b"[$0]", go_on).unwrap();
    assert_eq!(replaced, b"\xff[b]\xe2\x82[b]\xff");
}
