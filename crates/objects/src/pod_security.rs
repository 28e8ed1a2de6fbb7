//! What the Pod Security Standards let a pod set (upstream `k8s.io/pod-security-admission/policy` 1.36).
//!
//! The API server's admission and the platform's check judge by these; the words they say are their own.

/// Capabilities that level Baseline lets a container add.
const BASELINE_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Volume types that level Restricted allows.
const RESTRICTED_VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Safe sysctls with the minor version that made them safe.
const SAFE_SYSCTLS: &[(&str, u32)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];

/// Whether Baseline lets a container add a capability.
pub fn is_baseline_capability(name: &str) -> bool {
    BASELINE_CAPABILITIES.contains(&name)
}

/// Whether Restricted lets a container add a capability.
pub fn is_restricted_capability(name: &str) -> bool {
    name == "NET_BIND_SERVICE"
}

/// Whether Restricted lets a pod mount a type of volume, by the name of its field.
pub fn is_restricted_volume(kind: &str) -> bool {
    RESTRICTED_VOLUMES.contains(&kind)
}

/// Whether Baseline lets a pod set a sysctl, as of a minor version of Kubernetes 1.
pub fn is_safe_sysctl(name: &str, minor: u32) -> bool {
    SAFE_SYSCTLS.iter().any(|(safe, since)| *safe == name && minor >= *since)
}

/// Whether Baseline allows an SELinux type, as of a minor version of Kubernetes 1. Users and roles may not be set.
pub fn is_allowed_se_linux_type(kind: &str, minor: u32) -> bool {
    match kind {
        "" | "container_t" | "container_init_t" | "container_kvm_t" => true,
        "container_engine_t" => minor >= 31,
        _ => false,
    }
}

/// Whether the `type` of a seccomp or AppArmor profile confines: everything but `Unconfined` and what is unknown.
pub fn is_confining_profile(kind: &str) -> bool {
    matches!(kind, "RuntimeDefault" | "Localhost")
}

/// Whether the value of an AppArmor annotation confines.
pub fn is_confining_app_armor_annotation(value: &str) -> bool {
    matches!(value, "" | "runtime/default") || value.starts_with("localhost/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_safe_later_is_not_safe_before() {
        assert!(is_safe_sysctl("net.ipv4.tcp_rmem", 32) && !is_safe_sysctl("net.ipv4.tcp_rmem", 31));
        assert!(
            is_allowed_se_linux_type("container_engine_t", 31)
                && !is_allowed_se_linux_type("container_engine_t", 30)
        );
    }
}
