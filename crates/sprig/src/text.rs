//! Strings as Go sees them: bytes, read rune by rune where a function works on runes.

use unicode_general_category::{GeneralCategory, get_general_category};
use wheelhouse_gotemplate::unicode::RUNE_ERROR;

/// The runes with their bytes. A byte that belongs to no sequence is a rune of its own,
/// [`RUNE_ERROR`].
pub(crate) fn runes(bytes: &[u8]) -> impl Iterator<Item = (char, &[u8])> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid();
        let valid_runes = valid.char_indices().map(move |(start, rune)| {
            (rune, valid.as_bytes().get(start..start + rune.len_utf8()).unwrap_or_default())
        });
        valid_runes.chain(chunk.invalid().chunks(1).map(|byte| (RUNE_ERROR, byte)))
    })
}

/// Go's `strings.Map` for mappings that drop nothing: bytes that are no UTF-8 become U+FFFD.
pub(crate) fn map_runes(bytes: &[u8], mut mapping: impl FnMut(char) -> char) -> Vec<u8> {
    let mut mapped = String::with_capacity(bytes.len());
    mapped.extend(runes(bytes).map(|(rune, _)| mapping(rune)));
    mapped.into_bytes()
}

/// Number of times `needle` is in `haystack` without overlap; an empty one is before each rune and
/// at the end.
pub(crate) fn count(haystack: &[u8], needle: &[u8]) -> usize {
    if needle.is_empty() {
        return runes(haystack).count() + 1;
    }
    memchr::memmem::find_iter(haystack, needle).count()
}

/// Go's `strings.SplitN`: at most `limit` parts, all if it is negative. An empty separator splits
/// into runes.
pub(crate) fn split<'a>(text: &'a [u8], separator: &[u8], limit: i64) -> Vec<&'a [u8]> {
    if limit == 0 {
        return Vec::new();
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = text;
    if separator.is_empty() {
        for (_, rune) in runes(text) {
            if parts.len() + 1 == limit {
                break;
            }
            parts.push(rune);
            rest = rest.get(rune.len()..).unwrap_or_default();
        }
        if !rest.is_empty() {
            parts.push(rest);
        }
        return parts;
    }
    let finder = memchr::memmem::Finder::new(separator);
    while parts.len() + 1 < limit {
        let Some((before, after)) =
            finder.find(rest).and_then(|at| Some((rest.get(..at)?, rest.get(at + separator.len()..)?)))
        else {
            break;
        };
        parts.push(before);
        rest = after;
    }
    parts.push(rest);
    parts
}

/// Go's `strings.ReplaceAll`.
pub(crate) fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    if old.is_empty() {
        let mut replaced = new.to_vec();
        for (_, rune) in runes(text) {
            replaced.extend_from_slice(rune);
            replaced.extend_from_slice(new);
        }
        return replaced;
    }
    let mut replaced = Vec::with_capacity(text.len());
    let mut copied = 0;
    for at in memchr::memmem::find_iter(text, old) {
        replaced.extend_from_slice(text.get(copied..at).unwrap_or_default());
        replaced.extend_from_slice(new);
        copied = at + old.len();
    }
    replaced.extend_from_slice(text.get(copied..).unwrap_or_default());
    replaced
}

/// Go's `strings.TrimSpace`.
pub(crate) fn trim_space(text: &[u8]) -> &[u8] {
    trim(text, char::is_whitespace)
}

/// Go's `strings.TrimFunc`.
pub(crate) fn trim(text: &[u8], mut drops: impl FnMut(char) -> bool) -> &[u8] {
    let mut start = 0;
    let mut end = 0;
    let mut at = 0;
    let mut found = false;
    for (rune, bytes) in runes(text) {
        let next = at + bytes.len();
        if !drops(rune) {
            if !found {
                found = true;
                start = at;
            }
            end = next;
        }
        at = next;
    }
    text.get(start..end).unwrap_or_default()
}

/// Go knows Unicode 15. These letters with case and these punctuation marks came after.
fn is_newer_than_go(rune: char) -> bool {
    matches!(rune,
        '\u{1b4e}' | '\u{1b4f}' | '\u{1b7f}' | '\u{1c89}' | '\u{1c8a}'
        | '\u{a7cb}'..='\u{a7cf}' | '\u{a7d2}' | '\u{a7d4}' | '\u{a7da}'..='\u{a7dc}'
        | '\u{10d50}'..='\u{10d8f}' | '\u{113d4}'..='\u{113d8}' | '\u{11be1}'
        | '\u{16d6d}'..='\u{16d6f}' | '\u{16ea0}'..='\u{16ed3}' | '\u{1e5ff}')
}

fn category(rune: char) -> GeneralCategory {
    if is_newer_than_go(rune) { GeneralCategory::Unassigned } else { get_general_category(rune) }
}

/// The one rune a mapping gives, unless Go does not know of it.
fn only(mut mapped: impl Iterator<Item = char>, rune: char) -> Option<char> {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) if is_newer_than_go(rune) || is_newer_than_go(one) => Some(rune),
        (Some(one), None) => Some(one),
        _ => None,
    }
}

/// `unicode.IsUpper`: general category Lu, which is less than Rust's `Uppercase`.
pub(crate) fn is_upper(rune: char) -> bool {
    if rune.is_ascii() {
        return rune.is_ascii_uppercase();
    }
    category(rune) == GeneralCategory::UppercaseLetter
}

/// `unicode.IsLower`: general category Ll.
pub(crate) fn is_lower(rune: char) -> bool {
    if rune.is_ascii() {
        return rune.is_ascii_lowercase();
    }
    category(rune) == GeneralCategory::LowercaseLetter
}

/// `unicode.IsTitle`: general category Lt.
pub(crate) fn is_title(rune: char) -> bool {
    !rune.is_ascii() && category(rune) == GeneralCategory::TitlecaseLetter
}

/// `unicode.IsPunct`: general category P.
pub(crate) fn is_punctuation(rune: char) -> bool {
    matches!(
        category(rune),
        GeneralCategory::ConnectorPunctuation
            | GeneralCategory::DashPunctuation
            | GeneralCategory::OpenPunctuation
            | GeneralCategory::ClosePunctuation
            | GeneralCategory::InitialPunctuation
            | GeneralCategory::FinalPunctuation
            | GeneralCategory::OtherPunctuation
    )
}

/// `unicode.ToUpper`: the simple mapping, one rune to one rune.
pub(crate) fn to_upper(rune: char) -> char {
    if let Some(title) = title_of_digraph(rune) {
        return match title {
            '\u{1f2}' => '\u{1f1}',
            title => char::from_u32(u32::from(title) - 1).unwrap_or(rune),
        };
    }
    simple_upper(rune)
}

/// `unicode.ToTitle`.
pub(crate) fn to_title(rune: char) -> char {
    match rune {
        // Georgian has capitals, but does not use them to begin words.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => rune,
        _ => title_of_digraph(rune).unwrap_or_else(|| simple_upper(rune)),
    }
}

/// `unicode.ToLower`: the simple mapping, one rune to one rune.
pub(crate) fn to_lower(rune: char) -> char {
    if rune == '\u{130}' {
        return 'i';
    }
    only(rune.to_lowercase(), rune).unwrap_or(rune)
}

fn simple_upper(rune: char) -> char {
    match only(rune.to_uppercase(), rune) {
        Some(one) => one,
        // The full mapping writes the iota subscript as a letter of its own, the simple one keeps it.
        None => match u32::from(rune) {
            code @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => {
                char::from_u32(code + 8).unwrap_or(rune)
            }
            code @ (0x1fb3 | 0x1fc3 | 0x1ff3) => char::from_u32(code + 9).unwrap_or(rune),
            _ => rune,
        },
    }
}

fn title_of_digraph(rune: char) -> Option<char> {
    match rune {
        '\u{1c4}'..='\u{1c6}' => Some('\u{1c5}'),
        '\u{1c7}'..='\u{1c9}' => Some('\u{1c8}'),
        '\u{1ca}'..='\u{1cc}' => Some('\u{1cb}'),
        '\u{1f1}'..='\u{1f3}' => Some('\u{1f2}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stray_byte_is_a_rune_of_its_own() {
        let seen: Vec<_> = runes(b"a\xe2\x82z\xff").collect();
        assert_eq!(
            seen,
            [
                ('a', &b"a"[..]),
                (RUNE_ERROR, b"\xe2"),
                (RUNE_ERROR, b"\x82"),
                ('z', b"z"),
                (RUNE_ERROR, b"\xff")
            ]
        );
    }

    #[test]
    fn splits() {
        #[track_caller]
        fn check(text: &str, separator: &str, limit: i64, expect: &[&str]) {
            let expect: Vec<_> = expect.iter().map(|part| part.as_bytes()).collect();
            assert_eq!(split(text.as_bytes(), separator.as_bytes(), limit), expect);
        }
        check("a,b,c", ",", -1, &["a", "b", "c"]);
        check("a,b,c", ",", 2, &["a", "b,c"]);
        check("a,b,c", ",", 1, &["a,b,c"]);
        check("a,b,c", ",", 0, &[]);
        check("", ",", -1, &[""]);
        check("", "", -1, &[]);
        check("aéz", "", -1, &["a", "é", "z"]);
        check("aéz", "", 2, &["a", "éz"]);
        check("aéz", "", 9, &["a", "é", "z"]);
    }

    #[test]
    fn replaces() {
        #[track_caller]
        fn check(text: &str, old: &str, new: &str, expect: &str) {
            assert_eq!(replace(text.as_bytes(), old.as_bytes(), new.as_bytes()), expect.as_bytes());
        }
        check("aaa", "aa", "b", "ba");
        check("aé", "", "-", "-a-é-");
        check("", "", "-", "-");
        check("abc", "x", "-", "abc");
    }

    #[test]
    fn cases_are_one_rune_to_one_rune() {
        assert_eq!(to_upper('ß'), 'ß');
        assert_eq!(to_upper('ǆ'), 'Ǆ');
        assert_eq!(to_title('ǆ'), 'ǅ');
        assert_eq!(to_upper('ǅ'), 'Ǆ');
        assert_eq!(to_upper('ǳ'), 'Ǳ');
        assert_eq!(to_upper('ᾳ'), 'ᾼ');
        assert_eq!(to_lower('İ'), 'i');
        assert_eq!(to_title('ა'), 'ა');
        assert!(!is_upper('Ⓐ'));
    }
}
