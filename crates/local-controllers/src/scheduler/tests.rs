#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;

fn node(name: &str, extra: Value) -> (Resource, Value) {
    let mut node = json!({"metadata": {"name": name, "uid": name, "resourceVersion": "1",
            "labels": {"kubernetes.io/hostname": name, "zone": name.split('-').next().unwrap()}},
        "spec": {}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}}});
    merge(&mut node, extra);
    (NODE, node)
}

fn pod(name: &str, on: Option<&str>, extra: Value) -> (Resource, Value) {
    let mut pod = json!({"metadata": {"namespace": "n", "name": name, "uid": name, "resourceVersion": "1", "labels": {"app": "x"}},
        "spec": {"containers": [{"resources": {"requests": {"cpu": "1"}}}]}, "status": {"phase": "Pending"}});
    if let Some(on) = on {
        pod["spec"]["nodeName"] = json!(on);
    }
    merge(&mut pod, extra);
    (POD, pod)
}

fn merge(target: &mut Value, patch: Value) {
    match patch {
        Value::Object(fields) => {
            for (name, value) in fields {
                if !target.is_object() {
                    *target = json!({});
                }
                merge(&mut target[name.as_str()], value);
            }
        }
        other => *target = other,
    }
}

/// Where the pod `new` with the given extras goes, in a world of some more objects.
fn place(extra: Value, mut world: Vec<(Resource, Value)>) -> String {
    world.push(pod("new", None, extra));
    let world = World::of(world);
    let plan = Scheduler.plan(&world, &Key::new("n", "new"), "2026-01-01T00:00:00Z".parse().unwrap());
    match plan.actions.first() {
        Some(Action::Bind { node, .. }) => node.clone(),
        Some(Action::Patch { patch, .. }) => {
            patch.pointer("/status/conditions/0/message").unwrap().as_str().unwrap().to_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_emptiest_node_is_taken() {
    let world = vec![node("a-1", json!({})), node("a-2", json!({})), pod("p", Some("a-1"), json!({}))];
    assert_eq!(place(json!({}), world), "a-2");
}

#[test]
fn what_does_not_fit_is_said_in_upstreams_words() {
    let gpu = json!({"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}]}});
    let cases = [
        (
            json!({}),
            json!({"spec": {"unschedulable": true}}),
            "0/1 nodes are available: 1 node(s) were unschedulable.",
        ),
        (
            json!({}),
            json!({"spec": {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}}),
            "0/1 nodes are available: 1 node(s) had untolerated taint {k: v}.",
        ),
        (
            json!({"spec": {"nodeSelector": {"zone": "b"}}}),
            json!({}),
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        ),
        (gpu.clone(), json!({}), "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."),
        (
            json!({"spec": {"containers": [{"resources": {"requests": {"cpu": "5", "memory": "9Gi"}}}]}}),
            json!({}),
            "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.",
        ),
        (gpu, json!({"status": {"allocatable": {"nvidia.com/gpu": "1"}}}), "a-1"),
        (
            json!({"spec": {"tolerations": [{"key": "k", "operator": "Exists"}]}}),
            json!({"spec": {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}}),
            "a-1",
        ),
    ];
    for (extra, on_node, expected) in cases {
        assert_eq!(place(extra.clone(), vec![node("a-1", on_node)]), expected, "{extra}");
    }
    assert_eq!(place(json!({}), vec![]), "no nodes available to schedule pods");
}

#[test]
fn room_is_counted_with_pods_just_placed() {
    let big = json!({"spec": {"containers": [{"resources": {"requests": {"cpu": "3"}}}]}});
    let world = World::of([node("a-1", json!({})), pod("one", None, big.clone()), pod("two", None, big)]);
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let first = Scheduler.plan(&world, &Key::new("n", "one"), now);
    assert!(matches!(first.actions[0], Action::Bind { .. }));
    world.assume("one", "a-1");
    let second = Scheduler.plan(&world, &Key::new("n", "two"), now);
    assert!(matches!(second.actions[0], Action::Patch { .. }));
}

#[test]
fn required_node_affinity_is_any_of_its_terms() {
    let extra = json!({"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["c"]}]},
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b-1"]}]}]}}}}});
    assert_eq!(place(extra, vec![node("a-1", json!({})), node("b-1", json!({}))]), "b-1");
}

#[test]
fn preferred_node_affinity_draws() {
    let extra = json!({"spec": {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 100, "preference": {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}}]}}}});
    let world = vec![node("a-1", json!({})), node("b-1", json!({})), pod("p", Some("b-1"), json!({}))];
    assert_eq!(place(extra, world), "b-1");
}

#[test]
fn anti_affinity_keeps_pods_apart_both_ways() {
    let away = json!({"spec": {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "kubernetes.io/hostname"}]}}}});
    let two = || vec![node("a-1", json!({})), node("a-2", json!({}))];
    let mut world = two();
    world.push(pod("p", Some("a-1"), json!({})));
    assert_eq!(place(away.clone(), world.clone()), "a-2");
    world.push(pod("q", Some("a-2"), json!({})));
    assert_eq!(
        place(away.clone(), world),
        "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."
    );
    let mut world = two();
    world.push(pod("p", Some("a-1"), away.clone()));
    world.push(pod("q", Some("a-2"), away));
    assert_eq!(
        place(json!({}), world),
        "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules."
    );
}

#[test]
fn affinity_goes_where_its_friends_are_and_the_first_goes_anywhere() {
    let near = |app: &str| {
        json!({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "zone"}]}}}})
    };
    let world = || vec![node("a-1", json!({})), node("b-1", json!({}))];
    assert_eq!(place(near("x"), world()), "a-1");
    assert_eq!(
        place(near("other"), world()),
        "0/2 nodes are available: 2 node(s) didn't match pod affinity rules."
    );
    let mut with_friend = world();
    with_friend.push(pod("p", Some("b-1"), json!({})));
    assert_eq!(place(near("x"), with_friend), "b-1");
}

#[test]
fn hard_spread_fills_the_emptiest_domain() {
    let spread = json!({"spec": {"topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "x"}}}]}});
    let world = vec![
        node("a-1", json!({})),
        node("b-1", json!({"status": {"allocatable": {"cpu": "3"}}})),
        pod("p", Some("a-1"), json!({})),
    ];
    assert_eq!(place(spread.clone(), world.clone()), "b-1");
    let mut full = world;
    full.push(pod("q", Some("b-1"), json!({"metadata": {"labels": {"app": "y"}}, "spec": {"containers": [{"resources": {"requests": {"cpu": "3"}}}]}})));
    assert_eq!(
        place(spread, full),
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints."
    );
}

#[test]
fn host_ports_are_taken_once() {
    let port = json!({"spec": {"containers": [{"ports": [{"containerPort": 80, "hostPort": 8080}], "resources": {}}]}});
    let world = vec![node("a-1", json!({})), node("a-2", json!({})), pod("p", Some("a-1"), port.clone())];
    assert_eq!(place(port, world), "a-2");
}

#[test]
fn claims_must_be_bound_and_pull_to_their_node() {
    let with_claim =
        json!({"spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}});
    let nodes = || vec![node("a-1", json!({})), node("a-2", json!({}))];
    assert_eq!(
        place(with_claim.clone(), nodes()),
        "0/2 nodes are available: persistentvolumeclaim \"c\" not found."
    );
    let claim = |phase: &str| {
        (
            PERSISTENT_VOLUME_CLAIM,
            json!({"metadata": {"namespace": "n", "name": "c", "uid": "c", "resourceVersion": "1"},
            "spec": {"volumeName": if phase == "Bound" { "v" } else { "" }}, "status": {"phase": phase}}),
        )
    };
    let mut world = nodes();
    world.push(claim("Pending"));
    assert_eq!(
        place(with_claim.clone(), world),
        "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    );
    let mut world = nodes();
    world.push(claim("Bound"));
    world.push((PERSISTENT_VOLUME, json!({"metadata": {"name": "v", "uid": "v", "resourceVersion": "1"}, "spec": {"nodeAffinity": {"required":
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["a-2"]}]}]}}}})));
    assert_eq!(place(with_claim, world), "a-2");
}

#[test]
fn gated_pods_wait_without_an_event() {
    let world = World::of([
        node("a-1", json!({})),
        pod("new", None, json!({"spec": {"schedulingGates": [{"name": "g"}]}})),
    ]);
    let plan = Scheduler.plan(&world, &Key::new("n", "new"), "2026-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(plan.actions.len(), 1);
}
