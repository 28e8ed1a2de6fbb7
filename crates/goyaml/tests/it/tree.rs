//! Trees read and written again, compared with what go-yaml v3 writes.

use wheelhouse_goyaml::{Limits, NodeKind, Tree, TreeNode, TreeWriter};

/// The first document of a text as it is written, or the error.
fn rewrite(text: &str) -> String {
    let mut tree = Tree::new();
    match tree.read_document(text.as_bytes(), &Limits::default()) {
        Ok(Some(root)) => {
            let mut out = Vec::new();
            TreeWriter::new(&tree, &mut out).write(root, false);
            String::from_utf8(out).unwrap()
        }
        Ok(None) => "EOF\n".to_owned(),
        Err(error) => format!("{error}\n"),
    }
}

/// The cases stand in `tree_cases.txt`, each with what go-yaml v3.0.4 makes of it (indentation 2,
/// compact sequences).
#[test]
fn texts_come_back_as_go_yaml_writes_them() {
    let cases: Vec<&str> =
        include_str!("tree_cases.txt").split("%%%%\n").filter(|case| !case.is_empty()).collect();
    assert!(cases.len() > 20);
    for case in cases {
        let (text, expected) = case.split_once("%%->\n").unwrap();
        assert_eq!(rewrite(text), expected, "of:\n{text}");
    }
}

#[test]
fn sequences_may_be_indented() {
    let mut tree = Tree::new();
    let root = tree.read_document(b"a:\n- b:\n  - c\n- - d\n", &Limits::default()).unwrap().unwrap();
    let mut out = Vec::new();
    TreeWriter::new(&tree, &mut out).write(root, true);
    assert_eq!(String::from_utf8(out).unwrap(), "a:\n  - b:\n      - c\n  - - d\n");
}

#[test]
fn documents_of_a_stream_are_divided() {
    let mut tree = Tree::new();
    let limits = Limits::default();
    let roots: Vec<_> = ["# head\n\na: 1\n# foot\n", "[b]\n", "c: |+\n  d\n\n"]
        .iter()
        .filter_map(|text| tree.read_document(text.as_bytes(), &limits).unwrap())
        .collect();
    let mut out = Vec::new();
    let mut writer = TreeWriter::new(&tree, &mut out);
    roots.into_iter().for_each(|root| writer.write(root, false));
    let expected = "# head\n\na: 1\n# foot\n---\n[b]\n---\nc: |+\n  d\n\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn new_nodes_say_only_what_is_needed() {
    let mut tree = Tree::new();
    let root = tree.read_document(b"{a: 1} # c\n", &Limits::default()).unwrap().unwrap();
    let map = tree.content_of(root);
    let key = tree.add(TreeNode::scalar("b, c"));
    let value = tree.add(TreeNode { tag: "!!str".into(), ..TreeNode::scalar("5") });
    let empty = tree.add(TreeNode::new(NodeKind::Mapping));
    let last = tree.add(TreeNode::scalar("d"));
    tree.get_mut(map).unwrap().content.extend([key, value, last, empty]);
    let mut out = Vec::new();
    TreeWriter::new(&tree, &mut out).write(root, false);
    assert_eq!(String::from_utf8(out).unwrap(), "{a: 1, 'b, c': \"5\", d: {}} # c\n");
}

#[test]
fn depth_and_aliases_cost_no_more_than_their_text() {
    let deep = format!("{}1{}", "[".repeat(9_000), "]".repeat(9_000));
    assert_eq!(rewrite(&deep).trim_end(), deep);
    let deep = (0..2_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>();
    assert_eq!(rewrite(&deep).lines().count(), 2_000);
    let too_deep = "[".repeat(10_002);
    assert_eq!(rewrite(&too_deep), "yaml: exceeded max depth of 10000\n");
    let bomb: String = std::iter::once("a0: &a0 [x]\n".to_owned())
        .chain((1..60).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1)))
        .collect();
    assert_eq!(rewrite(&bomb), bomb);
}
