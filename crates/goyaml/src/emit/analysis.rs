//! What the characters of a scalar allow.

use crate::chars::{at, is_blank, is_blankz, is_break, width};

/// Which styles can hold a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Analysis {
    /// It has line breaks.
    pub(super) multiline: bool,
    pub(super) plain_allowed: bool,
    pub(super) single_quoted_allowed: bool,
    pub(super) literal_allowed: bool,
}

/// Bytes that mean nothing wherever they stand.
const ORDINARY: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0x21;
    while byte < 0x7F {
        #[allow(clippy::indexing_slicing, reason = "checked when compiled")]
        {
            table[byte as usize] = byte != b':' && byte != b'#';
        }
        byte += 1;
    }
    table
};

/// Looks at every character; `tabs_in_literals` is how v3 differs from v2.
pub(super) fn analyze(text: &str, tabs_in_literals: bool) -> Analysis {
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        return Analysis {
            multiline: false,
            plain_allowed: true,
            single_quoted_allowed: true,
            literal_allowed: false,
        };
    }
    let mut indicators =
        bytes.starts_with(b"---") || bytes.starts_with(b"...") || starts_with_indicator(bytes);
    let (mut line_breaks, mut special, mut tabs) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let (mut previous_space, mut previous_break, mut after_blank) = (false, false, true);

    let mut index = 0;
    while index < bytes.len() {
        let byte = at(bytes, index);
        if ORDINARY.get(usize::from(byte)) == Some(&true) {
            (previous_space, previous_break, after_blank) = (false, false, false);
            index += 1;
            continue;
        }
        match byte {
            b':' if ends_or_blank(bytes, index + 1) => indicators = true,
            b'#' if after_blank => indicators = true,
            b'\t' if tabs_in_literals => tabs = true,
            _ if !is_printable(bytes, index) => special = true,
            _ => {}
        }
        if byte == b' ' {
            break_space |= previous_break;
            (previous_space, previous_break) = (true, false);
        } else if is_break(bytes, index) {
            line_breaks = true;
            space_break |= previous_space;
            (previous_space, previous_break) = (false, true);
        } else {
            (previous_space, previous_break) = (false, false);
        }
        after_blank = is_blankz(bytes, index);
        index += width(byte);
    }

    let leading = at(bytes, 0) == b' ' || is_break(bytes, 0);
    // What came last shows whether the text ends in a space or break.
    let trailing = previous_space || previous_break;
    let unquotable = space_break || special;
    Analysis {
        multiline: line_breaks,
        plain_allowed: !(leading
            || trailing
            || break_space
            || unquotable
            || tabs
            || line_breaks
            || indicators),
        single_quoted_allowed: !(break_space || unquotable || tabs),
        literal_allowed: !(previous_space || unquotable),
    }
}

/// Whether the first character would be read as something else than text.
fn starts_with_indicator(bytes: &[u8]) -> bool {
    match at(bytes, 0) {
        b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%'
        | b'@' | b'`' => true,
        b'?' | b':' | b'-' => ends_or_blank(bytes, 1),
        _ => false,
    }
}

fn ends_or_blank(bytes: &[u8], index: usize) -> bool {
    index >= bytes.len() || is_blank(at(bytes, index))
}

/// Whether a character can be written as it is.
pub(super) fn is_printable(bytes: &[u8], index: usize) -> bool {
    match (at(bytes, index), at(bytes, index + 1), at(bytes, index + 2)) {
        (b'\n' | b' '..=b'~' | 0xC3..=0xEC | 0xEE, _, _) => true,
        (0xC2, second, _) => second >= 0xA0,
        (0xED, second, _) => second < 0xA0,
        (0xEF, 0xBB, 0xBF) | (0xEF, 0xBF, 0xBE | 0xBF) => false,
        (0xEF, _, _) => true,
        _ => false,
    }
}
