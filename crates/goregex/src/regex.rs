use std::collections::HashMap;
use std::ops::Range;

use regex_automata::util::captures::Captures;

use crate::engines::Engines;
use crate::haystack::Haystack;
use crate::parse::parse;
use crate::{Error, ErrorCode};

/// A compiled pattern.
///
/// The methods that go over all matches take a `progress`, called for each match before it is
/// used; it may stop the work by an error. A caller that meters its work does so there: going over
/// all matches can take time quadratic in the text, as each search may look at all of the rest.
#[derive(Debug, Clone)]
pub struct Regex {
    engines: Engines,
    pattern: Vec<u8>,
    group_names: Vec<Option<Box<str>>>,
    /// The groups of each name; Go lets several bear the same.
    groups_by_name: HashMap<Box<str>, Vec<usize>>,
    size: u64,
}

/// What one match costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// How many bytes of a result it makes.
    pub made: usize,
    /// How many bytes of the text the search for it may have looked at.
    pub searched: usize,
}

/// Where a match and its groups are, in the original text.
pub(crate) type Groups = Vec<Option<Range<usize>>>;

impl Regex {
    /// Compiles a pattern of Go's syntax (`regexp.Compile`).
    ///
    /// # Errors
    /// What is wrong with the pattern, in Go's words; `expression too large` if it would take too
    /// much memory.
    pub fn new(pattern: impl AsRef<[u8]>) -> Result<Self, Error> {
        let pattern = pattern.as_ref();
        let parsed = parse(pattern)?;
        let engines = Engines::new(parsed.hir, pattern.len(), parsed.size)
            .ok_or_else(|| Error::new(ErrorCode::Large, pattern))?;
        let group_names = parsed.group_names;
        let mut groups_by_name: HashMap<_, Vec<usize>> = HashMap::new();
        for (number, name) in group_names.iter().enumerate() {
            if let Some(name) = name {
                groups_by_name.entry(name.clone()).or_default().push(number);
            }
        }
        Ok(Self { engines, pattern: pattern.to_vec(), group_names, groups_by_name, size: parsed.size })
    }

    /// The pattern it was compiled from.
    pub fn pattern(&self) -> &[u8] {
        &self.pattern
    }

    /// The names of the groups; the whole match comes first and has none.
    pub fn group_names(&self) -> impl Iterator<Item = Option<&str>> {
        self.group_names.iter().map(Option::as_deref)
    }

    /// How many steps, of a few nanoseconds each, one search of a text may take at worst: each
    /// state of the automaton at each byte. Most searches take about one step a byte.
    pub fn cost(&self, text_length: usize) -> u64 {
        self.size.saturating_add(1).saturating_mul(text_length as u64)
    }

    /// How many steps, of a few nanoseconds each, compiling it took, about.
    pub fn compile_cost(&self) -> u64 {
        /// For a state or a range of characters, through all the automata.
        const STEPS: u64 = 256;
        self.size.saturating_add(8).saturating_mul(STEPS)
    }

    /// Bytes of memory it takes, without what searches use.
    pub(crate) fn memory(&self) -> usize {
        self.engines.memory().saturating_add(self.pattern.len())
    }

    /// Whether the text holds a match (`MatchString`).
    pub fn is_match(&self, text: &[u8]) -> bool {
        // The engine's own test stops at the earliest end of a match. That may be an empty match
        // inside of a character, which does not count, and then it misses the match around it.
        self.find(text).is_some()
    }

    /// The leftmost match (`FindStringIndex`).
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        let haystack = Haystack::new(text);
        self.find_at(&haystack, 0).map(|found| haystack.original_range(found))
    }

    /// The leftmost match and its groups (`FindStringSubmatchIndex`).
    pub fn find_groups(&self, text: &[u8]) -> Option<Vec<Option<Range<usize>>>> {
        let haystack = Haystack::new(text);
        self.groups_at(&haystack, 0, &mut None).map(|(_, groups)| groups)
    }

    /// The matches that do not overlap, at most `limit` of them (`FindAllStringIndex`). An empty
    /// match right behind another match does not count.
    ///
    /// # Errors
    /// Those of `progress`.
    pub fn find_all<E>(
        &self,
        text: &[u8],
        limit: Option<usize>,
        mut progress: impl FnMut(Step) -> Result<(), E>,
    ) -> Result<Vec<Range<usize>>, E> {
        let haystack = Haystack::new(text);
        let mut found = Vec::new();
        let mut position = 0;
        let mut previous_end = None;
        while position <= haystack.text().len() && limit.is_none_or(|limit| found.len() < limit) {
            let searched = haystack.text().len() - position;
            let Some(range) = self.find_at(&haystack, position) else { break };
            let counts = range.end != position || previous_end != Some(range.start);
            position = match range.end == position {
                true => position + haystack.character_width(position).max(1),
                false => range.end,
            };
            previous_end = Some(range.end);
            let range = haystack.original_range(range);
            progress(Step { made: if counts { range.len() } else { 0 }, searched })?;
            if counts {
                found.push(range);
            }
        }
        Ok(found)
    }

    /// The pieces between the matches (`Split`): all of them, or at most `limit`, the last one
    /// holding the rest. A limit of 0 gives none.
    ///
    /// # Errors
    /// Those of `progress`.
    pub fn split<E>(
        &self,
        text: &[u8],
        limit: Option<usize>,
        progress: impl FnMut(Step) -> Result<(), E>,
    ) -> Result<Vec<Range<usize>>, E> {
        if limit == Some(0) {
            return Ok(Vec::new());
        }
        if !self.pattern.is_empty() && text.is_empty() {
            return Ok(std::iter::once(0..0).collect());
        }
        let mut pieces = Vec::new();
        let (mut start, mut end) = (0, 0);
        for found in self.find_all(text, limit, progress)? {
            if limit.is_some_and(|limit| pieces.len() + 1 == limit) {
                break;
            }
            end = found.start;
            if found.end != 0 {
                pieces.push(start..end);
            }
            start = found.end;
        }
        if end != text.len() {
            pieces.push(start..text.len());
        }
        Ok(pieces)
    }

    /// The first match at or behind a place, in the searchable text. What lies before the place
    /// is still seen by `^` and `\b`.
    pub(crate) fn find_at(&self, haystack: &Haystack<'_>, position: usize) -> Option<Range<usize>> {
        self.engines.find(haystack, position)
    }

    /// The same with the groups: the range in the searchable text, then those in the original.
    /// `captures` is kept from one search of a text to the next.
    pub(crate) fn groups_at(
        &self,
        haystack: &Haystack<'_>,
        position: usize,
        captures: &mut Option<Captures>,
    ) -> Option<(Range<usize>, Groups)> {
        let captures = self.engines.captures(haystack, position, captures)?;
        let found = captures.get_match()?.range();
        let group =
            |index: usize| captures.get_group(index).map(|span| haystack.original_range(span.range()));
        Some((found, (0..self.group_names.len()).map(group).collect()))
    }

    /// The groups that bear a name, in order.
    pub(crate) fn groups_named(&self, name: &str) -> &[usize] {
        self.groups_by_name.get(name).map_or(&[], Vec::as_slice)
    }
}
