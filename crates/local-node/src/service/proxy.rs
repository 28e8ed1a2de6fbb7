//! Keeping the listeners in step with the plan.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

use super::plan::{Backends, Frontend, Protocol};
use super::{tcp, udp};

/// How long a pod that refused a connection is passed over.
const PASS_OVER: Duration = Duration::from_secs(1);

/// One frontend's pods, and which client is kept with which.
#[derive(Debug, Default)]
pub(super) struct Balance {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    backends: Backends,
    next: usize,
    kept: HashMap<IpAddr, (SocketAddr, Instant)>,
    refused: HashMap<SocketAddr, Instant>,
}

impl Balance {
    fn set(&self, backends: Backends) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.backends != backends {
            inner.kept.retain(|_, (address, _)| backends.addresses.contains(address));
            inner.backends = backends;
        }
    }

    /// The pods to try for a client, best first.
    pub(super) fn order(&self, client: IpAddr) -> Vec<SocketAddr> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        inner.refused.retain(|_, at| now.duration_since(*at) < PASS_OVER);
        let mut order = inner.backends.addresses.clone();
        let turn = inner.next;
        inner.next = inner.next.wrapping_add(1);
        if !order.is_empty() {
            let turn = turn % order.len();
            order.rotate_left(turn);
        }
        order.sort_by_key(|address| inner.refused.contains_key(address));
        if let Some(seconds) = inner.backends.affinity {
            let life = Duration::from_secs(seconds);
            inner.kept.retain(|_, (_, at)| now.duration_since(*at) < life);
            if let Some((kept, at)) = inner.kept.get_mut(&client) {
                *at = now;
                let kept = *kept;
                order.sort_by_key(|address| *address != kept);
            } else if let Some(first) = order.first() {
                inner.kept.insert(client, (*first, now));
            }
        }
        order
    }

    /// A pod did not take a connection.
    pub(super) fn refused(&self, address: SocketAddr) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.refused.insert(address, Instant::now());
    }
}

struct Listener {
    balance: Arc<Balance>,
    task: AbortHandle,
}

/// The listeners of all Services; those left go when it is dropped.
#[derive(Default)]
pub struct Proxy {
    listeners: HashMap<Frontend, Listener>,
    failed: HashMap<Frontend, String>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Proxy").field("listeners", &self.listeners.len()).finish_non_exhaustive()
    }
}

impl Proxy {
    /// Opens and closes listeners so that just these frontends are served. One that cannot be opened is
    /// logged, and tried again at the next call.
    pub async fn serve(&mut self, wanted: BTreeMap<Frontend, Backends>) {
        self.listeners.retain(|frontend, listener| {
            let stays = wanted.contains_key(frontend);
            if !stays {
                listener.task.abort();
            }
            stays
        });
        self.failed.retain(|frontend, _| wanted.contains_key(frontend));
        for (frontend, backends) in wanted {
            if let Some(listener) = self.listeners.get(&frontend) {
                listener.balance.set(backends);
                continue;
            }
            let balance = Arc::new(Balance::default());
            balance.set(backends);
            let opened = match frontend.protocol {
                Protocol::Tcp => tcp::listen(frontend.address, Arc::clone(&balance)).await,
                Protocol::Udp => udp::listen(frontend.address, Arc::clone(&balance)).await,
            };
            match opened {
                Ok(task) => {
                    self.failed.remove(&frontend);
                    self.listeners.insert(frontend, Listener { balance, task });
                }
                Err(error) => {
                    let said = error.to_string();
                    if self.failed.get(&frontend) != Some(&said) {
                        tracing::warn!(address = %frontend.address, %error, "a service port cannot be opened");
                        self.failed.insert(frontend, said);
                    }
                }
            }
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for listener in self.listeners.values() {
            listener.task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balance(affinity: Option<u64>) -> Balance {
        let balance = Balance::default();
        balance.set(Backends { addresses: (1..4).map(|n| ([10, 0, 0, n], 80).into()).collect(), affinity });
        balance
    }

    fn first(balance: &Balance, client: u8) -> u16 {
        let order = balance.order([127, 0, 0, client].into());
        let IpAddr::V4(address) = order[0].ip() else { panic!() };
        u16::from(address.octets()[3])
    }

    #[test]
    fn pods_take_turns() {
        let balance = balance(None);
        assert_eq!((0..4).map(|_| first(&balance, 1)).collect::<Vec<_>>(), [1, 2, 3, 1]);
        balance.refused(([10, 0, 0, 2], 80).into());
        assert!((0..6).all(|_| first(&balance, 1) != 2));
    }

    #[test]
    fn a_client_stays_with_its_pod_while_that_is_there() {
        let balance = balance(Some(60));
        let mine = first(&balance, 1);
        assert!((0..3).all(|_| first(&balance, 1) == mine));
        assert_ne!(first(&balance, 2), mine);
        balance.set(Backends { addresses: vec![([10, 0, 0, 3], 80).into()], affinity: Some(60) });
        assert_eq!(first(&balance, 1), 3);
    }
}
