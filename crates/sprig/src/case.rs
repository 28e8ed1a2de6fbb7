//! Functions that change the case of letters or the way words are joined.

mod words;

use wheelhouse_gotemplate::Parameter::String as Str;
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, Signature};

use crate::call::{Outcome, function, text};
use crate::text::{is_lower, is_title, is_upper, map_runes, to_lower, to_title, to_upper};

const TEXT_TO_TEXT: Signature = Signature::fixed(&[Str], Str);

pub(crate) const TABLE: &[Function] = &[
    function("upper", TEXT_TO_TEXT, |context, arguments| mapped(context, arguments, to_upper)),
    function("lower", TEXT_TO_TEXT, |context, arguments| mapped(context, arguments, to_lower)),
    function("title", TEXT_TO_TEXT, |context, arguments| {
        let mut previous = ' ';
        mapped(context, arguments, |rune| {
            let starts_word = is_separator(previous);
            previous = rune;
            if starts_word { to_title(rune) } else { rune }
        })
    }),
    function("untitle", TEXT_TO_TEXT, |context, arguments| {
        let mut starts_word = true;
        mapped(context, arguments, |rune| {
            if rune.is_whitespace() {
                starts_word = true;
                rune
            } else if starts_word {
                starts_word = false;
                to_lower(rune)
            } else {
                rune
            }
        })
    }),
    function("swapcase", TEXT_TO_TEXT, |context, arguments| {
        let mut after_space = true;
        mapped(context, arguments, |rune| swapped(rune, &mut after_space))
    }),
    function("snakecase", TEXT_TO_TEXT, |context, arguments| {
        joined(context, arguments, |whole| words::lower_joined(whole, '_'))
    }),
    function("kebabcase", TEXT_TO_TEXT, |context, arguments| {
        joined(context, arguments, |whole| words::lower_joined(whole, '-'))
    }),
    function("camelcase", TEXT_TO_TEXT, |context, arguments| joined(context, arguments, words::pascal)),
];

fn mapped(context: &mut dyn Context, arguments: Arguments<'_>, mapping: impl FnMut(char) -> char) -> Outcome {
    text(context, map_runes(arguments.string(0)?.as_bytes(), mapping))
}

fn joined(
    context: &mut dyn Context,
    arguments: Arguments<'_>,
    convert: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Result<wheelhouse_gotemplate::Value, CallError> {
    let whole = arguments.string(0)?.as_bytes();
    text(context, convert(whole))
}

/// Go's `strings.isSeparator`: what `strings.Title` begins a word behind.
fn is_separator(rune: char) -> bool {
    if rune.is_ascii() {
        return !(rune.is_ascii_alphanumeric() || rune == '_');
    }
    rune.is_whitespace()
}

/// `goutils.SwapCase`: a lower-case letter behind white space becomes a title-case one.
fn swapped(rune: char, after_space: &mut bool) -> char {
    if is_upper(rune) || is_title(rune) {
        *after_space = false;
        to_lower(rune)
    } else if is_lower(rune) {
        if std::mem::take(after_space) { to_title(rune) } else { to_upper(rune) }
    } else {
        *after_space = rune.is_whitespace();
        rune
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swaps_by_words() {
        #[track_caller]
        fn check(text: &str, expect: &str) {
            let mut after_space = true;
            let swapped: String = text.chars().map(|rune| swapped(rune, &mut after_space)).collect();
            assert_eq!(swapped, expect);
        }
        check("This Is A.Test", "tHIS iS a.tEST");
        check("the words", "THE WORDS");
        check("tHE", "The");
    }
}
