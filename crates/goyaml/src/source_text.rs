//! The text to be scanned: its encoding, and what go-yaml's reader finds wrong with it.
//!
//! go-yaml fills its buffer 512 bytes at a time and reports a bad byte when the buffer that holds
//! it is filled: before a syntax error that stands earlier in the same piece, and never when the
//! first document ends before that piece is needed. A text with trouble is therefore scanned in
//! the same pieces; a clean text, nearly every one, is scanned whole.

use std::borrow::Cow;

use crate::chars::width;

/// Bytes go-yaml's reader takes in at once.
const PIECE: usize = 512;
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A text ready to be scanned.
#[derive(Clone, Debug)]
pub(crate) struct SourceText<'a> {
    /// The text as UTF-8 without its byte order mark, up to the first trouble.
    pub(crate) text: Cow<'a, str>,
    /// Bytes of the input before `text` (a UTF-8 byte order mark).
    pub(crate) skipped: usize,
    /// What is wrong right after `text`, if anything is; found when the last piece is filled.
    pub(crate) trouble: Option<&'static str>,
    /// Where each piece ends; empty for a text that may be scanned whole.
    pub(crate) pieces: Vec<usize>,
}

/// Something go-yaml's reader refuses.
struct Trouble {
    text: &'static str,
    /// Bytes that must be in the buffer before it is noticed; `None` when only the end of the
    /// input shows it.
    needs: Option<usize>,
}

impl<'a> SourceText<'a> {
    /// Finds the encoding and the first trouble.
    pub(crate) fn new(input: &'a [u8]) -> Self {
        match input {
            // go-yaml reads an empty input as one line break.
            [] => Self { text: Cow::Borrowed("\n"), skipped: 0, trouble: None, pieces: Vec::new() },
            [0xFF, 0xFE, rest @ ..] => Self::from_utf16(rest, u16::from_le_bytes),
            [0xFE, 0xFF, rest @ ..] => Self::from_utf16(rest, u16::from_be_bytes),
            [0xEF, 0xBB, 0xBF, rest @ ..] => Self::from_utf8(rest, 3),
            _ => Self::from_utf8(input, 0),
        }
    }

    fn from_utf8(input: &'a [u8], skipped: usize) -> Self {
        let (text, mut trouble) = match std::str::from_utf8(input) {
            Ok(text) => (text, None),
            Err(error) => {
                let (valid, rest) = input.split_at_checked(error.valid_up_to()).unwrap_or((input, &[]));
                (std::str::from_utf8(valid).unwrap_or_default(), Some(utf8_trouble(rest)))
            }
        };
        let text = match find_refused(text) {
            Some(offset) => {
                trouble = Some(Trouble { text: REFUSED, needs: input.get(offset).map(|byte| width(*byte)) });
                text.get(..offset).unwrap_or(text)
            }
            None => text,
        };
        let pieces = if trouble.is_some() || text.contains(BYTE_ORDER_MARK) {
            utf8_pieces(text, skipped, trouble.as_ref())
        } else {
            Vec::new()
        };
        Self { text: Cow::Borrowed(text), skipped, trouble: trouble.map(|trouble| trouble.text), pieces }
    }

    /// UTF-16 is always read in pieces: it is too rare to be worth a second way.
    fn from_utf16(input: &[u8], unit: fn([u8; 2]) -> u16) -> Self {
        let mut text = String::with_capacity(input.len());
        let mut pieces = Vec::new();
        let mut rest = input;
        // The byte order mark took two bytes of the first piece.
        let mut room = PIECE - 2;
        let trouble = loop {
            let (needs, outcome) = match decode_utf16(rest, unit) {
                None => break None,
                Some(Ok((character, size))) if is_refused(character) => (Some(size), Err(REFUSED)),
                Some(Ok((character, size))) => (Some(size), Ok(character)),
                Some(Err(trouble)) => (trouble.needs, Err(trouble.text)),
            };
            // A piece that has been begun and cannot show this is complete.
            if needs.is_none_or(|needs| needs > room) && room < PIECE {
                pieces.push(text.len());
                room = PIECE;
                continue;
            }
            match outcome {
                Err(text) => break Some(text),
                Ok(character) => {
                    let size = needs.unwrap_or(0);
                    text.push(character);
                    room -= size;
                    rest = rest.get(size..).unwrap_or(&[]);
                }
            }
        };
        pieces.push(text.len());
        Self { text: Cow::Owned(text), skipped: 0, trouble, pieces }
    }

    /// Whether the text has to be scanned piece by piece.
    pub(crate) fn in_pieces(&self) -> bool {
        !self.pieces.is_empty()
    }
}

const REFUSED: &str = "control characters are not allowed";

/// The characters go-yaml refuses wherever they stand.
fn is_refused(character: char) -> bool {
    !matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Offset of the first refused character.
fn find_refused(text: &str) -> Option<usize> {
    let mut offset = 0;
    for piece in text.as_bytes().chunks(64) {
        // One pass without branches tells plain ASCII, which nearly all text is.
        let odd =
            piece.iter().fold(false, |odd, byte| odd | (*byte < b' ' && *byte != b'\n') | (*byte > b'~'));
        if odd {
            for (index, byte) in piece.iter().enumerate() {
                let place = offset + index;
                let refused = match byte {
                    b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..=0xC1 => false,
                    0xC2 | 0xEF => {
                        text.get(place..).and_then(|rest| rest.chars().next()).is_some_and(is_refused)
                    }
                    0xC3.. => false,
                    _ => true,
                };
                if refused {
                    return Some(place);
                }
            }
        }
        offset += piece.len();
    }
    None
}

/// What go-yaml says of the bytes `rest`, which do not start a valid character.
fn utf8_trouble(rest: &[u8]) -> Trouble {
    const INCOMPLETE: Trouble = Trouble { text: "incomplete UTF-8 octet sequence", needs: None };
    let Some((&first, tail)) = rest.split_first() else { return INCOMPLETE };
    let (more, bits) = match first {
        0xC0..=0xDF => (1, first & 0x1F),
        0xE0..=0xEF => (2, first & 0x0F),
        0xF0..=0xF7 => (3, first & 0x07),
        _ => return Trouble { text: "invalid leading UTF-8 octet", needs: Some(1) },
    };
    let Some(tail) = tail.get(..more) else { return INCOMPLETE };
    let needs = Some(more + 1);
    if tail.iter().any(|byte| byte & 0xC0 != 0x80) {
        return Trouble { text: "invalid trailing UTF-8 octet", needs };
    }
    let value = tail.iter().fold(u32::from(bits), |value, byte| value << 6 | u32::from(byte & 0x3F));
    let least = match more {
        1 => 0x80,
        2 => 0x800,
        _ => 0x1_0000,
    };
    let text = if value < least { "invalid length of a UTF-8 sequence" } else { "invalid Unicode character" };
    Trouble { text, needs }
}

/// Piece ends of a UTF-8 text: each piece holds the whole characters of the next 512 bytes. The
/// last one is where trouble shows.
fn utf8_pieces(text: &str, skipped: usize, trouble: Option<&Trouble>) -> Vec<usize> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut room = PIECE - skipped;
    loop {
        let mut end = (start + room).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        pieces.push(end);
        let shows = |trouble: &Trouble| trouble.needs.is_some_and(|needs| end + needs <= start + room);
        if end == text.len() {
            if trouble.is_some_and(|trouble| !shows(trouble)) {
                pieces.push(end);
            }
            return pieces;
        }
        start = end;
        room = PIECE;
    }
}

/// The first character of UTF-16 text and its size in bytes; `None` at the end.
fn decode_utf16(rest: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Result<(char, usize), Trouble>> {
    let at = |index: usize| Some(u32::from(unit([*rest.get(index)?, *rest.get(index + 1)?])));
    let trouble = |text, needs| Some(Err(Trouble { text, needs }));
    if rest.is_empty() {
        return None;
    }
    let Some(first) = at(0) else { return trouble("incomplete UTF-16 character", None) };
    let (value, size) = match first & 0xFC00 {
        0xDC00 => return trouble("unexpected low surrogate area", Some(2)),
        0xD800 => match at(2) {
            None => return trouble("incomplete UTF-16 surrogate pair", None),
            Some(second) if second & 0xFC00 != 0xDC00 => {
                return trouble("expected low surrogate area", Some(4));
            }
            Some(second) => (0x1_0000 + ((first & 0x3FF) << 10) + (second & 0x3FF), 4),
        },
        _ => (first, 2),
    };
    Some(
        char::from_u32(value)
            .map(|character| (character, size))
            .ok_or(Trouble { text: "invalid Unicode character", needs: Some(size) }),
    )
}
