use std::ops::Range;

use crate::Regex;
use crate::unicode::is_name_character;
use crate::utf8::first_character;

/// A replacement, read once: literal text and groups by turns.
#[derive(Debug)]
pub(crate) struct Template<'t> {
    parts: Vec<Part<'t>>,
}

#[derive(Debug)]
enum Part<'t> {
    Literal(&'t [u8]),
    Group(usize),
    /// The groups that bear the name; the first that took part in the match counts.
    Groups(&'t [usize]),
}

impl<'t> Template<'t> {
    /// Reads a replacement (`Regexp.Expand`). A dollar sign that begins no name is literal.
    pub(crate) fn parse(template: &'t [u8], regex: &'t Regex) -> Self {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some(dollar) = rest.iter().position(|&byte| byte == b'$') {
            let (before, from_dollar) = rest.split_at(dollar);
            parts.push(Part::Literal(before));
            let after = from_dollar.get(1..).unwrap_or_default();
            if let Some(after) = after.strip_prefix(b"$") {
                parts.push(Part::Literal(b"$"));
                rest = after;
            } else if let Some((name, after)) = name(after) {
                parts.push(match number(name) {
                    Some(number) => Part::Group(number),
                    None => Part::Groups(regex.groups_named(name)),
                });
                rest = after;
            } else {
                parts.push(Part::Literal(b"$"));
                rest = after;
            }
        }
        parts.push(Part::Literal(rest));
        Self { parts }
    }

    /// The replacement for one match.
    pub(crate) fn expand(&self, text: &[u8], groups: &[Option<Range<usize>>]) -> Vec<u8> {
        let mut output = Vec::new();
        for part in &self.parts {
            let numbers = match part {
                Part::Literal(literal) => {
                    output.extend_from_slice(literal);
                    continue;
                }
                Part::Group(number) => std::slice::from_ref(number),
                Part::Groups(numbers) => numbers,
            };
            let range = numbers.iter().find_map(|&number| groups.get(number)?.clone());
            output.extend_from_slice(range.and_then(|range| text.get(range)).unwrap_or_default());
        }
        output
    }
}

/// Takes `name` or `{name}` behind a dollar sign; gives the name and what follows.
fn name(text: &[u8]) -> Option<(&str, &[u8])> {
    let (inner, in_braces) = match text.strip_prefix(b"{") {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let mut after = inner;
    while let Some(letter) = first_character(after).filter(|&letter| is_name_character(letter)) {
        after = after.get(letter.len_utf8()..)?;
    }
    let name = std::str::from_utf8(inner.get(..inner.len() - after.len())?).ok()?;
    if name.is_empty() {
        return None;
    }
    let after = if in_braces { after.strip_prefix(b"}")? } else { after };
    Some((name, after))
}

/// A name of digits is a number, unless it has a leading zero or is beyond any use.
fn number(name: &str) -> Option<usize> {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    if is_number && name.len() < 10 { name.parse().ok() } else { None }
}
