//! The entries of a map in key order.
//!
//! Most maps are small: a sorted vector whose keys carry their first bytes as a number finds a
//! key with hardly a look outside the vector, and takes one allocation. Large maps are trees.

use std::collections::BTreeMap;
use std::collections::btree_map;

use crate::value::{GoString, Value};

/// A vector with more entries than this becomes a tree.
const LARGEST_VECTOR: usize = 64;

pub(super) enum Entries {
    Vector(Vec<Entry>),
    Tree(BTreeMap<GoString, Value>),
}

pub(super) struct Entry {
    /// The key's first eight bytes, big end first: orders as the keys do, as far as it goes.
    prefix: u64,
    key: GoString,
    value: Value,
}

impl Default for Entries {
    fn default() -> Self {
        Entries::Vector(Vec::new())
    }
}

fn prefix(key: &[u8]) -> u64 {
    if let Some(first) = key.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    let mut bytes = [0; 8];
    for (byte, from) in bytes.iter_mut().zip(key) {
        *byte = *from;
    }
    u64::from_be_bytes(bytes)
}

/// The place of a key in a vector, or where it would be.
fn find(entries: &[Entry], key: &[u8]) -> Result<usize, usize> {
    let prefix = prefix(key);
    entries.binary_search_by(|entry| entry.prefix.cmp(&prefix).then_with(|| entry.key.as_bytes().cmp(key)))
}

impl Entries {
    pub(super) fn get(&self, key: &[u8]) -> Option<&Value> {
        match self {
            Entries::Vector(entries) => {
                find(entries, key).ok().and_then(|at| entries.get(at)).map(|entry| &entry.value)
            }
            Entries::Tree(entries) => entries.get(key),
        }
    }

    pub(super) fn insert(&mut self, key: GoString, value: Value) -> Option<Value> {
        match self {
            Entries::Vector(entries) => match find(entries, key.as_bytes()) {
                Ok(at) => entries.get_mut(at).map(|entry| std::mem::replace(&mut entry.value, value)),
                Err(at) => {
                    entries.insert(at, Entry { prefix: prefix(key.as_bytes()), key, value });
                    if entries.len() > LARGEST_VECTOR {
                        let entries = std::mem::take(entries).into_iter();
                        *self = Entries::Tree(entries.map(|entry| (entry.key, entry.value)).collect());
                    }
                    None
                }
            },
            Entries::Tree(entries) => entries.insert(key, value),
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<Value> {
        match self {
            Entries::Vector(entries) => find(entries, key).ok().map(|at| entries.remove(at).value),
            Entries::Tree(entries) => entries.remove(key),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Entries::Vector(entries) => entries.len(),
            Entries::Tree(entries) => entries.len(),
        }
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        match self {
            Entries::Vector(entries) => Iter::Vector(entries.iter()),
            Entries::Tree(entries) => Iter::Tree(entries.iter()),
        }
    }

    /// Takes the values out, in key order.
    pub(super) fn take_values(&mut self) -> Vec<Value> {
        match std::mem::take(self) {
            Entries::Vector(entries) => entries.into_iter().map(|entry| entry.value).collect(),
            Entries::Tree(entries) => entries.into_values().collect(),
        }
    }
}

impl Extend<(GoString, Value)> for Entries {
    fn extend<T: IntoIterator<Item = (GoString, Value)>>(&mut self, entries: T) {
        let entries = entries.into_iter();
        if let Entries::Vector(vector) = self {
            vector.reserve(entries.size_hint().0.min(LARGEST_VECTOR));
        }
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

/// The entries in key order.
pub(super) enum Iter<'e> {
    Vector(std::slice::Iter<'e, Entry>),
    Tree(btree_map::Iter<'e, GoString, Value>),
}

impl<'e> Iterator for Iter<'e> {
    type Item = (&'e GoString, &'e Value);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Iter::Vector(entries) => entries.next().map(|entry| (&entry.key, &entry.value)),
            Iter::Tree(entries) => entries.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Iter::Vector(entries) => entries.size_hint(),
            Iter::Tree(entries) => entries.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(value: Option<&Value>) -> Option<i64> {
        value.and_then(Value::as_signed)
    }

    proptest! {
        /// Whatever is put in and taken out, the map is as a tree would be.
        #[test]
        fn a_map_is_a_sorted_map(
            steps in proptest::collection::vec((any::<bool>(), "[ab\0]{0,10}|[a-z]{1,3}", any::<i64>()), 0..400)
        ) {
            let mut entries = Entries::default();
            let mut model = BTreeMap::new();
            for (remove, key, value) in steps {
                if remove {
                    let taken = entries.remove(key.as_bytes());
                    prop_assert_eq!(number(taken.as_ref()), model.remove(key.as_bytes()));
                } else {
                    let old = entries.insert(GoString::from(key.as_str()), Value::Int(value));
                    prop_assert_eq!(number(old.as_ref()), model.insert(key.clone().into_bytes(), value));
                    prop_assert_eq!(number(entries.get(key.as_bytes())), Some(value));
                }
                prop_assert_eq!(entries.len(), model.len());
            }
            let found: Vec<_> =
                entries.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.as_signed().unwrap())).collect();
            prop_assert_eq!(found, model.into_iter().collect::<Vec<_>>());
        }
    }
}
