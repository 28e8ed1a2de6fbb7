//! Splitting a rendered file into documents, where Helm splits it.

use wheelhouse_chart::Compat;
use wheelhouse_source::Span;

/// The spans of a rendered file's documents, without blank ones.
///
/// Helm 4.2 splits at every line that begins with `---` (even `---apiVersion: v1`) and keeps what
/// stands at the end of a document; Helm 3 splits at `---` after a line break and trims both ends.
#[must_use]
pub fn documents(text: &[u8], compat: Compat) -> Vec<Span> {
    match compat {
        Compat::V4 => documents_v4(text),
        Compat::V3 => documents_v3(text),
    }
}

/// `(?m)^---[ \t]*`, after trimming the start of the file.
fn documents_v4(text: &[u8]) -> Vec<Span> {
    let first = text.len() - trim_start(text).len();
    let mut spans = Vec::new();
    let mut start = first;
    let mut line = first;
    loop {
        let rest = text.get(line..).unwrap_or_default();
        if rest.starts_with(b"---") {
            push(text, start, line, &mut spans, trim_start);
            let blanks = rest.iter().skip(3).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            start = line + 3 + blanks;
            line = start;
        }
        let rest = text.get(line..).unwrap_or_default();
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(offset) => line += offset + 1,
            None => break,
        }
    }
    push(text, start, text.len(), &mut spans, trim_start);
    spans
}

/// `(?:^|\s*\n)---\s*`, each document trimmed at both ends.
fn documents_v3(text: &[u8]) -> Vec<Span> {
    let begin = text.len() - trim_start(text).len();
    let end = begin + trim_end(trim_start(text)).len();
    let body = text.get(..end).unwrap_or_default();
    let mut spans = Vec::new();
    let mut start = begin;
    let mut search = begin;
    if body.get(begin..).is_some_and(|rest| rest.starts_with(b"---")) {
        start = after_separator(body, begin + 3);
        search = start;
    }
    while let Some(offset) = find(body.get(search..).unwrap_or_default(), b"\n---") {
        let line_break = search + offset;
        let blank = body
            .get(search..line_break)
            .unwrap_or_default()
            .iter()
            .rev()
            .take_while(|byte| is_regex_space(**byte))
            .count();
        push(body, start, line_break - blank, &mut spans, |part| trim_end(trim_start(part)));
        start = after_separator(body, line_break + 4);
        search = start;
    }
    push(body, start, body.len(), &mut spans, |part| trim_end(trim_start(part)));
    spans
}

fn after_separator(text: &[u8], at: usize) -> usize {
    at + text.get(at..).unwrap_or_default().iter().take_while(|byte| is_regex_space(**byte)).count()
}

fn push(text: &[u8], start: usize, end: usize, spans: &mut Vec<Span>, trim: impl Fn(&[u8]) -> &[u8]) {
    let part = text.get(start..end).unwrap_or_default();
    if trim_start(part).is_empty() {
        return;
    }
    let skipped = part.len() - trim_start(part).len();
    spans.push(Span::new(start + skipped, start + skipped + trim(part).len()));
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// `\s` of Go's regular expressions.
fn is_regex_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// Drops leading white space as Go's `strings.TrimLeftFunc(unicode.IsSpace)` does.
#[must_use]
pub fn trim_start(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some(length) = leading_space(rest) {
        rest = rest.get(length..).unwrap_or_default();
    }
    rest
}

/// Drops trailing white space as Go's `strings.TrimSpace` does.
pub(crate) fn trim_end(text: &[u8]) -> &[u8] {
    let mut rest = text;
    'trim: loop {
        for length in 1..=3_usize.min(rest.len()) {
            let at = rest.len() - length;
            if rest.get(at..).and_then(leading_space) == Some(length) {
                rest = rest.get(..at).unwrap_or_default();
                continue 'trim;
            }
        }
        return rest;
    }
}

/// Drops white space at both ends as Go's `strings.TrimSpace` does.
#[must_use]
pub fn trim_space(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

/// Length of the white-space character (Go's `unicode.IsSpace`) a text begins with.
fn leading_space(text: &[u8]) -> Option<usize> {
    match text {
        [b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | b' ', ..] => Some(1),
        [0xc2, 0x85 | 0xa0, ..] => Some(2),
        [0xe1, 0x9a, 0x80, ..]
        | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe3, 0x80, 0x80, ..] => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(compat: Compat, text: &str, expected: &[&str]) {
        let found: Vec<&str> = documents(text.as_bytes(), compat)
            .into_iter()
            .map(|span| text.get(span.range()).unwrap())
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn helm_4_keeps_the_end_of_a_document() {
        check(Compat::V4, "a: 1\n---\nb: 2\n", &["a: 1\n", "b: 2\n"]);
        check(Compat::V4, "\n\n---  \na: 1\n\n---\n\n\nb: 2", &["a: 1\n\n", "b: 2"]);
        check(Compat::V4, "---\n---\n  \n---", &[]);
        check(Compat::V4, "---apiVersion: v1\n", &["apiVersion: v1\n"]);
        check(Compat::V4, "a: |\n  ---\n", &["a: |\n  ---\n"]);
        check(Compat::V4, "a: 1\n-----\nb: 1\n", &["a: 1\n", "--\nb: 1\n"]);
    }

    #[test]
    fn helm_3_trims_both_ends() {
        check(Compat::V3, "a: 1\n---\nb: 2\n", &["a: 1", "b: 2"]);
        check(Compat::V3, "---\na: 1\n  \n\n---\n\nb: 2\n\n", &["a: 1", "b: 2"]);
        check(Compat::V3, "a: 1\n---\n---\nb: 2", &["a: 1", "---\nb: 2"]);
        check(Compat::V3, "---apiVersion: v1\n", &["apiVersion: v1"]);
    }
}
