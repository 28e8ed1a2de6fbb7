//! Watches: the present state when asked for, then every change, with bookmarks, until the client
//! leaves, the time is up or history is lost.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::handler::Admitted;
use super::negotiate::{Form, Wanted};
use super::objects::{include, list_options, partial};
use super::{Body, Reply};
use crate::cluster::Cluster;
use crate::field::FieldError;
use crate::operations::{self, Target};
use crate::selector::{FieldSelector, LabelSelector};
use crate::status::{Status, Subject};
use crate::store::{Event, Record};
use crate::{convert, meta, table};

/// Time between bookmarks.
const BOOKMARKS: Duration = Duration::from_secs(50);
/// How long a watch lasts when the client does not say.
const DEFAULT_TIMEOUT: u64 = 2400;
/// Events taken from the store at once: what a watcher that does not read keeps from being forgotten.
const BATCH: usize = 32;
/// Frames that wait for the connection.
const FRAMES: usize = 16;

struct Watch {
    cluster: Arc<Cluster>,
    target: Target,
    labels: LabelSelector,
    fields: FieldSelector,
    namespace: String,
    wanted: Wanted,
    include: table::Include,
    bookmarks: bool,
    columns_sent: bool,
    sender: mpsc::Sender<Bytes>,
}

/// Answers a watch request; `name` limits it to one object.
pub(super) fn answer(
    admitted: &Admitted,
    target: &Target,
    wanted: Wanted,
    name: Option<&str>,
) -> Result<Reply, Status> {
    let options = list_options(admitted)?;
    operations::check_fields(&target.resource, &options.fields)?;
    let cluster = admitted.cluster.clone();
    let query = &admitted.query;
    let initial = query.text("sendInitialEvents");
    let bookmarks = query.flag("allowWatchBookmarks");
    let invalid =
        |error| Status::invalid(Subject { group: "meta.k8s.io", kind: "ListOptions", name: "" }, &[error]);
    if initial.is_empty() && !options.version_match.is_empty() {
        return Err(invalid(FieldError::forbidden(
            "resourceVersionMatch",
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )));
    }
    if !initial.is_empty() && options.version_match != "NotOlderThan" {
        let mut errors = vec![FieldError::forbidden(
            "resourceVersionMatch",
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        )];
        if !options.version_match.is_empty() {
            let given = options.version_match.clone();
            errors.push(FieldError::not_supported("resourceVersionMatch", given, &["NotOlderThan"]));
        }
        return Err(Status::invalid(
            Subject { group: "meta.k8s.io", kind: "ListOptions", name: "" },
            &errors,
        ));
    }
    let current = cluster.store.revision();
    let asked = match options.resource_version.as_str() {
        "" => None,
        text => Some(
            text.parse::<u64>().map_err(|_| Status::plain(500, "", operations::bad_version(text).message))?,
        ),
    };
    let send_initial = match initial {
        "" => asked.is_none_or(|asked| asked == 0),
        text => matches!(text, "true" | "1"),
    };
    // a plain watch waits for a version that is still to come
    if let Some(asked) = asked.filter(|asked| *asked > current && !initial.is_empty()) {
        return Err(Status::too_large_version(asked, current));
    }
    let timeout =
        query.number("timeoutSeconds").map_err(Status::bad_request)?.and_then(|t| u64::try_from(t).ok());
    let deadline =
        Instant::now() + Duration::from_secs(timeout.filter(|t| *t > 0).unwrap_or(DEFAULT_TIMEOUT));
    let (sender, receiver) = mpsc::channel(FRAMES);
    let fields = match name {
        Some(name) => FieldSelector::parse(&format!("metadata.name={name}")).map_err(Status::bad_request)?,
        None => options.fields,
    };
    let watch = Watch {
        namespace: target.key().namespace,
        target: target.clone(),
        labels: options.labels,
        fields,
        wanted,
        include: include(admitted),
        bookmarks,
        columns_sent: false,
        sender,
        cluster,
    };
    let marked = !initial.is_empty() && send_initial && bookmarks;
    tokio::spawn(watch.run(asked.filter(|asked| *asked > 0), send_initial, marked, deadline));
    let mut reply = Reply::new(Body::Stream(receiver));
    let media = match wanted.form {
        Form::Table(_) => "application/json;as=Table;v=v1;g=meta.k8s.io",
        _ => "application/json",
    };
    reply.headers_mut().insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(media));
    Ok(reply)
}

impl Watch {
    async fn run(mut self, from: Option<u64>, send_initial: bool, mark_end: bool, deadline: Instant) {
        let name = self.target.resource.storage();
        // subscribed before the first look, so that no change falls between
        let mut signal = self.cluster.store.signal(&name);
        let mut cursor = from.unwrap_or_else(|| self.cluster.store.revision());
        if send_initial {
            let namespace = (!self.namespace.is_empty()).then_some(self.namespace.as_str());
            let (revision, records) = self.cluster.store.list(&name, namespace);
            cursor = revision;
            for record in records {
                if self.chosen(&record) && !self.send("ADDED", &record).await {
                    return;
                }
            }
            if mark_end && !self.bookmark(cursor, true).await {
                return;
            }
        }
        let mut next_bookmark = Instant::now() + BOOKMARKS;
        loop {
            let Some((reached, events)) = self.cluster.store.events_after(&name, cursor, BATCH) else {
                let status = Status::expired(format!(
                    "too old resource version: {cursor} ({})",
                    self.cluster.store.revision()
                ));
                let _ = self.frame("ERROR", &status.to_value()).await;
                return;
            };
            let full = events.len() == BATCH;
            for event in &events {
                if !self.event(event).await {
                    return;
                }
            }
            cursor = cursor.max(reached);
            if full {
                continue;
            }
            tokio::select! {
                changed = signal.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(deadline) => return,
                () = self.sender.closed() => return,
                () = self.cluster.stopping.cancelled() => return,
                () = tokio::time::sleep_until(next_bookmark), if self.bookmarks => {
                    next_bookmark = Instant::now() + BOOKMARKS;
                    if !self.bookmark(cursor, false).await {
                        return;
                    }
                }
            }
        }
    }

    fn chosen(&self, record: &Record) -> bool {
        (self.namespace.is_empty() || record.key.namespace == self.namespace)
            && operations::chosen(&self.target.resource, &self.labels, &self.fields, record)
    }

    /// Sends an event as the selectors see it: entering the selection is an addition, leaving it a
    /// deletion.
    async fn event(&mut self, event: &Event) -> bool {
        let now = !event.deleted && self.chosen(&event.record);
        let before = event.previous.as_ref().is_some_and(|previous| self.chosen(previous));
        let kind = match (before, now) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return true,
        };
        if kind == "DELETED" && !event.deleted {
            // the state the watcher knew, with the version of the change
            if let Some(previous) = event.previous.as_ref() {
                let mut object = operations::shown(&self.target.resource, previous);
                meta::set_metadata(&mut object, "resourceVersion", Some(event.revision.to_string().into()));
                return self.object(kind, object).await;
            }
        }
        self.send(kind, &event.record).await
    }

    async fn send(&mut self, kind: &str, record: &Record) -> bool {
        if self.wanted.form == Form::Object && convert::is_identity(&self.target.resource) {
            let mut frame = Vec::with_capacity(record.bytes.len() + 40);
            frame.extend_from_slice(format!("{{\"type\":\"{kind}\",\"object\":").as_bytes());
            frame.extend_from_slice(&record.bytes);
            frame.extend_from_slice(b"}\n");
            return self.sender.send(Bytes::from(frame)).await.is_ok();
        }
        let object = operations::shown(&self.target.resource, record);
        self.object(kind, object).await
    }

    async fn object(&mut self, kind: &str, object: Value) -> bool {
        let value = match self.wanted.form {
            Form::Table(version) => {
                let metadata =
                    json!({"resourceVersion": meta::text(&object, &["metadata", "resourceVersion"])});
                let columns = !std::mem::replace(&mut self.columns_sent, true);
                table::table(&self.target.resource, &[object], self.include, version, metadata, columns)
            }
            Form::Metadata(version) => partial(&object, version),
            _ => object,
        };
        self.frame(kind, &value).await
    }

    async fn bookmark(&mut self, revision: u64, initial_end: bool) -> bool {
        let resource = &self.target.resource;
        let mut metadata = json!({"resourceVersion": revision.to_string()});
        if initial_end {
            meta::set(&mut metadata, "annotations", json!({"k8s.io/initial-events-end": "true"}));
        }
        let (kind, version) = match self.wanted.form {
            Form::Metadata(version) => ("PartialObjectMetadata".to_owned(), format!("meta.k8s.io/{version}")),
            _ => (resource.kind.clone(), resource.api_version()),
        };
        let object = match self.wanted.form {
            Form::Table(version) => table::table(resource, &[], self.include, version, metadata, false),
            _ => json!({"kind": kind, "apiVersion": version, "metadata": metadata}),
        };
        self.frame("BOOKMARK", &object).await
    }

    async fn frame(&self, kind: &str, object: &Value) -> bool {
        let frame = format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n");
        self.sender.send(Bytes::from(frame)).await.is_ok()
    }
}
