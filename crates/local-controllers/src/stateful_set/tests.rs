#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;

/// A cluster in which the set's actions are done at once, and pods become ready when told.
struct Play {
    set: Value,
    pods: Vec<Arc<Value>>,
    revisions: Vec<Arc<Value>>,
    claims: Vec<Arc<Value>>,
}

impl Play {
    fn new(replicas: i64, extra: Value) -> Self {
        let mut set = json!({"metadata": {"namespace": "n", "name": "db", "uid": "s", "generation": 1},
            "spec": {"replicas": replicas, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}],
                "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"image": "a"}}}});
        for (key, value) in extra.as_object().unwrap() {
            set["spec"][key] = value.clone();
        }
        Self { set, pods: vec![], revisions: vec![], claims: vec![] }
    }

    /// One turn: what was done to pods, in few words.
    fn turn(&mut self) -> Vec<String> {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut said = Vec::new();
        for action in plan(&self.set, &self.pods, &self.revisions, &self.claims, now).actions {
            match action {
                Action::Create { resource, mut object } => {
                    object["metadata"]["uid"] = object["metadata"]["name"].clone();
                    if resource == POD {
                        said.push(format!("+{}", metadata::name(&object)));
                        self.pods.push(Arc::new(object));
                    } else if resource == CONTROLLER_REVISION {
                        self.revisions.push(Arc::new(object));
                    } else {
                        self.claims.push(Arc::new(object));
                    }
                }
                Action::Delete { resource, key, .. } if resource == POD => {
                    said.push(format!("-{}", key.name));
                    self.pods.retain(|pod| metadata::name(pod) != key.name);
                }
                Action::Delete { key, .. } => {
                    said.push(format!("-claim {}", key.name));
                    self.claims.retain(|claim| metadata::name(claim) != key.name);
                }
                Action::Patch { patch, part: Some(_), .. } => self.set["status"] = patch["status"].clone(),
                Action::Patch { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        said
    }

    fn ready(&mut self) {
        for pod in &mut self.pods {
            let mut changed = (**pod).clone();
            changed["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2025-01-01T00:00:00Z"}]});
            *pod = Arc::new(changed);
        }
    }

    /// Turns until nothing is done, with pods ready after each.
    fn run(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        let mut idle = 0;
        for _ in 0..60 {
            let said = self.turn();
            self.ready();
            idle = if said.is_empty() { idle + 1 } else { 0 };
            all.extend(said);
            if idle == 3 {
                return all;
            }
        }
        panic!("does not end: {all:?}");
    }
}

#[test]
fn pods_come_in_order_each_after_the_one_before_is_ready() {
    let mut play = Play::new(3, json!({}));
    play.turn();
    assert_eq!(play.turn(), ["+db-0"]);
    assert_eq!(play.turn(), Vec::<String>::new());
    assert_eq!(play.run(), ["+db-1", "+db-2"]);
    assert_eq!(
        play.claims.iter().map(|claim| metadata::name(claim)).collect::<Vec<_>>(),
        ["data-db-0", "data-db-1", "data-db-2"]
    );
    let pod = &play.pods[1];
    assert_eq!((&pod["spec"]["hostname"], &pod["spec"]["subdomain"]), (&json!("db-1"), &json!("db")));
    assert_eq!(metadata::label(pod, "apps.kubernetes.io/pod-index"), Some("1"));
    assert_eq!(pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"], "data-db-1");
}

#[test]
fn in_parallel_all_come_at_once() {
    let mut play = Play::new(3, json!({"podManagementPolicy": "Parallel", "ordinals": {"start": 5}}));
    play.turn();
    assert_eq!(play.turn(), ["+db-5", "+db-6", "+db-7"]);
}

#[test]
fn scaling_down_takes_the_last_first_and_keeps_the_claims() {
    let mut play = Play::new(3, json!({}));
    play.run();
    play.set["spec"]["replicas"] = json!(1);
    assert_eq!(play.run(), ["-db-2", "-db-1"]);
    assert_eq!(play.claims.len(), 3);
    play.set["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenScaled": "Delete"});
    assert_eq!(play.run(), ["-claim data-db-1", "-claim data-db-2"]);
}

#[test]
fn an_update_replaces_pods_from_the_last_one_by_one() {
    let mut play = Play::new(3, json!({}));
    play.run();
    let before = text(&play.set, "/status/currentRevision").to_owned();
    play.set["spec"]["template"]["spec"]["image"] = json!("b");
    assert_eq!(play.run(), ["-db-2", "+db-2", "-db-1", "+db-1", "-db-0", "+db-0"]);
    assert!(play.pods.iter().all(|pod| pod["spec"]["image"] == "b"));
    assert_ne!(text(&play.set, "/status/currentRevision"), before);
}

#[test]
fn a_partition_holds_the_update_back() {
    let mut play =
        Play::new(3, json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}));
    play.run();
    play.set["spec"]["template"]["spec"]["image"] = json!("b");
    assert_eq!(play.run(), ["-db-2", "+db-2"]);
    // A pod below the partition comes back as it was.
    play.pods.retain(|pod| metadata::name(pod) != "db-0");
    assert_eq!(play.run(), ["+db-0"]);
    let image = |name: &str| {
        play.pods.iter().find(|pod| metadata::name(pod) == name).unwrap()["spec"]["image"].clone()
    };
    assert_eq!((image("db-0"), image("db-2")), (json!("a"), json!("b")));
}

#[test]
fn a_pod_that_ended_is_made_anew() {
    let mut play = Play::new(1, json!({}));
    play.run();
    let mut ended = (*play.pods[0]).clone();
    ended["status"]["phase"] = json!("Failed");
    play.pods[0] = Arc::new(ended);
    assert_eq!(play.run(), ["-db-0", "+db-0"]);
}
