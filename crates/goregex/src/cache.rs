use std::collections::HashMap;
use std::sync::Arc;

use crate::{Error, Regex};

/// Most memory that kept patterns take together, in bytes. A common one takes some kilobytes.
const MOST_MEMORY: usize = 32 * 1024 * 1024;

/// The compiled patterns used last, at most a fixed number of them. Templates use the same few
/// patterns again and again, and compiling costs far more than most matches.
#[derive(Debug)]
pub struct Cache {
    entries: HashMap<Vec<u8>, Entry>,
    capacity: usize,
    /// Bytes of memory the patterns take together.
    memory: usize,
    /// Counts the uses; an entry remembers when it was last used.
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    regex: Arc<Regex>,
    last_used: u64,
}

impl Cache {
    /// An empty cache for `capacity` patterns.
    pub fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity, memory: 0, clock: 0 }
    }

    /// The compiled pattern, compiled now if it is not here. The one unused for longest makes
    /// room for it.
    ///
    /// # Errors
    /// What is wrong with the pattern; errors are not kept.
    pub fn get(&mut self, pattern: &[u8]) -> Result<Arc<Regex>, Error> {
        self.clock += 1;
        if let Some(entry) = self.entries.get_mut(pattern) {
            entry.last_used = self.clock;
            return Ok(Arc::clone(&entry.regex));
        }
        let regex = Arc::new(Regex::new(pattern)?);
        let memory = regex.memory();
        while !self.entries.is_empty()
            && (self.entries.len() >= self.capacity || self.memory.saturating_add(memory) > MOST_MEMORY)
        {
            self.forget_oldest();
        }
        if self.capacity > 0 {
            self.memory = self.memory.saturating_add(memory);
            let entry = Entry { regex: Arc::clone(&regex), last_used: self.clock };
            self.entries.insert(pattern.to_vec(), entry);
        }
        Ok(regex)
    }

    /// Whether the pattern is here, compiled.
    pub fn contains(&self, pattern: &[u8]) -> bool {
        self.entries.contains_key(pattern)
    }

    /// Number of compiled patterns kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no pattern is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn forget_oldest(&mut self) {
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.last_used);
        if let Some(pattern) = oldest.map(|(pattern, _)| pattern.clone()) {
            let forgotten = self.entries.remove(&pattern);
            let memory = forgotten.map_or(0, |entry| entry.regex.memory());
            self.memory = self.memory.saturating_sub(memory);
        }
    }
}
