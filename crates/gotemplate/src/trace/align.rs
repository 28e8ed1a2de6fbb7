use wheelhouse_source::Span;

use super::{Piece, Pieces};

/// How far ahead of where it should be a line is looked for.
const WINDOW: usize = 4096;

/// Finds a text of known pieces again in what a function made of it, from `from` on: whole, or
/// line by line as `indent`, `trim` and `replace` leave it. Gives the end of what was found.
///
/// Functions say nothing of how they change text, and need not: what is still there is found.
pub(crate) fn align(
    input: &[u8],
    pieces: &Pieces,
    output: &[u8],
    from: usize,
    found: &mut Vec<Piece>,
) -> usize {
    let rest = output.get(from..).unwrap_or_default();
    if input.is_empty() {
        return from;
    }
    if let Some(at) = memchr::memmem::find(rest, input) {
        found.extend(pieces.moved(Span::new(0, input.len()), from + at));
        return from + at + input.len();
    }
    let mut cursor = from;
    let mut line_start = 0;
    for line in input.split(|byte| *byte == b'\n') {
        let start = line_start;
        line_start += line.len() + 1;
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let lead = line.len() - line.trim_ascii_start().len();
        let end = output.len().min(cursor + text.len() + WINDOW);
        let Some(at) = memchr::memmem::find(output.get(cursor..end).unwrap_or_default(), text) else {
            continue;
        };
        let source = Span::new(start + lead, start + lead + text.len());
        found.extend(pieces.moved(source, cursor + at));
        cursor += at + text.len();
    }
    cursor
}

#[cfg(test)]
mod tests {
    use super::super::{FrameId, OriginId};
    use super::*;

    fn check(input: &str, output: &str, expect: &[(&str, usize)]) {
        // One piece per input line, its number as its address.
        let mut pieces = Pieces::default();
        let mut start = 0;
        for (number, line) in input.split_inclusive('\n').enumerate() {
            pieces.push(Piece {
                bytes: Span::new(start, start + line.len()),
                frame: FrameId(0),
                source: Span::default(),
                is_value: false,
                origin: OriginId::NONE,
                address: number,
            });
            start += line.len();
        }
        let mut found = Vec::new();
        align(input.as_bytes(), &pieces, output.as_bytes(), 0, &mut found);
        let shown: Vec<(&str, usize)> =
            found.iter().map(|piece| (output.get(piece.bytes.range()).unwrap(), piece.address)).collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn lines_are_found_again() {
        check("a: 1\nb: 2\n", "\n  a: 1\n  b: 2\n  ", &[("a: 1", 0), ("b: 2", 1)]);
        check("\n a: 1\n b: 2\n", "a: 1\n b: 2", &[("a: 1", 1), ("b: 2", 2)]);
        check("x", "\"x\"", &[("x", 0)]);
        check("a\n\na\n", "  a\n\n  a\n", &[("a", 0), ("a", 2)]);
        check("a\nsecret\nb", "a\nb", &[("a", 0), ("b", 2)]);
        check("a\nb", "a\nb", &[("a\n", 0), ("b", 1)]);
        check("abc", "YWJj", &[]);
    }
}
