//! PostgreSQL: the contract, and what it means when the server dies.

use crate::contract;
use crate::server::Server;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use wheelhouse_store::postgres::Postgres;
use wheelhouse_store::record::AuditEntry;
use wheelhouse_store::{Backend, Collection, Error, Filter, Operation, Query, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contract() {
    let Some(server) = Server::start() else { return };
    let counter = AtomicU32::new(0);
    contract::all(async || {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        let address = server.database(&format!("contract{number}")).await.parse().unwrap();
        Arc::new(Postgres::connect(&address).await.unwrap()) as Arc<dyn Backend>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_may_start_at_once_on_an_empty_database() {
    let Some(server) = Server::start() else { return };
    let address = server.database("shared").await.parse().unwrap();
    let (first, second) = tokio::join!(Postgres::connect(&address), Postgres::connect(&address));
    let (first, second) = (first.unwrap(), second.unwrap());
    let row = contract::row("a", "x", "", "", "body");
    first.commit(vec![Operation::Insert(Collection::Versions, row)]).await.unwrap();
    assert_eq!(second.count(Collection::Versions, Filter::All).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_an_embedded_database_with_the_same_records() {
    let Some(server) = Server::start() else { return };
    let directory = tempfile::tempdir().unwrap();
    let store =
        Store::connect(&server.database("original").await.parse().unwrap(), directory.path()).await.unwrap();
    store.transaction().put_secret("owner", "account", "token", "hunter2").commit().await.unwrap();
    for number in 0..3 {
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
    store.backup(&directory.path().join("state.db")).await.unwrap();
    assert!(matches!(store.backup(&directory.path().join("state.db")).await, Err(Error::File { .. })));
    let copy = Store::open(directory.path()).unwrap();
    assert_eq!(copy.secrets("owner").await.unwrap(), [("token".into(), "hunter2".into())]);
    let hashes = |entries: Vec<wheelhouse_store::Audited>| {
        entries.into_iter().map(|entry| entry.hash).collect::<Vec<_>>()
    };
    assert_eq!(hashes(copy.audit(0, 9).await.unwrap()), hashes(store.audit(0, 9).await.unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killing_the_server_loses_nothing_acknowledged_and_work_goes_on() {
    let Some(mut server) = Server::start() else { return };
    let address = server.database("killed").await.parse().unwrap();
    let backend = Arc::new(Postgres::connect(&address).await.unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..4).map(|writer: u32| {
        let (backend, stop) = (Arc::clone(&backend), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for number in 0_u32.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let row = contract::row(&format!("{writer}-{number:06}"), "a", "", "", "body");
                let batch =
                    vec![Operation::Insert(Collection::Requests, row.clone()), Operation::Audit(row.body)];
                // A failed commit may or may not be there; only what was acknowledged is promised.
                if backend.commit(batch).await.is_ok() {
                    acknowledged.push(row.id);
                }
            }
            acknowledged
        })
    });
    let writers: Vec<_> = writers.collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        server.kill();
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.launch();
        drop(server.client().await);
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    let query = Query { collection: Collection::Requests, filter: Filter::All, after: None, limit: u32::MAX };
    let kept: BTreeSet<String> = backend.read(query).await.unwrap().into_iter().map(|row| row.id).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|id| !kept.contains(*id)).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
    assert!(!acknowledged.is_empty());
    let audit = backend.audit(0, u32::MAX).await.unwrap();
    assert_eq!(audit.len(), kept.len(), "an audit entry for each insert, and none for those undone");
    assert!(audit.iter().zip(1_u64..).all(|(entry, place)| entry.sequence == place));
    eprintln!("{} acknowledged over three crashes, {} kept", acknowledged.len(), kept.len());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("postgres://nobody:hunter2@127.0.0.1:{port}/none?sslmode=disable");
    let error = Postgres::connect(&address.parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"));
}
