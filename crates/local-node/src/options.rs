//! What the nodes are told at the start.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use crate::devices::Device;
use crate::network::Range;

/// One virtual node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeOptions {
    /// The node's name.
    pub name: String,
    /// The instance type that its label tells.
    pub instance_type: String,
    /// What it has: `cpu`, `memory`, `nvidia.com/gpu` and so on, as quantities. What is left out is the
    /// machine's own.
    pub capacity: BTreeMap<String, String>,
    /// Devices of the machine that its containers get, besides what the capacity only counts.
    pub devices: Vec<Device>,
    /// More labels.
    pub labels: BTreeMap<String, String>,
    /// Taints: key, value, effect.
    pub taints: Vec<(String, String, String)>,
}

impl NodeOptions {
    /// A node that has what the machine has.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            instance_type: "local".to_owned(),
            capacity: BTreeMap::new(),
            devices: Vec::new(),
            labels: BTreeMap::new(),
            taints: Vec::new(),
        }
    }
}

/// What all nodes of a machine share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The cluster's name, unique on the machine; device names are made from it.
    pub cluster: String,
    /// The folder for pods, logs, images and volumes.
    pub state: PathBuf,
    /// The nodes.
    pub nodes: Vec<NodeOptions>,
    /// The range of pod addresses; each node has a part of it with a prefix of 24 bits.
    pub pods: Range,
    /// The range of Service addresses, as the API server has it.
    pub services: Range,
    /// The address of cluster DNS, within the range of Services.
    pub dns: Ipv4Addr,
    /// The domain of the cluster's names.
    pub domain: String,
    /// The command that runs [`crate::sandbox::main`].
    pub sandbox: Vec<OsString>,
    /// The token that the API server shows when it asks a node.
    pub token: String,
    /// Registries spoken to over plain HTTP besides those on loopback.
    pub plain_registries: Vec<String>,
}

impl Options {
    /// The defaults of a cluster with the given name, folder and nodes.
    #[must_use]
    pub fn new(cluster: &str, state: impl Into<PathBuf>, nodes: Vec<NodeOptions>) -> Self {
        let range = |base: [u8; 4]| Range::new(base.into(), 16);
        Self {
            cluster: cluster.to_owned(),
            state: state.into(),
            nodes,
            pods: range([10, 244, 0, 0]),
            services: range([10, 96, 0, 0]),
            dns: Ipv4Addr::new(10, 96, 0, 10),
            domain: "cluster.local".to_owned(),
            sandbox: Vec::new(),
            token: String::new(),
            plain_registries: Vec::new(),
        }
    }
}
