//! J: what Roles, RoleBindings, ServiceAccounts and token Secrets may hold.

use wheelhouse_objects::{Node, Object};

use super::pod::{IDLE_ROLE, check_service_account};
use crate::check::{Checker, Said};
use crate::pods::Pod;
use crate::rule::{Level, Rule};

pub(crate) const RULES: &[&Rule] = &[
    &WILDCARD,
    &ESCALATE,
    &SECRETS,
    &RUN_CODE,
    &TOKEN,
    &CLUSTER_ROLE,
    &SUBJECT,
    &NO_EFFECT,
    &ACCOUNT_SECRETS,
    &TOKEN_SECRET,
];

static WILDCARD: Rule = Rule::error(
    "WH-150",
    "rbac-wildcard",
    "a wildcard grants what nobody has thought of",
    "name the verbs and resources the program uses",
);
static ESCALATE: Rule =
    Rule::error("WH-151", "rbac-escalate", "these verbs let their holder take any right", "remove the verb");
static SECRETS: Rule = Rule::error(
    "WH-152",
    "rbac-secrets",
    "pull secrets and platform credentials live in the same namespace",
    "name the chart's own Secrets in resourceNames with verb get; better, mount the Secret",
);
static RUN_CODE: Rule = Rule::warning(
    "WH-153",
    "rbac-run-code",
    "whoever makes or enters pods can mount any Secret of the namespace",
    "remove it; jobs of a function are objects of its chart",
);
static TOKEN: Rule =
    Rule::error("WH-154", "rbac-token", "minted credentials outlive the pod", "remove the rule");
static CLUSTER_ROLE: Rule = Rule::error(
    "WH-155",
    "rolebinding-clusterrole",
    "a ClusterRole grants what its author meant for others",
    "bind a Role with the rules needed",
);
static SUBJECT: Rule = Rule::error(
    "WH-156",
    "rolebinding-subject",
    "rights of a function go to nobody outside it",
    "the chart's own ServiceAccount as subject",
)
.protecting();
static NO_EFFECT: Rule = Rule::info(
    "WH-157",
    "rbac-no-effect",
    "cluster-scoped rules mean nothing inside a namespace",
    "remove it",
);
static ACCOUNT_SECRETS: Rule = Rule::warning(
    "WH-158",
    "serviceaccount-secrets",
    "pods of a function do not use this account",
    "mount the Secret in the pod",
);
static TOKEN_SECRET: Rule = Rule::error(
    "WH-159",
    "token-secret",
    "such a Secret makes the cluster mint a token",
    "delete the Secret; programs outside use an API key of the platform",
)
.protecting();

const RBAC: &str = "rbac.authorization.k8s.io";
const WORKLOADS: &[&str] = &["pods", "deployments", "replicasets", "statefulsets", "jobs", "cronjobs"];
const ENTRANCES: &[&str] = &[
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/ephemeralcontainers",
    "pods/proxy",
    "services/proxy",
    "nodes/proxy",
];
const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "escalate",
    "impersonate",
    "*",
];
/// What can be impersonated; `userextras/` is followed by any key.
const IMPERSONATED: &[(&str, &str)] = &[
    ("", "users"),
    ("", "groups"),
    ("", "serviceaccounts"),
    ("authentication.k8s.io", "uids"),
    ("authentication.k8s.io", "userextras/"),
];
const CLUSTER_SCOPED: &[&str] = &[
    "nodes",
    "namespaces",
    "persistentvolumes",
    "clusterroles",
    "clusterrolebindings",
    "storageclasses",
    "customresourcedefinitions",
    "priorityclasses",
];

pub(crate) fn check(checker: &mut Checker<'_>, objects: &[Object], pods: &[Pod<'_>]) {
    let secrets: Vec<&str> =
        objects.iter().filter(|object| object.is("", "Secret")).map(Object::name).collect();
    for object in objects {
        match (object.group(), object.kind.as_str()) {
            (RBAC, "Role") => role(checker, object, &secrets),
            (RBAC, "RoleBinding") => {
                binding(checker, object, objects);
                idle(checker, object, pods);
            }
            ("", "ServiceAccount") => account(checker, object),
            ("", "Secret") => token_secret(checker, object),
            _ => {}
        }
    }
}

/// One rule of a Role, as texts.
struct Grant<'a> {
    groups: Vec<&'a str>,
    resources: Vec<&'a str>,
    verbs: Vec<&'a str>,
    names: Vec<&'a str>,
}

impl<'a> Grant<'a> {
    fn of(rule: &'a Node) -> Self {
        let texts = |key: &str| -> Vec<&'a str> {
            rule.get(key).map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect()
        };
        Grant {
            groups: texts("apiGroups"),
            resources: texts("resources"),
            verbs: texts("verbs"),
            names: texts("resourceNames"),
        }
    }

    /// The first of some verbs that is granted on the resource, evaluated as Kubernetes does.
    fn verb_on(&self, group: &str, resource: &str, verbs: &[&'static str]) -> Option<&'static str> {
        let in_group = self.groups.iter().any(|granted| matches!(*granted, "*") || *granted == group);
        let on_resource = self.resources.iter().any(|granted| {
            *granted == "*"
                || *granted == resource
                || granted.strip_prefix("*/").is_some_and(|sub| resource.ends_with(&format!("/{sub}")))
        });
        if !(in_group && on_resource) {
            return None;
        }
        verbs.iter().copied().find(|verb| self.verbs.iter().any(|granted| *granted == "*" || granted == verb))
    }

    /// `impersonate`, if it is granted on what can be impersonated.
    fn impersonates(&self, group: &str, resource: &str) -> Option<&'static str> {
        let verbs = ["impersonate"];
        if !resource.ends_with('/') {
            return self.verb_on(group, resource, &verbs);
        }
        let extra = self.resources.iter().copied().find(|granted| granted.starts_with(resource));
        self.verb_on(group, extra.unwrap_or(resource), &verbs)
    }
}

fn role(checker: &mut Checker<'_>, object: &Object, secrets: &[&str]) {
    let rules = object.root.get("rules").map(Node::items).unwrap_or_default();
    for (index, node) in rules.iter().enumerate() {
        let grant = Grant::of(node);
        let path = format!("rules[{index}]");
        let mut found = |rule: &'static Rule, message: String, level: Option<Level>| {
            let mut said = Said::at(path.clone(), node.span, message);
            said.level = level;
            checker.found(rule, object, said);
        };
        let all_verbs = grant.verbs.contains(&"*");
        let all_resources = grant.resources.contains(&"*");
        // Every verb on every resource is one breach, not all of those below too.
        let everything = all_verbs && all_resources;
        if all_verbs || all_resources || grant.groups.contains(&"*") {
            let level = if everything { Level::Error } else { Level::Warning };
            let message = format!(
                "{object} rule {index} allows {} on {}",
                grant.verbs.join(", "),
                grant.resources.join(", ")
            );
            found(&WILDCARD, message, Some(level));
        }
        let escalation = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"]
            .iter()
            .find_map(|resource| Some((grant.verb_on(RBAC, resource, &["escalate", "bind"])?, *resource)))
            .or_else(|| {
                IMPERSONATED
                    .iter()
                    .find_map(|(group, resource)| Some((grant.impersonates(group, resource)?, *resource)))
            })
            .filter(|_| !everything);
        if let Some((verb, resource)) = escalation {
            found(
                &ESCALATE,
                format!("{object} lets its holder raise its own rights ({verb} {resource})"),
                None,
            );
        }
        if grant.verb_on("", "secrets", &["get", "list", "watch"]).is_some() && !everything {
            let lists = grant.verb_on("", "secrets", &["list", "watch"]).is_some();
            let only_own = !grant.names.is_empty() && grant.names.iter().all(|name| secrets.contains(name));
            if only_own && !lists {
                found(
                    &SECRETS,
                    format!("{object} lets its holder read {}", grant.names.join(", ")),
                    Some(Level::Info),
                );
            } else {
                found(&SECRETS, format!("{object} lets its holder read every Secret of the namespace"), None);
            }
        }
        run_code(&grant, object, &mut found);
        let mints = ["serviceaccounts/token"]
            .iter()
            .find(|resource| grant.verb_on("", resource, &["create"]).is_some())
            .or_else(|| {
                ["certificatesigningrequests"]
                    .iter()
                    .find(|resource| grant.verb_on("certificates.k8s.io", resource, &["create"]).is_some())
            });
        if let Some(resource) = mints.filter(|_| !everything) {
            found(&TOKEN, format!("{object} lets its holder mint credentials ({resource})"), None);
        }
        let idle = grant
            .resources
            .iter()
            .find(|resource| CLUSTER_SCOPED.contains(resource))
            .or_else(|| grant.verbs.iter().find(|verb| !VERBS.contains(verb)))
            .copied()
            .or_else(|| node.get("nonResourceURLs").map(|_| "nonResourceURLs"));
        if let Some(idle) = idle {
            found(&NO_EFFECT, format!("{object} rule {index}: {idle} has no effect in a namespace"), None);
        }
    }
}

fn run_code(
    grant: &Grant<'_>,
    object: &Object,
    found: &mut impl FnMut(&'static Rule, String, Option<Level>),
) {
    if grant.resources.contains(&"*") {
        return;
    }
    let makes = WORKLOADS.iter().find(|resource| {
        let group = match **resource {
            "pods" => "",
            "jobs" | "cronjobs" => "batch",
            _ => "apps",
        };
        grant.verb_on(group, resource, &["create"]).is_some()
    });
    let enters = ENTRANCES.iter().find(|resource| grant.verb_on("", resource, &["create", "get"]).is_some());
    if let Some(resource) = makes {
        found(
            &RUN_CODE,
            format!("{object} lets its holder run code in other pods (create {resource})"),
            None,
        );
    } else if let Some(resource) = enters {
        found(
            &RUN_CODE,
            format!("{object} lets its holder run code in other pods (create {resource})"),
            None,
        );
    }
}

fn binding(checker: &mut Checker<'_>, object: &Object, objects: &[Object]) {
    let root = &object.root;
    match root.at("roleRef.kind").map(Node::shown) {
        Some(kind) if kind == "Role" => {}
        Some(kind) => {
            let name = root.at("roleRef.name").map(Node::shown).unwrap_or_default();
            let span = root.get("roleRef").map_or(root.span, |reference| reference.span);
            let level = if kind == "ClusterRole" && name == "view" { Level::Warning } else { Level::Error };
            let message = format!("{object} grants {kind} {name} in the namespace");
            checker.found(&CLUSTER_ROLE, object, Said::at("roleRef", span, message).level(level));
        }
        None => {
            let message = format!("{object} does not say which Role it grants");
            checker.found(&CLUSTER_ROLE, object, Said::missing("roleRef.kind", root.span, message));
        }
    }
    let subjects = root.get("subjects").map(Node::items).unwrap_or_default();
    for (index, subject) in subjects.iter().enumerate() {
        let text = |key: &str| subject.get(key).and_then(Node::as_str).unwrap_or_default();
        let namespace = text("namespace");
        let is_known = text("name") == "default"
            || objects.iter().any(|other| other.is("", "ServiceAccount") && other.name() == text("name"));
        let is_own = text("kind") == "ServiceAccount"
            && (namespace.is_empty() || namespace == checker.facts.namespace())
            && is_known;
        if !is_own {
            let message = format!(
                "{object} grants to {} \"{}\", which is outside the function",
                text("kind"),
                text("name")
            );
            checker.found(&SUBJECT, object, Said::at(format!("subjects[{index}]"), subject.span, message));
        }
    }
}

/// A binding to the account that the chart's own pods ask for (WH-138): they run under another.
fn idle(checker: &mut Checker<'_>, binding: &Object, pods: &[Pod<'_>]) {
    let subjects = binding.root.get("subjects").map(Node::items).unwrap_or_default();
    let is_used = |name: &str| {
        pods.iter().any(|pod| {
            let account =
                pod.template.spec.set("serviceAccountName").and_then(Node::as_str).unwrap_or("default");
            account == name
        })
    };
    let used = subjects.iter().find(|subject| {
        subject.get("kind").and_then(Node::as_str) == Some("ServiceAccount")
            && subject.get("name").and_then(Node::as_str).is_some_and(is_used)
    });
    if let Some(subject) = used {
        let message = format!("{binding} has no effect: pods of a function get no service account token");
        checker.found(&IDLE_ROLE, binding, Said::at("subjects", subject.span, message));
    }
}

fn account(checker: &mut Checker<'_>, object: &Object) {
    check_service_account(checker, object);
    if let Some(secrets) = object.root.get("secrets").filter(|secrets| !secrets.items().is_empty()) {
        let message = format!("{object} lists secrets; pods of a function do not use this account");
        checker.found(&ACCOUNT_SECRETS, object, Said::at("secrets", secrets.span, message));
    }
}

fn token_secret(checker: &mut Checker<'_>, object: &Object) {
    if let Some(kind) = object.root.get("type")
        && matches!(
            kind.as_str(),
            Some("kubernetes.io/service-account-token" | "bootstrap.kubernetes.io/token")
        )
    {
        let account = object.annotation("kubernetes.io/service-account.name").unwrap_or_default();
        let message = format!("{object} asks the cluster to mint a token for service account \"{account}\"");
        checker.found(&TOKEN_SECRET, object, Said::at("type", kind.span, message));
    }
}
