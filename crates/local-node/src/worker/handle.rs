//! What is known of a running pod outside its worker: for logs, exec, probes.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::logs::Output;
use crate::pod::machine::{Event, PodState};
use crate::pod::plan::PodPlan;
use crate::sandbox::{Exit, Sandbox};

/// A container that runs.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    /// Its id, which is also libcontainer's.
    pub(crate) id: String,
    /// Its first process.
    pub(crate) pid: i32,
    /// Its bundle.
    pub(crate) bundle: PathBuf,
    /// What it writes.
    pub(crate) output: Output,
    /// What it reads, if it is to read.
    pub(crate) stdin: Option<mpsc::Sender<bytes::Bytes>>,
    /// The terminal's size goes here, if it has one.
    pub(crate) terminal: Option<Arc<std::os::fd::OwnedFd>>,
}

/// A token that the pod has in a volume.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// When another one is asked for, in milliseconds since 1970.
    pub(crate) renew_at: i64,
}

/// Whom a token is for, and how many seconds it is asked to live.
type Wanted = (Option<String>, i64);

/// A pod on this machine.
#[derive(Debug)]
pub(crate) struct Handle {
    /// The node that it is on.
    pub(crate) node: String,
    events: mpsc::Sender<Event>,
    inner: Mutex<Inner>,
    torn_down: AtomicBool,
    /// One writer of volumes at a time.
    pub(crate) writing: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Inner {
    plan: Arc<PodPlan>,
    pod: Arc<Value>,
    address: Option<Ipv4Addr>,
    sandbox: Option<Sandbox>,
    live: HashMap<String, Live>,
    images: HashMap<String, crate::image::Image>,
    state: Option<PodState>,
    tokens: HashMap<Wanted, Token>,
    waiters: HashMap<i32, oneshot::Sender<Exit>>,
    /// Ends of processes that nobody waits for yet.
    unclaimed: HashMap<i32, Exit>,
}

impl Handle {
    pub(crate) fn new(plan: Arc<PodPlan>, pod: &Arc<Value>, events: mpsc::Sender<Event>) -> Self {
        let node = pod.pointer("/spec/nodeName").and_then(Value::as_str).unwrap_or_default().to_owned();
        let inner = Inner {
            plan,
            pod: Arc::clone(pod),
            address: None,
            sandbox: None,
            live: HashMap::new(),
            images: HashMap::new(),
            state: None,
            tokens: HashMap::new(),
            waiters: HashMap::new(),
            unclaimed: HashMap::new(),
        };
        Self {
            node,
            events,
            inner: Mutex::new(inner),
            torn_down: AtomicBool::new(false),
            writing: tokio::sync::Mutex::new(()),
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the worker that something happened.
    pub(crate) async fn happened(&self, event: Event) {
        let _ = self.events.send(event).await;
    }

    /// The pod's plan, which grows by the ephemeral containers that are added to the pod.
    pub(crate) fn plan(&self) -> Arc<PodPlan> {
        Arc::clone(&self.inner().plan)
    }

    pub(crate) fn set_plan(&self, plan: PodPlan) {
        self.inner().plan = Arc::new(plan);
    }

    pub(crate) fn pod(&self) -> Arc<Value> {
        Arc::clone(&self.inner().pod)
    }

    pub(crate) fn set_pod(&self, pod: Arc<Value>) {
        self.inner().pod = pod;
    }

    pub(crate) fn address(&self) -> Option<Ipv4Addr> {
        self.inner().address
    }

    pub(crate) fn set_address(&self, address: Option<Ipv4Addr>) {
        self.inner().address = address;
    }

    pub(crate) fn sandbox(&self) -> Option<Sandbox> {
        self.inner().sandbox.clone()
    }

    pub(crate) fn set_sandbox(&self, sandbox: Option<Sandbox>) {
        let mut inner = self.inner();
        inner.sandbox = sandbox;
        inner.waiters.clear();
        inner.unclaimed.clear();
        inner.live.clear();
    }

    pub(crate) fn live(&self, container: &str) -> Option<Live> {
        self.inner().live.get(container).cloned()
    }

    pub(crate) fn set_live(&self, container: &str, live: Option<Live>) {
        let mut inner = self.inner();
        match live {
            Some(live) => inner.live.insert(container.to_owned(), live),
            None => inner.live.remove(container),
        };
    }

    /// Ends what a container's run reads, once everything that was handed over has been read.
    pub(crate) fn close_input(&self, container: &str, id: &str) {
        let mut inner = self.inner();
        let live = inner.live.get_mut(container).filter(|live| live.id == id);
        if let Some(input) = live.and_then(|live| live.stdin.take()) {
            // The process may be slow to read.
            tokio::spawn(async move { input.send(bytes::Bytes::new()).await });
        }
    }

    pub(crate) fn image(&self, container: &str) -> Option<crate::image::Image> {
        self.inner().images.get(container).cloned()
    }

    pub(crate) fn set_image(&self, container: &str, image: crate::image::Image) {
        self.inner().images.insert(container.to_owned(), image);
    }

    pub(crate) fn state(&self) -> Option<PodState> {
        self.inner().state.clone()
    }

    pub(crate) fn set_state(&self, state: &PodState) {
        self.inner().state = Some(state.clone());
    }

    pub(crate) fn token(&self, wanted: &Wanted) -> Option<Token> {
        self.inner().tokens.get(wanted).cloned()
    }

    pub(crate) fn set_token(&self, wanted: Wanted, token: Token) {
        self.inner().tokens.insert(wanted, token);
    }

    /// When the first of the pod's tokens is to be renewed.
    pub(crate) fn renew_at(&self) -> Option<i64> {
        self.inner().tokens.values().map(|token| token.renew_at).min()
    }

    pub(crate) fn is_torn_down(&self) -> bool {
        self.torn_down.load(Ordering::Acquire)
    }

    pub(crate) fn set_torn_down(&self) {
        self.torn_down.store(true, Ordering::Release);
    }

    /// A process of the sandbox has ended.
    pub(crate) fn exited(&self, exit: Exit) {
        let mut inner = self.inner();
        match inner.waiters.remove(&exit.pid) {
            Some(waiter) => {
                let _ = waiter.send(exit);
            }
            None => {
                inner.unclaimed.insert(exit.pid, exit);
            }
        }
    }

    /// Waits for the end of a process; the channel closes if the sandbox ends first.
    pub(crate) fn wait_for(&self, pid: i32) -> oneshot::Receiver<Exit> {
        let (sender, receiver) = oneshot::channel();
        let mut inner = self.inner();
        match inner.unclaimed.remove(&pid) {
            Some(exit) => {
                let _ = sender.send(exit);
            }
            None if inner.sandbox.is_some() => {
                inner.waiters.insert(pid, sender);
            }
            None => {}
        }
        receiver
    }
}
