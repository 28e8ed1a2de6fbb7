use std::fmt::Write;

/// Quotes a text as Go's `%q` does: the form in which error messages show what they refuse.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            _ if is_printable(letter) => quoted.push(letter),
            _ => escape(letter, &mut quoted),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(letter: char, quoted: &mut String) {
    let code = u32::from(letter);
    // Writing to a String does not fail.
    let _ = match code {
        0..=0x1f | 0x7f => write!(quoted, "\\x{code:02x}"),
        0..=0xffff => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
}

/// Letters, marks, numbers, punctuation, symbols and the ASCII space. The standard library knows
/// the same set, and shows it when it escapes a string: behind a first letter it escapes exactly
/// what is not printable.
fn is_printable(letter: char) -> bool {
    match letter {
        ' '..='~' => true,
        '\0'..='\u{7f}' => false,
        _ => !String::from_iter(['a', letter]).escape_debug().any(|shown| shown == '\\'),
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quotes_as_go_does() {
        for (text, expected) in [
            ("1.2.beta", r#""1.2.beta""#),
            ("", r#""""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\t\n\u{b}\0\u{7f}", r#""\t\n\v\x00\x7f""#),
            ("é日", r#""é日""#),
            ("e\u{301}\u{301}", "\"e\u{301}\u{301}\""),
            ("\u{a0}\u{200b}\u{e000}\u{10ffff}", r#""\u00a0\u200b\ue000\U0010ffff""#),
            ("\u{301}", "\"\u{301}\""),
        ] {
            assert_eq!(quote(text), expected);
        }
    }
}
