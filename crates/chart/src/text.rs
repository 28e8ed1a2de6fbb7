//! Go's way of showing text in messages.

use std::fmt::Write;

/// Quotes a text as Go's `%q` does.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        push_escaped(&mut quoted, letter, '"');
    }
    quoted.push('"');
    quoted
}

/// Quotes runes as Go's `%q` shows a `[]rune`: `['a' 'b']`.
pub(crate) fn quote_runes(runes: &[char]) -> String {
    let mut quoted = String::from("[");
    for (index, rune) in runes.iter().enumerate() {
        if index > 0 {
            quoted.push(' ');
        }
        quoted.push('\'');
        push_escaped(&mut quoted, *rune, '\'');
        quoted.push('\'');
    }
    quoted.push(']');
    quoted
}

fn push_escaped(quoted: &mut String, letter: char, delimiter: char) {
    match letter {
        '\\' => quoted.push_str("\\\\"),
        '\u{7}' => quoted.push_str("\\a"),
        '\u{8}' => quoted.push_str("\\b"),
        '\u{c}' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\u{b}' => quoted.push_str("\\v"),
        _ if letter == delimiter => quoted.extend(['\\', letter]),
        _ if is_printable(letter) => quoted.push(letter),
        _ => {
            let code = u32::from(letter);
            // Writing to a String does not fail.
            let _ = match code {
                0..=0x1f | 0x7f => write!(quoted, "\\x{code:02x}"),
                0..=0xffff => write!(quoted, "\\u{code:04x}"),
                _ => write!(quoted, "\\U{code:08x}"),
            };
        }
    }
}

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
/// The standard library knows the same set: behind a first letter it escapes exactly the others.
pub(crate) fn is_printable(letter: char) -> bool {
    match letter {
        ' '..='~' => true,
        '\0'..='\u{7f}' => false,
        _ => !String::from_iter(['a', letter]).escape_debug().any(|shown| shown == '\\'),
    }
}

/// Normalises spaces and drops what cannot be printed, as Helm does with every text of a
/// Chart.yaml (terminal escapes in chart metadata were CVE-2021-21303).
pub(crate) fn sanitise(text: &str) -> String {
    text.chars()
        .filter_map(|letter| match letter {
            _ if letter.is_whitespace() => Some(' '),
            _ if is_printable(letter) => Some(letter),
            _ => None,
        })
        .collect()
}

/// The last element of a slash path, as Go's `filepath.Base` gives it.
pub(crate) fn base_name(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit_once('/').map_or(trimmed, |(_, last)| last)
}

/// The extension of a slash path with its dot, as Go's `filepath.Ext` gives it; empty if none.
pub(crate) fn extension(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.rfind('.').and_then(|dot| name.get(dot..)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_go_does() {
        for (text, expected) in [
            ("a\"b", r#""a\"b""#),
            ("\t\n\0", r#""\t\n\x00""#),
            ("é'", r#""é'""#),
            ("\u{200b}", r#""\u200b""#),
        ] {
            assert_eq!(quote(text), expected);
        }
        assert_eq!(quote_runes(&['n', '\'', '"', '\n']), r#"['n' '\'' '"' '\n']"#);
        assert_eq!(quote_runes(&[]), "[]");
    }

    #[test]
    fn metadata_is_sanitised() {
        assert_eq!(sanitise("\u{7}descr\u{81}iption\rtest\u{a0}x\u{1b}[31m"), "description test x[31m");
    }

    #[test]
    fn paths_are_taken_apart_as_go_does() {
        for (path, name) in [("", "."), ("/", "/"), ("a", "a"), ("a/b", "b"), ("a/b/", "b"), ("//", "/")] {
            assert_eq!(base_name(path), name);
        }
        for (path, name) in [("a.tgz", ".tgz"), ("a.b/c", ""), (".x", ".x"), ("a.", "."), ("a/b.c.d", ".d")] {
            assert_eq!(extension(path), name);
        }
    }
}
