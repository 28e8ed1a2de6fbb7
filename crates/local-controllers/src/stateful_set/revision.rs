//! The templates that a set has had, kept as ControllerRevisions.

use std::sync::Arc;

use serde_json::{Value, json};
use wheelhouse_cluster::resources::{CONTROLLER_REVISION, STATEFUL_SET};
use wheelhouse_cluster::{DeleteOptions, Key, metadata};

use crate::action::{Action, Plan};
use crate::field::{number, text, value};
use crate::names::content_hash;
use crate::pod;

/// A set's templates: the one it has now, and the one that most of its pods still have.
pub(super) struct History {
    set: Value,
    known: Vec<Arc<Value>>,
    update: String,
    current: String,
}

impl History {
    pub(super) fn of(set: &Value, revisions: &[Arc<Value>]) -> Self {
        let mut known = revisions.to_vec();
        known.sort_by_key(|revision| number(revision, "/revision").unwrap_or_default());
        let template = value(set, "/spec/template");
        let same = known.iter().rev().find(|revision| value(revision, "/data/spec/template") == template);
        let update = match same {
            Some(revision) => metadata::name(revision).to_owned(),
            None => format!("{}-{}", metadata::name(set), content_hash(template, 0)),
        };
        let told = text(set, "/status/currentRevision");
        let is_known = known.iter().any(|revision| metadata::name(revision) == told);
        let current = if is_known { told.to_owned() } else { update.clone() };
        Self { set: set.clone(), known, update, current }
    }

    /// The name of the revision that the set's template is.
    pub(super) fn update(&self) -> &str {
        &self.update
    }

    /// The name of the revision that was in force before.
    pub(super) fn current(&self) -> &str {
        &self.current
    }

    /// What is to be kept first: a revision for the template, newer than all others.
    pub(super) fn missing(&self) -> Option<Action> {
        let newest = self.known.last().and_then(|revision| number(revision, "/revision")).unwrap_or_default();
        if let Some(known) = self.known.iter().find(|revision| metadata::name(revision) == self.update) {
            // A template gone back to becomes the newest.
            return (number(known, "/revision") != Some(newest)).then(|| Action::Patch {
                resource: CONTROLLER_REVISION,
                key: Key::of(known),
                part: None,
                patch: json!({"revision": newest + 1}),
            });
        }
        let object = json!({
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "namespace": metadata::namespace(&self.set),
                "name": self.update,
                "labels": value(&self.set, "/spec/template/metadata/labels"),
                "ownerReferences": [pod::controlled_by(&self.set, &STATEFUL_SET)],
            },
            "data": {"spec": {"template": value(&self.set, "/spec/template")}},
            "revision": newest + 1,
        });
        Some(Action::Create { resource: CONTROLLER_REVISION, object })
    }

    /// The set's template with the name of its revision.
    pub(super) fn update_template(&self) -> (&str, Value) {
        (&self.update, value(&self.set, "/spec/template").clone())
    }

    /// The template that was in force before, with the name of its revision.
    pub(super) fn current_template(&self) -> (&str, Value) {
        let kept = self.known.iter().find(|revision| metadata::name(revision) == self.current);
        match kept
            .map(|revision| value(revision, "/data/spec/template"))
            .filter(|template| !template.is_null())
        {
            Some(template) => (&self.current, template.clone()),
            None => self.update_template(),
        }
    }

    /// Deletes revisions beyond the history that is kept, oldest first, if no pod has them.
    pub(super) fn clean_up(&self, pods: &[Arc<Value>], plan: &mut Plan) {
        let kept = usize::try_from(number(&self.set, "/spec/revisionHistoryLimit").unwrap_or(10))
            .unwrap_or_default();
        let idle: Vec<&Arc<Value>> = self
            .known
            .iter()
            .filter(|revision| {
                let name = metadata::name(revision);
                let used = pods.iter().any(|pod| metadata::label(pod, super::HASH_LABEL) == Some(name));
                !used && name != self.update && name != self.current
            })
            .collect();
        for revision in idle.iter().take(idle.len().saturating_sub(kept)) {
            plan.then(Action::Delete {
                resource: CONTROLLER_REVISION,
                key: Key::of(revision),
                options: DeleteOptions {
                    uid: Some(metadata::uid(revision).to_owned()),
                    ..DeleteOptions::default()
                },
            });
        }
    }
}
