//! Watchers: many of them, slow ones, ones that come late.

use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::child::Process;
use crate::client::{Client, Door};
use crate::support::Running;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}

fn run(test: impl AsyncFnOnce(Door)) {
    let server = Running::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    runtime.block_on(test(Door::of(&server.ready)));
}

async fn create(client: &mut Client, name: &str, size: usize) -> u64 {
    let body = json!({"metadata": {"name": name}, "data": {"k": "x".repeat(size)}});
    let (code, object) = client.json("POST", MAPS, &body).await.unwrap();
    assert_eq!(code, 201, "{object}");
    version(&object)
}

/// The events of a watch from a version on until it ends or `most` have come.
async fn events(door: &Door, from: u64, most: usize) -> Vec<Value> {
    let mut client = door.connect().await.unwrap();
    let path = format!("{MAPS}?watch=1&resourceVersion={from}&timeoutSeconds=600");
    let answer = client.open("GET", &path, "", http_body_util::Empty::new().boxed()).await.unwrap();
    let mut body = answer.into_body();
    let (mut text, mut events) = (Vec::new(), Vec::new());
    while events.len() < most
        && let Some(Ok(frame)) = body.frame().await
    {
        text.extend_from_slice(frame.data_ref().unwrap());
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            events.push(serde_json::from_slice(&line).unwrap());
        }
    }
    events
}

#[test]
fn every_watcher_sees_every_event_in_order() {
    run(async |door| {
        let mut client = door.connect().await.unwrap();
        let start = create(&mut client, "first", 1).await;
        let watchers: Vec<_> = (0..50)
            .map(|_| {
                let door = door.clone();
                tokio::spawn(async move { events(&door, start, 100).await })
            })
            .collect();
        let mut expected = Vec::new();
        for number in 0..100 {
            expected.push(create(&mut client, &format!("n{number}"), 100).await);
        }
        for watcher in watchers {
            let seen: Vec<u64> =
                watcher.await.unwrap().iter().map(|event| version(&event["object"])).collect();
            assert_eq!(seen, expected);
        }
    });
}

#[test]
fn a_version_that_is_forgotten_is_gone() {
    run(async |door| {
        let mut client = door.connect().await.unwrap();
        let start = create(&mut client, "first", 1).await;
        // more than is remembered of one kind
        for number in 0..90 {
            create(&mut client, &format!("n{number}"), 100_000).await;
        }
        let seen = events(&door, start, 5).await;
        let error = &seen[0];
        assert_eq!(
            (error["type"].as_str(), error["object"]["code"].as_u64()),
            (Some("ERROR"), Some(410)),
            "{error}"
        );
        assert_eq!(error["object"]["reason"], "Expired");
        assert_eq!(seen.len(), 1, "the watch ends there");
        // the newest versions can still be followed
        let last = create(&mut client, "last", 1).await;
        assert_eq!(events(&door, last - 1, 1).await.len(), 1);
    });
}

#[test]
fn a_watcher_that_does_not_read_costs_little_and_is_told() {
    let directory = tempfile::tempdir().unwrap();
    // a process of its own, so that its memory is that of the server alone
    let process = Process::start(directory.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let door = process.door();
        let mut client = door.connect().await.unwrap();
        let start = create(&mut client, "first", 1).await;
        let mut lazy = Vec::new();
        for _ in 0..10 {
            let mut watcher = door.connect().await.unwrap();
            let path = format!("{MAPS}?watch=1&resourceVersion={start}&timeoutSeconds=3000");
            let answer = watcher.open("GET", &path, "", http_body_util::Empty::new().boxed()).await.unwrap();
            lazy.push((watcher, answer));
        }
        let before = process.resident_megabytes();
        // far more than the sockets between us hold
        for number in 0..150 {
            create(&mut client, &format!("n{number}"), 200_000).await;
            client.send("DELETE", &format!("{MAPS}/n{number}"), "", "").await.unwrap();
        }
        let grown = process.resident_megabytes().saturating_sub(before);
        println!("ten watchers that do not read: {grown} MB more");
        assert!(grown < 200, "slow watchers hold {grown} MB");
        // who reads again after that is told to start anew
        let (_watcher, answer) = lazy.pop().unwrap();
        let mut body = answer.into_body();
        let mut tail = Vec::new();
        while let Some(Ok(frame)) = body.frame().await {
            tail.extend_from_slice(frame.data_ref().unwrap());
            let surplus = tail.len().saturating_sub(4096);
            tail.drain(..surplus);
        }
        let tail = String::from_utf8_lossy(&tail).into_owned();
        assert!(tail.contains("\"type\":\"ERROR\"") && tail.contains("\"code\":410"), "{tail}");
    });
}

#[test]
fn pages_come_from_one_moment() {
    run(async |door| {
        let mut client = door.connect().await.unwrap();
        for number in 0..10 {
            create(&mut client, &format!("n{number}"), 1).await;
        }
        let (_, first) = client.json("GET", &format!("{MAPS}?limit=4"), &Value::Null).await.unwrap();
        let token = first["metadata"]["continue"].as_str().unwrap().to_owned();
        client.send("DELETE", &format!("{MAPS}/n9"), "", "").await.unwrap();
        create(&mut client, "zz", 1).await;
        let (_, rest) = client.json("GET", &format!("{MAPS}?continue={token}"), &Value::Null).await.unwrap();
        assert_eq!(version(&rest), version(&first));
        let names: Vec<&str> = rest["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["metadata"]["name"].as_str().unwrap())
            .collect();
        assert!(names.contains(&"n9") && !names.contains(&"zz"), "{names:?}");
    });
}
