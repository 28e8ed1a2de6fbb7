//! G: the Pod Security Standards, level Restricted, and the platform's own words on the same fields.

use wheelhouse_objects::{Content, Node, pod_security};

use super::baseline::{is_baseline_capability, relaxed_by_user_namespace};
use super::pod::NON_ROOT_EXPLICIT;
use super::security_context::{all, of_containers, of_pod};
use crate::check::{Checker, Said};
use crate::finding::{Edit, Finding};
use crate::pods::Pod;
use crate::rule::Rule;

/// WH-120 is told beside WH-040, which is narrower.
pub(crate) const RULES: &[&Rule] =
    &[&VOLUMES, &PRIVILEGE_ESCALATION, &RUN_AS_NON_ROOT, &RUN_AS_USER, &SECCOMP, &CAPABILITIES, &PROC_MOUNT];

static VOLUMES: Rule = Rule::warning(
    "WH-120",
    "restricted-volumes",
    "volumes of other types reach beyond the pod",
    "use a persistentVolumeClaim",
)
.by_pod_security()
.later();
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
    let minor = checker.facts.policy.kubernetes_minor;
    let before = checker.count();
    // Each check is there from a version on, as upstream.
    if minor >= 8 && is_for_linux(checker, pod) {
        privilege_escalation(checker, pod);
    }
    if minor >= 19 && is_for_linux(checker, pod) {
        seccomp(checker, pod);
    }
    if has_restricted_capabilities(checker, pod) {
        capabilities(checker, pod);
    }
    run_as_non_root(checker, pod);
    if minor >= 23 {
        run_as_user(checker, pod);
    }
    if minor >= 35 {
        proc_mount(checker, pod);
    }
    one_patch(checker.since(before));
}

/// What is missing for each of these rules: on the pod, and on each container.
const MISSING: &[(&str, &str, &str)] = &[
    ("WH-121", "", "allowPrivilegeEscalation: false"),
    ("WH-122", "runAsNonRoot: true", ""),
    ("WH-124", "seccompProfile: {type: RuntimeDefault}", ""),
    ("WH-125", "", "capabilities: {drop: [\"ALL\"]}"),
];

/// Where several fields are missing in a pod, every finding tells the one patch that adds them all.
fn one_patch(findings: &mut [Finding]) {
    let is_missing = |finding: &Finding| finding.place.is_some_and(|place| place.missing);
    let fields = |findings: &[Finding], pick: fn(&(&str, &'static str, &'static str)) -> &'static str| {
        let asked = MISSING
            .iter()
            .filter(|(id, ..)| findings.iter().any(|finding| finding.rule.id == *id && is_missing(finding)));
        asked.map(pick).filter(|field| !field.is_empty()).collect::<Vec<_>>().join(", ")
    };
    let of_pod = fields(findings, |(_, field, _)| field);
    let of_containers = fields(findings, |(_, _, field)| field);
    let count = MISSING.iter().filter(|(id, ..)| findings.iter().any(|finding| finding.rule.id == *id));
    if count.count() < 2 {
        return;
    }
    let parts: Vec<String> = [(of_pod, "on the pod"), (of_containers, "on each container")]
        .into_iter()
        .filter(|(fields, _)| !fields.is_empty())
        .map(|(fields, whose)| format!("securityContext: {{{fields}}} {whose}"))
        .collect();
    let patch = format!("{}, and an image whose user is not root", parts.join("; "));
    for finding in findings.iter_mut().filter(|finding| is_missing(finding)) {
        if MISSING.iter().any(|(id, ..)| finding.rule.id == *id) {
            finding.fix.clone_from(&patch);
        }
    }
}

/// What Windows does not know is not asked of its pods, from 1.25 on.
fn is_for_linux(checker: &Checker<'_>, pod: &Pod<'_>) -> bool {
    let is_windows = pod.template.spec.at("os.name").and_then(Node::as_str) == Some("windows");
    !(is_windows && checker.facts.policy.kubernetes_minor >= 25)
}

/// Whether Restricted looks at the capabilities of a pod.
pub(crate) fn has_restricted_capabilities(checker: &Checker<'_>, pod: &Pod<'_>) -> bool {
    checker.facts.policy.kubernetes_minor >= 22 && is_for_linux(checker, pod)
}

fn privilege_escalation(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for context in of_containers(pod) {
        let field = context.field("allowPrivilegeEscalation");
        if field.and_then(Node::as_bool) == Some(false) {
            continue;
        }
        let message =
            format!("{}: {} must set allowPrivilegeEscalation=false", pod.object, context.owner.shown());
        let path = format!("{}.allowPrivilegeEscalation", context.path);
        let said = match field {
            Some(field) => Said::at(path, field.span, message).edit(Edit::Set("false".to_owned())),
            None => Said::missing(path, context.span, message)
                .edit(context.adding("allowPrivilegeEscalation", "false")),
        };
        checker.found(&PRIVILEGE_ESCALATION, pod.object, said);
    }
}

/// The platform asks for `runAsNonRoot: true` also where a user namespace relaxes upstream's check:
/// there the finding is the platform's (WH-131) alone, elsewhere it is both.
fn run_as_non_root(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let breach = |checker: &mut Checker<'_>, said: Said| {
        if relaxed_by_user_namespace(checker, pod) {
            checker.found(&NON_ROOT_EXPLICIT, pod.object, said);
        } else {
            checker.found(&RUN_AS_NON_ROOT, pod.object, said.also("WH-131"));
        }
    };
    let own = of_pod(pod);
    let of_pod = own.field("runAsNonRoot").and_then(Node::as_bool);
    if let Some(field) = own.field("runAsNonRoot").filter(|field| field.as_bool() != Some(true)) {
        let message = format!("{}: pod must run as non-root (runAsNonRoot=true)", pod.object);
        let said = Said::at(format!("{}.runAsNonRoot", own.path), field.span, message);
        breach(checker, said);
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
            breach(checker, said);
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
    // A profile that is set and wrong is Baseline's matter.
    if of_pod(pod).field("seccompProfile.type").is_some() {
        return;
    }
    for context in of_containers(pod) {
        if context.field("seccompProfile.type").is_none() {
            let message = format!(
                "{}: {} must set seccompProfile.type to RuntimeDefault (on it or on the pod)",
                pod.object,
                context.owner.shown()
            );
            let path = format!("{}.seccompProfile.type", context.path);
            let said = Said::missing(path, context.span, message);
            let edit = context.adding("seccompProfile.type", "RuntimeDefault");
            let has_profile = context.field("seccompProfile").is_some();
            checker.found(&SECCOMP, pod.object, if has_profile { said } else { said.edit(edit) });
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
            let said = Said::missing(path, context.span, message);
            let edit = context.adding("capabilities.drop", "[\"ALL\"]");
            let has_capabilities = context.field("capabilities").is_some();
            checker.found(&CAPABILITIES, pod.object, if has_capabilities { said } else { said.edit(edit) });
        }
        let added = context.field("capabilities.add").map(Node::items).unwrap_or_default();
        for (index, capability) in added.iter().enumerate() {
            let is_allowed = capability.as_str().is_some_and(pod_security::is_restricted_capability);
            if is_baseline_capability(capability) && !is_allowed {
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
