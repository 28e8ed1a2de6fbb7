//! Can this machine run containers? What is missing, and what to do about it.

use std::fmt;
use std::path::Path;

/// What was found out about a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// We are root.
    pub root: bool,
    /// The capabilities in our effective set, as a mask.
    pub capabilities: u64,
    /// The kernel knows overlayfs.
    pub overlay: bool,
    /// The namespaces the kernel knows: `mnt`, `net`, `pid`, `ipc`, `uts`.
    pub namespaces: Vec<String>,
    /// Control groups can be made.
    pub cgroups_writable: bool,
    /// The hierarchy: `v1`, `v2`, `hybrid` or `none`.
    pub cgroups: String,
}

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is missing.
    pub problem: String,
    /// What to do.
    pub advice: String,
    /// Whether nothing runs without it.
    pub fatal: bool,
}

/// The findings of an examination.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What is missing.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether containers can run.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        !self.findings.iter().any(|finding| finding.fatal)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "- {}: {}", finding.problem, finding.advice)?;
        }
        Ok(())
    }
}

const NET_ADMIN: u32 = 12;
const SYS_CHROOT: u32 = 18;
const SYS_ADMIN: u32 = 21;

/// Judges what was found out. Pure.
#[must_use]
pub fn judge(facts: &Facts) -> Report {
    let mut findings = Vec::new();
    let mut find = |fatal: bool, problem: &str, advice: &str| {
        findings.push(Finding { problem: problem.to_owned(), advice: advice.to_owned(), fatal });
    };
    if !facts.root {
        find(true, "not running as root", "start it with sudo");
    }
    let has = |capability: u32| facts.capabilities >> capability & 1 == 1;
    for (capability, name) in
        [(SYS_ADMIN, "CAP_SYS_ADMIN"), (NET_ADMIN, "CAP_NET_ADMIN"), (SYS_CHROOT, "CAP_SYS_CHROOT")]
    {
        if facts.root && !has(capability) {
            find(
                true,
                &format!("the capability {name} is missing"),
                "if this is itself a container, start it with --privileged",
            );
        }
    }
    if !facts.overlay {
        find(
            true,
            "the kernel has no overlayfs",
            "load it with `modprobe overlay`, or use a kernel that has it",
        );
    }
    for name in ["mnt", "net", "pid", "ipc", "uts"] {
        if !facts.namespaces.iter().any(|known| known == name) {
            find(
                true,
                &format!("the kernel has no {name} namespaces"),
                "use a kernel that is built with them",
            );
        }
    }
    if facts.cgroups == "none" {
        find(true, "no control groups are mounted", "mount cgroup2 on /sys/fs/cgroup");
    } else if !facts.cgroups_writable {
        find(
            true,
            "control groups cannot be made",
            "if this is itself a container, start it with --privileged and a writable /sys/fs/cgroup",
        );
    }
    Report { findings }
}

/// Looks at this machine.
#[must_use]
pub fn examine() -> Report {
    judge(&facts())
}

fn facts() -> Facts {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let filesystems = std::fs::read_to_string("/proc/filesystems").unwrap_or_default();
    let overlay = filesystems.lines().any(|line| line.ends_with("\toverlay"))
        // A module may come when it is first used.
        || Path::new("/sys/module/overlay").exists();
    let namespaces = std::fs::read_dir("/proc/self/ns").into_iter().flatten().flatten();
    let root = Path::new("/sys/fs/cgroup");
    let (unified, first) = (root.join("cgroup.controllers").exists(), root.join("memory").exists());
    let cgroups = match (unified, first, root.join("unified").exists()) {
        (true, ..) => "v2",
        (false, true, true) => "hybrid",
        (false, true, false) => "v1",
        (false, false, _) => "none",
    };
    let base = if first { root.join("memory") } else { root.to_owned() };
    Facts {
        root: nix::unistd::geteuid().is_root(),
        capabilities: effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or_default(),
        overlay,
        namespaces: namespaces.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect(),
        cgroups_writable: rustix::fs::access(&base, rustix::fs::Access::WRITE_OK).is_ok(),
        cgroups: cgroups.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Facts {
        Facts {
            root: true,
            capabilities: u64::MAX,
            overlay: true,
            namespaces: ["mnt", "net", "pid", "ipc", "uts"].map(str::to_owned).to_vec(),
            cgroups_writable: true,
            cgroups: "v2".to_owned(),
        }
    }

    #[test]
    fn what_is_missing_is_named_with_a_way_out() {
        assert_eq!(judge(&good()), Report::default());
        let cases: [(Facts, &str); 5] = [
            (Facts { root: false, ..good() }, "not running as root"),
            (Facts { capabilities: !(1 << NET_ADMIN), ..good() }, "CAP_NET_ADMIN"),
            (Facts { overlay: false, ..good() }, "overlayfs"),
            (Facts { namespaces: vec!["mnt".into()], ..good() }, "net namespaces"),
            (Facts { cgroups: "none".into(), ..good() }, "control groups"),
        ];
        for (facts, expected) in cases {
            let report = judge(&facts);
            assert!(!report.is_fit());
            assert!(report.to_string().contains(expected), "{report}");
            assert!(report.findings.iter().all(|finding| !finding.advice.is_empty()));
        }
    }
}
