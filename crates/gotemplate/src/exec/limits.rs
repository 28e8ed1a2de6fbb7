use crate::error::LimitReached;

/// What an [`Engine`](super::Engine) may use up, over all its executions.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Evaluation steps: an action, a call, a round of a loop is one each; functions add their own.
    pub steps: u64,
    /// Bytes of output and of strings made by functions.
    pub bytes: u64,
    /// How deep `{{template}}` may nest, counted anew in each `include`; Go's own limit is 100,000.
    pub depth: u64,
    /// How often one name may be open in `include` at a time; Helm's limit is 1000.
    pub same_include: u32,
    /// How deep texts may nest in `tpl`. Go has no bound, and dies of it.
    pub nested_texts: u32,
    /// Syntax nodes of the texts that are open in `tpl`, which is what they take of the memory:
    /// a node is about a hundred bytes.
    pub text_nodes: usize,
    /// Rounds of a `range` over a number.
    pub range: u64,
    /// Bytes of the native stack evaluation may use. The thread must have this and some 64 KiB
    /// more; see [`Engine`](super::Engine) for how much a chart needs.
    pub stack: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 20_000_000,
            bytes: 128 << 20,
            depth: 100_000,
            same_include: 1000,
            // One more than the texts that `include` of one name can lead to.
            nested_texts: 1002,
            text_nodes: 1_000_000,
            range: 10_000_000,
            stack: 1 << 20,
        }
    }
}

/// What was used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Evaluation steps.
    pub steps: u64,
    /// Bytes of output and of strings made by functions.
    pub bytes: u64,
}

/// How many steps pass between two looks at the clock.
const STRIDE: u64 = 1024;

/// Counts what is used. Steps are handed out a stride at a time, so that one costs a decrement.
pub(super) struct Meter {
    limits: Limits,
    /// Steps of the current stride that are left.
    stride: u64,
    /// Steps not handed out yet.
    steps: u64,
    bytes: u64,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, stride: 0, steps: limits.steps, bytes: limits.bytes }
    }

    /// Takes one step; `false` when a new stride is due.
    pub(super) fn step(&mut self) -> bool {
        match self.stride.checked_sub(1) {
            Some(left) => {
                self.stride = left;
                true
            }
            None => false,
        }
    }

    /// Begins a stride and takes `count` steps.
    pub(super) fn take(&mut self, count: u64) -> Result<(), LimitReached> {
        let available = self.steps.saturating_add(self.stride);
        let Some(left) = available.checked_sub(count) else {
            self.steps = 0;
            self.stride = 0;
            return Err(LimitReached::Steps { limit: self.limits.steps });
        };
        self.stride = left.min(STRIDE);
        self.steps = left - self.stride;
        Ok(())
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<(), LimitReached> {
        match self.bytes.checked_sub(count as u64) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => {
                self.bytes = 0;
                Err(LimitReached::Bytes { limit: self.limits.bytes })
            }
        }
    }

    pub(super) fn bytes_left(&self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }

    pub(super) fn usage(&self) -> Usage {
        Usage {
            steps: self.limits.steps.saturating_sub(self.steps.saturating_add(self.stride)),
            bytes: self.limits.bytes.saturating_sub(self.bytes),
        }
    }
}
