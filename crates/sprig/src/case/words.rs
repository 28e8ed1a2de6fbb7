//! `snakecase`, `kebabcase` and `camelcase`: how `xstrings` 1.5 takes a name apart and joins it.

use wheelhouse_gotemplate::unicode::{RUNE_ERROR, is_letter};

use crate::text::{is_punctuation, is_upper, runes, to_lower, to_upper};

fn is_connector(rune: char) -> bool {
    rune == '-' || rune == '_' || rune.is_whitespace()
}

/// A letter of a script with case-like words: not an ideograph.
fn is_alphabet(rune: char) -> bool {
    is_letter(rune)
        && !matches!(rune, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}')
}

/// `xstrings.ToPascalCase`: connectors go, and what follows one is a capital; a run of capitals
/// keeps only its first.
pub(super) fn pascal(whole: &[u8]) -> Vec<u8> {
    let mut output = String::with_capacity(whole.len());
    let mut rest = runes(whole).map(|(rune, _)| rune);
    let mut current = '\0';
    let mut current_was_upper = false;
    let mut any = false;
    for rune in rest.by_ref() {
        any = true;
        current = rune;
        if !is_connector(rune) {
            current_was_upper = is_upper(rune);
            current = to_upper(rune);
            break;
        }
        output.push(rune);
    }
    if !any {
        return Vec::new();
    }
    let mut rest = rest.peekable();
    if rest.peek().is_none() {
        // A text of connectors only has its last one twice.
        output.push(current);
        return output.into_bytes();
    }
    for rune in rest {
        let previous = current;
        current = rune;
        if is_connector(current) && is_connector(previous) {
            output.push(previous);
        } else if is_connector(previous) {
            current_was_upper = is_upper(current);
            current = to_upper(current);
        } else {
            if current_was_upper {
                if is_upper(current) {
                    current = to_lower(current);
                } else {
                    current_was_upper = false;
                }
            }
            output.push(previous);
        }
    }
    output.push(current);
    output.into_bytes()
}

/// What a run of characters is, by its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The end of the text, or bytes that are no UTF-8 up to it.
    Invalid,
    Number,
    UpperCase,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// A run of characters of one kind, and what follows it.
#[derive(Clone, Copy)]
struct Word<'a> {
    kind: Kind,
    text: &'a [u8],
    rest: &'a [u8],
}

/// `xstrings.ToSnakeCase` and `ToKebabCase`: words in lower case between connectors.
pub(super) fn lower_joined(whole: &[u8], connector: char) -> Vec<u8> {
    let mut output = Vec::with_capacity(whole.len() + 8);
    let mut word = next_word(whole);
    let push_connector = |output: &mut Vec<u8>| push(output, connector);
    while !word.rest.is_empty() {
        if word.kind != Kind::Connector {
            push_lower(&mut output, word, connector);
        }
        let previous = word;
        word = next_word(word.rest);
        match previous.kind {
            Kind::Number => {
                word = push_letters_and_numbers(&mut output, word, connector);
                if !matches!(word.kind, Kind::Invalid | Kind::Punctuation | Kind::Connector) {
                    push_connector(&mut output);
                }
            }
            Kind::Connector => push_lower(&mut output, previous, connector),
            Kind::Punctuation => {}
            _ if word.kind != Kind::Number => {
                if !matches!(word.kind, Kind::Connector | Kind::Punctuation) {
                    push_connector(&mut output);
                }
            }
            _ if word.rest.is_empty() => {}
            _ => {
                let number = word;
                word = next_word(word.rest);
                if word.kind == Kind::Alphabet {
                    // Letters behind a number belong to it: "HTTP2xx" is "http_2xx".
                    push_connector(&mut output);
                    push_lower(&mut output, number, connector);
                    word = push_letters_and_numbers(&mut output, word, connector);
                    if !matches!(word.kind, Kind::Invalid | Kind::Connector | Kind::Punctuation) {
                        push_connector(&mut output);
                    }
                } else {
                    // A number before a capital belongs to the word before: "Bld4Floor" is "bld4_floor".
                    push_lower(&mut output, number, connector);
                    if !matches!(word.kind, Kind::Connector | Kind::Punctuation) {
                        push_connector(&mut output);
                    }
                }
            }
        }
    }
    push_lower(&mut output, word, connector);
    output
}

fn push_letters_and_numbers<'a>(output: &mut Vec<u8>, mut word: Word<'a>, connector: char) -> Word<'a> {
    while matches!(word.kind, Kind::Alphabet | Kind::Number) {
        push_lower(output, word, connector);
        word = next_word(word.rest);
    }
    word
}

fn push(output: &mut Vec<u8>, rune: char) {
    output.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}

fn push_lower(output: &mut Vec<u8>, word: Word<'_>, connector: char) {
    if !matches!(word.kind, Kind::UpperCase | Kind::Connector) {
        output.extend_from_slice(word.text);
        return;
    }
    for (rune, _) in runes(word.text) {
        let lower = if is_connector(rune) {
            connector
        } else if is_upper(rune) {
            to_lower(rune)
        } else {
            rune
        };
        push(output, lower);
    }
}

/// The next rune that is none of the errors, with the bytes up to its end; `before` if there is none.
fn next_valid_rune(text: &[u8], before: char) -> (char, usize) {
    let mut size = 0;
    for (rune, bytes) in runes(text) {
        size += bytes.len();
        if rune != RUNE_ERROR {
            return (rune, size);
        }
    }
    (before, size)
}

fn next_word(text: &[u8]) -> Word<'_> {
    let (first, size) = next_valid_rune(text, RUNE_ERROR);
    if first == RUNE_ERROR {
        return word_of(Kind::Invalid, text, size);
    }
    if is_connector(first) {
        return word_of(Kind::Connector, text, run(text, size, first, is_connector));
    }
    if is_punctuation(first) {
        return word_of(Kind::Punctuation, text, run(text, size, first, is_punctuation));
    }
    if is_upper(first) {
        return word_of(Kind::UpperCase, text, upper_case_run(text, size, first));
    }
    if is_alphabet(first) {
        return word_of(Kind::Alphabet, text, run(text, size, first, is_lower_alphabet));
    }
    if first.is_numeric() {
        return word_of(Kind::Number, text, run(text, size, first, char::is_numeric));
    }
    let is_other =
        |rune: char| !(is_connector(rune) || is_alphabet(rune) || rune.is_numeric() || is_punctuation(rune));
    word_of(Kind::Other, text, run(text, size, first, is_other))
}

fn is_lower_alphabet(rune: char) -> bool {
    is_alphabet(rune) && !is_upper(rune)
}

fn word_of(kind: Kind, text: &[u8], size: usize) -> Word<'_> {
    let (text, rest) = text.split_at_checked(size).unwrap_or((text, &[]));
    Word { kind, text, rest }
}

/// The end of the run that `belongs` describes and that is known to reach to `size`.
fn run(text: &[u8], mut size: usize, first: char, belongs: impl Fn(char) -> bool) -> usize {
    let mut rune = first;
    while let Some(rest) = text.get(size..).filter(|rest| !rest.is_empty()) {
        let (next, next_size) = next_valid_rune(rest, rune);
        if !belongs(next) {
            break;
        }
        rune = next;
        size += next_size;
    }
    size
}

/// One capital with the small letters behind it, or several capitals; the last of those is left
/// to a small letter that follows ("HTTPStatus" is "HTTP" and "Status").
fn upper_case_run(text: &[u8], size: usize, first: char) -> usize {
    let Some(rest) = text.get(size..).filter(|rest| !rest.is_empty()) else { return size };
    let (second, second_size) = next_valid_rune(rest, first);
    if !is_upper(second) {
        return if is_alphabet(second) {
            run(text, size + second_size, second, is_lower_alphabet)
        } else {
            size
        };
    }
    let mut size = size + second_size;
    let mut last_size = second_size;
    let mut rune = second;
    while let Some(rest) = text.get(size..).filter(|rest| !rest.is_empty()) {
        let (next, next_size) = next_valid_rune(rest, rune);
        rune = next;
        if !is_upper(next) {
            return if is_alphabet(next) { size - last_size } else { size };
        }
        last_size = next_size;
        size += next_size;
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case() {
        #[track_caller]
        fn check(text: &str, expect: &str) {
            assert_eq!(String::from_utf8(lower_joined(text.as_bytes(), '_')).unwrap(), expect);
        }
        check("FirstName", "first_name");
        check("HTTPServer", "http_server");
        check("NoHTTPS", "no_https");
        check("GO_PATH", "go_path");
        check("GO PATH", "go_path");
        check("GO-PATH", "go_path");
        check("http2xx", "http_2xx");
        check("HTTP20xOK", "http_20x_ok");
        check("Duration2m3s", "duration_2m3s");
        check("Bld4Floor3rd", "bld4_floor_3rd");
        check("", "");
        check("foo.Bar", "foo.bar");
    }

    #[test]
    fn pascal_case() {
        #[track_caller]
        fn check(text: &str, expect: &str) {
            assert_eq!(String::from_utf8(pascal(text.as_bytes())).unwrap(), expect);
        }
        check("http_server", "HttpServer");
        check("no_https", "NoHttps");
        check("_complex__case_", "_Complex_Case_");
        check("some words", "SomeWords");
        check("GOLANG_IS_GREAT", "GolangIsGreat");
        check("a", "A");
        check("-", "--");
        check("", "");
    }
}
