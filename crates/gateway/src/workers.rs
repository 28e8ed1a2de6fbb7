//! Threads that serve connections, each with a runtime of its own.
//!
//! A call stays on one thread from its client to its instance and back. On a runtime that shares its tasks among
//! threads, each piece of a call wakes another thread that looks for work, which costs more than the work.

use crate::linger;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// Shorter than the timers of calls, and long enough that a thread at rest costs nothing.
const BEAT: Duration = Duration::from_secs(5);

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

/// How many threads serve.
pub(crate) fn count() -> usize {
    std::thread::available_parallelism().map_or(2, Into::into)
}

/// The number of this thread, from 1 to [`count`]; 0 for all others.
pub(crate) fn number() -> usize {
    NUMBER.get()
}

/// The threads. They end, and with them whatever they serve, when this is dropped.
pub(crate) struct Workers {
    handles: Vec<Handle>,
    threads: Vec<JoinHandle<()>>,
    next: AtomicUsize,
    stop: CancellationToken,
}

impl Workers {
    /// Starts them. Where the system gives no threads, the caller's runtime serves.
    pub(crate) fn start() -> Self {
        let mut workers = Self {
            handles: Vec::new(),
            threads: Vec::new(),
            next: AtomicUsize::new(0),
            stop: CancellationToken::new(),
        };
        let calls = Arc::default();
        for number in 1..=count() {
            if let Err(error) = workers.add(number, &calls) {
                tracing::warn!(%error, number, "cannot start a thread of the gateway");
            }
        }
        workers
    }

    fn add(&mut self, number: usize, calls: &Arc<AtomicUsize>) -> std::io::Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, stop, calls) = (runtime.handle().clone(), self.stop.clone(), Arc::clone(calls));
        let serve = move || {
            NUMBER.set(number);
            runtime.spawn(beat());
            runtime.spawn(linger::attend(calls));
            runtime.block_on(stop.cancelled());
            runtime.shutdown_background();
        };
        self.threads.push(std::thread::Builder::new().name(format!("gateway-{number}")).spawn(serve)?);
        self.handles.push(handle);
        Ok(())
    }

    /// The one whose turn it is.
    pub(crate) fn next(&self) -> Handle {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.handles.len().max(1);
        self.handles.get(turn).cloned().unwrap_or_else(Handle::current)
    }
}

/// Keeps a timer that ends before all those of calls. One that ends before every other wakes its thread to be told, even
/// from the thread itself: each call would write to its own thread's event counter and go round its loop once more.
async fn beat() {
    loop {
        tokio::time::sleep(BEAT).await;
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.cancel();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the gateway panicked");
            }
        }
    }
}
