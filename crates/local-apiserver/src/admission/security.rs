//! Pod Security admission: namespaces say by label which of the Pod Security Standards their pods must
//! keep to, and which they are warned about.
//!
//! `enforce` refuses pods, `warn` warns of pods and of what makes pods; `audit` has no log to go to
//! here. A version named by a label is judged by the rules of that version.

use serde_json::Value;

use crate::cluster::{Cluster, kind_subject, subject};
use crate::field::FieldError;
use crate::meta;
use crate::operations::{Context, Target};
use crate::status::Status;

mod standard;

const PREFIX: &str = "pod-security.kubernetes.io/";

/// How much a namespace allows, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Privileged,
    Baseline,
    Restricted,
}

/// A level and the version of the standards it is taken from.
#[derive(Debug, Clone, PartialEq)]
struct Standard {
    level: Level,
    version: String,
}

impl Standard {
    fn shown(&self) -> String {
        let level = match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        };
        format!("{level}:{}", self.version)
    }

    /// The minor version; of the newest one more than any.
    fn minor(&self) -> u32 {
        self.version.strip_prefix("v1.").and_then(|minor| minor.parse().ok()).unwrap_or(u32::MAX)
    }
}

/// What the labels of a namespace ask for.
struct Policy {
    enforce: Standard,
    warn: Standard,
    errors: Vec<FieldError>,
}

impl Policy {
    fn of(namespace: &Value) -> Self {
        let label = |key: &str| meta::at(namespace, &["metadata", "labels", &format!("{PREFIX}{key}")]);
        let mut errors = Vec::new();
        let mut level = |key: &str, otherwise: Level| match label(key).and_then(Value::as_str) {
            None => (Level::Privileged, false),
            Some("privileged") => (Level::Privileged, true),
            Some("baseline") => (Level::Baseline, true),
            Some("restricted") => (Level::Restricted, true),
            Some(other) => {
                errors.push(FieldError::invalid(
                    format!("metadata.labels[{PREFIX}{key}]"),
                    other,
                    "must be one of privileged, baseline, restricted",
                ));
                (otherwise, false)
            }
        };
        let (enforced, has_enforced) = level("enforce", Level::Restricted);
        let _ = level("audit", Level::Privileged);
        let (warned, _) = level("warn", Level::Privileged);
        let mut version = |key: &str| match label(key).and_then(Value::as_str) {
            None | Some("latest") => "latest".to_owned(),
            Some(text) => {
                let minor = text.strip_prefix("v1.").unwrap_or_default();
                if !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()) {
                    return text.to_owned();
                }
                errors.push(FieldError::invalid(
                    format!("metadata.labels[{PREFIX}{key}]"),
                    text,
                    "must be \"latest\" or \"v1.x\"",
                ));
                "latest".to_owned()
            }
        };
        let enforce = Standard { level: enforced, version: version("enforce-version") };
        let _ = version("audit-version");
        let mut warn = Standard { level: warned, version: version("warn-version") };
        // who is refused pods is warned of what would make them
        if label("warn").is_none() && has_enforced && enforce.level > warn.level {
            warn.level = enforce.level;
            if label("warn-version").is_none() {
                warn.version = enforce.version.clone();
            }
        }
        Policy { enforce, warn, errors }
    }
}

/// The pod in an object that is one or makes some: its metadata and spec.
fn pod_in<'a>(target: &Target, object: &'a Value) -> Option<&'a Value> {
    let resource = &target.resource;
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => Some(object),
        ("", "podtemplates") => object.get("template"),
        ("", "replicationcontrollers")
        | ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets")
        | ("batch", "jobs") => meta::at(object, &["spec", "template"]),
        ("batch", "cronjobs") => meta::at(object, &["spec", "jobTemplate", "spec", "template"]),
        _ => None,
    }
    .filter(|pod| pod.get("spec").is_some_and(Value::is_object))
}

/// Holds a new or changed object against the policy of its namespace.
///
/// # Errors
/// 403 for a pod the policy forbids, 422 for a namespace whose labels make no policy.
pub(super) fn check(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    object: &Value,
    old: Option<&Value>,
) -> Result<(), Status> {
    let resource = &target.resource;
    if resource.group.is_empty() && resource.plural == "namespaces" && target.subresource.is_empty() {
        return labels(target, object, old);
    }
    let Some(pod) = pod_in(target, object) else { return Ok(()) };
    let is_pod = resource.plural == "pods";
    let watched = matches!(target.subresource.as_str(), "" | "ephemeralcontainers");
    let same = old.and_then(|old| pod_in(target, old)).is_some_and(|old| same_pod(old, pod));
    if !watched || same {
        return Ok(());
    }
    let Some(namespace) = cluster.object("namespaces", "", &target.namespace) else { return Ok(()) };
    let policy = Policy::of(&namespace);
    if is_pod && policy.enforce.level > Level::Privileged {
        let violations = standard::violations(pod, policy.enforce.level, policy.enforce.minor());
        if !violations.is_empty() {
            let text = format!("violates PodSecurity {:?}: {violations}", policy.enforce.shown());
            return Err(Status::forbidden(subject(resource, meta::name(object)), &text));
        }
    }
    if policy.warn.level > Level::Privileged {
        let violations = standard::violations(pod, policy.warn.level, policy.warn.minor());
        if !violations.is_empty() {
            context.warn(format!("would violate PodSecurity {:?}: {violations}", policy.warn.shown()));
        }
    }
    Ok(())
}

/// Nothing of a pod changed that a standard looks at: images may.
fn same_pod(old: &Value, new: &Value) -> bool {
    let bare = |pod: &Value| {
        let mut spec = pod.get("spec").cloned().unwrap_or_default();
        for list in ["containers", "initContainers"] {
            let containers = meta::at_mut(&mut spec, &[list]).and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                meta::remove(container, "image");
            }
        }
        for key in ["nodeName", "tolerations", "activeDeadlineSeconds", "terminationGracePeriodSeconds"] {
            meta::remove(&mut spec, key);
        }
        spec
    };
    bare(old) == bare(new)
}

fn labels(target: &Target, namespace: &Value, old: Option<&Value>) -> Result<(), Status> {
    let errors = Policy::of(namespace).errors;
    if errors.is_empty() || old.is_some_and(|old| Policy::of(old).errors == errors) {
        return Ok(());
    }
    Err(Status::invalid(kind_subject(&target.resource, meta::name(namespace)), &errors))
}
