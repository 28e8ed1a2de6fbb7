//! What can be done to objects, whatever transport asks: read, create, update, patch, delete.
//!
//! ```text
//! create: decode ─► metadata ─► defaults ─► admission ─► strategy ─► validation ─► managed fields ─► store
//! update: read ─► decode or patch ─► strategy (old, new) ─► admission ─► validation ─► managed fields ─► store
//! ```
//! Updates repeat when another write came between, unless the client named the version it saw.

use std::sync::{Arc, Mutex, PoisonError};

use crate::cluster::Cluster;
use crate::identity::User;
use crate::resources::{Resource, Subresource};
use crate::schema::Shape;

mod body;
mod create;
mod delete;
mod read;
mod update;

pub(crate) use body::{Media, object_from_body, read_value};
pub(crate) use create::create;
pub(crate) use delete::{DeleteOptions, Deleted, delete, delete_collection};
pub(crate) use read::{ListOptions, Snapshots, bad_version, check_fields, chosen, get, list, shown};
pub(crate) use update::{Patch, patch, update};

/// What to do about fields a type does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    /// Drop them silently.
    Ignore,
    /// Drop them and warn.
    Warn,
    /// Refuse the object.
    Strict,
}

/// Everything about a request beside what it is aimed at.
pub(crate) struct Context {
    /// Who asks.
    pub(crate) user: User,
    /// Do everything but write.
    pub(crate) dry_run: bool,
    /// Name the written fields are recorded under.
    pub(crate) field_manager: String,
    /// What to do about unknown fields.
    pub(crate) field_validation: FieldValidation,
    /// The request is a server-side apply.
    pub(crate) applying: bool,
    /// Take over fields others own.
    pub(crate) force: bool,
    /// Warnings to send back.
    pub(crate) warnings: Mutex<Vec<String>>,
}

impl Context {
    /// The server's own writes.
    pub(crate) fn internal() -> Self {
        Context {
            user: User::new("system:apiserver", &["system:masters", "system:authenticated"]),
            dry_run: false,
            field_manager: "kube-apiserver".to_owned(),
            field_validation: FieldValidation::Ignore,
            applying: false,
            force: false,
            warnings: Mutex::default(),
        }
    }

    /// Adds a warning.
    pub(crate) fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&text) {
            warnings.push(text);
        }
    }

    /// The warnings so far.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a request is aimed at.
#[derive(Clone)]
pub(crate) struct Target {
    /// The resource.
    pub(crate) resource: Arc<Resource>,
    /// Namespace, empty outside namespaces.
    pub(crate) namespace: String,
    /// Object name, empty for collections.
    pub(crate) name: String,
    /// Subresource, empty for none.
    pub(crate) subresource: String,
}

impl Target {
    /// The object's place in the store.
    pub(crate) fn key(&self) -> crate::store::Key {
        let namespace = if self.resource.namespaced { self.namespace.clone() } else { String::new() };
        crate::store::Key { table: self.resource.storage(), namespace, name: self.name.clone() }
    }

    /// The subresource asked for.
    pub(crate) fn sub(&self) -> Option<&Subresource> {
        self.resource.subresource(&self.subresource)
    }
}

/// The type of what a request to this target carries.
pub(crate) fn body_shape(target: &Target) -> Shape {
    match target.sub().and_then(|sub| Some((sub, sub.foreign.as_ref()?))) {
        Some((sub, (group, version))) => match crate::schema::kind_type(group, version, &sub.kind) {
            Some(name) => Shape::Ref { name, atomic: false },
            None => Shape::Any,
        },
        None => match target.sub() {
            Some(sub) if sub.kind != target.resource.kind => {
                match crate::schema::kind_type(&target.resource.group, &target.resource.version, &sub.kind) {
                    Some(name) => Shape::Ref { name, atomic: false },
                    None => Shape::Any,
                }
            }
            _ => target.resource.shape.clone(),
        },
    }
}

/// The default namespace must never be lost, nor the ones the system lives in.
pub(crate) const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

pub(crate) async fn settle(cluster: &Cluster, table: &str) {
    // what the server itself derives from some tables follows their writes at once
    if table == crate::custom::TABLE {
        crate::custom::refresh(cluster).await;
    }
}
