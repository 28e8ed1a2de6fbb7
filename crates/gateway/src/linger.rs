//! Staying awake for a moment while a single call is under way.
//!
//! A thread that sleeps takes tens of microseconds to wake, on virtual machines more than a call costs otherwise. So a
//! thread looks for what comes next a little longer before it sleeps. It does so only for a call that is alone: as soon
//! as there are others, whoever serves them has better use for the processor.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How long a thread looks for what comes next: somewhat longer than a function on the same machine that does little
/// takes to answer.
const MOMENT: Duration = Duration::from_micros(60);

thread_local! {
    static OWN: RefCell<Option<Arc<Linger>>> = const { RefCell::new(None) };
}

/// When a thread may sleep.
#[derive(Debug)]
struct Linger {
    /// The calls under way in all threads.
    calls: Arc<AtomicUsize>,
    /// Those of this thread.
    own: AtomicUsize,
    start: Instant,
    /// Until when the thread stays awake, in microseconds from `start`; 0 while it may sleep.
    until: AtomicU64,
    awake: Notify,
}

/// Keeps the runtime of this thread awake when it has to be; never ends.
pub(crate) async fn attend(calls: Arc<AtomicUsize>) {
    let linger = Arc::new(Linger {
        calls,
        own: AtomicUsize::new(0),
        start: Instant::now(),
        until: AtomicU64::new(0),
        awake: Notify::new(),
    });
    OWN.set(Some(Arc::clone(&linger)));
    loop {
        linger.awake.notified().await;
        while linger.is_wanted() {
            tokio::task::yield_now().await;
        }
        linger.until.store(0, Ordering::Relaxed);
    }
}

impl Linger {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn is_wanted(&self) -> bool {
        let own = self.own.load(Ordering::Relaxed);
        own <= 1
            && own == self.calls.load(Ordering::Relaxed)
            && self.now() < self.until.load(Ordering::Relaxed)
    }

    fn stay(&self) {
        let until = self.now() + u64::try_from(MOMENT.as_micros()).unwrap_or(0);
        if self.until.swap(until, Ordering::Relaxed) == 0 {
            self.awake.notify_one();
        }
    }
}

/// A call whose answer is being waited for.
#[derive(Debug)]
pub(crate) struct UnderWay(Option<Arc<Linger>>);

/// Begins a call on this thread.
pub(crate) fn begin() -> UnderWay {
    let own = OWN.with_borrow(Clone::clone);
    if let Some(linger) = &own {
        linger.calls.fetch_add(1, Ordering::Relaxed);
        linger.own.fetch_add(1, Ordering::Relaxed);
        linger.stay();
    }
    UnderWay(own)
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(linger) = &self.0 {
            linger.calls.fetch_sub(1, Ordering::Relaxed);
            linger.own.fetch_sub(1, Ordering::Relaxed);
            linger.stay();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn attending() -> Arc<AtomicUsize> {
        let calls = Arc::new(AtomicUsize::new(0));
        tokio::spawn(attend(Arc::clone(&calls)));
        tokio::task::yield_now().await;
        calls
    }

    fn is_awake() -> bool {
        OWN.with_borrow(|own| own.as_ref().is_some_and(|linger| linger.until.load(Ordering::Relaxed) > 0))
    }

    #[tokio::test]
    async fn a_single_call_keeps_its_thread_awake_for_a_moment() {
        let calls = attending().await;
        assert!(!is_awake());
        let call = begin();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert!(is_awake());
        drop(call);
        assert_eq!(calls.load(Ordering::Relaxed), 0);
        // However long that takes: it may sleep in the end.
        while is_awake() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn other_calls_let_it_sleep() {
        let calls = attending().await;
        calls.store(1, Ordering::Relaxed);
        let call = begin();
        tokio::task::yield_now().await;
        assert!(!is_awake());
        drop(call);
    }
}
