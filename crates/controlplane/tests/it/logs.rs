//! Logs: asked for by a reader, brought by the agent of the cluster the instance runs on, kept by nobody.

use crate::harness::{Harness, deployment};
use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// A version with one instance, and its cluster.
async fn deployed(harness: &Harness) -> (String, String, Value) {
    let cluster = harness.cluster(8).await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    assert_eq!(harness.post(&path, deployment()).await.status, 200);
    let work = harness.work(&cluster, |instances| instances.len() == 1).await;
    (cluster, format!("/v2/nvcf/functions/{function}/versions/{version}/logs"), work[0].clone())
}

/// The readings an agent is asked for, once there is one.
async fn asked(harness: &Harness, cluster: &str) -> Value {
    for _ in 0..6000 {
        let work = harness.get(&format!("/v1/agent/clusters/{cluster}/work")).await;
        if work.body["logs"][0].is_object() {
            return work.body["logs"].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no agent is asked for logs");
}

async fn bring(harness: &Harness, cluster: &str, id: &str, piece: &str, last: bool) -> u16 {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/v1/agent/clusters/{cluster}/logs/{id}?last={last}"))
        .header(header::AUTHORIZATION, format!("Bearer {}", harness.admin))
        .body(Body::from(piece.to_owned()))
        .unwrap();
    harness.router.clone().oneshot(request).await.unwrap().status().as_u16()
}

async fn open(harness: &Harness, path: &str) -> Body {
    let request = Request::builder()
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", harness.admin))
        .body(Body::empty())
        .unwrap();
    let response = harness.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_brings_what_a_reader_asks_for() {
    let harness = Harness::start().await;
    let (cluster, path, instance) = deployed(&harness).await;
    let body = open(&harness, &format!("{path}?follow=true&tailLines=7&sinceSeconds=60&container=c")).await;
    let requests = asked(&harness, &cluster).await;
    let id = requests[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        requests,
        json!([{
            "id": id, "instance": instance["id"], "container": "c", "tailLines": 7, "sinceSeconds": 60, "follow": true,
        }])
    );
    // Once begun, it is asked for no more.
    assert_eq!(bring(&harness, &cluster, &id, "", false).await, 204);
    let work = harness.get(&format!("/v1/agent/clusters/{cluster}/work")).await;
    assert_eq!(work.body["logs"], json!([]));
    // Nobody but that cluster's agent may bring it.
    let other = "00000000-0000-4000-8000-000000000000";
    assert_eq!(bring(&harness, other, &id, "forged\n", false).await, 404);
    assert_eq!(bring(&harness, &cluster, other, "forged\n", false).await, 404);
    assert_eq!(bring(&harness, &cluster, &id, "one\n", false).await, 204);
    assert_eq!(bring(&harness, &cluster, &id, "two\n", true).await, 204);
    let read = body.collect().await.unwrap().to_bytes();
    assert_eq!(String::from_utf8_lossy(&read), "one\ntwo\n");
    // Ended is ended.
    assert_eq!(bring(&harness, &cluster, &id, "three\n", false).await, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_goes_away_ends_it() {
    let harness = Harness::start().await;
    let (cluster, path, _) = deployed(&harness).await;
    let body = open(&harness, &format!("{path}?follow=true")).await;
    let id = asked(&harness, &cluster).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(bring(&harness, &cluster, &id, "one\n", false).await, 204);
    drop(body);
    assert_eq!(bring(&harness, &cluster, &id, "two\n", false).await, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_run_has_no_logs() {
    let harness = Harness::start().await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/functions/{function}/versions/{version}/logs");
    let read = open(&harness, &path).await.collect().await.unwrap().to_bytes();
    assert!(read.is_empty());
    let nobody = "instanceId=00000000-0000-4000-8000-000000000000";
    assert_eq!(harness.get(&format!("{path}?{nobody}")).await.status, 404);
    assert_eq!(harness.get(&format!("{path}?instanceId=x")).await.status, 400);
}
