use std::ops::Range;

use crate::expand::Template;
use crate::haystack::Haystack;
use crate::{Regex, Step};

impl Regex {
    /// The text with every match replaced (`ReplaceAllString`). In the replacement `$1`, `${1}`,
    /// `$name` and `${name}` stand for groups, `$$` for a dollar sign.
    ///
    /// # Errors
    /// Those of `progress`.
    pub fn replace_all<E>(
        &self,
        text: &[u8],
        replacement: &[u8],
        progress: impl FnMut(Step) -> Result<(), E>,
    ) -> Result<Vec<u8>, E> {
        if !replacement.contains(&b'$') {
            return self.replace_all_literal(text, replacement, progress);
        }
        let template = Template::parse(replacement, self);
        let haystack = Haystack::new(text);
        let mut captures = None;
        self.replace(&haystack, text, progress, |position| {
            let (found, groups) = self.groups_at(&haystack, position, &mut captures)?;
            Some((found, template.expand(text, &groups)))
        })
    }

    /// The text with every match replaced by the same bytes (`ReplaceAllLiteralString`).
    ///
    /// # Errors
    /// Those of `progress`.
    pub fn replace_all_literal<E>(
        &self,
        text: &[u8],
        replacement: &[u8],
        progress: impl FnMut(Step) -> Result<(), E>,
    ) -> Result<Vec<u8>, E> {
        let haystack = Haystack::new(text);
        self.replace(&haystack, text, progress, |position| {
            Some((self.find_at(&haystack, position)?, replacement))
        })
    }

    /// Goes from match to match; `search` gives the next one and what to put in its place.
    fn replace<E, R: AsRef<[u8]>>(
        &self,
        haystack: &Haystack<'_>,
        text: &[u8],
        mut progress: impl FnMut(Step) -> Result<(), E>,
        mut search: impl FnMut(usize) -> Option<(Range<usize>, R)>,
    ) -> Result<Vec<u8>, E> {
        let mut output = Vec::with_capacity(text.len());
        let mut last_end = 0;
        let mut last_end_in_text = 0;
        let mut position = 0;
        while position <= haystack.text().len() {
            let searched = haystack.text().len() - position;
            let Some((found, replacement)) = search(position) else { break };
            let replacement = replacement.as_ref();
            let in_text = haystack.original_range(found.clone());
            let between = text.get(last_end_in_text..in_text.start).unwrap_or_default();
            progress(Step { made: between.len() + replacement.len(), searched })?;
            output.extend_from_slice(between);
            // An empty match right behind another one is not replaced.
            if found.end > last_end || found.start == 0 {
                output.extend_from_slice(replacement);
            }
            last_end = found.end;
            last_end_in_text = in_text.end;
            // Always at least one character further.
            let next = position + haystack.character_width(position).max(1);
            position = next.max(found.end);
        }
        output.extend_from_slice(text.get(last_end_in_text..).unwrap_or_default());
        Ok(output)
    }
}
