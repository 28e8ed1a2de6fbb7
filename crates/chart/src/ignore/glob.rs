//! File name patterns as Go's `filepath.Match` reads them on Unix.

/// A malformed pattern. It shows only where matching gets that far, as in Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadPattern;

/// Whether a name matches: `*` and `?` stop at slashes, `[a-z]` and `[^a-z]` are classes, a
/// backslash takes the next character as it is.
pub(super) fn matches(pattern: &[u8], name: &[u8]) -> Result<bool, BadPattern> {
    let (mut pattern, mut name) = (pattern, name);
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = next_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&b'/'));
        }
        // The last chunk has to reach the end of the name.
        let fits = |left: &[u8]| left.is_empty() || !rest.is_empty();
        if let Some(left) = match_chunk(chunk, name)?.filter(|left| fits(left)) {
            name = left;
            continue;
        }
        if star {
            for (index, byte) in name.iter().enumerate() {
                if *byte == b'/' {
                    break;
                }
                let behind = name.get(index + 1..).unwrap_or_default();
                if let Some(left) = match_chunk(chunk, behind)?.filter(|left| fits(left)) {
                    name = left;
                    continue 'pattern;
                }
            }
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Takes leading stars and what follows up to the next star outside brackets.
fn next_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
    let pattern = pattern.get(stars..).unwrap_or_default();
    let mut in_class = false;
    let mut bytes = pattern.iter().enumerate();
    let mut end = pattern.len();
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => {
                end = index;
                break;
            }
            _ => {}
        }
    }
    let (chunk, rest) = pattern.split_at_checked(end).unwrap_or((pattern, b""));
    (stars > 0, chunk, rest)
}

/// Matches a chunk without stars at the start of a name; what is left of the name. A chunk that
/// does not match is read to its end all the same, to find it malformed.
fn match_chunk<'n>(chunk: &[u8], name: &'n [u8]) -> Result<Option<&'n [u8]>, BadPattern> {
    let mut chunk = chunk;
    let mut name = Some(name);
    while let Some((first, rest)) = chunk.split_first() {
        chunk = rest;
        // Nothing left to match against is a failure like any other.
        name = name.filter(|name| !name.is_empty());
        match first {
            b'[' => {
                let (letter, behind) = name.map_or((None, None), |name| {
                    let (letter, width) = first_letter(name);
                    (letter, name.get(width..))
                });
                let (class, rest) = read_class(chunk)?;
                chunk = rest;
                let is_in = letter.is_some_and(|letter| class.contains(letter));
                name = behind.filter(|_| is_in != class.negated);
            }
            b'?' => {
                name = name.filter(|name| name.first() != Some(&b'/'));
                name = name.and_then(|name| name.get(first_letter(name).1..));
            }
            _ => {
                let literal = match first {
                    b'\\' => {
                        let (literal, rest) = chunk.split_first().ok_or(BadPattern)?;
                        chunk = rest;
                        literal
                    }
                    literal => literal,
                };
                name = name.and_then(|name| name.strip_prefix(std::slice::from_ref(literal)));
            }
        }
    }
    Ok(name)
}

struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    fn contains(&self, letter: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter))
    }
}

/// Reads a class behind its opening bracket.
fn read_class(chunk: &[u8]) -> Result<(Class, &[u8]), BadPattern> {
    let (negated, mut chunk) = match chunk.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, chunk),
    };
    let mut ranges = Vec::new();
    loop {
        if let Some(rest) = chunk.strip_prefix(b"]").filter(|_| !ranges.is_empty()) {
            return Ok((Class { negated, ranges }, rest));
        }
        let (low, rest) = read_class_letter(chunk)?;
        let (high, rest) = match rest.strip_prefix(b"-") {
            Some(rest) => read_class_letter(rest)?,
            None => (low, rest),
        };
        ranges.push((low, high));
        chunk = rest;
    }
}

/// Reads a letter of a class; something has to follow it.
fn read_class_letter(chunk: &[u8]) -> Result<(char, &[u8]), BadPattern> {
    let chunk = match chunk.first() {
        None | Some(b'-' | b']') => return Err(BadPattern),
        Some(b'\\') => chunk.get(1..).filter(|rest| !rest.is_empty()).ok_or(BadPattern)?,
        Some(_) => chunk,
    };
    let (letter, width) = first_letter(chunk);
    if letter == Some(char::REPLACEMENT_CHARACTER) && width == 1 {
        return Err(BadPattern);
    }
    let rest = chunk.get(width..).filter(|rest| !rest.is_empty()).ok_or(BadPattern)?;
    Ok((letter.ok_or(BadPattern)?, rest))
}

/// The first letter and its width; a byte that is no UTF-8 reads as U+FFFD of width 1.
fn first_letter(text: &[u8]) -> (Option<char>, usize) {
    let window = text.get(..text.len().min(4)).unwrap_or_default();
    match window.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) {
        Some(letter) => (Some(letter), letter.len_utf8()),
        None => (Some(char::REPLACEMENT_CHARACTER).filter(|_| !text.is_empty()), text.len().min(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, name: &str, expected: Result<bool, BadPattern>) {
        assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern:?} {name:?}");
    }

    #[test]
    fn patterns_match_names() {
        for (pattern, name) in [
            ("abc", "abc"),
            ("*", "abc"),
            ("*c", "abc"),
            ("a*", "a"),
            ("a*/b", "abc/b"),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f"),
            ("a*b?c*x", "abxbbxdbxebxczzx"),
            ("ab[c]", "abc"),
            ("ab[b-d]", "abc"),
            ("ab[^e-g]", "abc"),
            ("a\\*b", "a*b"),
            ("a?b", "a☺b"),
            ("a[^a]b", "a☺b"),
            ("[a-ζ]*", "α"),
            ("[\\]a]", "]"),
            ("[\\-]", "-"),
            ("[x\\-]", "x"),
            ("*x", "xxx"),
            ("", ""),
            ("[^a]", "/"),
            ("**", "abc"),
        ] {
            check(pattern, name, Ok(true));
        }
        for (pattern, name) in [
            ("a*", "ab/c"),
            ("a*/b", "a/c/b"),
            ("a?b", "a/b"),
            ("ab[e-g]", "abc"),
            ("ab[^c]", "abc"),
            ("a\\*b", "ab"),
            ("a???b", "a☺b"),
            ("*[a-ζ]", "A"),
            ("?", "/"),
            ("a*b?c*x", "abxbbxdbxebxczzy"),
            ("", "a"),
            ("x*[", "abc"),
        ] {
            check(pattern, name, Ok(false));
        }
        for (pattern, name) in [
            ("[]a]", "]"),
            ("[-]", "-"),
            ("[x-]", "x"),
            ("[a-b-c]", "a"),
            ("[", "a"),
            ("[^", "a"),
            ("a[", "ab"),
            ("\\", "a"),
        ] {
            check(pattern, name, Err(BadPattern));
        }
    }
}
