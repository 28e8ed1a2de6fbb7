//! What the node and a pod's sandbox process say to each other: one JSON object a line over a Unix
//! socket, with open files attached where a request hands some over.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What the sandbox is told once, at its start.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Setup {
    /// Where libcontainer keeps its state of the pod's containers.
    pub state: PathBuf,
    /// Where the unpacked image layers lie, one folder each.
    pub layers: PathBuf,
    /// The pod's host name.
    pub hostname: String,
    /// Share the host's network namespace.
    pub host_network: bool,
    /// Share the host's IPC namespace.
    pub host_ipc: bool,
    /// Filesystems in memory to mount: where, and at most how many bytes.
    pub memory: Vec<(PathBuf, Option<u64>)>,
    /// Kernel settings of the pod's namespaces.
    pub sysctls: BTreeMap<String, String>,
}

/// The address that a pod's network namespace is given.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Address {
    /// The pod's address.
    pub ip: std::net::Ipv4Addr,
    /// The length of the network's prefix.
    pub prefix: u8,
    /// The way out.
    pub gateway: std::net::Ipv4Addr,
}

/// A container's root: image layers below, topmost first, and what it writes above.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Root {
    /// The names of the layers' folders, topmost first.
    pub layers: Vec<String>,
    /// The bundle, which holds `config.json`, `upper`, `work` and `rootfs`.
    pub bundle: PathBuf,
}

/// A request of the node. Each is answered once, in order.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Request {
    /// Make the namespaces.
    Setup(Setup),
    /// Give the network namespace its address.
    Address(Address),
    /// Mount a container's root filesystem.
    Mount(Root),
    /// Run a container. Three open files come along: standard input, output and error.
    Run {
        /// The container's id.
        id: String,
        /// Its bundle.
        bundle: PathBuf,
        /// Where to send the terminal, if it has one.
        console: Option<PathBuf>,
    },
    /// Run a command in a container. Three open files come along, as with `Run`.
    Exec {
        /// The container's id.
        id: String,
        /// The command and its arguments.
        args: Vec<String>,
        /// Where to send the terminal, if it has one.
        console: Option<PathBuf>,
    },
    /// Send a signal to a process that was started here.
    Signal {
        /// The process.
        pid: i32,
        /// The signal's number.
        signal: i32,
    },
    /// Remove what is left of a container.
    Delete {
        /// The container's id.
        id: String,
        /// Its bundle.
        bundle: PathBuf,
    },
}

/// What the sandbox says.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "say", rename_all = "snake_case")]
pub(super) enum Reply {
    /// The request is done; with the process that was started, if one was.
    Done {
        /// The process.
        pid: Option<i32>,
    },
    /// The request failed.
    Failed {
        /// Why.
        message: String,
    },
    /// A process that was started here has ended. Comes at any time, and answers nothing.
    Exited(Exit),
}

/// How a process ended.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Exit {
    /// The process.
    pub pid: i32,
    /// The exit code; 128 plus the signal where a signal ended it.
    pub code: i32,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The kernel killed something of the container for want of memory.
    pub out_of_memory: bool,
}

/// The most files that come along with one request.
pub(super) const FILES: usize = 3;
