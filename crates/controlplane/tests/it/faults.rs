//! What goes wrong around the control plane, and what it makes of it.

use crate::harness::{Harness, chart_function, deployment};
use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use wheelhouse_controlplane::Options;
use wheelhouse_functions::catalogue::Cluster;
use wheelhouse_functions::id::InstanceId;
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::instance_state::InstanceState;
use wheelhouse_store::Filter;

/// A function that serves on a cluster; gives function, version, cluster and instance.
async fn active(harness: &Harness) -> (String, String, String, Value) {
    let cluster = harness.cluster(4).await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    let deployed = harness.post(&path, deployment()).await;
    assert_eq!(deployed.status, 200, "{}", deployed.body);
    let work = harness.work(&cluster, |instances| instances.len() == 1).await;
    harness.report(&cluster, &work[0], json!({ "phase": "ready" })).await;
    harness.wait_for_status(&function, &version, "ACTIVE").await;
    (function, version, cluster, work[0].clone())
}

async fn instances(harness: &Harness) -> Vec<Instance> {
    let stored = harness.store.table::<Instance>().list(Filter::All).await.unwrap();
    stored.into_iter().map(|stored| stored.value).collect()
}

/// Waits until the instances are as wanted.
async fn until(harness: &Harness, what: &str, wanted: impl Fn(&[Instance]) -> bool) {
    for _ in 0..6000 {
        if wanted(&instances(harness).await) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not come: {:?}", instances(harness).await);
}

/// Waits until no instance counts towards anything.
pub(crate) async fn until_no_instance_lives(harness: &Harness) {
    until(harness, "the end of all", |all| all.iter().all(|one| !one.state.is_live())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_was_asked_for_while_its_deployment_was_removed_ends() {
    let harness = Harness::start().await;
    let (function, version, cluster, _) = active(&harness).await;
    let late = instances(&harness).await.remove(0);
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    assert_eq!(harness.call(Some(&harness.admin), Method::DELETE, &path, None).await.status, 200);
    // Found while the version is not deployed, and while it is deployed again.
    for deployed in [false, true] {
        if deployed {
            assert_eq!(harness.post(&path, deployment()).await.status, 200);
        }
        let id = InstanceId::from_parts(u64::from(deployed), [1; 10]);
        let late = Instance { id, state: InstanceState::Requested, ..late.clone() };
        harness.store.transaction().insert(&late).commit().await.unwrap();
        let ending = |one: &Instance| one.id == id && one.state == InstanceState::Terminating;
        until(&harness, "its end", |all| all.iter().any(ending)).await;
        harness.report(&cluster, &json!({ "id": id.to_string() }), json!({ "phase": "gone" })).await;
        assert!(instances(&harness).await.iter().all(|one| one.id != id), "its record stays");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_away_matters_at_create_and_not_at_deploy() {
    let harness = Harness::start().await;
    let cluster = harness.cluster(4).await;
    let (function, version) = harness.create(|_| {}).await;
    harness.take_registries_away();
    let refused = harness.post("/v2/nvcf/functions", chart_function()).await;
    assert_eq!(refused.status, 502, "{}", refused.body);
    // The chart was pinned at create.
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    assert_eq!(harness.post(&path, deployment()).await.status, 200);
    let work = harness.work(&cluster, |instances| instances.len() == 1).await;
    let digest = work[0]["workload"]["digest"].as_str().unwrap();
    let chart = harness.get(&format!("/v1/agent/charts/{digest}")).await;
    assert_eq!((chart.status, &chart.body), (200, &json!("chart")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chart_that_never_gets_ready_ends_in_error_with_a_reason() {
    let mut options = Options::default();
    options.timers.startup = SignedDuration::from_millis(300);
    let harness = Harness::start_with(options).await;
    let cluster = harness.cluster(4).await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    harness.post(&path, deployment()).await;
    let work = harness.work(&cluster, |instances| instances.len() == 1).await;
    harness.report(&cluster, &work[0], json!({ "phase": "starting" })).await;
    harness.wait_for_status(&function, &version, "ERROR").await;
    let seen = harness.get(&path).await.body["deployment"].clone();
    let error = seen["healthInfo"][0]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error.starts_with("degraded-worker: "), "{seen}");
    // Its objects are taken away.
    harness.work(&cluster, |all| all.iter().all(|one| one["wanted"] == false)).await;
}

/// An agent that makes everything ready, until it is aborted.
fn pretend(harness: &Arc<Harness>, cluster: &str) -> JoinHandle<()> {
    let (harness, cluster) = (Arc::clone(harness), cluster.to_owned());
    tokio::spawn(async move {
        loop {
            for instance in harness.work(&cluster, |_| true).await {
                let phase = if instance["wanted"] == true { "ready" } else { "gone" };
                harness.report(&cluster, &instance, json!({ "phase": phase })).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_falls_silent_loses_its_instances_and_gets_new_ones_when_it_is_back() {
    let options = Options {
        cluster_silence: Duration::from_millis(600),
        cluster_loss: Duration::from_millis(900),
        ..Options::default()
    };
    let harness = Arc::new(Harness::start_with(options).await);
    let cluster = harness.cluster(4).await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    let agent = pretend(&harness, &cluster);
    assert_eq!(harness.post(&path, deployment()).await.status, 200);
    harness.wait_for_status(&function, &version, "ACTIVE").await;
    agent.abort();
    harness.wait_for_status(&function, &version, "DEGRADED").await;
    let given_up = instances(&harness).await;
    let said = |instance: &Instance| instance.failure.as_ref().map(|failure| failure.message.clone());
    let lost =
        given_up.iter().find(|one| said(one).is_some_and(|said| said.contains("no word from the agent")));
    let lost = lost.unwrap_or_else(|| panic!("{given_up:?}"));
    // Back again, it is told to take the old one away and gets another.
    let agent = pretend(&harness, &cluster);
    let active = harness.wait_for_status(&function, &version, "ACTIVE").await;
    agent.abort();
    assert!(
        active["activeInstances"].as_array().unwrap().iter().all(|one| one["instanceId"] != json!(lost.id))
    );
}

/// What is stamped lies far from now: the machine's clock was set, or the process was off for long.
async fn shifted(apart: SignedDuration) {
    let harness = Harness::start().await;
    let (function, version, cluster, first) = active(&harness).await;
    let stamp = Timestamp::now().checked_add(apart).unwrap();
    let mut stored = harness.store.table::<Cluster>().get(&cluster).await.unwrap().unwrap();
    stored.value.last_heartbeat = stamp;
    let mut transaction = harness.store.transaction().put(&stored.value);
    for stored in harness.store.table::<Instance>().list(Filter::All).await.unwrap() {
        let mut instance = stored.value;
        (instance.state, instance.state_since) = (InstanceState::Unhealthy, stamp);
        transaction = transaction.put(&instance);
    }
    transaction.commit().await.unwrap();
    // The reconciler looks by itself once a second.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let all = instances(&harness).await;
    assert_eq!(all.len(), 1, "{apart}: {all:?}");
    assert_eq!((json!(all[0].id), all[0].state), (first["id"].clone(), InstanceState::Unhealthy), "{apart}");
    harness.report(&cluster, &first, json!({ "phase": "ready" })).await;
    harness.wait_for_status(&function, &version, "ACTIVE").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_instance_is_given_up_because_a_clock_was_set() {
    tokio::join!(shifted(SignedDuration::from_hours(-48)), shifted(SignedDuration::from_hours(48)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_stamped_ahead_of_a_clock_that_was_set_back_holds_no_replacement_back() {
    let harness = Harness::start().await;
    let (function, version, cluster, first) = active(&harness).await;
    let failure = json!({ "phase": "failed", "cause": "pod-failed", "message": "exit code 1" });
    // Three failures in a row, so that the next replacement is held back.
    let mut last = first;
    for _ in 0..2 {
        harness.report(&cluster, &last, failure.clone()).await;
        let (old, newer) = (last["id"].clone(), |one: &Value| one["wanted"] == true);
        let work = harness.work(&cluster, |all| all.iter().any(|one| newer(one) && one["id"] != old)).await;
        last = work.into_iter().find(|one| one["wanted"] == true).unwrap();
    }
    let mut transaction = harness.store.transaction();
    for mut instance in instances(&harness).await {
        instance.state_since = Timestamp::now().checked_add(SignedDuration::from_hours(48)).unwrap();
        transaction = transaction.put(&instance);
    }
    transaction.commit().await.unwrap();
    harness.report(&cluster, &last, failure).await;
    let old = last["id"].clone();
    let work =
        harness.work(&cluster, |all| all.iter().any(|one| one["wanted"] == true && one["id"] != old)).await;
    let another = work.iter().find(|one| one["wanted"] == true).unwrap();
    harness.report(&cluster, another, json!({ "phase": "ready" })).await;
    harness.wait_for_status(&function, &version, "ACTIVE").await;
}
