//! The process dies at each step of what it does, and nothing that it acknowledged is lost.
//!
//! `WHEELHOUSE_FAULT_ROUNDS=200 cargo test -p wheelhouse-cli --test it faults` goes on for longer (`cargo xtask
//! faults` does that); a few rounds run always.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::disallowed_methods)]

mod service;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Method;
use http_body_util::BodyExt as _;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use wheelhouse_platform::client::{ApiClient, ClientError};

use service::{Door, Function, Service, eventually, pretend};

#[path = "../../../store/tests/it/server.rs"]
mod postgres;

/// Where a process died and after how much.
struct Round {
    failpoint: String,
    /// Killed from outside once so many writes were acknowledged.
    kill_after: Option<u64>,
}

/// How many deaths are asked for beside those that run always.
fn more() -> usize {
    std::env::var("WHEELHOUSE_FAULT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn rounds() -> Vec<Round> {
    let at = |failpoint: &str| Round { failpoint: failpoint.to_owned(), kill_after: None };
    let killed = |writes| Round { failpoint: String::new(), kill_after: Some(writes) };
    let mut rounds = vec![
        at("before-commit:2"),
        at("in-commit:1"),
        at("after-commit:5"),
        at("in-commit:23"),
        killed(20),
        at("before-commit:70"),
        at("after-commit:111"),
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..more() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let time = 1 + (state >> 40) % 300;
        rounds.push(match (state >> 33) % 4 {
            0 => at(&format!("before-commit:{time}")),
            1 => at(&format!("in-commit:{time}")),
            2 => at(&format!("after-commit:{time}")),
            _ => killed(time / 3),
        });
    }
    rounds
}

/// What was acknowledged.
#[derive(Default)]
struct Acknowledged {
    versions: Mutex<Vec<String>>,
    keys: Mutex<Vec<String>>,
    /// Requests answered with 202, and what they asked.
    requests: Mutex<Vec<(String, String)>>,
    /// The last number written over the one before it, and the last one tried.
    counter: Mutex<(u64, u64)>,
    writes: AtomicU64,
    names: AtomicU64,
}

impl Acknowledged {
    fn fresh(&self) -> u64 {
        self.names.fetch_add(1, Ordering::Relaxed)
    }

    fn written(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }
}

/// A function that is active on the stand-in's cluster.
struct Deployed {
    function: String,
    path: String,
}

async fn deploy(client: &ApiClient) -> Result<Deployed, ClientError> {
    let body = json!({ "name": "steady", "inferenceUrl": "/infer", "containerImage": "example.com/a:1" });
    let created = client.call(Method::POST, "/v2/nvcf/functions", Some(&body)).await?;
    let id = |name: &str| created["function"][name].as_str().unwrap().to_owned();
    let (function, version) = (id("id"), id("versionId"));
    let specification =
        json!({ "gpu": "L40", "minInstances": 1, "maxInstances": 1, "maxRequestConcurrency": 64 });
    let body = json!({ "deploymentSpecifications": [specification] });
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    client.call(Method::POST, &path, Some(&body)).await?;
    Ok(Deployed { path: format!("/v2/nvcf/functions/{function}/versions/{version}"), function })
}

/// Writes of every kind, one after the other, until asked to stop.
async fn load(door: Door, deployed: Arc<Deployed>, acknowledged: Arc<Acknowledged>, stop: Arc<AtomicBool>) {
    let client = door.client();
    while !stop.load(Ordering::Relaxed) {
        if write(&client, &deployed, &acknowledged).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn write(
    client: &ApiClient,
    deployed: &Deployed,
    acknowledged: &Acknowledged,
) -> Result<(), ClientError> {
    let number = acknowledged.fresh();
    let body =
        json!({ "name": format!("f{number}"), "inferenceUrl": "/", "containerImage": "example.com/a:1" });
    let created = client.call(Method::POST, "/v2/nvcf/functions", Some(&body)).await?;
    let id = |name: &str| created["function"][name].as_str().unwrap().to_owned();
    let path = format!("/v2/nvcf/functions/{}/versions/{}", id("id"), id("versionId"));
    acknowledged.versions.lock().unwrap().push(path);
    acknowledged.written();

    let body = json!({ "authorizations": { "policies": [{ "scopes": ["list_functions"] }] } });
    let key = client.call(Method::POST, "/v1/keys", Some(&body)).await?;
    acknowledged.keys.lock().unwrap().push(key["value"].as_str().unwrap().to_owned());
    acknowledged.written();

    let said = format!("call {number}");
    let path = format!("/v2/nvcf/pexec/functions/{}", deployed.function);
    let sent =
        client.send(Method::POST, &path, &[("prefer", "respond-async")], Bytes::from(said.clone())).await?;
    if sent.status() == 202 {
        let id = sent.headers()["nvcf-reqid"].to_str().unwrap().to_owned();
        acknowledged.requests.lock().unwrap().push((id, said));
        acknowledged.written();
    }
    Ok(())
}

/// One writer counts up in a tag: what is read later is never older than the last acknowledgement.
async fn count(door: Door, deployed: Arc<Deployed>, acknowledged: Arc<Acknowledged>, stop: Arc<AtomicBool>) {
    let client = door.client();
    while !stop.load(Ordering::Relaxed) {
        let next = {
            let mut counter = acknowledged.counter.lock().unwrap();
            counter.1 += 1;
            counter.1
        };
        let body = json!({ "tags": [format!("n:{next}")] });
        match client.call(Method::PUT, &deployed.path, Some(&body)).await {
            Ok(_) => {
                acknowledged.counter.lock().unwrap().0 = next;
                acknowledged.written();
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Everything acknowledged is there, and the function serves.
async fn verify(door: &Door, deployed: &Deployed, acknowledged: &Acknowledged, function: &Function) {
    let client = door.client();
    let seen = eventually("the function is active", async || {
        let seen = client.call(Method::GET, &deployed.path, None).await.ok()?["function"].clone();
        let serves = !seen["activeInstances"].as_array()?.is_empty();
        (seen["status"] == "ACTIVE" && serves).then_some(seen)
    })
    .await;
    let read: u64 = seen["tags"][0].as_str().map_or(0, |tag| tag.trim_start_matches("n:").parse().unwrap());
    let (last, tried) = *acknowledged.counter.lock().unwrap();
    assert!((last..=tried).contains(&read), "{read} was read where {last} was acknowledged");

    let versions = std::mem::take(&mut *acknowledged.versions.lock().unwrap());
    for path in versions {
        let found = client.call(Method::GET, &path, None).await;
        assert!(found.is_ok(), "{path} is lost: {found:?}");
    }
    let keys = std::mem::take(&mut *acknowledged.keys.lock().unwrap());
    for key in keys {
        let listed = door.client_with(&key).call(Method::GET, "/v2/nvcf/functions?limit=1", None).await;
        assert!(listed.is_ok(), "a key is lost: {listed:?}");
    }
    let requests = std::mem::take(&mut *acknowledged.requests.lock().unwrap());
    for (id, said) in requests {
        let path = format!("/v2/nvcf/pexec/status/{id}");
        let answer = eventually("an asynchronous call is answered", async || {
            let answer =
                client.send(Method::GET, &path, &[("nvcf-poll-seconds", "5")], Bytes::new()).await.ok()?;
            assert_ne!(answer.status(), 404, "request {id} is lost");
            if answer.status() != 200 {
                return None;
            }
            Some(answer.into_body().collect().await.ok()?.to_bytes())
        })
        .await;
        assert_eq!(answer, said.as_bytes(), "request {id}");
        let attempts = function.attempts(&said);
        assert!(!attempts.is_empty(), "{said} is answered and never ran");
        assert_eq!(
            attempts.iter().filter(|&&attempt| attempt == 1).count().max(1),
            1,
            "{said} ran twice without a mark: {attempts:?}"
        );
    }
    // That it is answered means that its chain holds.
    let audit = client.call(Method::GET, "/v1/audit?limit=1000", None).await.unwrap();
    assert!(!audit["entries"].as_array().unwrap().is_empty());
}

/// Load until the process has died or `enough` says so.
async fn under_load(
    door: &Door,
    deployed: &Arc<Deployed>,
    acknowledged: &Arc<Acknowledged>,
    mut enough: impl FnMut(u64) -> bool,
) {
    let stop = Arc::new(AtomicBool::new(false));
    let mut all = JoinSet::new();
    for _ in 0..3 {
        all.spawn(load(door.clone(), Arc::clone(deployed), Arc::clone(acknowledged), Arc::clone(&stop)));
    }
    all.spawn(count(door.clone(), Arc::clone(deployed), Arc::clone(acknowledged), Arc::clone(&stop)));
    let before = acknowledged.writes.load(Ordering::Relaxed);
    eventually("the load did what it was to do", async || {
        enough(acknowledged.writes.load(Ordering::Relaxed) - before).then_some(())
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    all.join_all().await;
}

/// A service with a function that is active.
fn prepared(runtime: &Runtime, database: Option<String>) -> (Service, Function, Arc<Deployed>) {
    let service = Service::start(database);
    let function = Function::default();
    let port = runtime.block_on(function.serve());
    runtime.spawn(pretend(service.door.clone(), port));
    let deployed = runtime.block_on(async {
        let client = service.door.client();
        eventually("the cluster is introduced", async || deploy(&client).await.ok()).await
    });
    (service, function, Arc::new(deployed))
}

#[test]
fn nothing_acknowledged_is_lost_wherever_the_process_dies() {
    let runtime = Runtime::new().unwrap();
    let (mut service, function, deployed) = prepared(&runtime, None);
    let acknowledged = Arc::new(Acknowledged::default());
    let door = service.door.clone();
    runtime.block_on(verify(&door, &deployed, &acknowledged, &function));
    for round in rounds() {
        service.kill();
        if service.up(&round.failpoint) {
            runtime.block_on(under_load(&door, &deployed, &acknowledged, |writes| {
                service.is_dead() || round.kill_after.is_some_and(|wanted| writes >= wanted)
            }));
            service.kill();
        }
        let written = acknowledged.writes.load(Ordering::Relaxed);
        eprintln!("died {} {:?}, {written} writes acknowledged so far", round.failpoint, round.kill_after);
        assert!(service.up(""), "it does not start again: {}", service.log());
        runtime.block_on(verify(&door, &deployed, &acknowledged, &function));
    }
    assert!(acknowledged.writes.load(Ordering::Relaxed) > 100);
}

#[test]
fn nothing_acknowledged_is_lost_when_postgresql_and_the_process_die() {
    let Some(mut database) = postgres::Server::start() else { return };
    let runtime = Runtime::new().unwrap();
    let url = runtime.block_on(database.database("faults"));
    let (mut service, function, deployed) = prepared(&runtime, Some(url));
    let acknowledged = Arc::new(Acknowledged::default());
    let door = service.door.clone();
    // By turns the database alone and both; one in ten of the deaths asked for.
    for number in 0..2 + more() / 10 {
        let both = number % 2 == 1;
        runtime.block_on(under_load(&door, &deployed, &acknowledged, |writes| writes >= 30));
        // Killed in the middle of it; where only the database is, the load goes on.
        let mut killed = false;
        runtime.block_on(under_load(&door, &deployed, &acknowledged, |writes| {
            if writes >= 20 && !killed {
                database.kill();
                killed = true;
                if both {
                    service.kill();
                }
                database.launch();
            }
            if both { killed } else { writes >= 40 }
        }));
        drop(runtime.block_on(database.client()));
        if both {
            assert!(service.up(""), "it does not start again: {}", service.log());
        }
        runtime.block_on(verify(&door, &deployed, &acknowledged, &function));
    }
    assert!(acknowledged.writes.load(Ordering::Relaxed) > 80);
}

#[test]
fn a_full_disk_refuses_writes_keeps_what_is_there_and_heals() {
    let runtime = Runtime::new().unwrap();
    let (mut service, function, deployed) = prepared(&runtime, None);
    let acknowledged = Arc::new(Acknowledged::default());
    let door = service.door.clone();
    runtime.block_on(under_load(&door, &deployed, &acknowledged, |writes| writes >= 20));
    service.kill();
    let largest = |service: &Service| {
        let folder = service.state().join("platform");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
        files.map(|file| file.len()).max().unwrap()
    };
    // Room for starting and a little more.
    assert!(service.up_on_a_full_disk(largest(&service) / 1024 + 256), "{}", service.log());
    let refused = runtime.block_on(async {
        let client = door.client();
        let blob = "x".repeat(250);
        eventually("a write is refused", async || {
            let number = acknowledged.fresh();
            let body = json!({
                "name": format!("f{number}"), "inferenceUrl": "/", "containerImage": "example.com/a:1",
                "description": blob, "containerArgs": "y".repeat(20_000),
            });
            match client.call(Method::POST, "/v2/nvcf/functions", Some(&body)).await {
                Ok(created) => {
                    let id = |name: &str| created["function"][name].as_str().unwrap().to_owned();
                    let path = format!("/v2/nvcf/functions/{}/versions/{}", id("id"), id("versionId"));
                    acknowledged.versions.lock().unwrap().push(path);
                    None
                }
                Err(error) => Some(error),
            }
        })
        .await
    });
    let ClientError::Refused { status, .. } = refused else { panic!("{refused}") };
    assert!(status >= 500, "{status}");
    // Reading and calling go on.
    runtime.block_on(async {
        let client = door.client();
        assert!(client.call(Method::GET, &deployed.path, None).await.is_ok(), "{}", service.log());
        let headers = [("function-id", deployed.function.as_str())];
        eventually("the function answers", async || {
            let answer =
                client.send(Method::POST, "/any", &headers, Bytes::from_static(b"hello")).await.ok()?;
            (answer.status() == 200).then_some(())
        })
        .await;
    });
    assert!(!service.is_dead(), "{}", service.log());
    service.kill();
    assert!(service.up(""), "{}", service.log());
    runtime.block_on(verify(&door, &deployed, &acknowledged, &function));
}
