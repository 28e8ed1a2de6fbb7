//! The glob patterns of `.Files.Glob`: those of Go's gobwas/glob with `/` as separator.

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Literal(char),
    /// `?`: one character that is no separator.
    One,
    /// `*`: any characters that are no separators.
    Any,
    /// `**`: any characters.
    Super,
    /// `[…]`: one character in (or not in) some ranges.
    Class { negated: bool, ranges: Vec<(char, char)> },
    /// `{a,b}`: one of some patterns.
    Alternatives(Vec<Vec<Token>>),
}

const SEPARATOR: char = '/';

impl Glob {
    /// Reads a pattern; `None` if it is malformed.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let letters: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        sequence(&letters, &mut at, 0).map(Glob)
    }

    /// The pattern that matches everything.
    pub(crate) fn everything() -> Self {
        Glob(vec![Token::Super])
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        if let Some((start, end)) = self.around_anything() {
            return text.starts_with(&start) && text.ends_with(&end);
        }
        let letters: Vec<char> = text.chars().collect();
        ends(&self.0, &letters, vec![0]).contains(&letters.len())
    }
}

impl Glob {
    /// The texts around `**`, where there is nothing else. Gobwas looks for each by itself, so that they
    /// may overlap: `ab**ba` matches `aba`.
    fn around_anything(&self) -> Option<(String, String)> {
        let literal = |tokens: &[Token]| -> Option<String> {
            let letter = |token: &Token| match token {
                Token::Literal(letter) => Some(*letter),
                _ => None,
            };
            tokens.iter().map(letter).collect()
        };
        let place = self.0.iter().position(|token| *token == Token::Super)?;
        let (start, rest) = self.0.split_at_checked(place)?;
        Some((literal(start)?, literal(rest.get(1..)?)?))
    }
}

/// Nested alternatives beyond this are malformed for us; it bounds the recursion.
const MAX_NESTING: usize = 32;

fn sequence(letters: &[char], at: &mut usize, nesting: usize) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    while let Some(letter) = letters.get(*at) {
        match letter {
            ',' | '}' if nesting > 0 => break,
            '\\' => {
                *at += 1;
                // At the end it stands for nothing.
                tokens.extend(letters.get(*at).map(|letter| Token::Literal(*letter)));
            }
            '?' => tokens.push(Token::One),
            '*' if letters.get(*at + 1) == Some(&'*') => {
                *at += 1;
                tokens.push(Token::Super);
            }
            '*' => tokens.push(Token::Any),
            '[' => {
                tokens.push(class(letters, at)?);
                continue;
            }
            '{' => {
                if nesting >= MAX_NESTING {
                    return None;
                }
                let mut choices = Vec::new();
                loop {
                    *at += 1;
                    choices.push(sequence(letters, at, nesting + 1)?);
                    match letters.get(*at) {
                        Some(',') => {}
                        // One that is not closed ends with the pattern.
                        _ => break,
                    }
                }
                tokens.push(Token::Alternatives(choices));
            }
            plain => tokens.push(Token::Literal(*plain)),
        }
        *at += 1;
    }
    Some(tokens)
}

/// `[a-z]`, `[!a-z]` or `[abc]`: one range, or some characters among which a hyphen is one more.
fn class(letters: &[char], at: &mut usize) -> Option<Token> {
    *at += 1;
    let negated = letters.get(*at) == Some(&'!');
    *at += usize::from(negated);
    if let [low, '-', rest @ ..] = letters.get(*at..)? {
        *at += 4;
        return match rest {
            [high, ']', ..] if low <= high => Some(Token::Class { negated, ranges: vec![(*low, *high)] }),
            _ => None,
        };
    }
    let mut ranges = Vec::new();
    loop {
        match letters.get(*at)? {
            ']' => break,
            '\\' => {
                *at += 1;
                let letter = letters.get(*at)?;
                ranges.push((*letter, *letter));
            }
            letter => ranges.push((*letter, *letter)),
        }
        *at += 1;
    }
    *at += 1;
    (!ranges.is_empty()).then_some(Token::Class { negated, ranges })
}

/// All places where a match of `tokens` can end that begins at one of `starts`. Going through sets
/// of places keeps the cost at pattern length times text length, whatever the pattern.
fn ends(tokens: &[Token], text: &[char], starts: Vec<usize>) -> Vec<usize> {
    let mut places = starts;
    for token in tokens {
        let mut next: Vec<usize> = Vec::new();
        match token {
            Token::Alternatives(choices) => {
                for choice in choices {
                    next.extend(ends(choice, text, places.clone()));
                }
            }
            Token::Any | Token::Super => {
                for place in &places {
                    let reach = text
                        .get(*place..)
                        .unwrap_or_default()
                        .iter()
                        .take_while(|letter| *token == Token::Super || **letter != SEPARATOR)
                        .count();
                    next.extend(*place..=place + reach);
                    next.sort_unstable();
                    next.dedup();
                }
            }
            single => next.extend(places.iter().filter_map(|place| {
                text.get(*place).is_some_and(|letter| accepts(single, *letter)).then_some(place + 1)
            })),
        }
        next.sort_unstable();
        next.dedup();
        places = next;
    }
    places
}

fn accepts(token: &Token, letter: char) -> bool {
    match token {
        Token::Literal(wanted) => *wanted == letter,
        Token::One => letter != SEPARATOR,
        Token::Class { negated, ranges } => {
            ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter)) != *negated
        }
        Token::Any | Token::Super | Token::Alternatives(_) => false,
    }
}

/// Whether a path matches a pattern of `--show-only`: Go's `filepath.Match`, in which `*` and `?`
/// stop at slashes and there are no alternatives.
#[must_use]
pub fn path_matches(pattern: &str, path: &str) -> bool {
    let letters: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        match letter {
            '*' => tokens.push(Token::Any),
            '?' => tokens.push(Token::One),
            '[' => match path_class(&letters, &mut at) {
                Some(class) => {
                    tokens.push(class);
                    continue;
                }
                None => return false,
            },
            '\\' => {
                at += 1;
                match letters.get(at) {
                    Some(letter) => tokens.push(Token::Literal(*letter)),
                    None => return false,
                }
            }
            plain => tokens.push(Token::Literal(*plain)),
        }
        at += 1;
    }
    Glob(tokens).matches(path)
}

/// A class of `filepath.Match`: `[a-z^-]`, negated by `^`.
fn path_class(letters: &[char], at: &mut usize) -> Option<Token> {
    *at += 1;
    let negated = letters.get(*at) == Some(&'^');
    *at += usize::from(negated);
    let mut ranges = Vec::new();
    let member = |at: &mut usize| {
        let mut letter = *letters.get(*at)?;
        if letter == '\\' {
            *at += 1;
            letter = *letters.get(*at)?;
        }
        *at += 1;
        Some(letter)
    };
    while ranges.is_empty() || letters.get(*at)? != &']' {
        let low = member(at)?;
        let high = if letters.get(*at)? == &'-' {
            *at += 1;
            member(at)?
        } else {
            low
        };
        ranges.push((low, high));
    }
    *at += 1;
    Some(Token::Class { negated, ranges })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, matching: &[&str], other: &[&str]) {
        let glob = Glob::parse(pattern).unwrap();
        for text in matching {
            assert!(glob.matches(text), "{pattern} should match {text}");
        }
        for text in other {
            assert!(!glob.matches(text), "{pattern} should not match {text}");
        }
    }

    #[test]
    fn patterns_match_as_gobwas_does() {
        check("*.yaml", &["a.yaml", ".yaml"], &["a/b.yaml", "a.yml"]);
        check("files/**", &["files/a", "files/a/b"], &["files", "other/a"]);
        check("**.yaml", &["a.yaml", "a/b.yaml"], &["a.json"]);
        check("a?c", &["abc"], &["a/c", "ac"]);
        check("[a-c]x", &["ax", "cx"], &["dx"]);
        check("[!a-c]x", &["dx"], &["ax"]);
        check("[abc-]x", &["-x", "ax"], &["dx"]);
        check("{a,b*}/x", &["a/x", "bcd/x"], &["c/x"]);
        check("{a,{b,c}d}", &["a", "bd", "cd"], &["b"]);
        check("a\\*b", &["a*b"], &["axb"]);
        check("é*", &["éa"], &["ea"]);
        check("{a,b", &["a", "b"], &["{a,b", ""]);
        check("x{a,", &["xa", "x"], &["xb"]);
        check("{", &[""], &["{"]);
        check("{a,{b,c", &["a", "b", "c"], &[""]);
        check("a}b,c", &["a}b,c"], &["a"]);
        check("a\\", &["a"], &["a\\"]);
        check("[\\]a]", &["]", "a"], &["\\"]);
        check("[a!-]", &["!", "-"], &["b"]);
        check("ab**ba", &["aba", "abba", "ab/ba"], &["ab"]);
        check("ab**b?", &["abba"], &["aba"]);
    }

    #[test]
    fn paths_match_as_in_gos_filepath() {
        assert!(path_matches("templates/*.yaml", "templates/a.yaml"));
        assert!(!path_matches("templates/*", "templates/a/b.yaml"));
        assert!(path_matches("charts/*/templates/[a-c].yaml", "charts/x/templates/b.yaml"));
        assert!(!path_matches("templates/[^a].yaml", "templates/a.yaml"));
        assert!(!path_matches("templates/{a,b}.yaml", "templates/a.yaml"));
        assert!(!path_matches("templates/[a", "templates/a"));
    }

    #[test]
    fn malformed_patterns_are_told() {
        for pattern in ["[", "[a", "[z-a]", "[]", "[]a]", "[!]", "[a-", "[a-]", "[a-c-e]", "{a,[}"] {
            assert_eq!(Glob::parse(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        let glob = Glob::parse(&"*a".repeat(200)).unwrap();
        assert!(!glob.matches(&"b".repeat(3000)));
    }
}
