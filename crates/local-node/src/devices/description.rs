//! Reading descriptions of devices. Pure.

use std::path::PathBuf;

use serde_json::Value;

/// What a container needs for a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Variables, each `NAME=value`.
    pub env: Vec<String>,
    /// Device nodes.
    pub nodes: Vec<Node>,
    /// Files and folders of the machine.
    pub mounts: Vec<Bind>,
    /// Programs to run while the container is made: when, and what, as an OCI configuration has them.
    pub hooks: Vec<(String, Value)>,
}

/// A device node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it is in the container.
    pub path: String,
    /// Where it is on the machine.
    pub host: PathBuf,
}

/// A file or folder of the machine in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Where on the machine.
    pub source: PathBuf,
    /// Where in the container.
    pub target: String,
    /// May not be written to.
    pub read_only: bool,
}

/// One device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The resource that containers ask for, as `nvidia.com/gpu`.
    pub resource: String,
    /// The name among those of its resource.
    pub name: String,
    /// What the device itself needs.
    pub own: Edits,
    /// What every container with a device of the resource needs.
    pub shared: Edits,
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

/// The devices of one description, in JSON or YAML.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Device>, String> {
    let json = wheelhouse_goyaml::yaml_to_json(bytes, &wheelhouse_goyaml::ReadOptions::default())
        .map_err(|error| error.to_string())?;
    let description: Value = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    let resource = text(&description, "kind");
    let is_kind = resource
        .split_once('/')
        .is_some_and(|(vendor, class)| vendor.contains('.') && !class.is_empty() && !class.contains('/'));
    if !is_kind {
        return Err(format!("{resource:?} is no kind of devices"));
    }
    let shared = edits(description.get("containerEdits").unwrap_or(&Value::Null));
    let device = |entry: &Value| Device {
        resource: resource.to_owned(),
        name: text(entry, "name").to_owned(),
        own: edits(entry.get("containerEdits").unwrap_or(&Value::Null)),
        shared: shared.clone(),
    };
    Ok(list(&description, "devices").map(device).filter(|device| !device.name.is_empty()).collect())
}

fn edits(value: &Value) -> Edits {
    let nodes = list(value, "deviceNodes").filter(|node| text(node, "path").starts_with('/'));
    let mounts = list(value, "mounts").filter(|mount| text(mount, "containerPath").starts_with('/'));
    let hooks = list(value, "hooks").filter(|hook| !text(hook, "path").is_empty());
    Edits {
        env: list(value, "env").filter_map(Value::as_str).map(str::to_owned).collect(),
        nodes: nodes
            .map(|node| {
                let host = Some(text(node, "hostPath")).filter(|path| !path.is_empty());
                Node {
                    path: text(node, "path").to_owned(),
                    host: host.unwrap_or_else(|| text(node, "path")).into(),
                }
            })
            .collect(),
        mounts: mounts
            .map(|mount| Bind {
                source: text(mount, "hostPath").into(),
                target: text(mount, "containerPath").to_owned(),
                read_only: list(mount, "options").any(|option| option == "ro"),
            })
            .collect(),
        hooks: hooks
            .map(|hook| {
                let mut program = serde_json::Map::new();
                for field in ["path", "args", "env", "timeout"] {
                    if let Some(value) = hook.get(field) {
                        program.insert(field.to_owned(), value.clone());
                    }
                }
                (text(hook, "hookName").to_owned(), program.into())
            })
            .collect(),
    }
}

/// Each device once: one that goes by several names has the same nodes under each, and a name for all
/// devices together is none of them.
pub(super) fn distinct(devices: Vec<Device>) -> Vec<Device> {
    let mut kept: Vec<Device> = Vec::new();
    for device in devices {
        let same = |known: &Device| known.resource == device.resource && known.own.nodes == device.own.nodes;
        if device.name != "all" && !kept.iter().any(same) {
            kept.push(device);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const NVIDIA: &str = "
cdiVersion: 0.5.0
kind: nvidia.com/gpu
devices:
- name: '0'
  containerEdits:
    deviceNodes:
    - {path: /dev/nvidia0}
    - {path: /dev/dri/card1, hostPath: /dev/dri/card0}
- name: GPU-0b1c
  containerEdits:
    deviceNodes:
    - {path: /dev/nvidia0}
    - {path: /dev/dri/card1, hostPath: /dev/dri/card0}
- name: all
  containerEdits:
    deviceNodes:
    - {path: /dev/nvidia0}
containerEdits:
  env: [NVIDIA_VISIBLE_DEVICES=void]
  deviceNodes: [{path: /dev/nvidiactl}]
  hooks:
  - hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
    args: [nvidia-cdi-hook, update-ldcache]
  mounts:
  - hostPath: /usr/lib/libcuda.so.1
    containerPath: /usr/lib/libcuda.so.1
    options: [ro, nosuid, nodev, bind]
";

    #[test]
    fn a_description_names_its_devices_and_what_they_need() {
        let devices = read(NVIDIA.as_bytes()).unwrap();
        let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
        assert_eq!(names, ["0", "GPU-0b1c", "all"]);
        let kept = distinct(devices);
        assert_eq!(kept.len(), 1);
        let device = &kept[0];
        assert_eq!((device.resource.as_str(), device.name.as_str()), ("nvidia.com/gpu", "0"));
        assert_eq!(
            device.own.nodes,
            [
                Node { path: "/dev/nvidia0".into(), host: "/dev/nvidia0".into() },
                Node { path: "/dev/dri/card1".into(), host: "/dev/dri/card0".into() }
            ]
        );
        assert_eq!(device.shared.env, ["NVIDIA_VISIBLE_DEVICES=void"]);
        assert!(device.shared.mounts[0].read_only);
        let hook = serde_json::json!({"path": "/usr/bin/nvidia-cdi-hook", "args": ["nvidia-cdi-hook", "update-ldcache"]});
        assert_eq!(device.shared.hooks, [("createContainer".to_owned(), hook)]);
    }

    #[test]
    fn what_is_no_description_is_told() {
        for text in ["", "kind: gpu", "kind: a.b/c/d", "kind: nvidia/gpu", "{"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(read(b"{\"kind\": \"a.b/c\"}"), Ok(vec![]));
    }
}
