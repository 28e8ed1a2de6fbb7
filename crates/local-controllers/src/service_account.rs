//! What every namespace is given: the service account `default`, and the cluster's certificate
//! authority in a ConfigMap.

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{CONFIG_MAP, NAMESPACE, SERVICE_ACCOUNT};
use wheelhouse_cluster::{Key, Resource, metadata};

use crate::action::{Action, Plan};
use crate::controller::Controller;
use crate::field::text;
use crate::world::World;

const AUTHORITY: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "kubernetes.io/description";
const AUTHORITY_IS_FOR: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/// Keeps what every namespace is given.
#[derive(Debug)]
pub(crate) struct ServiceAccounts {
    /// The cluster's certificate authority, PEM.
    pub(crate) authority: Option<String>,
}

impl Controller for ServiceAccounts {
    fn name(&self) -> &'static str {
        "serviceaccount-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![NAMESPACE, SERVICE_ACCOUNT, CONFIG_MAP]
    }

    fn keys(&self, _: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == NAMESPACE {
            return vec![Key::of(object)];
        }
        let ours = if *resource == SERVICE_ACCOUNT { "default" } else { AUTHORITY };
        let key = Key::new("", metadata::namespace(object));
        if metadata::name(object) == ours { vec![key] } else { Vec::new() }
    }

    fn plan(&self, world: &World, key: &Key, _: Timestamp) -> Plan {
        let Some(namespace) = world.get(&NAMESPACE, key) else { return Plan::nothing() };
        if metadata::is_deleting(&namespace) || text(&namespace, "/status/phase") == "Terminating" {
            return Plan::nothing();
        }
        let mut plan = Plan::nothing();
        if world.get(&SERVICE_ACCOUNT, &Key::new(&key.name, "default")).is_none() {
            plan.then(Action::Create {
                resource: SERVICE_ACCOUNT,
                object: json!({"apiVersion": "v1", "kind": "ServiceAccount",
                    "metadata": {"namespace": key.name, "name": "default"}}),
            });
        }
        if let Some(authority) = &self.authority {
            let wanted = json!({"ca.crt": authority});
            match world.get(&CONFIG_MAP, &Key::new(&key.name, AUTHORITY)) {
                None => plan.then(Action::Create {
                    resource: CONFIG_MAP,
                    object: json!({"apiVersion": "v1", "kind": "ConfigMap",
                        "metadata": {"namespace": key.name, "name": AUTHORITY,
                            "annotations": {DESCRIPTION: AUTHORITY_IS_FOR}},
                        "data": wanted}),
                }),
                Some(known) if known.get("data") != Some(&wanted) => plan.then(Action::Patch {
                    resource: CONFIG_MAP,
                    key: Key::of(&known),
                    part: None,
                    patch: json!({"data": wanted}),
                }),
                Some(_) => {}
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namespace(phase: &str) -> (Resource, Value) {
        (NAMESPACE, json!({"metadata": {"name": "n", "resourceVersion": "1"}, "status": {"phase": phase}}))
    }

    fn count(objects: Vec<(Resource, Value)>) -> usize {
        let controller = ServiceAccounts { authority: Some("pem".into()) };
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        controller.plan(&World::of(objects), &Key::new("", "n"), now).actions.len()
    }

    #[test]
    fn a_new_namespace_is_furnished_and_a_going_one_is_not() {
        assert_eq!(count(vec![namespace("Active")]), 2);
        assert_eq!(count(vec![namespace("Terminating")]), 0);
        let account = json!({"metadata": {"namespace": "n", "name": "default", "resourceVersion": "2"}});
        let map = |data: &str| json!({"metadata": {"namespace": "n", "name": AUTHORITY, "resourceVersion": "3"}, "data": {"ca.crt": data}});
        let with =
            |data| vec![namespace("Active"), (SERVICE_ACCOUNT, account.clone()), (CONFIG_MAP, map(data))];
        assert_eq!(count(with("pem")), 0);
        assert_eq!(count(with("old")), 1);
    }
}
