//! The character classes of libyaml. A read past the end of the text sees a NUL, as libyaml's
//! buffer has one there; no NUL can stand inside a text, the reader refuses control characters.

/// The byte at `index`, NUL past the end.
#[inline]
pub(crate) fn at(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or(0)
}

/// Letters, digits, `_` and `-`: what anchors and tag handles are made of.
#[inline]
pub(crate) fn is_alpha(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// A space or a tab.
#[inline]
pub(crate) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// A line break: CR, LF, NEL (U+0085), LS (U+2028) or PS (U+2029).
#[inline]
pub(crate) fn is_break(text: &[u8], index: usize) -> bool {
    match at(text, index) {
        b'\r' | b'\n' => true,
        0xC2 => at(text, index + 1) == 0x85,
        0xE2 => at(text, index + 1) == 0x80 && matches!(at(text, index + 2), 0xA8 | 0xA9),
        _ => false,
    }
}

/// A line break or the end of the text.
#[inline]
pub(crate) fn is_breakz(text: &[u8], index: usize) -> bool {
    at(text, index) == 0 || is_break(text, index)
}

/// A space, a tab, a line break or the end of the text.
#[inline]
pub(crate) fn is_blankz(text: &[u8], index: usize) -> bool {
    is_blank(at(text, index)) || is_breakz(text, index)
}

/// Bytes of the UTF-8 sequence that `first` starts; 1 for a byte that starts none.
#[inline]
pub(crate) fn width(first: u8) -> usize {
    match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    }
}

/// Whether a byte begins a character (is not a UTF-8 continuation byte).
#[inline]
pub(crate) fn starts_char(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// Characters in a run of UTF-8.
pub(crate) fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| starts_char(**byte)).count()
}
