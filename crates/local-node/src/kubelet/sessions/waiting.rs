//! Input that has come for a process and was not taken by it yet.

use std::collections::VecDeque;

use bytes::{Buf as _, Bytes};

/// How much may wait for a process that does not read, before its client is not listened to either.
const FULL: usize = 1 << 20;

/// A bounded queue: what a process writes goes on while it does not read.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    parts: VecDeque<Bytes>,
    bytes: usize,
    over: bool,
}

impl Waiting {
    pub(super) fn push(&mut self, part: Bytes) {
        if !part.is_empty() && !self.over {
            self.bytes = self.bytes.saturating_add(part.len());
            self.parts.push_back(part);
        }
    }

    /// Nothing comes after what waits.
    pub(super) fn end(&mut self) {
        self.over = true;
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= FULL
    }

    /// What is to be taken next.
    pub(super) fn next(&self) -> Option<Bytes> {
        self.parts.front().cloned()
    }

    /// So many bytes of the next part have been taken.
    pub(super) fn took(&mut self, count: usize) {
        let Some(front) = self.parts.front_mut() else { return };
        let count = count.min(front.len());
        front.advance(count);
        self.bytes = self.bytes.saturating_sub(count);
        if front.is_empty() {
            self.parts.pop_front();
        }
    }

    /// The process takes nothing any more.
    pub(super) fn close(&mut self) {
        *self = Self { over: true, ..Self::default() };
    }

    /// Whether all has been taken and nothing comes.
    pub(super) fn is_over(&self) -> bool {
        self.over && self.parts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_in_order_and_in_pieces() {
        let mut waiting = Waiting::default();
        waiting.push(Bytes::from_static(b"abc"));
        waiting.push(Bytes::new());
        waiting.push(Bytes::from_static(b"de"));
        waiting.took(2);
        assert_eq!(waiting.next().as_deref(), Some(&b"c"[..]));
        waiting.end();
        waiting.push(Bytes::from_static(b"late"));
        assert!(!waiting.is_over());
        waiting.took(1);
        waiting.took(9);
        assert_eq!(waiting.next(), None);
        assert!(waiting.is_over());
    }

    #[test]
    fn no_more_than_its_bound_waits() {
        let mut waiting = Waiting::default();
        waiting.push(vec![0; FULL - 1].into());
        assert!(!waiting.is_full());
        waiting.push(Bytes::from_static(b"x"));
        assert!(waiting.is_full());
        waiting.close();
        assert!(!waiting.is_full() && waiting.is_over());
    }
}
