//! Unicode as Go sees it: categories of characters, and bytes that may not be UTF-8.

mod tables;

/// What Go reads where the bytes are not UTF-8: U+FFFD.
pub const RUNE_ERROR: char = '\u{FFFD}';

/// Go's `unicode.IsLetter`.
#[must_use]
pub fn is_letter(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_alphabetic() } else { within(&tables::LETTERS, character) }
}

/// Go's `unicode.IsDigit`.
#[must_use]
pub fn is_digit(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_digit() } else { within(&tables::DIGITS, character) }
}

/// Go's `strconv.IsPrint`: what a quoted string shows as it is.
#[must_use]
pub fn is_print(character: char) -> bool {
    if character.is_ascii() { matches!(character, ' '..='~') } else { within(&tables::PRINTABLE, character) }
}

fn within(ranges: &[(u32, u32)], character: char) -> bool {
    let code = u32::from(character);
    let index = ranges.partition_point(|(_, last)| *last < code);
    ranges.get(index).is_some_and(|(first, _)| *first <= code)
}

/// The first character of `bytes` and its length in bytes; U+FFFD and 1 where the bytes are not
/// UTF-8; `None` at the end.
#[must_use]
#[inline]
pub fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    Some(decode_long(bytes))
}

/// [`decode`] where the first byte is not ASCII.
#[inline(never)]
fn decode_long(bytes: &[u8]) -> (char, usize) {
    let longest = bytes.get(..4).unwrap_or(bytes);
    let text = match std::str::from_utf8(longest) {
        Ok(text) => text,
        Err(error) => longest
            .get(..error.valid_up_to())
            .map_or("", |valid| std::str::from_utf8(valid).unwrap_or_default()),
    };
    text.chars().next().map_or((RUNE_ERROR, 1), |character| (character, character.len_utf8()))
}

/// The characters of `bytes`, U+FFFD for each byte that is not UTF-8.
pub fn characters(bytes: &[u8]) -> impl Iterator<Item = char> + '_ {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (character, width) = decode(rest)?;
        rest = rest.get(width..).unwrap_or_default();
        Some(character)
    })
}

/// Go's `utf8.RuneCount`.
#[must_use]
pub fn count(bytes: &[u8]) -> usize {
    if bytes.is_ascii() { bytes.len() } else { characters(bytes).count() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_gos() {
        for (character, letter, digit, print) in [
            ('a', true, false, true),
            ('5', false, true, true),
            ('_', false, false, true),
            ('\t', false, false, false),
            ('é', true, false, true),
            ('٣', false, true, true),
            ('Ⅷ', false, false, true),
            ('\u{00A0}', false, false, false),
            ('\u{200B}', false, false, false),
            ('😀', false, false, true),
            ('\u{FFFD}', false, false, true),
            ('\u{10FFFF}', false, false, false),
        ] {
            assert_eq!(
                (is_letter(character), is_digit(character), is_print(character)),
                (letter, digit, print),
                "{character:?}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_read_as_the_replacement() {
        let read = |bytes: &[u8]| characters(bytes).collect::<String>();
        assert_eq!(read(b"a\xffb"), "a\u{FFFD}b");
        assert_eq!(read(b"\xe2\x82"), "\u{FFFD}\u{FFFD}");
        assert_eq!(read("a€😀".as_bytes()), "a€😀");
        assert_eq!(count(b"\xff\xff"), 2);
        assert_eq!(decode(b""), None);
    }
}
