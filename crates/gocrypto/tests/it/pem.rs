use wheelhouse_gocrypto::pem::{Block, decode, encode};

fn check(text: &str, expected: Option<&[u8]>) {
    let block = decode(text.as_bytes());
    assert_eq!(block.map(|block| block.data).as_deref(), expected, "{text}");
}

#[test]
fn lines_of_64_letters() {
    let text = encode("X Y", &[0; 50]);
    let expected =
        format!("-----BEGIN X Y-----\n{}\n{}=\n-----END X Y-----\n", "A".repeat(64), "A".repeat(3));
    assert_eq!(text, expected);
    assert_eq!(decode(text.as_bytes()), Some(Block { label: "X Y".into(), data: vec![0; 50] }));
    assert_eq!(encode("E", b""), "-----BEGIN E-----\n-----END E-----\n");
}

#[test]
fn reading_is_lenient() {
    check("-----BEGIN A-----\nYWJj\n-----END A-----", Some(b"abc"));
    check("text\n-----BEGIN A-----\r\nYW\r\n Jj \r\n-----END A----- \r\nmore", Some(b"abc"));
    check("-----BEGIN A-----\nProc-Type: 4\nX: y\n\nYWJj\n-----END A-----\n", Some(b"abc"));
    check("-----BEGIN B-----\n-----BEGIN A-----\nYWJj\n-----END A-----\n", Some(b"abc"));
    check("-----BEGIN A-----\n!\n-----END A-----\n-----BEGIN A-----\nYWJj\n-----END A-----\n", Some(b"abc"));
    check("-----BEGIN A-----\n-----END A-----\n", Some(b""));
}

#[test]
fn what_is_no_block() {
    check("", None);
    check("-----BEGIN A-----\nYWJj\n", None);
    check("-----BEGIN A-----\nYWJj\n-----END B-----\n", None);
    check("-----BEGIN A-----\nYWJj\n-----END A-----x\n", None);
    check("x-----BEGIN A-----\nYWJj\n-----END A-----\n", None);
    check("-----BEGIN A----\nYWJj\n-----END A----\n", None);
}
