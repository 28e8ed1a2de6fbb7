//! Which objects wait to be looked at: each at most once, none worked twice at a time, failures later
//! and later.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use wheelhouse_cluster::Key;

/// The first wait after a failure.
const FIRST_WAIT: Duration = Duration::from_millis(10);
/// The longest wait after failures.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One piece of work: which controller, which object.
pub(crate) type Item = (usize, Key);

/// The work that waits. Times come in from outside.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    ready: VecDeque<Item>,
    queued: HashSet<Item>,
    working: HashSet<Item>,
    /// Items that changed while they were worked.
    again: HashSet<Item>,
    later: BTreeMap<Instant, BTreeSet<Item>>,
    failures: HashMap<Item, u32>,
    /// Controllers that work one item at a time.
    serial: HashSet<usize>,
    busy: HashSet<usize>,
}

impl Queue {
    pub(crate) fn new(serial: impl IntoIterator<Item = usize>) -> Self {
        Self { serial: serial.into_iter().collect(), ..Self::default() }
    }

    /// Something changed: look at an object soon.
    pub(crate) fn add(&mut self, item: Item) {
        if self.working.contains(&item) {
            self.again.insert(item);
        } else if self.queued.insert(item.clone()) {
            self.ready.push_back(item);
        }
    }

    /// Look at an object at a later time.
    pub(crate) fn add_at(&mut self, item: Item, at: Instant) {
        self.later.entry(at).or_default().insert(item);
    }

    /// The next item to work on, if any is due.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Item> {
        while let Some(entry) = self.later.first_entry() {
            if *entry.key() > now {
                break;
            }
            for item in entry.remove() {
                self.add(item);
            }
        }
        let position = self.ready.iter().position(|(controller, _)| !self.busy.contains(controller))?;
        let item = self.ready.remove(position)?;
        self.queued.remove(&item);
        self.working.insert(item.clone());
        if self.serial.contains(&item.0) {
            self.busy.insert(item.0);
        }
        Some(item)
    }

    /// When the next item that waits for its time is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.later.keys().next().copied()
    }

    /// An item has been worked.
    pub(crate) fn done(&mut self, item: &Item, succeeded: bool, now: Instant) {
        self.working.remove(item);
        self.busy.remove(&item.0);
        if succeeded {
            self.failures.remove(item);
        } else {
            let failures = self.failures.entry(item.clone()).or_default();
            *failures += 1;
            let wait = FIRST_WAIT.saturating_mul(1 << (*failures - 1).min(20)).min(LONGEST_WAIT);
            self.add_at(item.clone(), now + wait);
        }
        if self.again.remove(item) {
            self.add(item.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(controller: usize, name: &str) -> Item {
        (controller, Key::new("n", name))
    }

    #[test]
    fn an_item_is_worked_once_at_a_time_and_not_forgotten() {
        let now = Instant::now();
        let mut queue = Queue::new([]);
        queue.add(item(0, "a"));
        queue.add(item(0, "a"));
        assert_eq!(queue.take(now), Some(item(0, "a")));
        queue.add(item(0, "a"));
        assert_eq!(queue.take(now), None);
        queue.done(&item(0, "a"), true, now);
        assert_eq!(queue.take(now), Some(item(0, "a")));
        queue.done(&item(0, "a"), true, now);
        assert_eq!(queue.take(now), None);
    }

    #[test]
    fn failures_wait_longer_each_time() {
        let start = Instant::now();
        let mut queue = Queue::new([]);
        queue.add(item(0, "a"));
        let mut waits = Vec::new();
        let mut now = start;
        for _ in 0..20 {
            queue.take(now).unwrap();
            queue.done(&item(0, "a"), false, now);
            let due = queue.next_due().unwrap();
            waits.push((due - now).as_millis());
            now = due;
        }
        assert_eq!(waits[..4], [10, 20, 40, 80]);
        assert_eq!(waits.last(), Some(&60_000));
    }

    #[test]
    fn a_serial_controller_does_one_thing_at_a_time_and_holds_up_nobody() {
        let now = Instant::now();
        let mut queue = Queue::new([0]);
        for each in [item(0, "a"), item(0, "b"), item(1, "c")] {
            queue.add(each);
        }
        assert_eq!(queue.take(now), Some(item(0, "a")));
        assert_eq!(queue.take(now), Some(item(1, "c")));
        assert_eq!(queue.take(now), None);
        queue.done(&item(0, "a"), true, now);
        assert_eq!(queue.take(now), Some(item(0, "b")));
    }
}
