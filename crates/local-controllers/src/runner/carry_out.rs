//! Carrying out actions over the Kubernetes API, and taking what it answers into the world.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{EVENT, POD};
use wheelhouse_cluster::{DeleteOptions, Error, Key, Propagation, Resource, Result, Subresource, metadata};

use super::Shared;
use crate::action::{Action, Telling};
use crate::field::stamp;

/// How many different events are remembered for counting.
const REMEMBERED: usize = 4_096;

/// What was told already: object, reason and message, with the event's name and count.
#[derive(Debug, Default)]
pub(crate) struct Told {
    known: Mutex<HashMap<TellingId, (String, u64)>>,
}

/// The uid of the object, the reason and the message.
type TellingId = (String, &'static str, String);

fn namespace(object: &Value) -> Option<&str> {
    Some(metadata::namespace(object)).filter(|namespace| !namespace.is_empty())
}

fn in_namespace(key: &Key) -> Option<&str> {
    Some(key.namespace.as_str()).filter(|namespace| !namespace.is_empty())
}

impl Shared {
    /// Does one thing.
    pub(super) async fn carry_out(&self, action: Action) -> Result<()> {
        match action {
            Action::Create { resource, object } => {
                match self.cluster.create(&resource, namespace(&object), &object).await {
                    Ok(created) => self.take_in(&resource, created),
                    Err(error) if error.is_already_exists() => {}
                    Err(error) if refused_for_good(&error) => self.tell_refusal(&object, &error).await,
                    Err(error) => return Err(error),
                }
            }
            Action::Replace { resource, object, part } => {
                let stored = self.cluster.replace(&resource, &object, part).await?;
                self.take_in(&resource, stored);
            }
            Action::Patch { resource, key, part, patch } => {
                let kind = wheelhouse_cluster::PatchKind::Merge;
                match self.cluster.patch(&resource, in_namespace(&key), &key.name, part, kind, &patch).await {
                    Ok(stored) => self.take_in(&resource, stored),
                    Err(error) if error.is_not_found() => {}
                    Err(error) => return Err(error),
                }
            }
            Action::Delete { resource, key, options } => self.delete(&resource, &key, &options).await?,
            Action::Bind { key, uid, node } => self.bind(&key, &uid, &node).await?,
            Action::DeleteIfOrphaned { resource, key, uid, owners } => {
                self.delete_if_orphaned(&resource, &key, uid, owners).await?;
            }
            Action::EmptyNamespace { name } => super::namespace::empty(self, &name).await?,
            Action::RemoveFolder { folder, name } => {
                let path = folder.join(name);
                let removed = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || std::fs::remove_dir_all(path)
                });
                if let Ok(Err(error)) = removed.await
                    && error.kind() != std::io::ErrorKind::NotFound
                {
                    tracing::warn!(folder = %path.display(), %error, "a volume's folder was left behind");
                }
            }
            Action::Tell(telling) => self.tell(telling).await,
        }
        Ok(())
    }

    /// Takes an object into the world and wakes whom it concerns, before the watch tells of it.
    pub(super) fn take_in(&self, resource: &Resource, object: Value) {
        if resource.matches(&object)
            && let Some(change) = self.world.observe(resource, object)
        {
            self.concern(resource, &change);
        }
    }

    async fn delete(&self, resource: &Resource, key: &Key, options: &DeleteOptions) -> Result<()> {
        let uid = options.uid.clone().unwrap_or_default();
        match self.cluster.delete(resource, in_namespace(key), &key.name, options).await {
            Ok(Some(left)) if metadata::is_deleting(&left) => self.take_in(resource, left),
            Ok(_) => {
                if let Some(change) = self.world.forget(resource, key, &uid) {
                    self.concern(resource, &change);
                }
            }
            // Another object of the same name is not ours to delete.
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn bind(&self, key: &Key, uid: &str, node: &str) -> Result<()> {
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"namespace": key.namespace, "name": key.name, "uid": uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        match self
            .cluster
            .create_sub(&POD, in_namespace(key), &key.name, Subresource::Binding, &binding)
            .await
        {
            Ok(_) => {
                self.world.assume(uid, node);
                Ok(())
            }
            // Gone, or placed by somebody else.
            Err(error) if error.is_not_found() || error.is_conflict() => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn delete_if_orphaned(
        &self,
        resource: &Resource,
        key: &Key,
        uid: String,
        owners: Vec<(Resource, String, String)>,
    ) -> Result<()> {
        for (kind, name, owner) in owners {
            let there = self.cluster.get(&kind, in_namespace(key), &name).await?;
            if there.is_some_and(|there| metadata::uid(&there) == owner) {
                return Ok(());
            }
        }
        let options = DeleteOptions {
            propagation: Some(Propagation::Background),
            uid: Some(uid),
            ..DeleteOptions::default()
        };
        self.delete(resource, key, &options).await
    }

    /// An object that the API will never take as it is: its owner is told.
    async fn tell_refusal(&self, object: &Value, error: &Error) {
        let Some(owner) = metadata::controller(object) else { return };
        let uid = owner.get("uid").and_then(Value::as_str).unwrap_or_default();
        if let Some((resource, owner)) = self.world.by_uid(uid) {
            self.tell(Telling {
                resource,
                key: Key::of(&owner),
                uid: uid.to_owned(),
                warning: true,
                reason: "FailedCreate",
                message: format!("Error creating: {error}"),
                by: "wheelhouse-controllers",
            })
            .await;
        }
    }

    /// Writes an event, or counts it up if it was told before. Events are told as well as can be:
    /// that one is lost is no reason to stop.
    async fn tell(&self, telling: Telling) {
        let now = stamp(Timestamp::now());
        let id = (telling.uid.clone(), telling.reason, telling.message.clone());
        let known = {
            let mut told = self.told.known.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() > REMEMBERED {
                told.clear();
            }
            told.get_mut(&id).map(|(name, count)| {
                *count += 1;
                (name.clone(), *count)
            })
        };
        let space = if telling.key.namespace.is_empty() { "default" } else { &telling.key.namespace };
        if let Some((name, count)) = known {
            let patch = json!({"count": count, "lastTimestamp": now});
            let kind = wheelhouse_cluster::PatchKind::Merge;
            if self.cluster.patch(&EVENT, Some(space), &name, None, kind, &patch).await.is_ok() {
                return;
            }
        }
        let name = format!("{}.{:x}", telling.key.name, Timestamp::now().as_nanosecond());
        let event = json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {"namespace": space, "name": name},
            "involvedObject": {"apiVersion": telling.resource.api_version(), "kind": telling.resource.kind,
                "namespace": telling.key.namespace, "name": telling.key.name, "uid": telling.uid},
            "type": if telling.warning { "Warning" } else { "Normal" },
            "reason": telling.reason,
            "message": telling.message,
            "source": {"component": telling.by},
            "reportingComponent": telling.by,
            "reportingInstance": "",
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        });
        match self.cluster.create(&EVENT, Some(space), &event).await {
            Ok(_) => {
                let mut told = self.told.known.lock().unwrap_or_else(PoisonError::into_inner);
                told.insert(id, (name, 1));
            }
            Err(error) => tracing::debug!(%error, "an event could not be told"),
        }
    }
}

/// Whether the same object would be refused again.
fn refused_for_good(error: &Error) -> bool {
    matches!(error.code(), Some(400 | 403 | 422))
}
