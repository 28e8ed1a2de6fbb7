//! The roles and bindings every cluster starts with, from `data/rbac.jsonl`.

use serde_json::Value;

use crate::meta;

fn all() -> impl Iterator<Item = Value> {
    include_str!("../../data/rbac.jsonl").lines().filter_map(|line| serde_json::from_str(line).ok())
}

fn of_kind(kind: &'static str) -> impl Iterator<Item = Value> {
    all().filter(move |object| meta::text(object, &["kind"]) == kind)
}

/// The cluster roles.
pub(crate) fn cluster_roles() -> impl Iterator<Item = Value> {
    of_kind("ClusterRole")
}

/// The cluster role bindings.
pub(crate) fn cluster_role_bindings() -> impl Iterator<Item = Value> {
    of_kind("ClusterRoleBinding")
}

/// The roles and role bindings of single namespaces.
pub(crate) fn roles() -> impl Iterator<Item = Value> {
    of_kind("Role").chain(of_kind("RoleBinding"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_roles_everyone_uses() {
        for name in ["cluster-admin", "admin", "edit", "view", "system:discovery", "system:node"] {
            assert!(cluster_roles().any(|role| meta::name(&role) == name), "{name}");
        }
        assert!(cluster_role_bindings().any(|binding| meta::name(&binding) == "cluster-admin"));
        assert!(roles().all(|role| !meta::namespace(&role).is_empty()));
    }
}
