//! `wrap` and `wrapWith`: `goutils.WrapCustom`, which counts bytes.

use wheelhouse_gotemplate::{Arguments, Context, Value};

use crate::call::Outcome;

pub(super) fn wrap(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    wrapped(context, arguments.string(1)?.as_bytes(), arguments.int(0)?, b"", LongWords::Keep)
}

pub(super) fn wrap_with(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let line_break = arguments.string(1)?.as_bytes();
    wrapped(context, arguments.string(2)?.as_bytes(), arguments.int(0)?, line_break, LongWords::Break)
}

/// What happens to a word longer than a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LongWords {
    Keep,
    Break,
}

fn wrapped(
    context: &mut dyn Context,
    whole: &[u8],
    width: i64,
    line_break: &[u8],
    long_words: LongWords,
) -> Outcome {
    let line_break = if line_break.is_empty() { &b"\n"[..] } else { line_break };
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let lines = whole.len() / width + memchr::memchr_iter(b' ', whole).count();
    context.charge_bytes(whole.len().saturating_add(lines.saturating_mul(line_break.len())))?;
    Ok(Value::string(lines_of(whole, width, long_words).join(line_break)))
}

fn lines_of(mut rest: &[u8], width: usize, long_words: LongWords) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    while rest.len() > width {
        if let [b' ', after @ ..] = rest {
            rest = after;
            continue;
        }
        let space_within = rest.get(..=width).and_then(|line| memchr::memrchr(b' ', line));
        let (end, next) = match (space_within, long_words) {
            (Some(space), _) => (space, space + 1),
            (None, LongWords::Break) => (width, width),
            (None, LongWords::Keep) => {
                let space_after = rest.get(width..).and_then(|tail| memchr::memchr(b' ', tail));
                match space_after {
                    Some(space) => (width + space, width + space + 1),
                    None => break,
                }
            }
        };
        lines.push(rest.get(..end).unwrap_or_default());
        rest = rest.get(next..).unwrap_or_default();
    }
    lines.push(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces() {
        #[track_caller]
        fn check(whole: &str, width: usize, long_words: LongWords, expect: &[&str]) {
            let expect: Vec<_> = expect.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(lines_of(whole.as_bytes(), width, long_words), expect);
        }
        check("Hello World", 5, LongWords::Keep, &["Hello", "World"]);
        check("Hello World", 5, LongWords::Break, &["Hello", "World"]);
        check("abcdefgh ij", 3, LongWords::Break, &["abc", "def", "gh", "ij"]);
        check("abcdefgh ij", 3, LongWords::Keep, &["abcdefgh", "ij"]);
        check("abcdefgh", 3, LongWords::Keep, &["abcdefgh"]);
        check("  a", 2, LongWords::Keep, &[" a"]);
        check("", 2, LongWords::Keep, &[""]);
    }
}
