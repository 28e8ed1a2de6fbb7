use std::borrow::Cow;

use crate::unicode::decode;

/// The text is no Go literal: Go's `strconv.ErrSyntax`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid syntax")]
pub struct InvalidSyntax;

/// Go's `strconv.Unquote` for `"…"` and `` `…` `` literals.
///
/// # Errors
/// When the text is not such a literal, whole.
pub fn unquote(literal: &[u8]) -> Result<Cow<'_, [u8]>, InvalidSyntax> {
    match literal {
        [b'`', inner @ .., b'`'] if !inner.contains(&b'`') => Ok(match inner.contains(&b'\r') {
            true => inner.iter().copied().filter(|byte| *byte != b'\r').collect(),
            false => Cow::Borrowed(inner),
        }),
        [b'"', inner @ .., b'"'] => unquote_double(inner),
        _ => Err(InvalidSyntax),
    }
}

fn unquote_double(inner: &[u8]) -> Result<Cow<'_, [u8]>, InvalidSyntax> {
    if memchr::memchr3(b'\n', b'\\', b'"', inner).is_none() && std::str::from_utf8(inner).is_ok() {
        return Ok(Cow::Borrowed(inner));
    }
    if inner.contains(&b'\n') {
        return Err(InvalidSyntax);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let (character, unread) = unquote_character(rest, b'"')?;
        match character {
            Unquoted::Byte(byte) => out.push(byte),
            Unquoted::Character(character) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        rest = unread;
    }
    Ok(Cow::Owned(out))
}

/// One character of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unquoted {
    /// A byte by its number (`\xff`, `\377`) or a plain ASCII character.
    Byte(u8),
    /// A character.
    Character(char),
}

impl Unquoted {
    /// The code point or byte as Go's `rune`.
    #[must_use]
    pub fn rune(self) -> u32 {
        match self {
            Unquoted::Byte(byte) => u32::from(byte),
            Unquoted::Character(character) => u32::from(character),
        }
    }
}

/// Go's `strconv.UnquoteChar`: the first character of a literal's inside, and the rest.
///
/// # Errors
/// When there is no character, a bare quote, or an escape Go does not know.
pub fn unquote_character(text: &[u8], quote: u8) -> Result<(Unquoted, &[u8]), InvalidSyntax> {
    match text {
        [] => Err(InvalidSyntax),
        [byte, ..] if *byte == quote => Err(InvalidSyntax),
        [b'\\', escape, rest @ ..] => unescape(*escape, rest, quote),
        [b'\\'] => Err(InvalidSyntax),
        [byte, rest @ ..] if byte.is_ascii() => Ok((Unquoted::Byte(*byte), rest)),
        _ => {
            let (character, width) = decode(text).ok_or(InvalidSyntax)?;
            Ok((Unquoted::Character(character), text.get(width..).unwrap_or_default()))
        }
    }
}

fn unescape(escape: u8, rest: &[u8], quote: u8) -> Result<(Unquoted, &[u8]), InvalidSyntax> {
    let byte = match escape {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0B,
        b'\\' => b'\\',
        b'\'' | b'"' if escape == quote => quote,
        b'x' => {
            let (value, rest) = digits(rest, 2, 16)?;
            return Ok((Unquoted::Byte(u8::try_from(value).map_err(|_| InvalidSyntax)?), rest));
        }
        b'u' | b'U' => {
            let (value, rest) = digits(rest, if escape == b'u' { 4 } else { 8 }, 16)?;
            let character = char::from_u32(value).ok_or(InvalidSyntax)?;
            return Ok((Unquoted::Character(character), rest));
        }
        b'0'..=b'7' => {
            let (low, rest) = digits(rest, 2, 8)?;
            let value = u32::from(escape - b'0') * 64 + low;
            return Ok((Unquoted::Byte(u8::try_from(value).map_err(|_| InvalidSyntax)?), rest));
        }
        _ => return Err(InvalidSyntax),
    };
    Ok((Unquoted::Byte(byte), rest))
}

fn digits(text: &[u8], count: usize, radix: u32) -> Result<(u32, &[u8]), InvalidSyntax> {
    let (read, rest) = text.split_at_checked(count).ok_or(InvalidSyntax)?;
    let mut value: u32 = 0;
    for byte in read {
        let digit = char::from(*byte).to_digit(radix).ok_or(InvalidSyntax)?;
        value = value.checked_mul(radix).and_then(|value| value.checked_add(digit)).ok_or(InvalidSyntax)?;
    }
    Ok((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(literal: &str, expect: Option<&[u8]>) {
        assert_eq!(unquote(literal.as_bytes()).ok().as_deref(), expect, "{literal}");
    }

    #[test]
    fn literals_read_as_go_reads_them() {
        check(r#""""#, Some(b""));
        check(r#""a\tb\"c\\""#, Some(b"a\tb\"c\\"));
        check(r#""\x41\101\u00e9\U0001F600""#, Some("AAé😀".as_bytes()));
        check(r#""\xff\377""#, Some(b"\xff\xff"));
        check("`a\\n\r\nb`", Some(b"a\\n\nb"));
        for wrong in [
            "",
            "\"",
            "`",
            "\"a",
            "a",
            "\"\\'\"",
            "\"\\q\"",
            "\"\\400\"",
            "\"\\ud800\"",
            "\"\\x4\"",
            "\"a\nb\"",
            "\"a\"b\"",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_become_the_replacement_character() {
        assert_eq!(&*unquote(b"\"a\xff\"").unwrap(), "a\u{FFFD}".as_bytes());
        assert_eq!(&*unquote(b"`a\xff`").unwrap(), b"a\xff");
    }
}
