//! The nodes of one machine: register them, follow their pods, keep everything running.

mod register;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use wheelhouse_cluster::resources::{CONFIG_MAP, ENDPOINT_SLICE, NAMESPACE, POD, SECRET, SERVICE};
use wheelhouse_cluster::{Change, Cluster, DeleteOptions, Key, Reflector, Resource, metadata};

use crate::events::Happenings;
use crate::host::{CachedDirectory, Host, followed};
use crate::image::{ImageError, ImageStore, RegistryPuller};
use crate::network::Bridge;
use crate::options::Options;
use crate::service::{Proxy, frontends, host_ports};
use crate::worker::{self, News};
use crate::{dns, events, kubelet};

/// What keeps nodes from starting.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The options make no sense.
    #[error("{0}")]
    Options(String),
    /// The machine lacks something that containers need.
    #[error("this machine cannot run containers:\n{0}")]
    Machine(String),
    /// The folders cannot be used.
    #[error("cannot use {path}")]
    State {
        /// The folder.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The image store cannot be used.
    #[error("cannot use the image store")]
    Images(#[from] ImageError),
    /// The network cannot be made.
    #[error("cannot make the pods' network")]
    Network(#[source] io::Error),
}

/// Which objects have changed since they were last looked at.
#[derive(Debug, Default)]
struct Inbox {
    pods: Mutex<BTreeSet<Key>>,
    objects: Mutex<HashSet<(&'static str, Key)>>,
    changed: Notify,
    services: Notify,
}

/// All nodes of the machine, ready to run.
pub struct Nodes {
    host: Arc<Host>,
    happenings: Happenings,
    listeners: Vec<(String, TcpListener, u16)>,
    reflectors: Vec<(Resource, Reflector)>,
}

impl std::fmt::Debug for Nodes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Nodes").field("nodes", &self.host.node_addresses).finish_non_exhaustive()
    }
}

impl Nodes {
    /// Makes the bridge, opens the image store and listens for the API server. What an earlier run left
    /// behind is cleared away.
    ///
    /// # Errors
    /// If the machine lacks what containers need, or the folders or the network cannot be used.
    pub async fn build(cluster: Cluster, options: Options) -> Result<Self, NodeError> {
        let report = crate::doctor::examine();
        if !report.is_fit() {
            return Err(NodeError::Machine(report.to_string()));
        }
        for folder in ["pods", "logs", "images", "volumes"] {
            let path = options.state.join(folder);
            std::fs::create_dir_all(&path)
                .map_err(|source| NodeError::State { path: path.display().to_string(), source })?;
        }
        let mut addresses: BTreeMap<String, Ipv4Addr> = BTreeMap::new();
        for (index, node) in options.nodes.iter().enumerate() {
            let part = u32::try_from(index).ok().and_then(|index| options.pods.part(24, index));
            let address = part.and_then(|part| part.nth(1)).ok_or_else(|| {
                NodeError::Options(format!("{} has no room for {} nodes", options.pods, options.nodes.len()))
            })?;
            addresses.insert(node.name.clone(), address);
        }
        let leftover = format!("/wheelhouse-{}", options.cluster);
        let swept = move || {
            crate::cgroup::sweep(&leftover);
            crate::cgroup::sweep_abandoned(|cluster| {
                Path::new("/sys/class/net").join(Bridge::name_of(cluster)).exists()
            });
        };
        let _ = tokio::task::spawn_blocking(swept).await;
        let images = ImageStore::open(&options.state.join("images"))?;
        let puller = Arc::new(RegistryPuller::new(options.plain_registries.clone())?);
        // The first node's address is first on the bridge, so that it is what the host speaks from.
        let own: Vec<Ipv4Addr> =
            options.nodes.iter().filter_map(|node| addresses.get(&node.name).copied()).collect();
        let bridge =
            Bridge::up(&options.cluster, options.pods, options.services, &own).map_err(NodeError::Network)?;
        let mut listeners = Vec::new();
        for (name, address) in &addresses {
            let (listener, port) = kubelet::listen(*address).await.map_err(NodeError::Network)?;
            listeners.push((name.clone(), listener, port));
        }
        let reflectors: Vec<(Resource, Reflector)> = followed()
            .into_iter()
            .map(|resource| (resource.clone(), Reflector::new(cluster.clone(), resource)))
            .collect();
        let caches: HashMap<Resource, _> =
            reflectors.iter().map(|(resource, each)| (resource.clone(), each.cache())).collect();
        let (host, happenings) = Host::new(cluster, options, images, puller, bridge, caches, addresses);
        let host = Arc::new(host);
        Ok(Self { host, happenings, listeners, reflectors })
    }

    /// The image store, to load images into.
    #[must_use]
    pub fn images(&self) -> ImageStore {
        self.host.images.clone()
    }

    /// Runs until `cancelled` is done; then all pods are ended and the network is taken down. The pods
    /// stay in the API and come up again with the next run.
    pub async fn run(self, cancelled: impl Future<Output = ()>) {
        let host = self.host;
        let inbox = Arc::new(Inbox::default());
        let mut tasks = JoinSet::new();
        for (resource, reflector) in self.reflectors {
            let inbox = Arc::clone(&inbox);
            tasks.spawn(reflector.run(move |change| inbox.take_in(&resource, &change)));
        }
        for (name, listener, port) in self.listeners {
            tasks.spawn(kubelet::serve(listener, Arc::clone(&host)));
            tasks.spawn(register::run(Arc::clone(&host), name, port));
        }
        tasks.spawn(events::run(host.cluster.clone(), self.happenings));
        tasks.spawn(names(Arc::clone(&host)));
        tasks.spawn(register::dns_service(Arc::clone(&host)));
        tasks.spawn(services(Arc::clone(&host), Arc::clone(&inbox)));
        let dispatching = dispatch(Arc::clone(&host), Arc::clone(&inbox));
        tokio::select! {
            () = cancelled => {}
            () = dispatching => {}
        }
        tasks.abort_all();
        while tasks.join_next().await.is_some() {}
        let uids: Vec<String> = {
            let mut pods = host.pods.lock().unwrap_or_else(PoisonError::into_inner);
            // Dropping the handles ends the sandboxes, and with them every container.
            pods.drain()
                .map(|(uid, handle)| {
                    handle.set_sandbox(None);
                    uid
                })
                .collect()
        };
        let cluster = host.options.cluster.clone();
        let swept = move || {
            for uid in &uids {
                crate::cgroup::sweep(&format!("/wheelhouse-{cluster}/pod{uid}"));
            }
            crate::cgroup::sweep(&format!("/wheelhouse-{cluster}"))
        };
        for _ in 0..50 {
            if matches!(tokio::task::spawn_blocking(swept.clone()).await, Ok(true)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if let Err(error) = host.bridge.down() {
            tracing::warn!(%error, "the pods' network was not taken down");
        }
    }

    /// Takes away what stays after a run so that pod addresses do not leak: the unreachable route.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn purge(options: &Options) -> Result<(), NodeError> {
        Bridge::purge(options.pods).map_err(NodeError::Network)
    }
}

impl Inbox {
    /// Takes a change in; cheap, because it is called while a cache is being filled.
    fn take_in(&self, resource: &Resource, change: &Change) {
        let (Change::Applied(object) | Change::Deleted(object)) = change else {
            self.services.notify_one();
            self.changed.notify_one();
            return;
        };
        let key = Key::of(object);
        if *resource == POD {
            self.pods.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        } else if *resource == CONFIG_MAP {
            self.objects.lock().unwrap_or_else(PoisonError::into_inner).insert(("ConfigMap", key));
        } else if *resource == SECRET {
            self.objects.lock().unwrap_or_else(PoisonError::into_inner).insert(("Secret", key));
        } else {
            if *resource == SERVICE || *resource == ENDPOINT_SLICE {
                self.services.notify_one();
            }
            return;
        }
        self.changed.notify_one();
    }
}

/// Starts workers for pods of these nodes, and tells them the news.
async fn dispatch(host: Arc<Host>, inbox: Arc<Inbox>) {
    let mut workers: HashMap<String, (Key, mpsc::Sender<News>)> = HashMap::new();
    let (ended, mut ends) = mpsc::channel::<String>(256);
    let mut swept = false;
    loop {
        tokio::select! {
            () = inbox.changed.notified() => {}
            Some(uid) = ends.recv() => {
                if let Some((key, _)) = workers.remove(&uid) {
                    // The same name may be waiting for its successor.
                    inbox.pods.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
                }
                inbox.services.notify_one();
            }
        }
        if !swept && host.cache(&POD).is_synced() {
            swept = true;
            sweep_folders(&host);
        }
        let keys = std::mem::take(&mut *inbox.pods.lock().unwrap_or_else(PoisonError::into_inner));
        for key in keys {
            let pod = host.get(&POD, &key.namespace, &key.name);
            let uid = pod.as_ref().map(|pod| metadata::uid(pod).to_owned()).unwrap_or_default();
            for (known, (name, news)) in &workers {
                if *name == key && *known != uid {
                    let _ = news.send(News::Gone).await;
                }
            }
            let Some(pod) = pod else { continue };
            let node = pod.pointer("/spec/nodeName").and_then(Value::as_str).unwrap_or_default();
            if !host.node_addresses.contains_key(node) {
                continue;
            }
            if let Some((_, news)) = workers.get(&uid) {
                let _ = news.send(News::Pod(pod)).await;
                continue;
            }
            let over =
                matches!(pod.pointer("/status/phase").and_then(Value::as_str), Some("Succeeded" | "Failed"));
            if over {
                if metadata::is_deleting(&pod) {
                    tokio::spawn(remove(Arc::clone(&host), key, uid));
                }
                continue;
            }
            let (handle, news) = worker::start(Arc::clone(&host), pod, ended.clone());
            host.pods.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.clone(), handle);
            workers.insert(uid, (key, news));
        }
        let objects = std::mem::take(&mut *inbox.objects.lock().unwrap_or_else(PoisonError::into_inner));
        for (kind, key) in objects {
            for (name, news) in workers.values().filter(|(name, _)| name.namespace == key.namespace) {
                tracing::trace!(pod = %name, kind, object = %key, "an object of a pod's namespace has changed");
                let _ = news.try_send(News::Changed(kind, key.name.clone()));
            }
        }
    }
}

/// Lets a pod go that ended before this run.
async fn remove(host: Arc<Host>, key: Key, uid: String) {
    let options = DeleteOptions { grace_seconds: Some(0), uid: Some(uid), ..DeleteOptions::default() };
    if let Err(error) = host.cluster.delete(&POD, Some(&key.namespace), &key.name, &options).await {
        tracing::debug!(pod = %key, %error, "an ended pod was not let go");
    }
}

/// Removes the folders of pods that are no more.
fn sweep_folders(host: &Host) {
    let alive: HashSet<String> =
        host.cache(&POD).all().iter().map(|pod| metadata::uid(pod).to_owned()).collect();
    for part in ["pods", "logs"] {
        for entry in std::fs::read_dir(host.options.state.join(part)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let uid = name.rsplit('_').next().unwrap_or_default();
            if !alive.contains(uid) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// Answers the cluster's names.
async fn names(host: Arc<Host>) {
    let directory = Arc::new(CachedDirectory {
        services: host.cache(&SERVICE),
        slices: host.cache(&ENDPOINT_SLICE),
        namespaces: host.cache(&NAMESPACE),
    });
    match dns::serve((host.options.dns, 53).into(), &host.options.domain, directory).await {
        Ok(serving) => serving.await,
        Err(error) => tracing::error!(address = %host.options.dns, %error, "cluster DNS cannot be served"),
    }
}

/// Keeps the service proxy in step.
async fn services(host: Arc<Host>, inbox: Arc<Inbox>) {
    let mut proxy = Proxy::default();
    loop {
        // Many changes come together; a failed port is tried again after a while.
        let waited = tokio::time::timeout(Duration::from_secs(5), inbox.services.notified()).await;
        if waited.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let services = host.cache(&SERVICE).all();
        let slices = host.cache(&ENDPOINT_SLICE).all();
        let slices: Vec<&Value> = slices.iter().map(|slice| &**slice).collect();
        let mut own: Vec<Ipv4Addr> = host.node_addresses.values().copied().collect();
        own.push(Ipv4Addr::LOCALHOST);
        let mut wanted = frontends(services.iter().map(|service| &**service), &slices, &own);
        let pods: Vec<_> =
            host.pods.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for pod in pods {
            if let Some(ip) = pod.address().filter(|_| !pod.plan().host_network && !pod.is_torn_down()) {
                let node = host.node_addresses.get(&pod.node).copied();
                let at: Vec<Ipv4Addr> = node.into_iter().chain([Ipv4Addr::LOCALHOST]).collect();
                wanted.extend(host_ports(&pod.pod(), ip, &at));
            }
        }
        proxy.serve(wanted).await;
    }
}

/// The machine's own amounts.
pub(crate) fn machine() -> BTreeMap<String, String> {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .map(|rest| rest.trim().trim_end_matches(" kB").to_owned());
    let disk = rustix::fs::statvfs(Path::new("/"))
        .map(|found| found.f_blocks.saturating_mul(found.f_frsize))
        .unwrap_or_default();
    [
        ("cpu".to_owned(), cpus.to_string()),
        ("memory".to_owned(), format!("{}Ki", total.unwrap_or_else(|| "0".to_owned()))),
        ("ephemeral-storage".to_owned(), disk.to_string()),
        ("pods".to_owned(), "200".to_owned()),
    ]
    .into()
}
