//! Which variable is where. Go looks variables up by name on a stack while it runs; nearly always
//! the answer can be known before.

use crate::node::Name;
use crate::program::Place;

#[derive(Debug, Default)]
pub(super) struct Scope {
    /// The variables on Go's stack at this point, innermost last: one slot each.
    declared: Vec<Declared>,
    most: usize,
}

#[derive(Debug)]
struct Declared {
    name: Name,
    /// Declared in an argument that may not be evaluated (`and false ($x := 1)`).
    maybe: bool,
}

/// A height of the stack.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl Scope {
    /// A template's variables before it runs: `$`.
    pub(super) fn begin(&mut self) {
        self.declared.clear();
        self.declared.push(Declared { name: Name::DOLLAR, maybe: false });
        self.most = 1;
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.declared.len())
    }

    pub(super) fn pop(&mut self, mark: Mark) {
        self.declared.truncate(mark.0);
    }

    /// Most slots in use at one time.
    pub(super) fn most(&self) -> u32 {
        number(self.most)
    }

    pub(super) fn declare(&mut self, name: Name) -> u32 {
        let slot = self.declared.len();
        self.declared.push(Declared { name, maybe: false });
        self.most = self.most.max(self.declared.len());
        number(slot)
    }

    /// What was declared since the mark may not be; gives its slots.
    pub(super) fn doubt_since(&mut self, mark: Mark) -> Vec<u32> {
        let doubted = self.declared.iter_mut().enumerate().skip(mark.0);
        doubted
            .map(|(slot, declared)| {
                declared.maybe = true;
                number(slot)
            })
            .collect()
    }

    /// The place of a variable; `doubted` takes the slots it may be in and where to look next.
    pub(super) fn find(&self, name: Name, doubted: &mut Vec<(u32, Place)>) -> Place {
        let mut maybe = Vec::new();
        let mut place = Place::Undefined(name);
        for (slot, declared) in self.declared.iter().enumerate().rev() {
            if declared.name == name {
                if !declared.maybe {
                    place = Place::Slot(number(slot));
                    break;
                }
                maybe.push(number(slot));
            }
        }
        for slot in maybe.into_iter().rev() {
            doubted.push((slot, place));
            place = Place::Maybe(number(doubted.len() - 1));
        }
        place
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
