//! H: what the platform itself says of pods.

use wheelhouse_objects::Node;

use super::baseline::app_armor_profiles;
use super::security_context::{all, of_containers};
use crate::check::{Checker, Said};
use crate::pods::Pod;
use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] =
    &[&TOKEN, &NON_ROOT_EXPLICIT, &SECCOMP, &APP_ARMOR, &SE_LINUX, &READ_ONLY_ROOT, &IDLE_ROLE];

static TOKEN: Rule = Rule::warning(
    "WH-130",
    "automount-token",
    "automountServiceAccountToken must be unset or set to false",
    "remove the line",
)
.by_platform()
.later();
/// Reported together with WH-122, as an id beside it, but for pods in a user namespace.
pub(crate) static NON_ROOT_EXPLICIT: Rule = Rule::warning(
    "WH-131",
    "run-as-non-root-explicit",
    "runAsNonRoot must be explicitly set to true, also in a user namespace",
    "spec.securityContext.runAsNonRoot: true and a non-root user in the image",
)
.by_platform()
.later();
static SECCOMP: Rule = Rule::warning(
    "WH-132",
    "seccomp-default",
    "no non-default seccomp profiles are allowed",
    "type: RuntimeDefault",
)
.by_platform()
.later();
static APP_ARMOR: Rule =
    Rule::warning("WH-133", "apparmor-default", "no non-default AppArmor profiles are allowed", "remove it")
        .by_platform()
        .later();
static SE_LINUX: Rule =
    Rule::warning("WH-134", "selinux-default", "no non-default SELinux profiles are allowed", "remove it")
        .by_platform()
        .later();
static READ_ONLY_ROOT: Rule = Rule::info(
    "WH-137",
    "read-only-root",
    "a program that cannot write its own files is harder to take over",
    "set readOnlyRootFilesystem: true, with an emptyDir where the program writes",
);

/// Found where RoleBindings are looked at.
pub(crate) static IDLE_ROLE: Rule = Rule::info(
    "WH-138",
    "chart-rbac-idle",
    "pods of a function run under an account of the platform and get no token",
    "delete the RBAC objects, or ask the operator to allow access to the Kubernetes API",
);

pub(crate) fn check(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    if let Some(field) =
        pod.template.spec.get("automountServiceAccountToken").filter(|field| field.as_bool() == Some(true))
    {
        let message = format!("{} mounts a service account token", pod.object);
        checker.found(
            &TOKEN,
            pod.object,
            Said::at(pod.path("automountServiceAccountToken"), field.span, message),
        );
    }
    for context in all(pod) {
        if let Some(profile) =
            context.field("seccompProfile.type").filter(|field| field.as_str() == Some("Localhost"))
        {
            let name = context.field("seccompProfile.localhostProfile").map(Node::shown).unwrap_or_default();
            let message = format!(
                "{}: {} uses the non-default seccomp profile {name}",
                pod.object,
                context.owner.shown()
            );
            let path = format!("{}.seccompProfile.type", context.path);
            checker.found(&SECCOMP, pod.object, Said::at(path, profile.span, message));
        }
        if let Some(field) = context.field("seLinuxOptions.type")
            && matches!(field.as_str(), Some("container_init_t" | "container_kvm_t" | "container_engine_t"))
        {
            let message = format!(
                "{}: {} uses the non-default SELinux type {}",
                pod.object,
                context.owner.shown(),
                field.shown()
            );
            let path = format!("{}.seLinuxOptions.type", context.path);
            checker.found(&SE_LINUX, pod.object, Said::at(path, field.span, message));
        }
    }
    for (owner, path, field) in app_armor_profiles(pod) {
        let value = field.as_str().unwrap_or_default();
        if value == "Localhost" || value.starts_with("localhost/") {
            let message = format!("{}: {owner} uses the non-default AppArmor profile {value}", pod.object);
            checker.found(&APP_ARMOR, pod.object, Said::at(path, field.span, message));
        }
    }
    for context in of_containers(pod) {
        if context.field("readOnlyRootFilesystem").and_then(Node::as_bool) != Some(true) {
            let message =
                format!("{}: {} has a writable root file system", pod.object, context.owner.shown());
            let path = format!("{}.readOnlyRootFilesystem", context.path);
            checker.found(&READ_ONLY_ROOT, pod.object, Said::missing(path, context.span, message));
        }
    }
}

/// The same field on a ServiceAccount object.
pub(crate) fn check_service_account(checker: &mut Checker<'_>, account: &wheelhouse_objects::Object) {
    if let Some(field) =
        account.root.get("automountServiceAccountToken").filter(|field| field.as_bool() == Some(true))
    {
        let message = format!("{account} mounts a service account token");
        checker.found(&TOKEN, account, Said::at("automountServiceAccountToken", field.span, message));
    }
}
