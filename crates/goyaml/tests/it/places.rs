//! Where nodes and errors stand.

use wheelhouse_goyaml::{Document, Kind, Limits, Node, ReadOptions, Style, read};

fn parse(input: &[u8]) -> Document<'_> {
    Document::parse(input, &Limits::default()).unwrap()
}

/// The text a node stands on.
fn text(input: &str, node: Node<'_>) -> String {
    input[node.span().range()].to_owned()
}

/// Follows a path of keys, and of indices in brackets.
fn find<'d>(document: &'d Document<'_>, path: &str) -> Node<'d> {
    path.split('.').fold(document.root().unwrap(), |node, step| {
        match step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
            Some(index) => node.item(index.parse().unwrap()).unwrap(),
            None => node.entry(step).unwrap().1,
        }
    })
}

const VALUES: &str = "\
# The image.
image:
  repository: \"nginx\" # from the hub
  tag: &tag 1.25

ports: [80, {name: https, port: 443}]
args:
- --verbose
- |
  two
  lines

yes: 'x'
base: &base
  a: 1
  b: 2
derived:
  b: 3
  <<: *base
  c: *tag
";

#[test]
fn every_node_knows_its_bytes() {
    let document = parse(VALUES.as_bytes());
    let check = |path: &str, expected: &str, line: usize, column: usize| {
        let node = find(&document, path);
        assert_eq!(text(VALUES, node), expected, "{path}");
        assert_eq!((node.place().line, node.place().column), (line, column), "{path}");
    };
    check("image", "repository: \"nginx\" # from the hub\n  tag: &tag 1.25", 3, 3);
    check("image.repository", "\"nginx\"", 3, 15);
    check("image.tag", "&tag 1.25", 4, 8);
    check("ports", "[80, {name: https, port: 443}]", 6, 8);
    check("ports.[1]", "{name: https, port: 443}", 6, 13);
    check("ports.[1].port", "443", 6, 33);
    check("args.[0]", "--verbose", 8, 3);
    check("args.[1]", "|\n  two\n  lines\n\n", 9, 3);
    check("true", "'x'", 13, 6);
    check("derived.c", "*tag", 20, 6);
}

#[test]
fn merged_keys_lead_to_where_they_were_written() {
    let document = parse(VALUES.as_bytes());
    let derived = find(&document, "derived");
    let line = |key: &str| derived.entry(key).unwrap().0.place().line;
    assert_eq!(line("a"), 15);
    // go-yaml lets a merge win over a key before it.
    assert_eq!(line("b"), 16);
    assert_eq!(line("c"), 20);
    assert!(derived.entry("d").is_none());

    let list = parse(b"a: &a {x: 1}\nb: &b {x: 2,\n z: 3}\nc: {<<: [*a, *b]}");
    let merged = find(&list, "c");
    assert_eq!(merged.entry("x").unwrap().1.place().line, 1);
    assert_eq!(merged.entry("z").unwrap().1.place().line, 3);
    assert!(find(&parse(b"a: &a {<<: *a}"), "a").entry("x").is_none());
}

#[test]
fn nodes_tell_what_they_are() {
    let document = parse(VALUES.as_bytes());
    let node = |path: &str| find(&document, path);
    assert_eq!((node("ports").kind(), node("ports").style()), (Kind::Sequence, Style::Flow));
    assert_eq!((node("args").kind(), node("args").style()), (Kind::Sequence, Style::Block));
    assert_eq!((node("image").kind(), node("image").len()), (Kind::Mapping, 2));
    assert_eq!(node("args.[1]").style(), Style::Literal);
    assert_eq!(node("args.[1]").scalar(), Some("two\nlines\n"));
    assert_eq!(node("true").style(), Style::SingleQuoted);
    assert!(!node("true").is_implicit() && node("image.tag").is_implicit());
    assert_eq!((node("derived.c").kind(), node("derived.c").anchor()), (Kind::Alias, Some("tag")));
    assert_eq!(node("derived.c").resolved().scalar(), Some("1.25"));

    let tagged = parse(b"!!map {a: !!int '3', b: !local x}");
    assert_eq!(tagged.root().unwrap().tag(), Some("tag:yaml.org,2002:map"));
    assert_eq!(find(&tagged, "a").tag(), Some("tag:yaml.org,2002:int"));
    assert_eq!(find(&tagged, "b").tag(), Some("!local"));
    assert!(parse(b"# nothing\n").root().is_none());
}

#[test]
fn places_count_from_the_start_of_the_input() {
    let input = "\u{feff}a: x\nb: é y";
    let document = parse(input.as_bytes());
    assert_eq!(text(input, find(&document, "a")), "x");
    assert_eq!(text(input, find(&document, "b")), "é y");
    assert_eq!(document.text(), "a: x\nb: é y");

    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain("a: é".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let document = parse(&utf16);
    assert_eq!(&document.text()[find(&document, "a").span().range()], "é");
}

#[test]
fn errors_have_a_true_place_beside_gos_line() {
    let check = |input: &str, line: usize, column: usize, expected: &str| {
        let error =
            read(input.as_bytes(), &ReadOptions { strict: true, ..ReadOptions::default() }).unwrap_err();
        let place = error.place().unwrap();
        assert_eq!((place.line, place.column), (line, column), "{input:?}");
        assert_eq!(error.to_string(), format!("error converting YAML to JSON: yaml: {expected}"));
    };
    check("a: b: c", 1, 5, "mapping values are not allowed in this context");
    check("x: 1\na: b: c", 2, 5, "line 2: mapping values are not allowed in this context");
    check("x: 1\ny: [1, 2\n", 3, 1, "line 2: did not find expected ',' or ']'");
    check("x: 1\ny: *z", 2, 4, "unknown anchor 'z' referenced");
    check("x: 1\ny: !!int z", 2, 4, "cannot decode !!str `z` as a !!int");
    check("x: 1\nx: 2", 2, 4, "unmarshal errors:\n  line 2: key \"x\" already set in map");
    check("x: 1\ny: \u{1}", 2, 4, "control characters are not allowed");
}
