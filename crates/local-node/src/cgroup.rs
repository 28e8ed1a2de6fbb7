//! Control groups: did the kernel kill for want of memory, and what is left to kill.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// Where the hierarchies are mounted.
const ROOT: &str = "/sys/fs/cgroup";

/// The folders of a group: in the single hierarchy of version 2, or in each of version 1.
fn folders(group: &str) -> Vec<PathBuf> {
    let relative = group.trim_start_matches('/');
    let root = Path::new(ROOT);
    let mut found = vec![root.join(relative)];
    if let Ok(entries) = std::fs::read_dir(root) {
        found.extend(entries.flatten().map(|entry| entry.path().join(relative)));
    }
    found.retain(|folder| folder.join("cgroup.procs").exists());
    found
}

/// The control group that a bundle's configuration names.
fn group_of(config: &Path) -> Option<String> {
    let config: Value = serde_json::from_slice(&std::fs::read(config).ok()?).ok()?;
    let path = config
        .pointer("/linux/cgroupsPath")
        .or_else(|| config.get("cgroup_path"))
        .or_else(|| config.pointer("/cgroup_config/cgroup_path"));
    path.and_then(Value::as_str).map(str::to_owned)
}

/// Whether the kernel killed a process of a container for want of memory. `state` is libcontainer's
/// folder of the container.
pub(crate) fn was_out_of_memory(state: &Path) -> bool {
    let bundle = std::fs::read(state.join("state.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        .and_then(|state| state.get("bundle").and_then(Value::as_str).map(PathBuf::from));
    let Some(group) = bundle.and_then(|bundle| group_of(&bundle.join("config.json"))) else { return false };
    folders(&group).iter().any(|folder| {
        ["memory.oom_control", "memory.events"].iter().any(|file| {
            let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            kills(&text) > 0
        })
    })
}

/// The number after `oom_kill` in a control file.
fn kills(text: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or_default()
}

/// Kills everything in a group and the groups in it, and removes them. For what a sandbox that was
/// killed itself could not clean up. Gives whether all is gone; if not, ask again a little later.
pub(crate) fn sweep(group: &str) -> bool {
    // Every hierarchy is swept, also after one that is not empty yet.
    let left = folders(group).iter().filter(|folder| !sweep_folder(folder)).count();
    left == 0
}

/// How long a group of another cluster must have been there before it is thought to be abandoned.
const ABANDONED: Duration = Duration::from_secs(60);

/// Removes the groups of clusters that were killed and have left nothing that runs. A cluster that is
/// there has its bridge, by whose name `is_up` tells.
pub(crate) fn sweep_abandoned(is_up: impl Fn(&str) -> bool) {
    for folder in folders("/").iter().filter_map(|root| std::fs::read_dir(root).ok()).flatten().flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        let Some(cluster) = name.strip_prefix("wheelhouse-").filter(|cluster| cluster.starts_with("local-"))
        else {
            continue;
        };
        let made = folder.metadata().and_then(|found| found.modified());
        let old = made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age > ABANDONED));
        if old && !is_up(cluster) {
            remove_empty(&folder.path());
        }
    }
}

/// Removes a group with the groups in it, as far as nothing runs in them.
fn remove_empty(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty(&entry.path());
        }
    }
    // The kernel refuses where something runs.
    let _ = std::fs::remove_dir(folder);
}

/// Kills what is in a folder and removes it, once it is empty: the kernel takes a moment for that.
fn sweep_folder(folder: &Path) -> bool {
    if let Ok(entries) = std::fs::read_dir(folder) {
        for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            sweep_folder(&entry.path());
        }
    }
    let processes = std::fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    for process in processes.lines().filter_map(|line| line.trim().parse().ok()) {
        let _ =
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(process), nix::sys::signal::Signal::SIGKILL);
    }
    match std::fs::remove_dir(folder) {
        Ok(()) => true,
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_are_counted_in_both_versions() {
        assert_eq!(kills("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"), 2);
        assert_eq!(kills("low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\noom_group_kill 0\n"), 1);
        assert_eq!(kills(""), 0);
    }
}
