use std::convert::Infallible;

use crate::{find_all, go_on, regex};
use wheelhouse_goregex::quote_meta;

#[test]
fn the_leftmost_match_wins_and_the_first_branch() {
    let found =
        |pattern: &str, text: &str| regex(pattern).find(text.as_bytes()).map(|range| text[range].to_owned());
    assert_eq!(found("a|ab", "xab").as_deref(), Some("a"));
    assert_eq!(found("a+?", "aaa").as_deref(), Some("a"));
    assert_eq!(found("(?U)a+", "aaa").as_deref(), Some("a"));
    assert_eq!(found("(?U)a+?", "aaa").as_deref(), Some("aaa"));
    assert_eq!(found("b", "aaa"), None);
}

#[test]
fn groups_tell_where_they_matched() {
    let groups = |pattern: &str, text: &[u8]| regex(pattern).find_groups(text);
    assert_eq!(groups("(a)|(b)", b"xb"), Some(vec![Some(1..2), None, Some(1..2)]));
    assert_eq!(groups("(a*)+", b"b"), Some(vec![Some(0..0), Some(0..0)]));
    assert_eq!(groups("(a)*", b"aa"), Some(vec![Some(0..2), Some(1..2)]));
    assert_eq!(groups("(a){0}(b)", b"b"), Some(vec![Some(0..1), None, Some(0..1)]));
    assert_eq!(groups("(.)b", b"\xff\xffb"), Some(vec![Some(1..3), Some(1..2)]));
    assert_eq!(
        regex("(?P<one>a)(b)(?<two>c)").group_names().collect::<Vec<_>>(),
        [None, Some("one"), None, Some("two")]
    );
}

#[test]
fn all_matches() {
    assert_eq!(find_all("a.", "abacad", None), ["ab", "ac", "ad"]);
    assert_eq!(find_all("a.", "abacad", Some(2)), ["ab", "ac"]);
    assert_eq!(find_all("a.", "abacad", Some(0)), [""; 0]);
    assert_eq!(find_all("a*", "baab", None), ["", "aa", ""]);
    assert_eq!(find_all("", "é日", None), ["", "", ""]);
    assert_eq!(find_all("^a", "aa", None), ["a"]);
    assert_eq!(find_all(r"\b", "ab c", None), [""; 4]);
    assert_eq!(find_all(r"\B", "é", None), ["", ""]);
}

#[test]
fn an_empty_match_inside_of_a_character_does_not_hide_a_match() {
    assert!(regex(r"\B|.{2,}").is_match("kéa".as_bytes()));
}

#[test]
fn splitting() {
    let split = |pattern: &str, text: &str, limit: Option<usize>| -> Vec<String> {
        let pieces = regex(pattern).split(text.as_bytes(), limit, go_on).unwrap();
        pieces.into_iter().map(|range| text[range].to_owned()).collect()
    };
    assert_eq!(split("a", "banana", None), ["b", "n", "n", ""]);
    assert_eq!(split("a", "banana", Some(0)), [""; 0]);
    assert_eq!(split("a", "banana", Some(1)), ["banana"]);
    assert_eq!(split("a", "banana", Some(2)), ["b", "nana"]);
    assert_eq!(split("z+", "pizza", None), ["pi", "a"]);
    assert_eq!(split("", "abc", None), ["a", "b", "c"]);
    assert_eq!(split("", "", None), [""; 0]);
    assert_eq!(split("a", "", None), [""]);
    assert_eq!(split("x*", "axb", None), ["a", "b"]);
}

#[test]
fn quoting() {
    assert_eq!(quote_meta(br"1.2+[a]{b}(c)|^$?*\-"), br"1\.2\+\[a\]\{b\}\(c\)\|\^\$\?\*\\-");
    let text = "a.b[c]é";
    let quoted = String::from_utf8(quote_meta(text.as_bytes())).unwrap();
    assert_eq!(regex(&quoted).find(text.as_bytes()), Some(0..text.len()));
}

#[test]
fn each_match_is_told_with_its_cost() {
    let mut steps = Vec::new();
    let found = regex("b+").find_all(b"abbabb", None, |step| {
        steps.push((step.made, step.searched));
        Ok::<_, Infallible>(())
    });
    assert_eq!(found.unwrap(), [1..3, 4..6]);
    assert_eq!(steps, [(2, 6), (2, 3)]);
}

#[test]
fn the_caller_can_stop_the_work() {
    let mut left = 3;
    let stopped = regex("a").find_all(b"aaaaa", None, |_| {
        left -= 1;
        if left == 0 { Err("enough") } else { Ok(()) }
    });
    assert_eq!(stopped, Err("enough"));
}

#[test]
fn texts_of_ascii_and_others_are_searched_alike() {
    for (pattern, ascii, other) in [
        ("[^a-z]+", ("ab-9c", "-9"), ("ab-é9c", "-é9")),
        ("(?i)k+", ("xkK", "kK"), ("xk\u{212a}", "k\u{212a}")),
        ("é?a|b", ("ba", "b"), ("éa", "éa")),
        (r"\pL+", ("1ab2", "ab"), ("1éb2", "éb")),
        ("[é日]*.", ("xy", "x"), ("éxy", "éx")),
        ("(?s)[^b].", ("b\nx", "\nx"), ("b日x", "日x")),
    ] {
        let regex = regex(pattern);
        for (text, expect) in [ascii, other, ascii] {
            assert_eq!(
                regex.find(text.as_bytes()).map(|range| &text[range]),
                Some(expect),
                "{pattern} {text}"
            );
        }
    }
    let groups = regex("(é)?(?P<name>b)|(日)");
    assert_eq!(groups.find_groups(b"ab"), Some(vec![Some(1..2), None, Some(1..2), None]));
    assert_eq!(groups.find_groups("éb".as_bytes()), Some(vec![Some(0..3), Some(0..2), Some(2..3), None]));
    assert!(!regex("é+").is_match(b"e"));
}
