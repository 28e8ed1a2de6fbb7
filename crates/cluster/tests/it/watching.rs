use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use wheelhouse_cluster::{Change, Key, Reflector, metadata, resources};

use crate::server::{Server, pieces, reply};

fn pod(name: &str, version: u32) -> Value {
    json!({"metadata": {"namespace": "n", "name": name, "uid": name, "resourceVersion": version.to_string()}})
}

fn event(kind: &str, object: &Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}

async fn told(receiver: &mut mpsc::UnboundedReceiver<String>, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    while all.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(60), receiver.recv()).await;
        all.push(next.expect("a change within five seconds").unwrap());
    }
    all
}

#[tokio::test]
async fn the_cache_follows_list_watch_and_expiry() {
    let server = Server::start(|_, asked| {
        let line = asked.line.as_str();
        if !line.contains("watch=true") {
            // The first list has a and b; the one after the expiry has lost b.
            let later = line.contains("limit") && LISTS.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0;
            let items = if later { vec![pod("a", 3)] } else { vec![pod("a", 1), pod("b", 2)] };
            let version = if later { "20" } else { "2" };
            return reply(200, &json!({"metadata": {"resourceVersion": version}, "items": items}));
        }
        if line.contains("resourceVersion=2&") || line.ends_with("resourceVersion=2") {
            // One event is split over two frames.
            let text = event("MODIFIED", &pod("a", 3));
            let (head, tail) = text.split_at(20);
            return pieces(vec![
                head.into(),
                tail.into(),
                event("ADDED", &pod("c", 4)),
                event("DELETED", &pod("c", 5)),
            ]);
        }
        if line.ends_with("resourceVersion=5") {
            return pieces(vec![event(
                "ERROR",
                &json!({"kind": "Status", "code": 410, "reason": "Expired"}),
            )]);
        }
        pieces(vec![])
    })
    .await;
    static LISTS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

    let reflector = Reflector::new(server.cluster(), resources::POD);
    let cache = reflector.cache();
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let running = tokio::spawn(reflector.run(move |change| {
        let said = match change {
            Change::Applied(object) => {
                format!("+{}@{}", metadata::name(&object), metadata::resource_version(&object))
            }
            Change::Deleted(object) => format!("-{}", metadata::name(&object)),
            Change::Synced => "synced".to_owned(),
        };
        sender.send(said).unwrap();
    }));
    let expected = ["+a@1", "+b@2", "synced", "+a@3", "+c@4", "-c", "-b", "synced"];
    assert_eq!(told(&mut receiver, expected.len()).await, expected);
    assert!(cache.is_synced());
    assert!(cache.get(&Key::new("n", "a")).is_some());
    assert_eq!(cache.len(), 1);
    running.abort();
}
