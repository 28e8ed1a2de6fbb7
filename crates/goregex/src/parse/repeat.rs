use super::Parser;
use crate::{Error, ErrorCode};

/// The most often something may be repeated, counted with the repetitions around it.
const MAX_REPEAT: u32 = 1000;

impl Parser<'_> {
    /// Reads `*`, `+` or `?`.
    pub(super) fn symbol_repeat(&mut self, min: u32, max: Option<u32>) -> Result<bool, Error> {
        let start = self.cursor.position();
        self.cursor.bump();
        self.repeat(start, min, max)?;
        Ok(true)
    }

    /// Reads `{2}`, `{2,}` or `{2,5}`. A `{` that begins nothing of this kind is a character.
    pub(super) fn counted_repeat(&mut self) -> Result<bool, Error> {
        let start = self.cursor.position();
        let Some((min, max)) = self.counts() else {
            self.cursor.reset(start);
            self.cursor.bump();
            self.literal(u32::from(b'{'))?;
            return Ok(false);
        };
        let reversed = max.is_some_and(|max| min > max);
        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT) || reversed {
            return Err(self.cursor.error_since(ErrorCode::InvalidRepeatSize, start));
        }
        let operator = self.repeat(start, min, max)?;
        if (min >= 2 || max.is_some_and(|max| max >= 2)) && operator > u64::from(MAX_REPEAT) {
            return Err(self.cursor.error_since(ErrorCode::InvalidRepeatSize, start));
        }
        Ok(true)
    }

    /// Reads the braces and what is in them.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        self.cursor.bump();
        let min = count(self.cursor.digits())?;
        if self.cursor.eat(b"}") {
            return Some((min, Some(min)));
        }
        if !self.cursor.eat(b",") {
            return None;
        }
        if self.cursor.eat(b"}") {
            return Some((min, None));
        }
        let max = count(self.cursor.digits())?;
        self.cursor.eat(b"}").then_some((min, Some(max)))
    }

    /// Repeats the item read last; gives how many copies of something the repetitions make.
    fn repeat(&mut self, start: usize, min: u32, max: Option<u32>) -> Result<u64, Error> {
        let lazy = self.cursor.eat(b"?");
        if let Some(last) = self.last_repeat {
            return Err(self.cursor.error_since(ErrorCode::InvalidRepeatOp, last));
        }
        let greedy = lazy == self.flags.non_greedy;
        let Some(item) = self.group.items.pop() else {
            return Err(self.cursor.error_since(ErrorCode::MissingRepeatArgument, start));
        };
        let repeated = item.repeat(min, max, greedy);
        let copies = repeated.copies;
        self.push(repeated)?;
        Ok(copies)
    }
}

/// A count without leading zeros; one too large for any use is the largest there is.
fn count(digits: &[u8]) -> Option<u32> {
    match digits {
        [] | [b'0', _, ..] => None,
        _ => Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(u32::MAX)),
    }
}
