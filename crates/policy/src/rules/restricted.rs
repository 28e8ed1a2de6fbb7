//! G: the Pod Security Standards, level Restricted, and the platform's own words on the same fields.

use wheelhouse_objects::{Content, Node};

use super::baseline::relaxed_by_user_namespace;
use super::security_context::{all, of_containers, of_pod};
use crate::check::{Checker, Pod, Said};
use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] =
    &[&PRIVILEGE_ESCALATION, &RUN_AS_NON_ROOT, &RUN_AS_USER, &SECCOMP, &CAPABILITIES, &PROC_MOUNT];

static PRIVILEGE_ESCALATION: Rule = Rule::warning(
    "WH-121",
    "privilege-escalation",
    "a program may gain more rights than its parent unless told not to",
    "add securityContext.allowPrivilegeEscalation: false",
)
.by_pod_security()
.later();
static RUN_AS_NON_ROOT: Rule = Rule::warning(
    "WH-122",
    "run-as-non-root",
    "runAsNonRoot must be explicitly set to true",
    "spec.securityContext.runAsNonRoot: true and a non-root user in the image",
)
.by_pod_security()
.later();
static RUN_AS_USER: Rule =
    Rule::warning("WH-123", "run-as-user", "user 0 is root", "a non-zero id").by_pod_security().later();
static SECCOMP: Rule = Rule::warning(
    "WH-124",
    "seccomp-restricted",
    "a container without a seccomp profile may make every system call",
    "spec.securityContext.seccompProfile.type: RuntimeDefault",
)
.by_pod_security()
.later();
static CAPABILITIES: Rule = Rule::warning(
    "WH-125",
    "capabilities-restricted",
    "no root capabilities are allowed",
    "capabilities: {drop: [\"ALL\"]}",
)
.by_pod_security()
.later();
static PROC_MOUNT: Rule = Rule::warning(
    "WH-126",
    "proc-mount-restricted",
    "an unmasked /proc shows the node's kernel to the container",
    "remove it",
)
.by_pod_security()
.later();

pub(crate) fn check(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let is_windows = pod.template.spec.at("os.name").and_then(Node::as_str) == Some("windows");
    let minor = checker.facts.policy.kubernetes_minor;
    let linux_only = !(is_windows && minor >= 25);
    if linux_only {
        for context in of_containers(pod) {
            if context.field("allowPrivilegeEscalation").and_then(Node::as_bool) != Some(false) {
                let message = format!(
                    "{}: {} must set allowPrivilegeEscalation=false",
                    pod.object,
                    context.owner.shown()
                );
                let path = format!("{}.allowPrivilegeEscalation", context.path);
                let said = match context.field("allowPrivilegeEscalation") {
                    Some(field) => Said::at(path, field.span, message),
                    None => Said::missing(path, context.span, message),
                };
                checker.found(&PRIVILEGE_ESCALATION, pod.object, said);
            }
        }
        seccomp(checker, pod);
        capabilities(checker, pod);
    }
    run_as_non_root(checker, pod);
    run_as_user(checker, pod);
    if minor >= 35 {
        proc_mount(checker, pod);
    }
}

/// The platform asks for `runAsNonRoot: true` also where a user namespace would relax upstream's
/// check, so that there is no exception here (WH-131 beside WH-122).
fn run_as_non_root(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let own = of_pod(pod);
    let of_pod = own.field("runAsNonRoot").and_then(Node::as_bool);
    if let Some(field) = own.field("runAsNonRoot").filter(|field| field.as_bool() != Some(true)) {
        let message = format!("{}: pod must run as non-root (runAsNonRoot=true)", pod.object);
        let said = Said::at(format!("{}.runAsNonRoot", own.path), field.span, message);
        checker.found(&RUN_AS_NON_ROOT, pod.object, said.also("WH-131"));
    }
    for context in of_containers(pod) {
        let field = context.field("runAsNonRoot");
        let is_true = match field {
            Some(field) => field.as_bool() == Some(true),
            None => of_pod.is_some(),
        };
        if !is_true {
            let message = format!(
                "{}: {} must run as non-root (runAsNonRoot=true on it or on the pod)",
                pod.object,
                context.owner.shown()
            );
            let path = format!("{}.runAsNonRoot", context.path);
            let said = match field {
                Some(field) => Said::at(path, field.span, message),
                None => Said::missing(path, context.span, message),
            };
            checker.found(&RUN_AS_NON_ROOT, pod.object, said.also("WH-131"));
        }
    }
}

fn run_as_user(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    if relaxed_by_user_namespace(checker, pod) {
        return;
    }
    for context in all(pod) {
        if let Some(field) = context.field("runAsUser").filter(|field| field.as_integer() == Some(0)) {
            let message = format!("{}: {} sets runAsUser=0", pod.object, context.owner.shown());
            checker.found(
                &RUN_AS_USER,
                pod.object,
                Said::at(format!("{}.runAsUser", context.path), field.span, message),
            );
        }
    }
}

fn seccomp(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let is_valid = |field: &Node| matches!(field.as_str(), Some("RuntimeDefault" | "Localhost"));
    let pod_is_valid = of_pod(pod).field("seccompProfile.type").is_some_and(is_valid);
    for context in of_containers(pod) {
        // A profile that is set and wrong is Baseline's matter.
        if context.field("seccompProfile.type").is_none() && !pod_is_valid {
            let message = format!(
                "{}: {} must set seccompProfile.type to RuntimeDefault (on it or on the pod)",
                pod.object,
                context.owner.shown()
            );
            let path = format!("{}.seccompProfile.type", context.path);
            checker.found(&SECCOMP, pod.object, Said::missing(path, context.span, message));
        }
    }
}

fn capabilities(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for context in of_containers(pod) {
        let owner = context.owner.shown();
        let dropped = context.field("capabilities.drop").map(Node::items).unwrap_or_default();
        if !dropped.iter().any(|capability| capability.as_str() == Some("ALL")) {
            let message = format!("{}: {owner} must drop ALL capabilities", pod.object);
            let path = format!("{}.capabilities.drop", context.path);
            checker.found(&CAPABILITIES, pod.object, Said::missing(path, context.span, message));
        }
        let added = context.field("capabilities.add").map(Node::items).unwrap_or_default();
        for (index, capability) in added.iter().enumerate() {
            if capability.as_str() != Some("NET_BIND_SERVICE") {
                let message = format!("{}: {owner} adds capability {}", pod.object, capability.shown());
                let path = format!("{}.capabilities.add[{index}]", context.path);
                checker.found(&CAPABILITIES, pod.object, Said::at(path, capability.span, message));
            }
        }
    }
}

fn proc_mount(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    // Where Baseline already refuses it, one finding is enough.
    if !relaxed_by_user_namespace(checker, pod) {
        return;
    }
    for context in of_containers(pod) {
        if let Some(field) = context.field("procMount")
            && field.value != Content::String("Default".to_owned())
        {
            let message =
                format!("{}: {} sets procMount {}", pod.object, context.owner.shown(), field.shown());
            checker.found(
                &PROC_MOUNT,
                pod.object,
                Said::at(format!("{}.procMount", context.path), field.span, message),
            );
        }
    }
}
