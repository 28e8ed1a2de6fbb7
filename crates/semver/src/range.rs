use crate::token::Cursor;

/// A version inside a constraint, still in pieces: numbers may be `x`, `X` or `*`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VersionPattern<'a> {
    /// The whole text, with `v` and everything.
    pub(crate) text: &'a str,
    pub(crate) major: &'a str,
    pub(crate) minor: Option<&'a str>,
    pub(crate) patch: Option<&'a str>,
    pub(crate) prerelease: Option<&'a str>,
}

impl<'a> VersionPattern<'a> {
    /// Takes the longest version that comes next.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let start = cursor.position();
        let mut ahead = *cursor;
        ahead.eat("v");
        let major = ahead.run(is_number_byte)?;
        let minor = ahead.dotted_run(is_number_byte);
        let patch = ahead.dotted_run(is_number_byte);
        let prerelease = ahead.identifiers_after("-");
        ahead.identifiers_after("+");
        *cursor = ahead;
        Some(Self { text: ahead.since(start), major, minor, patch, prerelease })
    }
}

/// The original's character class reads `[0-9|x|X|\*]`: a bar is let in by mistake, and refused
/// only later, with another message.
fn is_number_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'x' | b'X' | b'*' | b'|')
}

/// Rewrites each `1.2 - 3.4` as `>= 1.2, <= 3.4`.
pub(crate) fn rewrite_ranges(constraint: &str) -> String {
    let mut rewritten = constraint.to_owned();
    let mut cursor = Cursor::new(constraint);
    while !cursor.is_at_end() {
        let start = cursor.position();
        match read_range(cursor) {
            Some((lower, upper, end)) => {
                let range = format!(">= {lower}, <= {upper} ");
                rewritten = rewritten.replacen(end.since(start), &range, 1);
                cursor = end;
            }
            None => {
                let width =
                    constraint.get(start..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
                cursor = cursor.at(start + width);
            }
        }
    }
    rewritten
}

fn read_range(mut cursor: Cursor<'_>) -> Option<(&str, &str, Cursor<'_>)> {
    cursor.skip_space();
    let lower = VersionPattern::read(&mut cursor)?;
    if !(cursor.skip_space() && cursor.eat("-") && cursor.skip_space()) {
        return None;
    }
    let upper = VersionPattern::read(&mut cursor)?;
    cursor.skip_space();
    Some((lower.text, upper.text, cursor))
}
