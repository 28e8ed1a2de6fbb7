//! Go's `strconv.Quote`.

use std::fmt::Write as _;

/// A Go string literal of `text`, which need not be UTF-8.
pub(crate) fn quote(text: &[u8]) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_escaped(&mut quoted, character);
        }
        for byte in chunk.invalid() {
            let _ = write!(quoted, "\\x{byte:02x}");
        }
    }
    quoted.push('"');
    quoted
}

fn push_escaped(quoted: &mut String, character: char) {
    let _ = match character {
        '"' | '\\' => write!(quoted, "\\{character}"),
        '\u{7}' => quoted.write_str("\\a"),
        '\u{8}' => quoted.write_str("\\b"),
        '\u{c}' => quoted.write_str("\\f"),
        '\n' => quoted.write_str("\\n"),
        '\r' => quoted.write_str("\\r"),
        '\t' => quoted.write_str("\\t"),
        '\u{b}' => quoted.write_str("\\v"),
        character if is_printable(character) => quoted.write_char(character),
        '\0'..='\u{1f}' | '\u{7f}' => write!(quoted, "\\x{:02x}", u32::from(character)),
        '\u{10000}'.. => write!(quoted, "\\U{:08x}", u32::from(character)),
        character => write!(quoted, "\\u{:04x}", u32::from(character)),
    };
}

/// Letters, marks, numbers, punctuation, symbols and the plain space.
fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    // Rust's notion is the same, but only reachable through its escapes; a mark (which Rust
    // escapes at the start of a text) is put after a letter.
    let mut pair = String::from("a");
    pair.push(character);
    let mut escaped = pair.escape_debug();
    escaped.nth(1) == Some(character)
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn texts_become_go_literals() {
        assert_eq!(quote(b"a\"b\\c\n\x01\x7f"), r#""a\"b\\c\n\x01\x7f""#);
        assert_eq!(
            quote("é\u{301}\u{feff}\u{2028}\u{a0}😀\u{10ffff}".as_bytes()),
            "\"é\u{301}\\ufeff\\u2028\\u00a0😀\\U0010ffff\""
        );
        assert_eq!(quote(b"\xff\xe4b"), r#""\xff\xe4b""#);
    }
}
