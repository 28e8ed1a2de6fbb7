//! Go's way of showing text in messages, and of taking paths apart.

use wheelhouse_gotemplate::strconv::{self, append_quoted_rune};
pub(crate) use wheelhouse_gotemplate::unicode::is_print;

/// Quotes a text as Go's `%q` does.
pub(crate) fn quote(text: &str) -> String {
    strconv::quote(text.as_bytes())
}

/// Quotes runes as Go's `%q` shows a `[]rune`: `['a' 'b']`.
pub(crate) fn quote_runes(runes: &[char]) -> String {
    let mut quoted = vec![b'['];
    for (index, rune) in runes.iter().enumerate() {
        if index > 0 {
            quoted.push(b' ');
        }
        append_quoted_rune(&mut quoted, *rune, false);
    }
    quoted.push(b']');
    String::from_utf8_lossy(&quoted).into_owned()
}

/// Quotes a rune as Go's `%q` shows one.
pub(crate) fn quote_rune(rune: char) -> String {
    let mut quoted = Vec::new();
    append_quoted_rune(&mut quoted, rune, false);
    String::from_utf8_lossy(&quoted).into_owned()
}

/// Normalises spaces and drops what cannot be printed, as Helm does with every text of a
/// Chart.yaml (terminal escapes in chart metadata were CVE-2021-21303).
pub(crate) fn sanitise(text: &str) -> String {
    text.chars()
        .filter_map(|letter| match letter {
            _ if letter.is_whitespace() => Some(' '),
            _ if is_print(letter) => Some(letter),
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
