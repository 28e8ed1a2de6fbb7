//! The embedded store: the contract, and what only it promises.

use crate::contract;
use std::sync::Arc;
use wheelhouse_store::record::AuditEntry;
use wheelhouse_store::sqlite::Sqlite;
use wheelhouse_store::{Backend, Collection, Error, Filter, Operation, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contract() {
    let directory = tempfile::tempdir().unwrap();
    let counter = std::sync::atomic::AtomicU32::new(0);
    contract::all(async || {
        let number = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Arc::new(Sqlite::open(&directory.path().join(format!("{number}.db"))).unwrap()) as Arc<dyn Backend>
    })
    .await;
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again_and_in_a_backup() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    store.transaction().put_secret("owner", "account", "token", "hunter2").commit().await.unwrap();
    let copy = directory.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    store.backup(&copy.join("state.db")).await.unwrap();
    assert!(matches!(store.backup(&copy.join("state.db")).await, Err(Error::File { .. })));
    drop(store);
    std::fs::copy(directory.path().join("master.key"), copy.join("master.key")).unwrap();
    for place in [directory.path(), &copy] {
        let store = Store::open(place).unwrap();
        assert_eq!(store.secrets("owner").await.unwrap(), [("token".into(), "hunter2".into())]);
    }
}

#[tokio::test]
async fn secrets_are_not_in_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    store.transaction().put_secret("owner", "account", "token", "hunter2-hunter2").commit().await.unwrap();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(15).any(|window| window == b"hunter2-hunter2"));
    }
}

#[tokio::test]
async fn a_changed_audit_entry_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    for number in 0..5 {
        let entry = AuditEntry {
            at: jiff::Timestamp::UNIX_EPOCH,
            account: "a".into(),
            actor: "k".into(),
            action: "create".into(),
            target: number.to_string(),
            request: String::new(),
        };
        store.transaction().audit(&entry).commit().await.unwrap();
    }
    assert_eq!(store.audit(0, 10).await.unwrap().len(), 5);
    assert_eq!(store.audit(3, 10).await.unwrap().len(), 2);
    let connection = rusqlite::Connection::open(directory.path().join("state.db")).unwrap();
    connection.execute("UPDATE audit SET body = x'7b7d' WHERE sequence = 3", []).unwrap();
    assert!(matches!(store.audit(0, 10).await, Err(Error::AuditBroken { sequence: 3 })));
    assert!(matches!(store.audit(2, 10).await, Err(Error::AuditBroken { sequence: 3 })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_batches_share_their_commits() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Arc::new(Sqlite::open(&directory.path().join("state.db")).unwrap());
    let started = std::time::Instant::now();
    let writers = (0..2_000).map(|number| {
        let backend = Arc::clone(&backend);
        tokio::spawn(async move {
            let row = contract::row(&format!("{number:05}"), "a", "", "", "body");
            backend.commit(vec![Operation::Insert(Collection::Requests, row)]).await.unwrap();
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let elapsed = started.elapsed();
    eprintln!("2000 durable batches in {elapsed:?}");
    assert_eq!(backend.count(Collection::Requests, Filter::All).await.unwrap(), 2_000);
}
