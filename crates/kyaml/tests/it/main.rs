//! Streams read and written again, compared with what kyaml makes of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use wheelhouse_goyaml::Tree;
use wheelhouse_kyaml::{Error, Meta, clear_annotation, read_all, set_annotation, write_all};

fn rewrite(text: &str) -> Result<String, Error> {
    let mut tree = Tree::new();
    let resources = read_all(&mut tree, text.as_bytes())?;
    Ok(String::from_utf8(write_all(&mut tree, &resources)?).unwrap())
}

/// The cases stand in `cases.txt`, each with what kyaml 0.21.1 writes for what it has read.
#[test]
fn streams_come_back_as_kyaml_writes_them() {
    let cases: Vec<&str> =
        include_str!("cases.txt").split("%%%%\n").filter(|case| !case.is_empty()).collect();
    assert!(cases.len() > 10);
    for case in cases {
        let (text, expected) = case.split_once("%%->\n").unwrap();
        let found = rewrite(text).unwrap_or_else(|error| format!("{error}\n"));
        assert_eq!(found, expected, "of:\n{text}");
    }
}

#[test]
fn line_ends_of_windows_are_ordinary() {
    assert_eq!(rewrite("a: 1\r\n---\r\nb: |\r\n  x\r\n").unwrap(), "a: 1\n---\nb: |\n  x\n");
}

/// `text` after one annotation was set and, if `clear`, taken away.
fn annotated(text: &str, clear: bool) -> String {
    let mut tree = Tree::new();
    let root = tree.read_document(text.as_bytes(), &wheelhouse_goyaml::Limits::default()).unwrap().unwrap();
    set_annotation(&mut tree, root, "k", "v").unwrap();
    if clear {
        clear_annotation(&mut tree, root, "k").unwrap();
    }
    let mut out = Vec::new();
    wheelhouse_goyaml::TreeWriter::new(&tree, &mut out).write(root, false);
    String::from_utf8(out).unwrap()
}

#[test]
fn annotations_are_set_where_they_stand() {
    let check = |text: &str, expected: &str| assert_eq!(annotated(text, false), expected, "{text:?}");
    check("a: 1\n", "a: 1\nmetadata:\n  annotations:\n    k: 'v'\n");
    check("metadata: {}\na: 1\n", "a: 1\nmetadata:\n  annotations:\n    k: 'v'\n");
    check("metadata: {name: x}\n", "metadata: {name: x, annotations: {k: 'v'}}\n");
    check(
        "metadata:\n  annotations: null # gone\n  name: x\n",
        "metadata:\n  name: x\n  annotations:\n    k: 'v'\n",
    );
    check("metadata: {annotations: {k: \"old\", l: m}}\n", "metadata: {annotations: {k: \"v\", l: m}}\n");
}

#[test]
fn annotations_are_taken_away_and_nothing_else() {
    let check = |text: &str, expected: &str| assert_eq!(annotated(text, true), expected, "{text:?}");
    check("a: 1\n", "a: 1\nmetadata:\n  annotations: {}\n");
    check("metadata: {annotations: {l: m}}\n", "metadata: {annotations: {l: m}}\n");
}

#[test]
fn a_resource_says_what_it_is() {
    let meta = |text: &str| {
        let mut tree = Tree::new();
        let root =
            tree.read_document(text.as_bytes(), &wheelhouse_goyaml::Limits::default()).unwrap().unwrap();
        Meta::of(&tree, root)
    };
    let found = meta("kind: A\nmetadata: {annotations: {a: 1, b: null, a: 2}}\n").unwrap();
    assert_eq!(found.kind, "A");
    let annotations: Vec<_> =
        found.annotations.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(annotations, [("a", "1"), ("b", "")]);
    assert_eq!(meta("null"), Ok(Meta::default()));
    assert_eq!(meta("a: 1\nmetadata: {labels: {}, name: null}\n"), Err(Error::MissingMetadata));
    assert!(meta("metadata: {namespace: n}\n").is_ok());
}
