//! F: the Pod Security Standards, level Baseline (upstream `k8s.io/pod-security-admission/policy`),
//! at the policy version of the target cluster.

use wheelhouse_objects::{Content, Node, pod_security};

use super::restricted::has_restricted_capabilities;
use super::security_context::{all, of_containers, of_pod};
use crate::check::{Checker, Said};
use crate::pods::Pod;
use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] = &[
    &HOST_PROCESS,
    &HOST_NAMESPACES,
    &PRIVILEGED,
    &CAPABILITIES,
    &HOST_PATH,
    &HOST_PORTS,
    &APP_ARMOR,
    &SE_LINUX,
    &PROC_MOUNT,
    &SECCOMP,
    &SYSCTLS,
    &PROBE_HOST,
];

static HOST_PROCESS: Rule = Rule::warning(
    "WH-100",
    "windows-host-process",
    "a host process runs with the node's rights",
    "remove it",
)
.by_pod_security()
.later();
static HOST_NAMESPACES: Rule = Rule::warning(
    "WH-101",
    "host-namespaces",
    "sharing the node's namespaces shows and opens the node to the pod",
    "remove the line; talk over the Service instead of the host network",
)
.by_pod_security()
.later();
static PRIVILEGED: Rule = Rule::warning(
    "WH-102",
    "privileged",
    "a privileged container is root on the node",
    "remove it; ask for a GPU by resources.limits",
)
.by_pod_security()
.later();
static CAPABILITIES: Rule = Rule::warning(
    "WH-103",
    "capabilities-baseline",
    "capabilities beyond the default set reach past the container",
    "drop it",
)
.by_pod_security()
.later();
static HOST_PATH: Rule = Rule::warning(
    "WH-104",
    "host-path",
    "a hostPath volume opens the node's files to the pod",
    "use a persistentVolumeClaim",
)
.by_pod_security()
.later();
static HOST_PORTS: Rule =
    Rule::warning("WH-105", "host-ports", "a host port takes an address of the node", "remove hostPort")
        .by_pod_security()
        .later();
static APP_ARMOR: Rule = Rule::warning(
    "WH-106",
    "apparmor",
    "an unconfined AppArmor profile lifts the node's protection",
    "remove it, or RuntimeDefault",
)
.by_pod_security()
.later();
static SE_LINUX: Rule = Rule::warning(
    "WH-107",
    "selinux",
    "SELinux options of its own can lift a container's confinement",
    "remove it",
)
.by_pod_security()
.later();
static PROC_MOUNT: Rule = Rule::warning(
    "WH-108",
    "proc-mount",
    "an unmasked /proc shows the node's kernel to the container",
    "remove it",
)
.by_pod_security()
.later();
static SECCOMP: Rule = Rule::warning(
    "WH-109",
    "seccomp-baseline",
    "an unconfined seccomp profile opens every system call",
    "RuntimeDefault",
)
.by_pod_security()
.later();
static SYSCTLS: Rule = Rule::warning(
    "WH-110",
    "sysctls",
    "sysctls outside the safe set reach other pods of the node",
    "remove it, or ask the operator for a node profile",
)
.by_pod_security()
.later();
static PROBE_HOST: Rule = Rule::warning(
    "WH-111",
    "probe-lifecycle-host",
    "a probe with a host makes the node call an address of the chart's choice",
    "remove host; the probe then goes to the pod itself",
)
.by_pod_security()
.later();

/// For a container; that of the pod is `seccomp.security.alpha.kubernetes.io/pod`.
const SECCOMP_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

pub(crate) fn check(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    host_process(checker, pod);
    host_namespaces(checker, pod);
    let restricted_capabilities = has_restricted_capabilities(checker, pod);
    for context in of_containers(pod) {
        let owner = context.owner.shown();
        if let Some(field) = context.field("privileged").filter(|field| field.as_bool() == Some(true)) {
            let message = format!("{}: {owner} is privileged", pod.object);
            checker.found(
                &PRIVILEGED,
                pod.object,
                Said::at(format!("{}.privileged", context.path), field.span, message),
            );
        }
        let added = context.field("capabilities.add").map(Node::items).unwrap_or_default();
        for (index, capability) in added.iter().enumerate() {
            if !is_baseline_capability(capability) {
                let message = format!("{}: {owner} adds capability {}", pod.object, capability.shown());
                let path = format!("{}.capabilities.add[{index}]", context.path);
                let said = Said::at(path, capability.span, message);
                // Restricted refuses it too; one finding is enough.
                let said = if restricted_capabilities { said.also("WH-125") } else { said };
                checker.found(&CAPABILITIES, pod.object, said);
            }
        }
        if let Some(field) = context.field("procMount").filter(|field| field.as_str() != Some("Default"))
            && !relaxed_by_user_namespace(checker, pod)
        {
            let message = format!("{}: {owner} sets procMount {}", pod.object, field.shown());
            checker.found(
                &PROC_MOUNT,
                pod.object,
                Said::at(format!("{}.procMount", context.path), field.span, message),
            );
        }
    }
    host_ports(checker, pod);
    app_armor(checker, pod);
    se_linux(checker, pod);
    seccomp(checker, pod);
    sysctls(checker, pod);
    probe_hosts(checker, pod);
}

/// Whether Baseline lets a container add a capability.
pub(crate) fn is_baseline_capability(capability: &Node) -> bool {
    pod_security::is_baseline_capability(capability.as_str().unwrap_or_default())
}

/// Fields since 1.19, annotations before.
fn seccomp(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    if checker.facts.policy.kubernetes_minor < 19 {
        for (owner, path, field) in annotated(pod, SECCOMP_ANNOTATION) {
            let value = field.as_str().unwrap_or_default();
            let allowed =
                matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/");
            if !allowed {
                let message = format!("{}: {owner} uses seccomp profile {}", pod.object, field.shown());
                checker.found(&SECCOMP, pod.object, Said::at(path, field.span, message));
            }
        }
        return;
    }
    for context in all(pod) {
        if let Some(field) = context.field("seccompProfile.type")
            && !field.as_str().is_some_and(pod_security::is_confining_profile)
        {
            let message =
                format!("{}: {} uses seccomp profile {}", pod.object, context.owner.shown(), field.shown());
            let path = format!("{}.seccompProfile.type", context.path);
            checker.found(&SECCOMP, pod.object, Said::at(path, field.span, message));
        }
    }
}

/// The annotations of a pod whose keys start with a prefix, which a container's name follows; the
/// pod's own has `pod` there, and a key without `container.`. Whose they are, path and value.
fn annotated<'a>(pod: &Pod<'a>, prefix: &str) -> Vec<(String, String, &'a Node)> {
    let annotations = pod.template.metadata.and_then(|metadata| metadata.get("annotations"));
    let entries = annotations.map(Node::entries).unwrap_or_default();
    let found = entries.iter().filter_map(|entry| {
        let owner = if format!("container.{}", entry.key) == format!("{prefix}pod") {
            "pod".to_owned()
        } else {
            format!("container \"{}\"", entry.key.strip_prefix(prefix)?)
        };
        Some((owner, pod.metadata_path(&format!("annotations[{}]", entry.key)), &entry.value))
    });
    found.collect()
}

/// Whether `hostUsers: false` lifts a check: from policy version 1.35 on.
pub(crate) fn relaxed_by_user_namespace(checker: &Checker<'_>, pod: &Pod<'_>) -> bool {
    checker.facts.policy.kubernetes_minor >= 35
        && pod.template.spec.get("hostUsers").and_then(Node::as_bool) == Some(false)
}

fn host_process(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for context in all(pod) {
        if let Some(field) =
            context.field("windowsOptions.hostProcess").filter(|field| field.as_bool() == Some(true))
        {
            let message =
                format!("{}: {} sets windowsOptions.hostProcess=true", pod.object, context.owner.shown());
            let path = format!("{}.windowsOptions.hostProcess", context.path);
            checker.found(&HOST_PROCESS, pod.object, Said::at(path, field.span, message));
        }
    }
}

fn host_namespaces(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if let Some(value) = pod.template.spec.get(field).filter(|value| value.as_bool() == Some(true)) {
            let message = format!("{} sets {field}=true", pod.object);
            checker.found(&HOST_NAMESPACES, pod.object, Said::at(pod.path(field), value.span, message));
        }
    }
}

fn host_ports(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for container in pod.template.containers() {
        let ports = container.node.get("ports").map(Node::items).unwrap_or_default();
        for (index, port) in ports.iter().enumerate() {
            if let Some(host) = port.set("hostPort").filter(|host| host.as_integer() != Some(0)) {
                let message = format!(
                    "{}: container \"{}\" binds host port {}",
                    pod.object,
                    container.name(),
                    host.shown()
                );
                let path = pod.container_path(&container, &format!("ports[{index}].hostPort"));
                checker.found(&HOST_PORTS, pod.object, Said::at(path, host.span, message));
            }
        }
    }
}

fn app_armor(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for (owner, path, field) in app_armor_profiles(pod) {
        let value = field.as_str().unwrap_or_default();
        let allowed = if path.contains("annotations") {
            pod_security::is_confining_app_armor_annotation(value)
        } else {
            pod_security::is_confining_profile(value)
        };
        if !allowed {
            let message = format!("{}: {owner} uses AppArmor profile {}", pod.object, field.shown());
            checker.found(&APP_ARMOR, pod.object, Said::at(path, field.span, message));
        }
    }
}

/// Every AppArmor profile of a pod: owner, path and the value, from fields and annotations.
pub(crate) fn app_armor_profiles<'a>(pod: &Pod<'a>) -> Vec<(String, String, &'a Node)> {
    let by_annotation = annotated(pod, APP_ARMOR_ANNOTATION).into_iter();
    let by_field = all(pod).filter_map(|context| {
        let field = context.field("appArmorProfile.type")?;
        Some((context.owner.shown(), format!("{}.appArmorProfile.type", context.path), field))
    });
    by_annotation.chain(by_field).collect()
}

fn se_linux(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let minor = checker.facts.policy.kubernetes_minor;
    for context in all(pod) {
        for name in ["type", "user", "role"] {
            let Some(field) = context.field(&format!("seLinuxOptions.{name}")) else { continue };
            let value = field.as_str().unwrap_or_default();
            let allowed = matches!(field.value, Content::String(_))
                && (value.is_empty()
                    || name == "type" && pod_security::is_allowed_se_linux_type(value, minor));
            if !allowed {
                let message = format!(
                    "{}: {} sets seLinuxOptions.{name} to \"{}\"",
                    pod.object,
                    context.owner.shown(),
                    field.shown()
                );
                let path = format!("{}.seLinuxOptions.{name}", context.path);
                checker.found(&SE_LINUX, pod.object, Said::at(path, field.span, message));
            }
        }
    }
}

fn sysctls(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let minor = checker.facts.policy.kubernetes_minor;
    let context = of_pod(pod);
    let sysctls = context.field("sysctls").map(Node::items).unwrap_or_default();
    for (index, sysctl) in sysctls.iter().enumerate() {
        let Some(name) = sysctl.get("name") else { continue };
        let text = name.as_str().unwrap_or_default();
        if !pod_security::is_safe_sysctl(text, minor) {
            let message = format!(
                "{} sets sysctl {}, which is not in the safe set of Kubernetes 1.{minor}",
                pod.object,
                name.shown()
            );
            let path = format!("{}.sysctls[{index}].name", context.path);
            checker.found(&SYSCTLS, pod.object, Said::at(path, name.span, message));
        }
    }
}

fn probe_hosts(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    if checker.facts.policy.kubernetes_minor < 34 {
        return;
    }
    const HANDLERS: &[&str] =
        &["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"];
    for container in pod.template.containers() {
        for handler in HANDLERS {
            for action in ["httpGet", "tcpSocket"] {
                let field = format!("{handler}.{action}.host");
                if let Some(host) = container.node.at(&field).filter(|host| host.value != Content::Null)
                    && host.as_str() != Some("")
                {
                    let message = format!(
                        "{}: container \"{}\" {handler} names host \"{}\"",
                        pod.object,
                        container.name(),
                        host.shown()
                    );
                    let path = pod.container_path(&container, &field);
                    checker.found(&PROBE_HOST, pod.object, Said::at(path, host.span, message));
                }
            }
        }
    }
}
