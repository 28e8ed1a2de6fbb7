//! Random texts and numbers.

use crate::support::{Render, check, check_error};

fn run(template: &str) -> String {
    String::from_utf8(Render::new(template).run().unwrap()).unwrap()
}

#[test]
fn characters_are_of_the_alphabet() {
    for (function, belongs) in [
        ("randAlpha", (|byte: u8| byte.is_ascii_alphabetic()) as fn(u8) -> bool),
        ("randAlphaNum", |byte| byte.is_ascii_alphanumeric()),
        ("randNumeric", |byte| byte.is_ascii_digit()),
        ("randAscii", |byte| (b' '..=b'~').contains(&byte)),
    ] {
        let made = run(&format!("{{{{ {function} 2000 }}}}"));
        assert_eq!(made.len(), 2000, "{function}");
        assert!(made.bytes().all(belongs), "{function}: {made}");
        let different: std::collections::BTreeSet<u8> = made.bytes().collect();
        let alphabet = (0..=127_u8).filter(|byte| belongs(*byte)).count();
        assert_eq!(different.len(), alphabet, "{function} uses its whole alphabet");
    }
    check("{{ randAlpha 0 }}|{{ randAscii -1 }}", "|");
}

#[test]
fn numbers_lie_between() {
    let numbers = run("{{ range until 300 }}{{ randInt -2 3 }} {{ end }}");
    let mut different: Vec<i64> = numbers.split_whitespace().map(|number| number.parse().unwrap()).collect();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different, [-2, -1, 0, 1, 2]);
    check("{{ typeOf (randInt 5 6) }} {{ randInt 5 6 }}", "int 5");
    check_error("{{ randInt 5 5 }}", "error calling randInt: invalid argument to Intn");
    check_error("{{ randInt 5 -5 }}", "error calling randInt: invalid argument to Intn");
}

#[test]
fn shuffling_keeps_every_rune() {
    let shuffled = run(r#"{{ shuffle "añb日cdefghijk" }}"#);
    assert_ne!(shuffled, "añb日cdefghijk");
    let mut runes: Vec<char> = shuffled.chars().collect();
    runes.sort_unstable();
    assert_eq!(String::from_iter(runes), "abcdefghijkñ日");
    check(r#"{{ shuffle "" }}{{ shuffle "aaa" }}"#, "aaa");
}

#[test]
fn bytes_and_uuids() {
    check("{{ randBytes 0 }}|{{ randBytes 3 | len }}|{{ randBytes 12 | b64dec | len }}", "|4|12");
    check_error("{{ randBytes -1 }}", "error calling randBytes: runtime error: makeslice: len out of range");
    for uuid in run("{{ range until 50 }}{{ uuidv4 }} {{ end }}").split_whitespace() {
        let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
        assert_eq!(uuid.as_bytes()[14], b'4', "{uuid}");
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uuid}");
    }
}
