#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn deployment(replicas: i64, strategy: Value, image: &str) -> Value {
    json!({"metadata": {"namespace": "n", "name": "d", "uid": "d", "generation": 1},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "x"}}, "strategy": strategy,
            "progressDeadlineSeconds": 600,
            "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"image": image}}}})
}

fn rolling(surge: Value, unavailable: Value) -> Value {
    json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}})
}

/// A cluster in which every ReplicaSet's pods become available at once, or not.
struct Play {
    deployment: Value,
    sets: Vec<Arc<Value>>,
    version: u64,
}

impl Play {
    fn new(deployment: Value) -> Self {
        Self { deployment, sets: Vec::new(), version: 0 }
    }

    fn merge(target: &mut Value, patch: &Value) {
        let Some(fields) = patch.as_object() else {
            *target = patch.clone();
            return;
        };
        if !target.is_object() {
            *target = json!({});
        }
        for (name, value) in fields {
            if value.is_null() {
                target.as_object_mut().unwrap().remove(name);
            } else {
                Self::merge(&mut target[name], value);
            }
        }
    }

    /// One turn; gives whether something was done.
    fn turn(&mut self) -> bool {
        let actions = plan(&self.deployment, &self.sets, &[], now()).actions;
        for action in &actions {
            self.version += 1;
            match action {
                Action::Create { object, .. } => {
                    let mut object = object.clone();
                    object["metadata"]["uid"] = object["metadata"]["name"].clone();
                    object["metadata"]["creationTimestamp"] =
                        json!(format!("2026-01-01T00:00:{:02}Z", self.sets.len()));
                    object["status"] = json!({"replicas": 0, "availableReplicas": 0});
                    self.sets.push(Arc::new(object));
                }
                Action::Patch { resource, key, patch, .. } if *resource == REPLICA_SET => {
                    let set = self.sets.iter_mut().find(|set| metadata::name(set) == key.name).unwrap();
                    let mut changed = (**set).clone();
                    Self::merge(&mut changed, patch);
                    *set = Arc::new(changed);
                }
                Action::Patch { patch, .. } => Self::merge(&mut self.deployment, patch),
                Action::Delete { key, .. } => self.sets.retain(|set| metadata::name(set) != key.name),
                other => panic!("{other:?}"),
            }
        }
        !actions.is_empty()
    }

    /// The ReplicaSets' controller: pods appear; those of a set become available if it is healthy.
    fn settle(&mut self, healthy: impl Fn(&Value) -> bool) {
        for set in &mut self.sets {
            let mut changed = (**set).clone();
            let replicas = spec_replicas(set);
            let ready = if healthy(set) { replicas } else { 0 };
            changed["status"] =
                json!({"replicas": replicas, "readyReplicas": ready, "availableReplicas": ready});
            *set = Arc::new(changed);
        }
    }

    fn numbers(&self) -> Vec<i64> {
        self.sets.iter().map(|set| spec_replicas(set)).collect()
    }

    fn run(&mut self, healthy: impl Fn(&Value) -> bool + Copy) {
        for _ in 0..200 {
            let done = self.turn();
            self.settle(healthy);
            if !done && !self.turn() {
                return;
            }
        }
        panic!("the rollout does not end: {:?}", self.numbers());
    }
}

#[test]
fn a_first_rollout_makes_one_full_replica_set() {
    let mut play = Play::new(deployment(3, rolling(json!("25%"), json!("25%")), "a"));
    play.run(|_| true);
    assert_eq!(play.numbers(), [3]);
    assert_eq!(metadata::annotation(&play.deployment, REVISION), Some("1"));
    assert_eq!(play.deployment["status"]["availableReplicas"], json!(3));
    assert_eq!(condition(&play.deployment, "Progressing").unwrap()["reason"], "NewReplicaSetAvailable");
    assert_eq!(condition(&play.deployment, "Available").unwrap()["status"], "True");
}

use crate::pod::condition;

#[test]
fn a_new_template_replaces_the_old_one() {
    let mut play = Play::new(deployment(4, rolling(json!(1), json!(1)), "a"));
    play.run(|_| true);
    play.deployment["spec"]["template"]["spec"]["image"] = json!("b");
    play.run(|_| true);
    assert_eq!(play.numbers(), [0, 4]);
    assert_eq!(metadata::annotation(&play.deployment, REVISION), Some("2"));
}

#[test]
fn going_back_uses_the_old_replica_set_as_a_new_revision() {
    let mut play = Play::new(deployment(2, rolling(json!(1), json!(0)), "a"));
    play.run(|_| true);
    play.deployment["spec"]["template"]["spec"]["image"] = json!("b");
    play.run(|_| true);
    play.deployment["spec"]["template"]["spec"]["image"] = json!("a");
    play.run(|_| true);
    assert_eq!(play.numbers(), [2, 0]);
    assert_eq!(metadata::annotation(&play.deployment, REVISION), Some("3"));
    assert_eq!(metadata::annotation(&play.sets[0], HISTORY), Some("1"));
}

#[test]
fn a_version_that_never_gets_ready_leaves_the_old_one_running() {
    let mut play = Play::new(deployment(4, rolling(json!(1), json!(1)), "a"));
    play.run(|_| true);
    play.deployment["spec"]["template"]["spec"]["image"] = json!("bad");
    play.run(|set| set["spec"]["template"]["spec"]["image"] != "bad");
    assert_eq!(play.numbers(), [3, 2]);
    assert_eq!(condition(&play.deployment, "Progressing").unwrap()["reason"], "ReplicaSetUpdated");
    let late: Timestamp = "2026-01-01T00:11:00Z".parse().unwrap();
    let plan = plan(&play.deployment, &play.sets, &[], late);
    let Some(Action::Patch { patch, .. }) = plan.actions.last() else { panic!("{plan:?}") };
    assert!(patch.to_string().contains("ProgressDeadlineExceeded"), "{patch}");
}

#[test]
fn scaling_in_the_middle_is_shared_out() {
    let mut play = Play::new(deployment(10, rolling(json!(3), json!(2)), "a"));
    play.run(|_| true);
    play.deployment["spec"]["template"]["spec"]["image"] = json!("bad");
    play.run(|set| set["spec"]["template"]["spec"]["image"] != "bad");
    assert_eq!(play.numbers(), [8, 5]);
    play.deployment["spec"]["replicas"] = json!(15);
    play.turn();
    // The example of the Kubernetes documentation.
    assert_eq!(play.numbers(), [11, 7]);
}

#[test]
fn recreate_waits_for_the_old_pods() {
    let mut play = Play::new(deployment(2, json!({"type": "Recreate"}), "a"));
    play.run(|_| true);
    play.deployment["spec"]["template"]["spec"]["image"] = json!("b");
    play.turn();
    assert_eq!(play.numbers(), [0]);
    let uid = metadata::uid(&play.sets[0]).to_owned();
    let pod = Arc::new(
        json!({"metadata": {"ownerReferences": [{"uid": uid, "controller": true}]}, "status": {"phase": "Running"}}),
    );
    let waiting = plan(&play.deployment, &play.sets, &[pod], now());
    assert!(!waiting.actions.iter().any(|action| matches!(action, Action::Create { .. })), "{waiting:?}");
    play.run(|_| true);
    assert_eq!(play.numbers(), [0, 2]);
}

#[test]
fn history_is_kept_to_its_limit() {
    let mut play = Play::new(deployment(1, rolling(json!(1), json!(0)), "v0"));
    play.deployment["spec"]["revisionHistoryLimit"] = json!(2);
    for version in 1..6 {
        play.run(|_| true);
        play.deployment["spec"]["template"]["spec"]["image"] = json!(format!("v{version}"));
    }
    play.run(|_| true);
    assert_eq!(play.numbers(), [0, 0, 1]);
}

proptest! {
    /// Whatever the numbers, a healthy rollout ends with the new version alone, and on the way never
    /// has more pods than allowed nor fewer available than allowed.
    #[test]
    fn a_healthy_rollout_keeps_its_fences_and_ends(replicas in 0_i64..20, surge in 0_i64..5, unavailable in 0_i64..5) {
        let mut play = Play::new(deployment(replicas, rolling(json!(surge), json!(unavailable)), "a"));
        play.run(|_| true);
        play.deployment["spec"]["template"]["spec"]["image"] = json!("b");
        let (surge, unavailable) = if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) };
        for _ in 0..200 {
            let done = play.turn();
            let sum: i64 = play.numbers().iter().sum();
            prop_assert!(sum <= replicas + surge, "{sum} pods of {replicas}+{surge}");
            let available: i64 = play.sets.iter().map(|set| super::available(set).min(spec_replicas(set))).sum();
            prop_assert!(available >= replicas - unavailable, "{available} available of {replicas}-{unavailable}");
            play.settle(|_| true);
            if !done { break; }
        }
        let numbers = play.numbers();
        prop_assert_eq!(*numbers.last().unwrap(), replicas);
        prop_assert_eq!(numbers.iter().sum::<i64>(), replicas);
    }
}
