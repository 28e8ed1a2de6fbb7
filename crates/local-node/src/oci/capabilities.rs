//! Which capabilities a container has.

/// What a container has unless the pod says otherwise: the list that Docker and containerd use.
const DEFAULT: [&str; 14] = [
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// All capabilities of Linux, in the order of their numbers.
const ALL: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

fn full_name(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    if upper.starts_with("CAP_") { upper } else { format!("CAP_{upper}") }
}

/// The capabilities of a container: those added to the default without those dropped. `ALL` may be
/// added or dropped; an addition goes before a drop of all.
pub(super) fn granted(privileged: bool, add: &[String], drop: &[String], own: &[&str]) -> Vec<String> {
    let has = |list: &[String], name: &str| list.iter().any(|each| full_name(each) == name);
    let all = |list: &[String]| list.iter().any(|each| each.eq_ignore_ascii_case("all"));
    ALL.iter()
        .filter(|name| {
            let wanted = privileged
                || has(add, name)
                || (all(add) && !has(drop, name))
                || (DEFAULT.contains(*name) && !all(drop) && !has(drop, name));
            // Nobody can give what he does not have himself.
            wanted && own.contains(*name)
        })
        .map(|name| (*name).to_owned())
        .collect()
}

/// The capabilities that this process may give away, from the bounding set in its status.
pub(super) fn own() -> Vec<&'static str> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapBnd:"));
    let mask = line.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or_default();
    ALL.iter().enumerate().filter(|(number, _)| mask >> number & 1 == 1).map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn additions_and_drops_change_the_default() {
        let count = |privileged, add: &[&str], drop: &[&str]| {
            granted(privileged, &names(add), &names(drop), &ALL).len()
        };
        assert_eq!(count(false, &[], &[]), 14);
        assert_eq!(count(false, &["NET_ADMIN"], &[]), 15);
        assert_eq!(count(false, &[], &["chown"]), 13);
        assert_eq!(count(false, &[], &["ALL"]), 0);
        assert_eq!(
            granted(false, &names(&["NET_BIND_SERVICE"]), &names(&["ALL"]), &ALL),
            ["CAP_NET_BIND_SERVICE"]
        );
        assert_eq!(count(false, &["ALL"], &["SYS_ADMIN"]), 40);
        assert_eq!(count(true, &[], &["ALL"]), 41);
    }

    #[test]
    fn what_the_machine_lacks_is_not_given() {
        assert_eq!(granted(true, &[], &[], &["CAP_CHOWN"]), ["CAP_CHOWN"]);
    }
}
