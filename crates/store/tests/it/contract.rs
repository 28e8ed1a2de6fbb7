//! What every backend promises. Each function takes a fresh, empty backend.

use std::sync::Arc;
use wheelhouse_store::{Backend, Collection, Error, Filter, Head, Operation, Query, Row};

pub(crate) fn row(id: &str, account: &str, parent: &str, label: &str, body: &str) -> Row {
    Row {
        id: id.into(),
        account: account.into(),
        parent: parent.into(),
        label: label.into(),
        revision: 0,
        body: body.into(),
    }
}

async fn ids(backend: &dyn Backend, filter: Filter, after: Option<&str>, limit: u32) -> Vec<String> {
    let query = Query { collection: Collection::Versions, filter, after: after.map(Into::into), limit };
    backend.read(query).await.unwrap().into_iter().map(|row| row.id).collect()
}

pub(crate) async fn all(make: impl AsyncFn() -> Arc<dyn Backend>) {
    reads_find_what_was_written(&*make().await).await;
    heads_are_records_without_bodies(&*make().await).await;
    batches_are_all_or_nothing(&*make().await).await;
    updates_need_the_revision_read(&*make().await).await;
    collections_are_apart(&*make().await).await;
    concurrent_updates_lose_none(make().await).await;
    the_audit_log_has_no_gaps(make().await).await;
}

async fn reads_find_what_was_written(backend: &dyn Backend) {
    for (id, account, parent, label) in [("b", "x", "p", "l"), ("a", "x", "q", "l"), ("c", "y", "p", "m")] {
        backend
            .commit(vec![Operation::Insert(Collection::Versions, row(id, account, parent, label, "{}"))])
            .await
            .unwrap();
    }
    assert_eq!(ids(backend, Filter::All, None, 9).await, ["a", "b", "c"]);
    assert_eq!(ids(backend, Filter::All, Some("a"), 1).await, ["b"]);
    assert_eq!(ids(backend, Filter::Account("x".into()), None, 9).await, ["a", "b"]);
    assert_eq!(ids(backend, Filter::Parent("p".into()), None, 9).await, ["b", "c"]);
    assert_eq!(ids(backend, Filter::Label("m".into()), None, 9).await, ["c"]);
    assert_eq!(ids(backend, Filter::Id("c".into()), None, 9).await, ["c"]);
    assert_eq!(ids(backend, Filter::Id("d".into()), None, 9).await, Vec::<String>::new());
    let list = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(ids(backend, Filter::Ids(list(&["c", "none", "a"])), None, 9).await, ["a", "c"]);
    assert_eq!(ids(backend, Filter::Ids(Vec::new()), None, 9).await, Vec::<String>::new());
    assert_eq!(ids(backend, Filter::Parents(list(&["q", "p"])), Some("a"), 1).await, ["b"]);
    assert_eq!(backend.count(Collection::Versions, Filter::Account("x".into())).await.unwrap(), 2);
    assert_eq!(backend.count(Collection::Versions, Filter::Parents(list(&["p"]))).await.unwrap(), 2);
    backend.commit(vec![Operation::DeleteChildren(Collection::Versions, "p".into())]).await.unwrap();
    assert_eq!(ids(backend, Filter::All, None, 9).await, ["a"]);
    backend.commit(vec![Operation::Delete(Collection::Versions, "a".into(), None)]).await.unwrap();
    backend.commit(vec![Operation::Delete(Collection::Versions, "a".into(), None)]).await.unwrap();
    assert_eq!(backend.count(Collection::Versions, Filter::All).await.unwrap(), 0);
}

async fn heads_are_records_without_bodies(backend: &dyn Backend) {
    for (id, account) in [("b", "x"), ("a", "x"), ("c", "y")] {
        let insert = Operation::Insert(Collection::Versions, row(id, account, "p", "", "{}"));
        backend.commit(vec![insert]).await.unwrap();
    }
    backend.commit(vec![Operation::Put(Collection::Versions, row("b", "x", "q", "", "{}"))]).await.unwrap();
    let filter = Filter::Account("x".into());
    let query = |after: Option<&str>| Query {
        collection: Collection::Versions,
        filter: filter.clone(),
        after: after.map(Into::into),
        limit: 9,
    };
    let rows = backend.read(query(None)).await.unwrap();
    let of_rows = rows.into_iter().map(|row| Head { id: row.id, parent: row.parent, revision: row.revision });
    assert_eq!(backend.heads(query(None)).await.unwrap(), of_rows.collect::<Vec<_>>());
    let after = backend.heads(query(Some("a"))).await.unwrap();
    assert_eq!(after, [Head { id: "b".into(), parent: "q".into(), revision: 2 }]);
}

async fn batches_are_all_or_nothing(backend: &dyn Backend) {
    let insert = |id: &str| Operation::Insert(Collection::Versions, row(id, "x", "", "", "{}"));
    backend.commit(vec![insert("a")]).await.unwrap();
    let error = backend.commit(vec![insert("b"), insert("a"), insert("c")]).await.unwrap_err();
    assert!(
        matches!(error, Error::Exists { collection: Collection::Versions, ref id } if id == "a"),
        "{error:?}"
    );
    assert_eq!(ids(backend, Filter::All, None, 9).await, ["a"]);
}

async fn updates_need_the_revision_read(backend: &dyn Backend) {
    backend
        .commit(vec![Operation::Insert(Collection::Versions, row("a", "x", "", "", "one"))])
        .await
        .unwrap();
    let read = async || {
        let query =
            Query { collection: Collection::Versions, filter: Filter::Id("a".into()), after: None, limit: 1 };
        backend.read(query).await.unwrap().remove(0)
    };
    let first = read().await;
    let changed = Row { body: "two".into(), ..first.clone() };
    backend.commit(vec![Operation::Update(Collection::Versions, changed.clone())]).await.unwrap();
    let error = backend.commit(vec![Operation::Update(Collection::Versions, changed)]).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    let second = read().await;
    assert!(second.revision > first.revision);
    assert_eq!(second.body, b"two");
    let stale = Operation::Delete(Collection::Versions, "a".into(), Some(first.revision));
    assert!(matches!(backend.commit(vec![stale]).await.unwrap_err(), Error::Conflict { .. }));
    backend.commit(vec![Operation::Put(Collection::Versions, row("a", "x", "", "", "three"))]).await.unwrap();
    assert!(read().await.revision > second.revision);
    let missing = Operation::Update(Collection::Versions, row("none", "x", "", "", ""));
    assert!(matches!(backend.commit(vec![missing]).await.unwrap_err(), Error::Conflict { .. }));
}

async fn collections_are_apart(backend: &dyn Backend) {
    let both = vec![
        Operation::Insert(Collection::Versions, row("a", "x", "", "", "version")),
        Operation::Insert(Collection::Keys, row("a", "x", "", "", "key")),
    ];
    backend.commit(both).await.unwrap();
    backend.commit(vec![Operation::Delete(Collection::Keys, "a".into(), None)]).await.unwrap();
    assert_eq!(ids(backend, Filter::All, None, 9).await, ["a"]);
}

async fn concurrent_updates_lose_none(backend: Arc<dyn Backend>) {
    backend.commit(vec![Operation::Insert(Collection::Versions, row("n", "x", "", "", "0"))]).await.unwrap();
    let adders = (0..8).map(|_| {
        let backend = Arc::clone(&backend);
        tokio::spawn(async move {
            for _ in 0..10 {
                loop {
                    let query = Query {
                        collection: Collection::Versions,
                        filter: Filter::Id("n".into()),
                        after: None,
                        limit: 1,
                    };
                    let mut row = backend.read(query).await.unwrap().remove(0);
                    let number: u32 = std::str::from_utf8(&row.body).unwrap().parse().unwrap();
                    row.body = (number + 1).to_string().into_bytes();
                    match backend.commit(vec![Operation::Update(Collection::Versions, row)]).await {
                        Ok(()) => break,
                        Err(Error::Conflict { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        })
    });
    for adder in adders.collect::<Vec<_>>() {
        adder.await.unwrap();
    }
    let query = Query { collection: Collection::Versions, filter: Filter::All, after: None, limit: 1 };
    assert_eq!(backend.read(query).await.unwrap()[0].body, b"80");
}

async fn the_audit_log_has_no_gaps(backend: Arc<dyn Backend>) {
    let writers = (0..20).map(|number: u32| {
        let backend = Arc::clone(&backend);
        tokio::spawn(async move {
            backend.commit(vec![Operation::Audit(number.to_string().into_bytes())]).await.unwrap()
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let entries = backend.audit(0, 100).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert_eq!(backend.audit(18, 100).await.unwrap().len(), 2);
}
