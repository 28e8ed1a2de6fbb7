//! Namespaces on their way out: everything in them goes first.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use wheelhouse_cluster::resources::NAMESPACE;
use wheelhouse_cluster::{Key, Resource, metadata};

use crate::action::{Action, Plan};
use crate::controller::Controller;
use crate::field::items;
use crate::world::World;

/// How long to wait before looking again whether a namespace is empty.
const RETRY: Duration = Duration::from_millis(300);

/// Empties namespaces that are to go.
#[derive(Debug)]
pub(crate) struct Namespaces;

impl Controller for Namespaces {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![NAMESPACE]
    }

    fn keys(&self, _: &World, _: &Resource, object: &Value) -> Vec<Key> {
        vec![Key::of(object)]
    }

    fn plan(&self, world: &World, key: &Key, _: Timestamp) -> Plan {
        let Some(namespace) = world.get(&NAMESPACE, key) else { return Plan::nothing() };
        let held =
            items(&namespace, "/spec/finalizers").any(|finalizer| finalizer.as_str() == Some("kubernetes"));
        if !metadata::is_deleting(&namespace) || !held {
            return Plan::nothing();
        }
        Plan { actions: vec![Action::EmptyNamespace { name: key.name.clone() }], again: Some(RETRY) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_namespace_on_its_way_out_is_emptied() {
        let cases = [
            (json!(null), json!(["kubernetes"]), 0),
            (json!("2026-01-01T00:00:00Z"), json!(["kubernetes"]), 1),
            (json!("2026-01-01T00:00:00Z"), json!([]), 0),
        ];
        for (deleted, finalizers, actions) in cases {
            let object = json!({"metadata": {"name": "n", "resourceVersion": "1", "deletionTimestamp": deleted},
                "spec": {"finalizers": finalizers}});
            let world = World::of([(NAMESPACE, object)]);
            let plan = Namespaces.plan(&world, &Key::new("", "n"), "2026-01-01T00:00:00Z".parse().unwrap());
            assert_eq!(plan.actions.len(), actions);
        }
    }
}
