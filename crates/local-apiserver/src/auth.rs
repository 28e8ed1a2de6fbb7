//! Who sends a request, and whether they may.

use serde_json::Value;

use crate::cluster::{Cluster, subject};
use crate::meta;
use crate::operations::{Context, Target};
use crate::status::Status;

mod bootstrap;
mod rbac;
mod tokens;

pub(crate) use bootstrap::{cluster_role_bindings, cluster_roles, roles};
pub(crate) use rbac::{Attributes, allowed, decide, quoted_list, rules_for};
pub use tokens::StaticToken;
pub(crate) use tokens::{Authenticator, Claims};

/// Nobody gives more rights than they have: roles and bindings need the rights they grant, or the
/// verbs `escalate` and `bind`.
///
/// # Errors
/// 403 naming what is missing.
pub(crate) fn escalation(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    object: &Value,
) -> Result<(), Status> {
    let resource = &target.resource;
    if resource.group != "rbac.authorization.k8s.io" || !target.subresource.is_empty() {
        return Ok(());
    }
    if context.user.groups.iter().any(|group| group == "system:masters") {
        return Ok(());
    }
    let name = meta::name(object).to_owned();
    let may = |verb: &str, plural: &str, name: &str| {
        let attributes = Attributes {
            verb: verb.to_owned(),
            group: resource.group.clone(),
            resource: plural.to_owned(),
            namespace: target.namespace.clone(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        allowed(cluster, &context.user, &attributes)
    };
    let granted: Vec<Value> = if resource.plural.ends_with("roles") {
        if may("escalate", &resource.plural, &name) {
            return Ok(());
        }
        meta::items(object, &["rules"]).to_vec()
    } else {
        let role = meta::text(object, &["roleRef", "name"]);
        let plural =
            if meta::text(object, &["roleRef", "kind"]) == "ClusterRole" { "clusterroles" } else { "roles" };
        if may("bind", plural, role) {
            return Ok(());
        }
        rbac::role_rules(cluster, object, &target.namespace).unwrap_or_default()
    };
    let owned = rules_for(cluster, &context.user, &target.namespace);
    let missing: Vec<Value> =
        granted.iter().flat_map(rbac::single_rules).filter(|rule| !rbac::covers(&owned, rule)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Status::forbidden(
        subject(resource, &name),
        &format!(
            "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
            context.user.name,
            quoted_list(&context.user.groups),
            rbac::compact_texts(&missing).join("\n")
        ),
    ))
}
