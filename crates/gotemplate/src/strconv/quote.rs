use crate::unicode::{decode, is_print};

const LOWER_HEX: &[u8; 16] = b"0123456789abcdef";

/// Go's `strconv.Quote`: the text in double quotes with Go's escapes.
#[must_use]
pub fn quote(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    append_quoted(&mut out, bytes, b'"', false);
    // What is not UTF-8 was written as an escape.
    String::from_utf8(out).unwrap_or_default()
}

/// Appends `bytes` between `delimiter`s with Go's escapes; with `ascii_only`, everything above
/// ASCII is escaped too.
pub fn append_quoted(out: &mut Vec<u8>, bytes: &[u8], delimiter: u8, ascii_only: bool) {
    out.push(delimiter);
    let mut rest = bytes;
    while let Some((character, width)) = decode(rest) {
        let (read, unread) = rest.split_at_checked(width).unwrap_or((rest, &[]));
        match read {
            [byte] if !byte.is_ascii() => hex_byte(out, *byte),
            _ => append_escaped(out, character, delimiter, ascii_only),
        }
        rest = unread;
    }
    out.push(delimiter);
}

/// Appends one character between single quotes: Go's `strconv.AppendQuoteRune`.
pub fn append_quoted_rune(out: &mut Vec<u8>, character: char, ascii_only: bool) {
    out.push(b'\'');
    append_escaped(out, character, b'\'', ascii_only);
    out.push(b'\'');
}

/// Go's `strconv.CanBackquote`: whether the text can stand between back quotes on one line.
#[must_use]
pub fn can_backquote(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        text.chars().all(|character| {
            !matches!(character, '\u{FEFF}' | '`' | '\u{7F}') && (character >= ' ' || character == '\t')
        })
    })
}

fn append_escaped(out: &mut Vec<u8>, character: char, delimiter: u8, ascii_only: bool) {
    if character == char::from(delimiter) || character == '\\' {
        out.push(b'\\');
        push(out, character);
        return;
    }
    if is_print(character) && (character.is_ascii() || !ascii_only) {
        push(out, character);
        return;
    }
    match character {
        '\u{7}' => out.extend_from_slice(b"\\a"),
        '\u{8}' => out.extend_from_slice(b"\\b"),
        '\u{C}' => out.extend_from_slice(b"\\f"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\u{B}' => out.extend_from_slice(b"\\v"),
        '\0'..' ' | '\u{7F}' => hex_byte(out, character as u8),
        '\0'..='\u{FFFF}' => {
            out.extend_from_slice(b"\\u");
            hex(out, u32::from(character), 4);
        }
        _ => {
            out.extend_from_slice(b"\\U");
            hex(out, u32::from(character), 8);
        }
    }
}

fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn hex_byte(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(b"\\x");
    hex(out, u32::from(byte), 2);
}

fn hex(out: &mut Vec<u8>, value: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = (value >> (4 * place)) & 0xF;
        out.extend(LOWER_HEX.get(digit as usize));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_escapes_what_go_escapes() {
        for (bytes, expect) in [
            (&b"hello"[..], r#""hello""#),
            (b"a\"b\\c'", r#""a\"b\\c'""#),
            (b"\x07\x08\x0c\n\r\t\x0b\x00\x1f\x7f", r#""\a\b\f\n\r\t\v\x00\x1f\x7f""#),
            (b"\xff\xe2\x82", r#""\xff\xe2\x82""#),
            (
                "é€😀\u{200B}\u{FEFF}\u{10FFFF}\u{FFFD}".as_bytes(),
                "\"é€😀\\u200b\\ufeff\\U0010ffff\u{FFFD}\"",
            ),
        ] {
            assert_eq!(quote(bytes), expect);
        }
        let mut out = Vec::new();
        append_quoted(&mut out, "é😀".as_bytes(), b'"', true);
        assert_eq!(out, br#""\u00e9\U0001f600""#);
    }

    #[test]
    fn back_quotes_hold_one_clean_line() {
        assert!(can_backquote("a\té\"".as_bytes()));
        for bytes in [&b"a`"[..], b"a\n", b"\xff", "\u{FEFF}".as_bytes(), b"\x7f"] {
            assert!(!can_backquote(bytes));
        }
    }
}
