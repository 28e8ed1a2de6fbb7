//! Function versions as listings show them, kept as JSON.
//!
//! Reading and writing ten thousand records takes a quarter of a second; reading their revisions takes hundredths.
//! So a listing reads the revisions, and makes anew only what changed since it was last shown. Nothing has to tell
//! this of a change: what is kept is used only where the store names its revision.

use crate::wire::function::View;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use wheelhouse_functions::id::VersionId;

/// Bytes kept at most; beyond that, everything is made anew once.
const MOST: usize = 64 << 20;
/// What an entry costs beside its text: its key, its place in the table.
const OVERHEAD: usize = 160;

/// A version as a listing shows it, but for its instances, which change by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The revision it was made of.
    pub(crate) revision: u64,
    /// Whether it may have instances.
    pub(crate) deployed: bool,
    /// A JSON object with at least one member.
    pub(crate) text: Bytes,
}

/// What is kept.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<(View, VersionId), Entry>,
    bytes: usize,
}

impl Entries {
    /// The entry of each version, where one of its revision is kept.
    pub(crate) fn of(&self, versions: impl Iterator<Item = (View, VersionId, u64)>) -> Vec<Option<Entry>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        versions
            .map(|(view, version, revision)| {
                let known = kept.entries.get(&(view, version));
                known.filter(|entry| entry.revision == revision).cloned()
            })
            .collect()
    }

    /// Keeps an entry, in place of one of another revision.
    pub(crate) fn keep(&self, view: View, version: VersionId, entry: Entry) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let size = entry.text.len() + OVERHEAD;
        if kept.bytes + size > MOST {
            *kept = Kept::default();
        }
        kept.bytes += size;
        if let Some(before) = kept.entries.insert((view, version), entry) {
            kept.bytes = kept.bytes.saturating_sub(before.text.len() + OVERHEAD);
        }
    }

    /// Forgets a version that was deleted.
    pub(crate) fn forget(&self, version: VersionId) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for view in View::IN_LISTINGS {
            if let Some(before) = kept.entries.remove(&(view, version)) {
                kept.bytes = kept.bytes.saturating_sub(before.text.len() + OVERHEAD);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u8) -> VersionId {
        VersionId::from_parts(1, [number; 10])
    }

    fn entry(revision: u64, length: usize) -> Entry {
        Entry { revision, deployed: false, text: Bytes::from(vec![b' '; length]) }
    }

    fn known(entries: &Entries, view: View, number: u8, revision: u64) -> Option<Entry> {
        entries.of(std::iter::once((view, version(number), revision))).remove(0)
    }

    #[test]
    fn only_an_entry_of_the_same_revision_and_view_is_used() {
        let entries = Entries::default();
        entries.keep(View::Reduced, version(1), entry(1, 5));
        assert_eq!(known(&entries, View::Reduced, 1, 1), Some(entry(1, 5)));
        assert_eq!(known(&entries, View::Reduced, 1, 2), None);
        assert_eq!(known(&entries, View::Foreign, 1, 1), None);
        entries.keep(View::Reduced, version(1), entry(2, 7));
        assert_eq!(known(&entries, View::Reduced, 1, 1), None);
        assert_eq!(known(&entries, View::Reduced, 1, 2), Some(entry(2, 7)));
        entries.forget(version(1));
        assert_eq!(known(&entries, View::Reduced, 1, 2), None);
        assert_eq!(entries.kept.lock().unwrap().bytes, 0);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let entries = Entries::default();
        for number in 0..200_u8 {
            entries.keep(View::Reduced, version(number), entry(1, 1 << 20));
            let kept = entries.kept.lock().unwrap();
            let held: usize = kept.entries.values().map(|entry| entry.text.len() + OVERHEAD).sum();
            assert_eq!(kept.bytes, held);
            assert!(held <= MOST);
        }
        assert!(known(&entries, View::Reduced, 199, 1).is_some());
    }
}
