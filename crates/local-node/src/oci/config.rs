//! From what a container needs to `config.json`. Pure.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::capabilities;
use super::user::User;
use crate::seccomp;

/// A folder or file of the host that a container sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where on the host.
    pub source: PathBuf,
    /// Where in the container.
    pub target: String,
    /// May not be written to.
    pub read_only: bool,
    /// Mount propagation, as `rprivate`, `rslave`, `rshared`.
    pub propagation: &'static str,
}

/// What a container may use at most, and its share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// CPU time in thousandths of a processor.
    pub cpu_millis: Option<i64>,
    /// The weight against others, from the request, in thousandths of a processor.
    pub cpu_request_millis: Option<i64>,
    /// Memory in bytes.
    pub memory: Option<i64>,
    /// Processes and threads.
    pub processes: Option<i64>,
}

/// Everything that goes into a container's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerConfig {
    /// The program and its arguments.
    pub args: Vec<String>,
    /// Variables, each `NAME=value`.
    pub env: Vec<String>,
    /// The folder to start in.
    pub working_dir: String,
    /// Whom to run as.
    pub user: User,
    /// Give it a terminal.
    pub terminal: bool,
    /// The host's name, which the pod has.
    pub hostname: String,
    /// What it sees of the host.
    pub mounts: Vec<Mount>,
    /// Nothing may be written to the root filesystem.
    pub read_only_root: bool,
    /// Everything is allowed.
    pub privileged: bool,
    /// The process may not gain rights.
    pub no_new_privileges: bool,
    /// Filter the system calls as the runtime does by default; never those of privileged containers.
    pub filtered: bool,
    /// Capabilities added.
    pub add_capabilities: Vec<String>,
    /// Capabilities dropped.
    pub drop_capabilities: Vec<String>,
    /// Share the pod's process namespace or the host's instead of having one.
    pub process_namespace: ProcessNamespace,
    /// Share the host's network.
    pub host_network: bool,
    /// The control group.
    pub cgroup: String,
    /// What it may use.
    pub limits: Limits,
    /// The likelihood of being killed for want of memory, from -1000 to 1000; left alone where nothing.
    pub oom_score: Option<i32>,
    /// Devices by path, as those of a GPU.
    pub devices: Vec<Device>,
    /// Programs to run while the container is made: when, and what, as an OCI configuration has them.
    pub hooks: Vec<(String, Value)>,
    /// Where the pod's shared memory lies on the host.
    pub shared_memory: Option<PathBuf>,
}

/// Which processes a container sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProcessNamespace {
    /// Its own.
    #[default]
    Own,
    /// Those of the process with this id on the host, and what shares its namespace.
    Of(i32),
    /// All of the host.
    Host,
}

/// A device that a container gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The path, the same inside as outside.
    pub path: String,
    /// The major number.
    pub major: i64,
    /// The minor number.
    pub minor: i64,
}

const MASKED: [&str; 10] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
];
const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// The contents of `config.json`.
#[must_use]
pub fn runtime_config(container: &ContainerConfig) -> Value {
    let granted = capabilities::granted(
        container.privileged,
        &container.add_capabilities,
        &container.drop_capabilities,
        &capabilities::own(),
    );
    // Only root has its capabilities at once; others could get them from a set-uid program.
    let effective: &[String] = if container.user.uid == 0 { &granted } else { &[] };
    let mut process = json!({
        "terminal": container.terminal,
        "user": {"uid": container.user.uid, "gid": container.user.gid, "additionalGids": container.user.groups},
        "args": container.args,
        "env": container.env,
        "cwd": if container.working_dir.is_empty() { "/" } else { &container.working_dir },
        "capabilities": {"bounding": granted, "effective": effective, "permitted": effective, "inheritable": [], "ambient": []},
        "noNewPrivileges": container.no_new_privileges,
    });
    if let (Some(score), Some(fields)) = (container.oom_score, process.as_object_mut()) {
        fields.insert("oomScoreAdj".to_owned(), score.into());
    }
    let mut linux = json!({
        "cgroupsPath": container.cgroup,
        "namespaces": namespaces(container),
        "resources": resources(container),
    });
    if let Some(fields) = linux.as_object_mut() {
        if !container.privileged {
            fields.insert("maskedPaths".to_owned(), json!(MASKED));
            fields.insert("readonlyPaths".to_owned(), json!(READ_ONLY));
        }
        let devices: Vec<Value> = container
            .devices
            .iter()
            .map(|device| json!({"path": device.path, "type": "c", "major": device.major, "minor": device.minor, "fileMode": 0o666, "uid": 0, "gid": 0}))
            .collect();
        if !devices.is_empty() {
            fields.insert("devices".to_owned(), devices.into());
        }
    }
    let mut config = json!({
        "ociVersion": "1.0.2",
        "process": process,
        "root": {"path": "rootfs", "readonly": container.read_only_root},
        "mounts": mounts(container),
        "linux": linux,
    });
    if let Some(fields) = config.as_object_mut().filter(|_| !container.hooks.is_empty()) {
        fields.insert("hooks".to_owned(), hooks(container));
    }
    if let Some(fields) = config.as_object_mut().filter(|_| container.filtered && !container.privileged) {
        fields.insert("annotations".to_owned(), json!({seccomp::ANNOTATION: seccomp::RUNTIME_DEFAULT}));
    }
    config
}

/// Only mounts, and processes unless shared, are the container's own; network, IPC and host name are
/// those of the sandbox that starts it.
fn namespaces(container: &ContainerConfig) -> Value {
    let mut list = vec![json!({"type": "mount"})];
    match container.process_namespace {
        ProcessNamespace::Own => list.push(json!({"type": "pid"})),
        ProcessNamespace::Of(pid) => list.push(json!({"type": "pid", "path": format!("/proc/{pid}/ns/pid")})),
        ProcessNamespace::Host => {}
    }
    list.into()
}

fn resources(container: &ContainerConfig) -> Value {
    let limits = &container.limits;
    let mut cpu = serde_json::Map::new();
    // 1024 shares are one processor; the kernel takes no fewer than 2.
    let shares = limits
        .cpu_request_millis
        .or(limits.cpu_millis)
        .map(|millis| (millis * 1_024 / 1_000).clamp(2, 262_144));
    cpu.insert("shares".to_owned(), shares.unwrap_or(2).into());
    if let Some(millis) = limits.cpu_millis.filter(|millis| *millis > 0) {
        cpu.insert("period".to_owned(), 100_000.into());
        // The kernel takes no less than a millisecond.
        cpu.insert("quota".to_owned(), (millis * 100).max(1_000).into());
    }
    let mut resources = json!({"cpu": cpu, "devices": device_rules(container)});
    if let Some(fields) = resources.as_object_mut() {
        if let Some(memory) = limits.memory.filter(|memory| *memory > 0) {
            fields.insert("memory".to_owned(), json!({"limit": memory}));
        }
        if let Some(processes) = limits.processes.filter(|processes| *processes > 0) {
            fields.insert("pids".to_owned(), json!({"limit": processes}));
        }
    }
    resources
}

fn device_rules(container: &ContainerConfig) -> Value {
    if container.privileged {
        return json!([{"allow": true, "access": "rwm"}]);
    }
    let mut rules = vec![json!({"allow": false, "access": "rwm"})];
    rules.extend(container.devices.iter().map(|device| {
        json!({"allow": true, "type": "c", "major": device.major, "minor": device.minor, "access": "rwm"})
    }));
    rules.into()
}

fn hooks(container: &ContainerConfig) -> Value {
    let mut all = serde_json::Map::new();
    for (when, program) in &container.hooks {
        let list = all.entry(when.as_str()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(program.clone());
        }
    }
    all.into()
}

fn mounts(container: &ContainerConfig) -> Value {
    let own = |target: &str, kind: &str, options: &[&str]| json!({"destination": target, "type": kind, "source": kind, "options": options});
    let sys = if container.privileged { "rw" } else { "ro" };
    let mut list = vec![
        own("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        own("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        own(
            "/dev/pts",
            "devpts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        ),
        own("/dev/mqueue", "mqueue", &["nosuid", "noexec", "nodev"]),
    ];
    if container.host_network {
        // A fresh sysfs needs a network namespace of one's own.
        let options = ["rbind", "nosuid", "noexec", "nodev", sys];
        list.push(json!({"destination": "/sys", "type": "bind", "source": "/sys", "options": options}));
    } else {
        list.push(own("/sys", "sysfs", &["nosuid", "noexec", "nodev", sys]));
    }
    match &container.shared_memory {
        Some(path) => {
            let options = ["bind", "nosuid", "nodev", "noexec", "rw"];
            list.push(json!({"destination": "/dev/shm", "type": "bind", "source": path, "options": options}));
        }
        None => {
            list.push(own("/dev/shm", "tmpfs", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]))
        }
    }
    let mut given: Vec<&Mount> = container.mounts.iter().collect();
    // What is mounted within another mount must come after it.
    given.sort_by_key(|mount| mount.target.matches('/').count());
    for mount in given {
        let options = ["rbind", mount.propagation, if mount.read_only { "ro" } else { "rw" }];
        list.push(
            json!({"destination": mount.target, "type": "bind", "source": mount.source, "options": options}),
        );
    }
    list.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(target: &str) -> Mount {
        Mount { source: "/host".into(), target: target.to_owned(), read_only: true, propagation: "rprivate" }
    }

    #[test]
    fn limits_become_shares_quota_and_bytes() {
        let limits = Limits {
            cpu_millis: Some(500),
            cpu_request_millis: Some(250),
            memory: Some(64 << 20),
            processes: Some(100),
        };
        let config = runtime_config(&ContainerConfig { limits, ..ContainerConfig::default() });
        let resources = &config["linux"]["resources"];
        assert_eq!(resources["cpu"], json!({"shares": 256, "period": 100_000, "quota": 50_000}));
        assert_eq!(resources["memory"]["limit"], json!(64 << 20));
        assert_eq!(resources["pids"]["limit"], json!(100));
        let none = runtime_config(&ContainerConfig::default());
        assert_eq!(none["linux"]["resources"]["cpu"], json!({"shares": 2}));
    }

    #[test]
    fn inner_mounts_come_after_outer_ones() {
        let config = ContainerConfig {
            mounts: vec![mount("/a/b/c"), mount("/a"), mount("/a/b")],
            ..ContainerConfig::default()
        };
        let targets: Vec<Value> = runtime_config(&config)["mounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mount| mount["destination"].clone())
            .collect();
        assert_eq!(targets[targets.len() - 3..], [json!("/a"), json!("/a/b"), json!("/a/b/c")]);
    }

    #[test]
    fn devices_are_made_allowed_and_prepared() {
        let device = Device { path: "/dev/gpu0".to_owned(), major: 195, minor: 7 };
        let program = json!({"path": "/bin/hook"});
        let hooks = vec![
            ("createContainer".to_owned(), program.clone()),
            ("createContainer".to_owned(), program.clone()),
        ];
        let config =
            runtime_config(&ContainerConfig { devices: vec![device], hooks, ..ContainerConfig::default() });
        assert_eq!(config["linux"]["devices"][0]["path"], "/dev/gpu0");
        assert_eq!(
            config["linux"]["resources"]["devices"][1],
            json!({"allow": true, "type": "c", "major": 195, "minor": 7, "access": "rwm"})
        );
        assert_eq!(config["hooks"], json!({"createContainer": [program, program]}));
        assert!(runtime_config(&ContainerConfig::default())["hooks"].is_null());
    }

    #[test]
    fn a_user_that_is_not_root_holds_no_capabilities() {
        let user = User { uid: 1_000, ..User::default() };
        let config = runtime_config(&ContainerConfig { user, ..ContainerConfig::default() });
        assert_eq!(config["process"]["capabilities"]["effective"], json!([]));
    }

    #[test]
    fn privilege_opens_what_is_closed() {
        let closed = runtime_config(&ContainerConfig::default());
        let open = runtime_config(&ContainerConfig { privileged: true, ..ContainerConfig::default() });
        assert!(closed["linux"]["maskedPaths"].is_array());
        assert!(open["linux"]["maskedPaths"].is_null());
        assert_eq!(open["linux"]["resources"]["devices"][0]["allow"], json!(true));
    }
}
