//! The Pod Security Standards field by field: every field × every list of containers × every value
//! that is accepted or refused, at the policy version that counts, each with its exact place.

use wheelhouse_policy::Facts;

use crate::support::{facts, of_rule, pod};

/// Where a field stands.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    /// In the pod's spec only.
    Pod,
    /// In each container of all three lists.
    Container,
    /// In both.
    Both,
}
use Scope::{Both, Container, Pod};

/// A field, the rule that holds it, the version of Kubernetes, and values. `[]` after a name makes
/// a list of one.
struct Row(&'static str, Scope, u32, &'static str, &'static [&'static str], &'static [&'static str]);

const HOSTS: &[&str] = &["127.0.0.1", "'::1'", "bad.host", "10.0.0.1"];
const NO_HOST: &[&str] = &["null", "''"];
const OLD_SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
];
const SYSCTLS_OF_27: &[&str] = &["net.ipv4.ip_local_reserved_ports"];
const SYSCTLS_OF_29: &[&str] = &[
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
];
const SYSCTLS_OF_32: &[&str] = &["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];
const NEVER_SYSCTLS: &[&str] = &["kernel.msgmax", "net.core.somaxconn", "othersysctl", "''"];
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
const OTHER_CAPABILITIES: &[&str] = &[
    "NET_RAW",
    "SYS_ADMIN",
    "NET_ADMIN",
    "SYS_PTRACE",
    "IPC_LOCK",
    "BPF",
    "ALL",
    "chown",
    "CAP_CHOWN",
    "''",
];
/// What Baseline lets a container add and Restricted does not.
const BASELINE_ONLY: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

const MATRIX: &[Row] = &[
    Row(
        "WH-100",
        Both,
        36,
        "securityContext.windowsOptions.hostProcess",
        &["false", "null"],
        &["true", "yes"],
    ),
    Row("WH-101", Pod, 36, "hostNetwork", &["false", "null", "no"], &["true", "on"]),
    Row("WH-101", Pod, 36, "hostPID", &["false", "null"], &["true"]),
    Row("WH-101", Pod, 36, "hostIPC", &["false", "null"], &["true"]),
    Row("WH-102", Container, 36, "securityContext.privileged", &["false", "null"], &["true"]),
    Row(
        "WH-103",
        Container,
        36,
        "securityContext.capabilities.add[]",
        BASELINE_CAPABILITIES,
        OTHER_CAPABILITIES,
    ),
    Row("WH-105", Container, 36, "ports[].hostPort", &["0", "null"], &["1", "12345", "0x50"]),
    Row(
        "WH-106",
        Both,
        36,
        "securityContext.appArmorProfile.type",
        &["RuntimeDefault", "Localhost", "null"],
        &["Unconfined", "''", "unconfined"],
    ),
    Row(
        "WH-107",
        Both,
        36,
        "securityContext.seLinuxOptions.type",
        &["container_t", "container_init_t", "container_kvm_t", "container_engine_t", "''", "null"],
        &["somevalue", "spc_t"],
    ),
    Row(
        "WH-107",
        Both,
        30,
        "securityContext.seLinuxOptions.type",
        &["container_t", "container_init_t", "container_kvm_t"],
        &["container_engine_t"],
    ),
    Row(
        "WH-107",
        Both,
        36,
        "securityContext.seLinuxOptions.user",
        &["''", "null"],
        &["system_u", "container_t"],
    ),
    Row("WH-107", Both, 36, "securityContext.seLinuxOptions.role", &["''", "null"], &["system_r"]),
    Row("WH-107", Both, 36, "securityContext.seLinuxOptions.level", &["''", "null", "'s0:c1,c2'"], &[]),
    Row("WH-108", Container, 36, "securityContext.procMount", &["Default", "null"], &["Unmasked", "other"]),
    Row(
        "WH-109",
        Both,
        36,
        "securityContext.seccompProfile.type",
        &["RuntimeDefault", "Localhost", "null"],
        &["Unconfined", "''", "runtime/default"],
    ),
    Row("WH-109", Both, 18, "securityContext.seccompProfile.type", &["Unconfined"], &[]),
    Row("WH-110", Pod, 26, "securityContext.sysctls[].name", OLD_SYSCTLS, NEVER_SYSCTLS),
    Row("WH-110", Pod, 26, "securityContext.sysctls[].name", &[], SYSCTLS_OF_27),
    Row("WH-110", Pod, 27, "securityContext.sysctls[].name", SYSCTLS_OF_27, SYSCTLS_OF_29),
    Row("WH-110", Pod, 29, "securityContext.sysctls[].name", SYSCTLS_OF_29, SYSCTLS_OF_32),
    Row("WH-110", Pod, 32, "securityContext.sysctls[].name", SYSCTLS_OF_32, NEVER_SYSCTLS),
    Row("WH-110", Pod, 36, "securityContext.sysctls[].name", OLD_SYSCTLS, NEVER_SYSCTLS),
    Row("WH-111", Container, 36, "livenessProbe.httpGet.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 36, "readinessProbe.httpGet.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 36, "startupProbe.httpGet.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 36, "livenessProbe.tcpSocket.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 36, "readinessProbe.tcpSocket.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 36, "startupProbe.tcpSocket.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 36, "lifecycle.postStart.httpGet.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 36, "lifecycle.preStop.httpGet.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 36, "lifecycle.postStart.tcpSocket.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 36, "lifecycle.preStop.tcpSocket.host", NO_HOST, HOSTS),
    Row("WH-111", Container, 33, "livenessProbe.httpGet.host", HOSTS, &[]),
    Row("WH-121", Container, 36, "securityContext.allowPrivilegeEscalation", &["false"], &["true"]),
    Row("WH-121", Container, 7, "securityContext.allowPrivilegeEscalation", &["false", "true"], &[]),
    Row("WH-122", Container, 36, "securityContext.runAsNonRoot", &["true"], &["false"]),
    Row(
        "WH-123",
        Both,
        36,
        "securityContext.runAsUser",
        &["1", "1000", "65534", "null"],
        &["0", "0x0", "0.0"],
    ),
    Row("WH-123", Both, 22, "securityContext.runAsUser", &["0", "1000"], &[]),
    Row(
        "WH-132",
        Both,
        36,
        "securityContext.seccompProfile.type",
        &["RuntimeDefault", "null", "Unconfined"],
        &["Localhost"],
    ),
    Row(
        "WH-133",
        Both,
        36,
        "securityContext.appArmorProfile.type",
        &["RuntimeDefault", "null", "Unconfined"],
        &["Localhost"],
    ),
    Row(
        "WH-134",
        Both,
        36,
        "securityContext.seLinuxOptions.type",
        &["container_t", "null", "spc_t"],
        &["container_init_t", "container_kvm_t", "container_engine_t"],
    ),
];

fn at_minor(minor: u32) -> Facts {
    let mut facts = facts();
    facts.policy.kubernetes_minor = minor;
    facts
}

/// `a.b[].c` with a value as lines of YAML: the first key in block style, the rest in flow style.
fn nested(path: &str, value: &str) -> String {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let inner = rest.split('.').filter(|part| !part.is_empty()).rev().fold(
        value.to_owned(),
        |inner, part| match part.strip_suffix("[]") {
            Some(name) => format!("{{{name}: [{inner}]}}"),
            None => format!("{{{part}: {inner}}}"),
        },
    );
    match first.strip_suffix("[]") {
        Some(name) => format!("{name}: [{inner}]"),
        None => format!("{first}: {inner}"),
    }
}

fn hold(row: &Row, document: &str, value: &str, place: Option<String>) {
    let Row(rule, _, minor, field, ..) = row;
    let expected: Vec<String> = place.iter().map(|place| format!("warning {place} = {value}")).collect();
    assert_eq!(of_rule(rule, document, &at_minor(*minor)), expected, "{rule} {field} = {value}\n{document}");
}

#[test]
fn every_field_with_every_value() {
    for row in MATRIX {
        let Row(_, scope, _, field, accepted, refused) = row;
        let place = field.replace("[]", "[0]");
        let values =
            accepted.iter().map(|value| (value, false)).chain(refused.iter().map(|value| (value, true)));
        for (value, is_refused) in values {
            let lines = nested(field, value);
            if *scope != Container {
                hold(row, &pod(&lines), value, is_refused.then(|| format!("spec.{place}")));
            }
            if *scope == Pod {
                continue;
            }
            for list in ["containers", "initContainers", "ephemeralContainers"] {
                let document = pod(&format!("{list}:\n- name: c\n  image: i\n  {lines}"));
                hold(row, &document, value, is_refused.then(|| format!("spec.{list}[0].{place}")));
            }
        }
    }
}

/// The findings of a rule, without levels.
fn found(rule: &str, document: &str, minor: u32) -> Vec<String> {
    let findings = of_rule(rule, document, &at_minor(minor));
    findings.iter().map(|line| line.trim_start_matches("warning ").to_owned()).collect()
}

/// What pod and container say together, for each list of containers: `-` is not said.
#[test]
fn a_pod_speaks_for_its_containers() {
    let said = |field: &str, value: &str| match value {
        "-" => "securityContext: {}".to_owned(),
        value => nested(field, value),
    };
    let pod_finding = |field: &str, value: &str| format!("spec.{field} = {value}");
    for (rule, field, rows) in [
        (
            "WH-122",
            "securityContext.runAsNonRoot",
            &[
                // pod, container, whether the pod is told, whether the container is
                ("-", "-", false, true),
                ("-", "true", false, false),
                ("-", "false", false, true),
                ("true", "-", false, false),
                ("true", "true", false, false),
                ("true", "false", false, true),
                ("false", "-", true, false),
                ("false", "true", true, false),
                ("false", "false", true, true),
            ][..],
        ),
        (
            "WH-124",
            "securityContext.seccompProfile.type",
            &[
                ("-", "-", false, true),
                ("-", "RuntimeDefault", false, false),
                ("-", "Localhost", false, false),
                ("RuntimeDefault", "-", false, false),
                ("Localhost", "-", false, false),
                // What is set and wrong is WH-109.
                ("Unconfined", "-", false, false),
                ("-", "Unconfined", false, false),
            ][..],
        ),
    ] {
        for (of_pod, of_container, pod_told, container_told) in rows {
            for list in ["containers", "initContainers", "ephemeralContainers"] {
                let container = format!("{list}:\n- name: c\n  image: i\n  {}", said(field, of_container));
                let document = pod(&format!("{}\n{container}", said(field, of_pod)));
                let mut expected = Vec::new();
                if *pod_told {
                    expected.push(pod_finding(field, of_pod));
                }
                if *container_told {
                    let path = format!("{list}[0].{field}");
                    expected.push(match *of_container {
                        "-" => format!("spec.{path} = {{}} (missing)"),
                        value => pod_finding(&path, value),
                    });
                }
                assert_eq!(
                    found(rule, &document, 36),
                    expected,
                    "{rule}: {of_pod} and {of_container} in {list}"
                );
            }
        }
    }
}

#[test]
fn capabilities_of_restricted() {
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let with = |capabilities: &str| {
            pod(&format!(
                "{list}:\n- name: c\n  image: i\n  securityContext: {{capabilities: {capabilities}}}"
            ))
        };
        let path = format!("spec.{list}[0].securityContext.capabilities");
        let check = |capabilities: &str, expected: &[String]| {
            assert_eq!(found("WH-125", &with(capabilities), 36), expected, "{capabilities}");
            assert_eq!(found("WH-125", &with(capabilities), 21), Vec::<String>::new(), "before 1.22");
        };
        check("{drop: [ALL]}", &[]);
        check("{drop: [NET_RAW, ALL], add: [NET_BIND_SERVICE]}", &[]);
        for kept in
            ["{drop: []}", "{drop: [all]}", "{drop: [SYS_TIME, SYS_ADMIN, CHOWN, NET_RAW]}", "{drop: null}"]
        {
            check(kept, &[format!("{path}.drop = {{capabilities: {kept}}} (missing)")]);
        }
        for added in BASELINE_ONLY {
            check(&format!("{{drop: [ALL], add: [{added}]}}"), &[format!("{path}.add[0] = {added}")]);
        }
        // Those that Baseline refuses already are one finding, of both rules.
        check("{drop: [ALL], add: [SYS_ADMIN]}", &[]);
        assert_eq!(
            found("WH-103", &with("{drop: [ALL], add: [SYS_ADMIN]}"), 36),
            [format!("{path}.add[0] = SYS_ADMIN")]
        );
    }
}

#[test]
fn user_namespaces_relax_what_upstream_relaxes() {
    let with = |context: &str| {
        pod(&format!("hostUsers: false\ncontainers:\n- name: c\n  image: i\n  securityContext: {context}"))
    };
    let context = "spec.containers[0].securityContext";
    for (rule, said, minor, expected) in [
        ("WH-108", "{procMount: Unmasked}", 34, Some("procMount = Unmasked")),
        ("WH-108", "{procMount: Unmasked}", 35, None),
        ("WH-126", "{procMount: Unmasked}", 34, None),
        ("WH-126", "{procMount: Unmasked}", 35, Some("procMount = Unmasked")),
        ("WH-123", "{runAsUser: 0}", 34, Some("runAsUser = 0")),
        ("WH-123", "{runAsUser: 0}", 35, None),
        ("WH-122", "{runAsNonRoot: false}", 34, Some("runAsNonRoot = false")),
        ("WH-122", "{runAsNonRoot: false}", 35, None),
        // The platform keeps asking.
        ("WH-131", "{runAsNonRoot: false}", 34, None),
        ("WH-131", "{runAsNonRoot: false}", 35, Some("runAsNonRoot = false")),
    ] {
        let expected: Vec<String> = expected.iter().map(|field| format!("{context}.{field}")).collect();
        assert_eq!(found(rule, &with(said), minor), expected, "{rule} {said} at 1.{minor}");
    }
    let asks = pod("hostUsers: true\nsecurityContext: {runAsUser: 0}");
    assert_eq!(found("WH-123", &asks, 36), ["spec.securityContext.runAsUser = 0"]);
}

#[test]
fn windows_pods_are_not_asked_for_what_windows_does_not_know() {
    let windows = pod("os: {name: windows}\ncontainers: [{name: c, image: i}]");
    for rule in ["WH-121", "WH-124", "WH-125"] {
        assert_eq!(found(rule, &windows, 24).len(), 1, "{rule} at 1.24");
        assert_eq!(found(rule, &windows, 25).len(), 0, "{rule} at 1.25");
    }
    assert_eq!(found("WH-122", &windows, 36).len(), 1, "not this one");
}

/// Annotations of pods and of pod templates: key, version, value, rule if refused.
#[test]
fn profiles_in_annotations() {
    const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/c";
    const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/c";
    const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
    for (key, minor, value, rule, is_refused) in [
        (APP_ARMOR, 36, "runtime/default", "WH-106", false),
        (APP_ARMOR, 36, "localhost/foo", "WH-106", false),
        (APP_ARMOR, 36, "''", "WH-106", false),
        (APP_ARMOR, 36, "unconfined", "WH-106", true),
        (APP_ARMOR, 36, "other", "WH-106", true),
        (APP_ARMOR, 36, "localhost/foo", "WH-133", true),
        (APP_ARMOR, 36, "runtime/default", "WH-133", false),
        (SECCOMP, 18, "runtime/default", "WH-109", false),
        (SECCOMP, 18, "docker/default", "WH-109", false),
        (SECCOMP, 18, "localhost/foo", "WH-109", false),
        (SECCOMP, 18, "unconfined", "WH-109", true),
        (SECCOMP, 19, "unconfined", "WH-109", false),
        (SECCOMP_POD, 18, "runtime/default", "WH-109", false),
        (SECCOMP_POD, 18, "unconfined", "WH-109", true),
        (SECCOMP_POD, 19, "unconfined", "WH-109", false),
    ] {
        let annotation = format!("annotations: {{{key}: {value}}}");
        let expected: Vec<String> =
            is_refused.then(|| format!("metadata.annotations[{key}] = {value}")).into_iter().collect();
        let pod = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p, {annotation}}}\nspec: {{}}\n");
        assert_eq!(found(rule, &pod, minor), expected, "{key}: {value} at 1.{minor}");
        let job = format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{template: {{metadata: {{{annotation}}}, spec: {{}}}}}}\n"
        );
        let expected: Vec<String> = expected.iter().map(|line| format!("spec.template.{line}")).collect();
        assert_eq!(found(rule, &job, minor), expected, "{key}: {value} at 1.{minor} in a Job");
    }
}
