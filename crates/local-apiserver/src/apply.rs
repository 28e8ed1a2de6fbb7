//! Server-side apply and the ownership of fields.
//!
//! Every write is compared with the state before it. An update takes over the fields it changes and
//! frees those it removes. An apply merges its configuration, removes what it applied before and
//! leaves out now unless another manager owns it, and is refused when it would change fields of
//! others, unless forced.

use serde_json::Value;

use crate::meta;
use crate::schema::Shape;

mod managers;
mod set;
mod typed;

pub(crate) use managers::{Manager, Managers, Owned};
pub(crate) use set::Set;

use set::{Element, path_text};

/// Whose write it is, and of what.
pub(crate) struct Write<'a> {
    /// Type of the object.
    pub(crate) shape: &'a Shape,
    /// API version of the request.
    pub(crate) version: &'a str,
    /// Name of the manager.
    pub(crate) manager: &'a str,
    /// Subresource; empty for none.
    pub(crate) subresource: &'a str,
    /// Fields this path never writes.
    pub(crate) ignored: &'a Set,
    /// The present time.
    pub(crate) now: &'a str,
}

/// A field another manager owns: the manager and the path as messages show them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conflict {
    /// The manager as messages show it.
    pub(crate) manager: String,
    /// The path.
    pub(crate) path: String,
}

/// Why an apply is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum ApplyError {
    /// The configuration does not fit its type.
    #[error("{}", .0.join("\n"))]
    Untyped(Vec<String>),
    /// Fields are owned by others.
    #[error("{} fields are owned by others", .0.len())]
    Conflicts(Vec<Conflict>),
}

impl Write<'_> {
    fn identity(&self, applied: bool) -> Manager {
        Manager {
            name: if self.manager.is_empty() { "unknown".to_owned() } else { self.manager.to_owned() },
            applied,
            version: if applied { String::new() } else { self.version.to_owned() },
            subresource: self.subresource.to_owned(),
        }
    }

    fn named(&self, set: &Set) -> Set {
        set.with_named_steps(&|path| typed::is_named(self.shape, path))
    }

    /// The managers after an update from one state to another.
    pub(crate) fn update(&self, old: &Value, new: &Value, managers: Managers) -> Managers {
        let (old, new) = (plain(old), plain(new));
        let comparison = typed::compare(self.shape, &old, &new).without(self.ignored);
        // others lose what was changed or removed
        let changed = comparison.modified.union(&comparison.added);
        let mut managers = managers;
        let me = self.identity(false);
        for owned in managers.0.values_mut() {
            owned.fields = owned.fields.difference(&changed).difference(&comparison.removed);
        }
        managers.0.retain(|_, owned| !owned.fields.is_empty());
        let taken = changed.difference(&system_fields());
        if !taken.is_empty() {
            let before = managers.0.remove(&me).map(|owned| owned.fields).unwrap_or_default();
            let fields = before.union(&taken);
            managers
                .0
                .insert(me, Owned { fields, version: self.version.to_owned(), time: self.now.to_owned() });
        }
        managers.cap();
        managers
    }

    /// Merges a configuration into an object; the object is unchanged when nothing differs.
    ///
    /// # Errors
    /// When the configuration does not fit its type or meets fields of others.
    pub(crate) fn apply(
        &self,
        live: &Value,
        applied: &Value,
        managers: Managers,
        force: bool,
    ) -> Result<(Value, Managers), ApplyError> {
        let (live, applied) = (plain(live), plain(applied));
        let errors = typed::check(self.shape, &applied);
        if !errors.is_empty() {
            return Err(ApplyError::Untyped(errors));
        }
        let me = self.identity(true);
        let mut managers = managers;
        let merged = typed::merge(self.shape, &live, &applied);
        let last = managers.0.get(&me).cloned();
        let fields = typed::fields(self.shape, &applied).without_trees(self.ignored);
        let time = self.now.to_owned();
        managers.0.insert(me.clone(), Owned { fields, version: self.version.to_owned(), time });
        let merged = match &last {
            Some(last) => self.prune(&merged, &managers, &last.fields),
            None => merged,
        };
        let comparison = typed::compare(self.shape, &live, &merged).without(self.ignored);
        let changed = comparison.modified.union(&comparison.added);
        let mut conflicts = Vec::new();
        for (manager, owned) in managers.0.iter_mut().filter(|(manager, _)| **manager != me) {
            let contested = owned.fields.intersection(&changed);
            conflicts.extend(
                contested
                    .paths()
                    .iter()
                    .map(|path| Conflict { manager: manager.shown(), path: path_text(path) }),
            );
            owned.fields = owned.fields.difference(&contested).difference(&comparison.removed);
        }
        if !force && !conflicts.is_empty() {
            return Err(ApplyError::Conflicts(conflicts));
        }
        let unchanged = changed.is_empty() && comparison.removed.is_empty();
        let system = system_fields();
        if let Some(owned) = managers.0.get_mut(&me) {
            owned.fields = owned.fields.difference(&system);
            if unchanged {
                // an apply that changes nothing has no time of its own
                owned.time = last.map(|last| last.time).unwrap_or_default();
            }
        }
        managers.0.retain(|_, owned| !owned.fields.is_empty());
        Ok((merged, managers))
    }

    /// The paths of a configuration applied by other means that the live object still has as applied.
    pub(crate) fn last_applied(&self, live: &Value, configuration: Option<&Value>) -> Vec<String> {
        let Some(configuration) = configuration.filter(|c| typed::check(self.shape, c).is_empty()) else {
            return Vec::new();
        };
        let (live, configuration) = (plain(live), plain(configuration));
        let comparison = typed::compare(self.shape, &live, &configuration);
        let unchanged = typed::fields(self.shape, &configuration)
            .difference(&comparison.modified)
            .difference(&comparison.added);
        unchanged.paths().iter().map(|path| path_text(path)).collect()
    }

    /// Removes what the manager applied before and leaves out now, unless somebody owns it.
    fn prune(&self, merged: &Value, managers: &Managers, last: &Set) -> Value {
        let shape = self.shape;
        let last = self.named(last);
        let pruned = typed::remove(shape, merged, &last);
        let owned = managers.0.values().fold(Set::default(), |all, owned| all.union(&owned.fields));
        let in_merged = self.named(&typed::fields(shape, merged));
        let kept = self.named(&typed::fields(shape, &pruned)).union(&self.named(&owned));
        let pruned = typed::remove(shape, merged, &in_merged.difference(&kept));
        let in_pruned = self.named(&typed::fields(shape, &pruned));
        typed::remove(shape, merged, &in_merged.difference(&in_pruned).intersection(&last))
    }
}

/// The object as ownership sees it: without the record of ownership itself.
fn plain(object: &Value) -> Value {
    let mut object = if object.is_object() { object.clone() } else { Value::Object(serde_json::Map::new()) };
    if object.get("metadata").is_some() {
        meta::set_metadata(&mut object, "managedFields", None);
    }
    object
}

/// Fields nobody owns.
fn system_fields() -> Set {
    let mut set = Set::default();
    for path in [
        "apiVersion",
        "kind",
        "metadata",
        "metadata.name",
        "metadata.namespace",
        "metadata.creationTimestamp",
        "metadata.selfLink",
        "metadata.uid",
        "metadata.clusterName",
        "metadata.generation",
        "metadata.managedFields",
        "metadata.resourceVersion",
    ] {
        set.insert(&path.split('.').map(|step| Element::Field(step.to_owned())).collect::<Vec<_>>());
    }
    set
}

/// A set of these dotted paths.
pub(crate) fn paths(paths: &[&str]) -> Set {
    let mut set = Set::default();
    for path in paths {
        set.insert(&path.split('.').map(|step| Element::Field(step.to_owned())).collect::<Vec<_>>());
    }
    set
}

#[cfg(test)]
mod tests;
