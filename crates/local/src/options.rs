//! What a cluster is started with.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use wheelhouse_local_node::NodeOptions;
use wheelhouse_local_node::devices::{Device, FOLDERS};

/// The hidden command by which the executable becomes the parent process of a pod.
pub const SANDBOX_COMMAND: &str = "pod-sandbox";

/// Becomes the parent process of a pod if this process was started as one, and gives the code to exit with.
///
/// Must be called before any thread is started: first thing in `main`.
#[must_use]
pub fn sandbox() -> Option<ExitCode> {
    let asked = std::env::args_os().nth(1).is_some_and(|word| word == SANDBOX_COMMAND);
    asked.then(wheelhouse_local_node::sandbox::main)
}

/// The GPUs of a node: model and number, written `L40S=1`.
///
/// They are declared, not looked for: the scheduler counts them, and pods that ask for them get no device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    /// The model, as `L40S`.
    pub model: String,
    /// How many the node has.
    pub count: u32,
}

impl FromStr for Gpu {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fail = || format!("{text:?} is not MODEL=COUNT, such as L40S=1");
        let (model, count) = text.split_once('=').ok_or_else(fail)?;
        let good = !model.is_empty()
            && model.len() <= 40
            && model.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !model.starts_with('-')
            && !model.ends_with('-');
        let count = count.parse().ok().filter(|count| (1..=64).contains(count));
        match (good, count) {
            (true, Some(count)) => Ok(Self { model: model.to_owned(), count }),
            _ => Err(fail()),
        }
    }
}

/// What a cluster is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder for everything that is to be kept; made if it is not there.
    pub state: PathBuf,
    /// Where the API listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many virtual nodes there are; without any, no pod runs, and no rights are needed.
    pub nodes: u32,
    /// The GPUs of the nodes; the nodes take the entries in turn.
    pub gpus: Vec<Gpu>,
    /// The folders with descriptions of devices that the first node gives to its containers.
    pub devices: Vec<PathBuf>,
    /// The command that runs [`sandbox`]; this executable's own by default.
    pub sandbox: Vec<OsString>,
    /// Registries spoken to over plain HTTP besides those on loopback, each `host` or `host:port`.
    pub plain_registries: Vec<String>,
}

impl Options {
    /// One node without GPUs, and the API on a free loopback port.
    #[must_use]
    pub fn new(state: impl Into<PathBuf>) -> Self {
        Self {
            state: state.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            nodes: 1,
            gpus: Vec::new(),
            devices: FOLDERS.map(PathBuf::from).to_vec(),
            // Stays right if the file is replaced while this process runs.
            sandbox: vec!["/proc/self/exe".into(), SANDBOX_COMMAND.into()],
            plain_registries: Vec::new(),
        }
    }

    /// The virtual nodes: `local-1`, `local-2`, …
    ///
    /// The first node has the devices that were found on the machine, where none of their resource are
    /// declared; `model` is that of its NVIDIA GPUs.
    pub(crate) fn nodes(&self, devices: Vec<Device>, model: Option<&str>) -> Vec<NodeOptions> {
        let mut gpus = self.gpus.iter().cycle();
        let mut nodes: Vec<NodeOptions> = (1..=self.nodes)
            .map(|number| {
                let mut node = NodeOptions::named(&format!("local-{number}"));
                if let Some(gpu) = gpus.next() {
                    declare(&mut node, gpu);
                }
                node
            })
            .collect();
        if let Some(first) = nodes.first_mut() {
            let declared = |device: &Device| first.capacity.contains_key(&device.resource);
            let devices: Vec<Device> = devices.into_iter().filter(|device| !declared(device)).collect();
            let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
            for device in &devices {
                *counts.entry(&device.resource).or_default() += 1;
            }
            for (resource, count) in counts {
                match model.filter(|_| resource == GPU) {
                    Some(model) => declare(first, &Gpu { model: model.to_owned(), count }),
                    None => drop(first.capacity.insert(resource.to_owned(), count.to_string())),
                }
            }
            first.devices = devices;
        }
        nodes
    }
}

/// The resource of NVIDIA's GPUs.
const GPU: &str = "nvidia.com/gpu";

/// What a node with GPUs says of itself.
fn declare(node: &mut NodeOptions, gpu: &Gpu) {
    node.instance_type = format!("ON-PREM.GPU.{}_{}x", gpu.model, gpu.count);
    node.capacity.insert(GPU.to_owned(), gpu.count.to_string());
    // What NVIDIA's feature discovery puts on a node, and what the agent reads.
    node.labels = BTreeMap::from([
        ("nvidia.com/gpu.present".to_owned(), "true".to_owned()),
        ("nvidia.com/gpu.product".to_owned(), format!("NVIDIA-{}", gpu.model)),
        ("nvidia.com/gpu.count".to_owned(), gpu.count.to_string()),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_a_model_and_a_number() {
        assert_eq!("L40S=1".parse(), Ok(Gpu { model: "L40S".into(), count: 1 }));
        assert_eq!("H100-SXM=8".parse(), Ok(Gpu { model: "H100-SXM".into(), count: 8 }));
        for text in ["", "L40S", "L40S=", "=1", "L40S=0", "L40S=-1", "L40S=65", "L 40=1", "-a=1"] {
            assert_eq!(text.parse::<Gpu>(), Err(format!("{text:?} is not MODEL=COUNT, such as L40S=1")));
        }
    }

    #[test]
    fn nodes_take_the_gpus_in_turn() {
        let mut options = Options::new("/x");
        options.nodes = 3;
        options.gpus = vec!["L40S=1".parse().unwrap(), "H100=8".parse().unwrap()];
        let found: Vec<_> = options
            .nodes(Vec::new(), None)
            .into_iter()
            .map(|node| (node.name, node.instance_type, node.capacity["nvidia.com/gpu"].clone()))
            .collect();
        let row = |name: &str, kind: &str, count: &str| (name.to_owned(), kind.to_owned(), count.to_owned());
        assert_eq!(
            found,
            [
                row("local-1", "ON-PREM.GPU.L40S_1x", "1"),
                row("local-2", "ON-PREM.GPU.H100_8x", "8"),
                row("local-3", "ON-PREM.GPU.L40S_1x", "1"),
            ]
        );
    }

    #[test]
    fn the_first_node_has_the_devices_that_are_not_declared() {
        let device = |resource: &str, name: &str| Device {
            resource: resource.to_owned(),
            name: name.to_owned(),
            own: Default::default(),
            shared: Default::default(),
        };
        let found = || vec![device(GPU, "0"), device(GPU, "1"), device("a.b/c", "x")];
        let mut options = Options::new("/x");
        options.nodes = 2;
        let nodes = options.nodes(found(), Some("L40S"));
        assert_eq!((nodes[0].instance_type.as_str(), nodes[0].devices.len()), ("ON-PREM.GPU.L40S_2x", 3));
        assert_eq!((nodes[0].capacity[GPU].as_str(), nodes[0].capacity["a.b/c"].as_str()), ("2", "1"));
        assert_eq!((nodes[1].devices.len(), nodes[1].capacity.len()), (0, 0));
        options.gpus = vec!["H100=8".parse().unwrap()];
        let nodes = options.nodes(found(), Some("L40S"));
        assert_eq!((nodes[0].capacity[GPU].as_str(), nodes[0].devices.len()), ("8", 1));
    }
}
