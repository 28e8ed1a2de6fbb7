//! What all pods of the machine share: the API, the caches, images, the bridge, and who is where.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::Value;
use wheelhouse_cluster::resources::{
    CONFIG_MAP, ENDPOINT_SLICE, NAMESPACE, NODE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, SECRET,
    SERVICE, SERVICE_ACCOUNT,
};
use wheelhouse_cluster::{Cache, Cluster, Key, Resource, metadata};
use wheelhouse_objects::Quantity;

use crate::devices::Pool;
use crate::dns::Directory;
use crate::events::{self, Happenings, Recorder};
use crate::image::{Image, ImageError, ImagePuller, ImageStore, Login, Reference};
use crate::network::{Addresses, Bridge};
use crate::options::Options;
use crate::pod::environment::Source;
use crate::worker::Handle;

/// The kinds that a node follows.
pub(crate) fn followed() -> Vec<Resource> {
    vec![
        POD,
        NODE,
        CONFIG_MAP,
        SECRET,
        SERVICE,
        ENDPOINT_SLICE,
        NAMESPACE,
        PERSISTENT_VOLUME,
        PERSISTENT_VOLUME_CLAIM,
        SERVICE_ACCOUNT,
    ]
}

/// How an image was had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Had {
    /// It was in the store.
    Already,
    /// It was pulled.
    Pulled {
        /// How long the pull took.
        took: Duration,
        /// The same with the wait for an earlier pull of the same image.
        waited: Duration,
        /// The size of its layers.
        bytes: u64,
    },
}

pub(crate) struct Host {
    pub(crate) cluster: Cluster,
    pub(crate) options: Options,
    pub(crate) images: ImageStore,
    puller: Arc<dyn ImagePuller>,
    /// One pull of a reference at a time: the others wait and find the image there.
    pulls: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    pub(crate) bridge: Bridge,
    /// Tells of what happens to pods.
    pub(crate) events: Recorder,
    caches: HashMap<Resource, Cache>,
    addresses: Mutex<HashMap<String, Addresses>>,
    /// The pods that run here, by uid.
    pub(crate) pods: Mutex<HashMap<String, Arc<Handle>>>,
    /// The devices of each node.
    pub(crate) devices: HashMap<String, Pool>,
    /// The nodes' own addresses, by name.
    pub(crate) node_addresses: BTreeMap<String, Ipv4Addr>,
}

impl Host {
    pub(crate) fn new(
        cluster: Cluster,
        options: Options,
        images: ImageStore,
        puller: Arc<dyn ImagePuller>,
        bridge: Bridge,
        caches: HashMap<Resource, Cache>,
        node_addresses: BTreeMap<String, Ipv4Addr>,
    ) -> (Self, Happenings) {
        let (events, happenings) = events::channel();
        let parts = options.nodes.iter().enumerate().filter_map(|(index, node)| {
            let part = options.pods.part(24, u32::try_from(index).ok()?)?;
            Some((node.name.clone(), Addresses::new(part)))
        });
        let pools = options.nodes.iter().map(|node| (node.name.clone(), Pool::new(node.devices.clone())));
        let host = Self {
            addresses: Mutex::new(parts.collect()),
            devices: pools.collect(),
            cluster,
            images,
            puller,
            pulls: Mutex::default(),
            bridge,
            events,
            caches,
            pods: Mutex::default(),
            node_addresses,
            options,
        };
        (host, happenings)
    }

    pub(crate) fn cache(&self, resource: &Resource) -> Cache {
        self.caches.get(resource).cloned().unwrap_or_default()
    }

    pub(crate) fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.caches.get(resource)?.get(&Key::new(namespace, name))
    }

    pub(crate) fn take_address(&self, node: &str) -> Option<Ipv4Addr> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner).get_mut(node)?.take()
    }

    pub(crate) fn give_back(&self, node: &str, address: Ipv4Addr) {
        if let Some(addresses) = self.addresses.lock().unwrap_or_else(PoisonError::into_inner).get_mut(node) {
            addresses.give_back(address);
        }
    }

    pub(crate) fn handle(&self, namespace: &str, name: &str) -> Option<Arc<Handle>> {
        let pods = self.pods.lock().unwrap_or_else(PoisonError::into_inner);
        let is_meant = |pod: &&Arc<Handle>| {
            let plan = pod.plan();
            plan.namespace == namespace && plan.name == name
        };
        pods.values().find(is_meant).cloned()
    }

    /// The image for a container, pulled if its policy says so; `pulling` is called before a pull.
    pub(crate) async fn image(
        &self,
        pod: &Value,
        text: &str,
        policy: crate::pod::plan::PullPolicy,
        pulling: impl FnOnce(),
    ) -> Result<(Reference, Image, Had), ImageError> {
        use crate::pod::plan::PullPolicy;
        let reference: Reference = text.parse()?;
        let lock = {
            let mut pulls = self.pulls.lock().unwrap_or_else(PoisonError::into_inner);
            pulls.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(pulls.entry(reference.to_string()).or_default())
        };
        let asked = Instant::now();
        let _one_at_a_time = lock.lock().await;
        let store = self.images.clone();
        let wanted = reference.clone();
        let known = tokio::task::spawn_blocking(move || store.find(&wanted)).await.ok().flatten();
        match (known, policy) {
            (Some(image), PullPolicy::IfNotPresent | PullPolicy::Never) => {
                Ok((reference, image, Had::Already))
            }
            (None, PullPolicy::Never) => Err(ImageError::Absent(text.to_owned())),
            (known, _) => {
                pulling();
                let begun = Instant::now();
                match self.puller.pull(&self.images, &reference, &self.logins(pod, &reference)).await {
                    Ok(image) => {
                        let (took, waited) = (begun.elapsed(), asked.elapsed());
                        let (store, measured) = (self.images.clone(), image.clone());
                        let bytes = tokio::task::spawn_blocking(move || store.size(&measured)).await;
                        let had = Had::Pulled { took, waited, bytes: bytes.unwrap_or_default() };
                        Ok((reference, image, had))
                    }
                    // An image that was loaded from a file is in no registry; its tag cannot have moved.
                    Err(error) => known.map(|image| (reference, image, Had::Already)).ok_or(error),
                }
            }
        }
    }

    /// The logins of a pod's pull secrets, and of its service account's, for a registry.
    fn logins(&self, pod: &Value, reference: &Reference) -> Vec<Login> {
        let namespace = metadata::namespace(pod);
        let account = pod.pointer("/spec/serviceAccountName").and_then(Value::as_str).unwrap_or("default");
        let account = self.get(&SERVICE_ACCOUNT, namespace, account);
        let names = |list: Option<&Value>| -> Vec<String> {
            let list = list.and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|each| each.get("name")?.as_str().map(str::to_owned)).collect()
        };
        let mut wanted = names(pod.pointer("/spec/imagePullSecrets"));
        wanted.extend(names(account.as_deref().and_then(|account| account.get("imagePullSecrets"))));
        let secrets = wanted.iter().filter_map(|name| self.get(&SECRET, namespace, name));
        secrets.flat_map(|secret| logins_of(&decoded(&secret), &reference.registry)).collect()
    }
}

/// The data of a Secret, decoded.
fn decoded(secret: &Value) -> BTreeMap<String, Vec<u8>> {
    let data = secret.get("data").and_then(Value::as_object).into_iter().flatten();
    data.filter_map(|(key, value)| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(value.as_str()?).ok()?;
        Some((key.clone(), bytes))
    })
    .collect()
}

/// The logins for a registry in a pull secret.
fn logins_of(data: &BTreeMap<String, Vec<u8>>, registry: &str) -> Vec<Login> {
    let parse = |bytes: &Vec<u8>| serde_json::from_slice::<Value>(bytes).ok();
    let auths = data
        .get(".dockerconfigjson")
        .and_then(parse)
        .and_then(|config| config.get("auths").cloned())
        .or_else(|| data.get(".dockercfg").and_then(parse))
        .unwrap_or_default();
    let host = |server: &str| {
        let bare = server.trim_start_matches("https://").trim_start_matches("http://");
        let host = bare.split('/').next().unwrap_or_default();
        if host == "index.docker.io" { "docker.io".to_owned() } else { host.to_owned() }
    };
    auths
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(server, _)| host(server) == registry)
        .filter_map(|(_, entry)| {
            let text = |field: &str| entry.get(field).and_then(Value::as_str).map(str::to_owned);
            if let Some((user, password)) = text("username").zip(text("password")) {
                return Some(Login { user, password });
            }
            let pair = base64::engine::general_purpose::STANDARD.decode(text("auth")?).ok()?;
            let pair = String::from_utf8(pair).ok()?;
            pair.split_once(':')
                .map(|(user, password)| Login { user: user.to_owned(), password: password.to_owned() })
        })
        .collect()
}

/// What a pod's variables and files are taken from.
pub(crate) struct PodSource<'a> {
    pub(crate) host: &'a Host,
    pub(crate) namespace: &'a str,
    pub(crate) node: &'a str,
}

impl Source for PodSource<'_> {
    fn config_map(&self, name: &str) -> Option<BTreeMap<String, String>> {
        let object = self.host.get(&CONFIG_MAP, self.namespace, name)?;
        let data = object.get("data").and_then(Value::as_object).into_iter().flatten();
        let mut all: BTreeMap<String, String> =
            data.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
        let binary = object.get("binaryData").and_then(Value::as_object).into_iter().flatten();
        all.extend(binary.filter_map(|(key, value)| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(value.as_str()?).ok()?;
            Some((key.clone(), String::from_utf8(bytes).ok()?))
        }));
        Some(all)
    }

    fn secret(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
        self.host.get(&SECRET, self.namespace, name).map(|secret| decoded(&secret))
    }

    fn services(&self) -> Vec<Value> {
        let cache = self.host.cache(&SERVICE);
        let mut all: Vec<Value> =
            cache.in_namespace(self.namespace).iter().map(|service| (**service).clone()).collect();
        if self.namespace != "default" {
            all.extend(self.host.get(&SERVICE, "default", "kubernetes").map(|service| (*service).clone()));
        }
        all
    }

    fn allocatable(&self, resource: &str) -> Option<Quantity> {
        let node = self.host.get(&NODE, "", self.node)?;
        Quantity::of(node.pointer("/status/allocatable")?.get(resource)?)
    }
}

/// The cluster's names, from the caches.
pub(crate) struct CachedDirectory {
    pub(crate) services: Cache,
    pub(crate) slices: Cache,
    pub(crate) namespaces: Cache,
}

impl Directory for CachedDirectory {
    fn service(&self, namespace: &str, name: &str) -> Option<Value> {
        self.services.get(&Key::new(namespace, name)).map(|service| (*service).clone())
    }

    fn slices(&self, namespace: &str, service: &str) -> Vec<Value> {
        self.slices
            .in_namespace(namespace)
            .iter()
            .filter(|slice| metadata::label(slice, "kubernetes.io/service-name") == Some(service))
            .map(|slice| (**slice).clone())
            .collect()
    }

    fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.get(&Key::new("", name)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn logins_are_found_for_their_registry() {
        let config = json!({"auths": {
            "https://index.docker.io/v1/": {"auth": base64::engine::general_purpose::STANDARD.encode("a:b:c")},
            "nvcr.io": {"username": "$oauthtoken", "password": "key"}}});
        let data: BTreeMap<String, Vec<u8>> =
            [(".dockerconfigjson".to_owned(), config.to_string().into_bytes())].into();
        let one =
            |registry: &str| logins_of(&data, registry).into_iter().map(|l| (l.user, l.password)).next();
        assert_eq!(one("docker.io"), Some(("a".into(), "b:c".into())));
        assert_eq!(one("nvcr.io"), Some(("$oauthtoken".into(), "key".into())));
        assert_eq!(one("ghcr.io"), None);
    }
}
