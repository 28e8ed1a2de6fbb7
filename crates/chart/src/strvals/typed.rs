use crate::values::Data;

/// The value a `--set` text stands for: true, false and null in any letter case, `0`, an integer
/// that does not start with a zero, else the text itself. There are no floats: `1.5` is a string.
pub(super) fn typed(text: &str) -> Data {
    if equal_fold(text, "true") {
        return Data::Bool(true);
    }
    if equal_fold(text, "false") {
        return Data::Bool(false);
    }
    if equal_fold(text, "null") {
        return Data::Null;
    }
    let is_integer = text == "0" || !text.starts_with('0');
    match text.parse() {
        Ok(integer) if is_integer => Data::Int(integer),
        _ => Data::String(text.into()),
    }
}

/// `strings.EqualFold` against a word of small ASCII letters: the long s folds to s.
fn equal_fold(text: &str, word: &str) -> bool {
    let folded = text.chars().map(|letter| match letter {
        'ſ' => 's',
        _ => letter.to_ascii_lowercase(),
    });
    folded.eq(word.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_for_typed_values() {
        let string = |text: &str| Data::String(text.into());
        for (text, expected) in [
            ("true", Data::Bool(true)),
            ("TRUE", Data::Bool(true)),
            ("falſe", Data::Bool(false)),
            ("nUll", Data::Null),
            ("0", Data::Int(0)),
            ("-0", Data::Int(0)),
            ("+1", Data::Int(1)),
            ("-12", Data::Int(-12)),
            ("9223372036854775807", Data::Int(i64::MAX)),
            ("9223372036854775808", string("9223372036854775808")),
            ("0123", string("0123")),
            ("00", string("00")),
            ("1.5", string("1.5")),
            ("1_000", string("1_000")),
            ("yes", string("yes")),
            ("~", string("~")),
            ("", string("")),
            ("+", string("+")),
            (" 1", string(" 1")),
        ] {
            assert_eq!(typed(text), expected, "{text:?}");
        }
    }
}
