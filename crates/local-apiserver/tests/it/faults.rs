//! The server is killed, its disk is full, its file is damaged: nothing acknowledged is ever lost.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use wheelhouse_local_apiserver::Options;

use crate::child::Process;
use crate::client::Door;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// What the server said it has written: name to resource version and content.
type Acknowledged = Arc<Mutex<BTreeMap<String, (u64, String)>>>;

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}

/// Creates, changes and deletes objects until the connection breaks or a write fails.
async fn write_until_it_breaks(door: Door, who: String, known: Acknowledged) {
    let Ok(mut client) = door.connect().await else { return };
    for round in 0.. {
        let name = format!("{who}-{round}");
        let body = json!({"metadata": {"name": name}, "data": {"k": "0"}});
        let Ok((201, object)) = client.json("POST", MAPS, &body).await else { return };
        known.lock().unwrap().insert(name.clone(), (version(&object), "0".to_owned()));
        let path = format!("{MAPS}/{name}");
        let patch = r#"{"data":{"k":"1"}}"#;
        // from here on the object may have either content
        let before = known.lock().unwrap().remove(&name).unwrap();
        let media = "application/merge-patch+json";
        match client.send("PATCH", &path, media, patch).await {
            Ok((200, body)) => {
                let object: Value = serde_json::from_slice(&body).unwrap();
                known.lock().unwrap().insert(name.clone(), (version(&object), "1".to_owned()));
            }
            _ => {
                known.lock().unwrap().insert(name, (before.0, String::new()));
                return;
            }
        }
    }
}

/// Every acknowledged write is there with its version, and no version is given twice.
async fn check_all_there(door: &Door, known: &Acknowledged) -> u64 {
    let mut client = door.connect().await.unwrap();
    let (code, list) = client.json("GET", MAPS, &Value::Null).await.unwrap();
    assert_eq!(code, 200);
    let current = version(&list);
    let found: BTreeMap<&str, &Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["metadata"]["name"].as_str().unwrap(), item))
        .collect();
    let versions: HashSet<u64> = found.values().map(|item| version(item)).collect();
    assert_eq!(versions.len(), found.len(), "two objects have the same version");
    for (name, (written, content)) in known.lock().unwrap().iter() {
        let item = found.get(name.as_str()).unwrap_or_else(|| panic!("{name} is lost"));
        if content.is_empty() {
            assert!(version(item) >= *written, "{name} went back");
        } else {
            assert_eq!((version(item), item["data"]["k"].as_str()), (*written, Some(content.as_str())));
        }
        assert!(version(item) <= current, "{name} is newer than the store");
    }
    current
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap()
}

#[test]
fn a_killed_server_loses_no_acknowledged_write() {
    let directory = tempfile::tempdir().unwrap();
    let known = Acknowledged::default();
    let runtime = runtime();
    let mut last = 0;
    for round in 0..5 {
        let process = Process::start(directory.path());
        let door = process.door();
        let current = runtime.block_on(check_all_there(&door, &known));
        assert!(current >= last, "the version went back from {last} to {current}");
        let writers: Vec<_> = (0..8)
            .map(|number| {
                runtime.spawn(write_until_it_breaks(
                    door.clone(),
                    format!("r{round}-w{number}"),
                    known.clone(),
                ))
            })
            .collect();
        // killed at another moment each time, but not before something was written
        let before = known.lock().unwrap().len();
        std::thread::sleep(Duration::from_millis(250 + 70 * round));
        let begun = std::time::Instant::now();
        while known.lock().unwrap().len() < before + 8 && begun.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_millis(7));
        }
        process.kill();
        runtime.block_on(async {
            for writer in writers {
                writer.await.unwrap();
            }
        });
        last = known.lock().unwrap().values().map(|(version, _)| *version).max().unwrap_or(0);
    }
    let process = Process::start(directory.path());
    runtime.block_on(check_all_there(&process.door(), &known));
    let count = known.lock().unwrap().len();
    assert!(count > 20, "only {count} writes were acknowledged: this shows nothing");
    println!("{count} objects acknowledged over five kills");
}

#[test]
fn a_full_disk_refuses_writes_and_keeps_everything() {
    let directory = tempfile::tempdir().unwrap();
    let known = Acknowledged::default();
    let runtime = runtime();
    let filler = "x".repeat(100_000);
    let process = Process::start_limited(directory.path(), 16 * 1024);
    let door = process.door();
    let refused = runtime.block_on(async {
        let mut client = door.connect().await.unwrap();
        for number in 0..400 {
            let name = format!("n{number}");
            let body = json!({"metadata": {"name": name}, "data": {"k": "0", "filler": filler}});
            match client.json("POST", MAPS, &body).await.unwrap() {
                (201, object) => {
                    known.lock().unwrap().insert(name, (version(&object), "0".to_owned()));
                }
                (code, status) => return Some((code, status)),
            }
        }
        None
    });
    let (code, status) = refused.expect("the disk never was full");
    assert_eq!((code, status["reason"].as_str()), (500, Some("InternalError")), "{status}");
    // reading goes on, also after another try to write
    runtime.block_on(async {
        check_all_there(&door, &known).await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let mut client = door.connect().await.unwrap();
        let body = json!({"metadata": {"name": "more"}, "data": {"filler": filler}});
        assert_ne!(client.json("POST", MAPS, &body).await.unwrap().0, 201);
        check_all_there(&door, &known).await;
    });
    process.kill();
    // with room again it goes on where it was
    let process = Process::start(directory.path());
    runtime.block_on(async {
        check_all_there(&process.door(), &known).await;
        let mut client = process.door().connect().await.unwrap();
        let body = json!({"metadata": {"name": "after"}, "data": {"k": "0"}});
        assert_eq!(client.json("POST", MAPS, &body).await.unwrap().0, 201);
    });
    assert!(known.lock().unwrap().len() > 5);
}

/// Waits until nobody has a store open: a server's last thread closes its file after the server ended,
/// and a file that is being closed is still written to.
fn wait_until_closed(store: &std::path::Path) {
    std::fs::File::open(store).unwrap().lock().unwrap();
}

/// Every name in the store of a state directory, or why it does not open. Nobody has the store open
/// afterwards.
fn names_in(runtime: &tokio::runtime::Runtime, directory: &std::path::Path) -> Result<Vec<String>, String> {
    let names = runtime.block_on(async {
        let cancel = tokio_util::sync::CancellationToken::new();
        let server = Options::new(directory).build().await.map_err(|error| error.to_string())?;
        let door = Door::of(server.ready());
        let running = tokio::spawn(server.run(cancel.clone()));
        let mut client = door.connect().await.unwrap();
        let (_, list) = client.json("GET", MAPS, &Value::Null).await.unwrap();
        drop(client);
        cancel.cancel();
        running.await.unwrap();
        let items = list["items"].as_array().unwrap();
        Ok(items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect())
    });
    wait_until_closed(&directory.join("store.redb"));
    names
}

#[test]
fn a_damaged_store_says_so_and_is_never_emptied() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = runtime();
    let process = Process::start(directory.path());
    runtime.block_on(async {
        let mut client = process.door().connect().await.unwrap();
        for number in 0..150 {
            let body = json!({"metadata": {"name": format!("n{number}")}, "data": {"k": "x".repeat(1000)}});
            assert_eq!(client.json("POST", MAPS, &body).await.unwrap().0, 201);
        }
    });
    process.kill();
    let whole = names_in(&runtime, directory.path()).unwrap();
    assert!(whole.len() >= 150);
    let store = directory.path().join("store.redb");
    let sound = std::fs::read(&store).unwrap();
    let mut refused = 0;
    let mut check = |what: &str, bytes: &[u8]| {
        std::fs::write(&store, bytes).unwrap();
        match names_in(&runtime, directory.path()) {
            Ok(names) => assert_eq!(names, whole, "{what}: objects are gone without a word"),
            Err(why) => {
                assert!(why.contains("store.redb"), "{what}: {why}");
                refused += 1;
            }
        }
    };
    // one page after the other is overwritten
    for page in (0..sound.len() / 4096).step_by((sound.len() / 4096 / 24).max(1)) {
        let mut bytes = sound.clone();
        bytes[page * 4096..][..64].fill(0xA5);
        check(&format!("page {page}"), &bytes);
    }
    check("cut in half", &sound[..sound.len() / 2]);
    check("no more than its head", &sound[..100]);
    check("empty", &[]);
    check("something else", b"this is no store at all");
    assert!(refused >= 5, "only {refused} of the damages were noticed");
    std::fs::write(&store, &sound).unwrap();
    assert_eq!(names_in(&runtime, directory.path()).unwrap(), whole);
}
