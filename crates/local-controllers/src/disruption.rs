//! PodDisruptionBudgets: how many pods may be missed just now.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{DEPLOYMENT, POD, POD_DISRUPTION_BUDGET, REPLICA_SET, STATEFUL_SET};
use wheelhouse_cluster::{Key, Resource, Subresource, metadata};
use wheelhouse_objects::Selector;

use crate::action::{Action, Plan};
use crate::controller::Controller;
use crate::field::{items, number, scaled, stamp, text, value};
use crate::pod;
use crate::world::World;

/// Keeps the status of PodDisruptionBudgets, by which evictions are allowed or refused.
#[derive(Debug)]
pub(crate) struct DisruptionBudgets;

impl Controller for DisruptionBudgets {
    fn name(&self) -> &'static str {
        "disruption-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![POD_DISRUPTION_BUDGET, POD]
    }

    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == POD_DISRUPTION_BUDGET {
            return vec![Key::of(object)];
        }
        let labels = object.pointer("/metadata/labels");
        let budgets = world.list(&POD_DISRUPTION_BUDGET, metadata::namespace(object));
        budgets
            .iter()
            .filter(|budget| Selector::of(value(budget, "/spec/selector")).picks(labels))
            .map(|budget| Key::of(budget))
            .collect()
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        let Some(budget) = world.get(&POD_DISRUPTION_BUDGET, key) else { return Plan::nothing() };
        let selector = Selector::of(value(&budget, "/spec/selector"));
        let mut pods = world.list(&POD, &key.namespace);
        pods.retain(|pod| selector.picks(pod.pointer("/metadata/labels")) && !pod::is_terminal(pod));
        plan(&budget, &pods, expected(world, &pods), now)
    }
}

/// How many pods there should be: what their controllers want, or as many as there are.
fn expected(world: &World, pods: &[Arc<Value>]) -> i64 {
    let mut controllers = std::collections::BTreeMap::new();
    let mut alone = 0;
    for pod in pods {
        let found = metadata::controller_uid(pod).and_then(|uid| world.by_uid(uid));
        let above = found.and_then(|(resource, object)| {
            // A Deployment knows better than one of its ReplicaSets.
            let parent = metadata::controller_uid(&object).and_then(|uid| world.by_uid(uid));
            match parent {
                Some((kind, parent)) if resource == REPLICA_SET && kind == DEPLOYMENT => Some(parent),
                _ if resource == REPLICA_SET || resource == STATEFUL_SET => Some(object),
                _ => None,
            }
        });
        match above {
            Some(object) => {
                controllers.insert(
                    metadata::uid(&object).to_owned(),
                    number(&object, "/spec/replicas").unwrap_or(1),
                );
            }
            None => alone += 1,
        }
    }
    controllers.values().sum::<i64>() + alone
}

fn plan(budget: &Value, pods: &[Arc<Value>], expected: i64, now: Timestamp) -> Plan {
    let healthy = i64::try_from(pods.iter().filter(|pod| pod::is_active(pod) && pod::is_ready(pod)).count())
        .unwrap_or(i64::MAX);
    let most = value(budget, "/spec/maxUnavailable");
    let desired = if most.is_null() {
        scaled(value(budget, "/spec/minAvailable"), expected, true).unwrap_or_default()
    } else {
        (expected - scaled(most, expected, true).unwrap_or_default()).max(0)
    };
    let allowed = (healthy - desired).max(0);
    let generation = metadata::generation(budget);
    let fields = [
        ("currentHealthy", healthy),
        ("desiredHealthy", desired),
        ("disruptionsAllowed", allowed),
        ("expectedPods", expected),
        ("observedGeneration", generation),
    ];
    let known = value(budget, "/status");
    let same = fields
        .iter()
        .all(|(field, count)| known.get(field).and_then(Value::as_i64).unwrap_or_default() == *count);
    if same && known.get("conditions").is_some() {
        return Plan::nothing();
    }
    let (status, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let before = items(budget, "/status/conditions").find(|condition| text(condition, "/status") == status);
    let since = before.map_or_else(|| stamp(now), |before| text(before, "/lastTransitionTime").to_owned());
    let mut new: serde_json::Map<String, Value> =
        fields.iter().map(|(field, count)| ((*field).to_owned(), (*count).into())).collect();
    new.insert(
        "conditions".to_owned(),
        json!([{"type": "DisruptionAllowed", "status": status, "reason": reason, "message": "",
            "observedGeneration": generation, "lastTransitionTime": since}]),
    );
    vec![Action::Patch {
        resource: POD_DISRUPTION_BUDGET,
        key: Key::of(budget),
        part: Some(Subresource::Status),
        patch: json!({"status": new}),
    }]
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_allows_what_is_left() {
        let pod = |ready: bool| {
            Arc::new(
                json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if ready {"True"} else {"False"}}]}}),
            )
        };
        let pods = [pod(true), pod(true), pod(false)];
        let cases = [
            (json!({"minAvailable": 1}), (1, 1)),
            (json!({"minAvailable": "50%"}), (2, 0)),
            (json!({"maxUnavailable": 1}), (2, 0)),
            (json!({"maxUnavailable": 2}), (1, 1)),
            (json!({"maxUnavailable": "100%"}), (0, 2)),
        ];
        for (spec, (desired, allowed)) in cases {
            let budget = json!({"metadata": {"namespace": "n", "name": "b"}, "spec": spec});
            let plan = plan(&budget, &pods, 3, "2026-01-01T00:00:00Z".parse().unwrap());
            let Some(Action::Patch { patch, .. }) = plan.actions.first() else { panic!("{plan:?}") };
            let found = (
                number(patch, "/status/desiredHealthy").unwrap(),
                number(patch, "/status/disruptionsAllowed").unwrap(),
            );
            assert_eq!(found, (desired, allowed), "{budget}");
        }
    }
}
