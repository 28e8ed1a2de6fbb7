//! What single bytes are to the lexer, from a table: it asks of every byte of an action.

const SPACE: u8 = 1;
const WORD: u8 = 2;
const TERMINATOR: u8 = 4;

#[allow(
    clippy::indexing_slicing,
    reason = "a byte below 128 is in bounds, and a constant that panics does not compile"
)]
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        let mut class = 0;
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            class |= WORD;
        }
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            class |= SPACE;
        }
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(') {
            class |= TERMINATOR;
        }
        classes[byte as usize] = class;
        byte += 1;
    }
    classes
};

fn is(byte: u8, class: u8) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|classes| classes & class != 0)
}

/// Whether it is a space or a line break.
pub(super) fn is_space_byte(byte: u8) -> bool {
    is(byte, SPACE)
}

/// Whether it belongs to words: an ASCII letter, a digit, an underscore.
pub(super) fn is_word_byte(byte: u8) -> bool {
    is(byte, WORD)
}

/// Whether a word may end before it. A closing delimiter ends one too.
pub(super) fn is_terminator_byte(byte: u8) -> bool {
    is(byte, TERMINATOR)
}
