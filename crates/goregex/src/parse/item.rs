use regex_syntax::hir::{Capture, Class, ClassUnicode, Hir, Repetition};

use crate::{Error, ErrorCode};

/// The deepest nesting of groups and repetitions. Go takes 1000; the recursion of the engines'
/// compilers sets the limit here.
const MAX_HEIGHT: u32 = 250;

/// The largest estimated size, in ranges of characters and states of the automaton.
pub(super) const MAX_SIZE: u64 = 1 << 18;

/// The largest product of size and number of groups: the engines keep a place for each group in
/// each state.
const MAX_SIZE_TIMES_GROUPS: u64 = 1 << 22;

/// A piece of the pattern with the measures its limits are checked by.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) hir: Hir,
    height: u32,
    /// How often the counted repetitions in it copy what is innermost.
    pub(super) copies: u64,
    /// Estimated number of states.
    pub(super) size: u64,
}

impl Item {
    /// A piece that holds no other.
    pub(super) fn leaf(hir: Hir) -> Self {
        Self { hir, height: 1, copies: 1, size: 1 }
    }

    /// A character of a class; an empty class matches nothing.
    pub(super) fn class(class: ClassUnicode) -> Self {
        let size = class.ranges().len() as u64;
        Self { size, ..Self::leaf(Hir::class(Class::Unicode(class))) }
    }

    /// One piece after the other; none matches the empty text.
    pub(super) fn concat(items: Vec<Item>) -> Self {
        Self::join(items, Hir::concat)
    }

    /// One piece or the other; the first that matches wins.
    pub(super) fn alternation(items: Vec<Item>) -> Self {
        Self::join(items, Hir::alternation)
    }

    fn join(mut items: Vec<Item>, how: fn(Vec<Hir>) -> Hir) -> Self {
        match items.pop() {
            None => Self::leaf(Hir::empty()),
            Some(only) if items.is_empty() => only,
            Some(last) => {
                items.push(last);
                Self {
                    height: 1 + items.iter().map(|item| item.height).max().unwrap_or(0),
                    copies: items.iter().map(|item| item.copies).max().unwrap_or(1),
                    size: items.iter().map(|item| item.size.saturating_add(1)).fold(0, u64::saturating_add),
                    hir: how(items.into_iter().map(|item| item.hir).collect()),
                }
            }
        }
    }

    /// The piece as a capturing group.
    pub(super) fn captured(self, number: u32) -> Self {
        self.wrap(|sub| Hir::capture(Capture { index: number, name: None, sub: Box::new(sub) }))
    }

    /// The same piece inside of another that holds only it.
    fn wrap(self, how: impl FnOnce(Hir) -> Hir) -> Self {
        Self { hir: how(self.hir), height: self.height + 1, copies: self.copies, size: self.size + 2 }
    }

    pub(super) fn repeat(self, min: u32, max: Option<u32>, greedy: bool) -> Self {
        let count = u64::from(max.unwrap_or(min));
        let (copies, size) = (self.copies, self.size);
        let repeated = self.wrap(|sub| Hir::repetition(Repetition { min, max, greedy, sub: Box::new(sub) }));
        Self {
            // What is repeated 0 times is not copied at all.
            copies: if max == Some(0) { 1 } else { copies.saturating_mul(count.max(1)) },
            size: size.saturating_mul(count.max(1)).saturating_add(2 * count.max(1)),
            ..repeated
        }
    }

    /// Refuses what would take too much memory or stack.
    pub(super) fn check_limits(&self, pattern: &[u8], groups: usize) -> Result<(), Error> {
        if self.height > MAX_HEIGHT {
            return Err(Error::new(ErrorCode::NestingDepth, pattern));
        }
        if self.size > MAX_SIZE || self.size.saturating_mul(groups as u64) > MAX_SIZE_TIMES_GROUPS {
            return Err(Error::new(ErrorCode::Large, pattern));
        }
        Ok(())
    }
}
