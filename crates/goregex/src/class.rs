use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// Characters from the first to the last, both included.
pub(crate) type Range = (u32, u32);

/// A class of characters. Surrogates are left out: no text holds them.
pub(crate) fn class(ranges: &[Range]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().flat_map(|&range| without_surrogates(range)))
}

fn without_surrogates((first, last): Range) -> impl Iterator<Item = ClassUnicodeRange> {
    let parts = [(first, last.min(0xd7ff)), (first.max(0xe000), last)];
    parts.into_iter().filter(|(first, last)| first <= last).filter_map(|(first, last)| {
        Some(ClassUnicodeRange::new(char::from_u32(first)?, char::from_u32(last)?))
    })
}

/// Adds every character that differs from one of the class only in case.
pub(crate) fn fold_case(class: &mut ClassUnicode) {
    // Fails only where the case tables are left out of the build, which its features forbid.
    let _ = class.try_case_fold_simple();
}

const DIGIT: &[Range] = &[(0x30, 0x39)];
const SPACE: &[Range] = &[(0x9, 0xa), (0xc, 0xd), (0x20, 0x20)];
const WORD: &[Range] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];

/// The class behind a backslash: `d`, `s`, `w`; the capital letters negate and are not here.
pub(crate) fn perl_class(name: u8) -> Option<&'static [Range]> {
    match name {
        b'd' => Some(DIGIT),
        b's' => Some(SPACE),
        b'w' => Some(WORD),
        _ => None,
    }
}

/// The class named in `[:name:]`.
pub(crate) fn posix_class(name: &[u8]) -> Option<&'static [Range]> {
    Some(match name {
        b"alnum" => &[(0x30, 0x39), (0x41, 0x5a), (0x61, 0x7a)],
        b"alpha" => &[(0x41, 0x5a), (0x61, 0x7a)],
        b"ascii" => &[(0x0, 0x7f)],
        b"blank" => &[(0x9, 0x9), (0x20, 0x20)],
        b"cntrl" => &[(0x0, 0x1f), (0x7f, 0x7f)],
        b"digit" => DIGIT,
        b"graph" => &[(0x21, 0x7e)],
        b"lower" => &[(0x61, 0x7a)],
        b"print" => &[(0x20, 0x7e)],
        b"punct" => &[(0x21, 0x2f), (0x3a, 0x40), (0x5b, 0x60), (0x7b, 0x7e)],
        b"space" => &[(0x9, 0xd), (0x20, 0x20)],
        b"upper" => &[(0x41, 0x5a)],
        b"word" => WORD,
        b"xdigit" => &[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)],
        _ => return None,
    })
}
