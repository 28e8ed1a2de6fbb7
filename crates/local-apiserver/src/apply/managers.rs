//! The managers of an object: who set what, in which operation and version.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::set::Set;
use crate::meta;

/// Updates recorded one by one; older ones are put together.
const MOST_UPDATERS: usize = 10;
const ANCIENT: &str = "ancient-changes";

/// Who.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Manager {
    /// Name.
    pub(crate) name: String,
    /// By server-side apply; otherwise by another write.
    pub(crate) applied: bool,
    /// API version of an update; appliers are the same in every version.
    pub(crate) version: String,
    /// Subresource; empty for none.
    pub(crate) subresource: String,
}

impl Manager {
    /// The manager as conflicts name it.
    pub(super) fn shown(&self) -> String {
        let mut text = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            text = format!("{text} with subresource {:?}", self.subresource);
        }
        if self.applied { text } else { format!("{text} using {}", self.version) }
    }
}

/// What a manager owns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Owned {
    /// The fields.
    pub(crate) fields: Set,
    /// The API version they are named in.
    pub(crate) version: String,
    /// Time of the last change.
    pub(crate) time: String,
}

/// All managers of an object.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Managers(pub(crate) BTreeMap<Manager, Owned>);

impl Managers {
    /// Reads `metadata.managedFields`; `None` when an entry is malformed.
    pub(crate) fn read(object: &Value) -> Option<Self> {
        let mut managers = BTreeMap::new();
        for entry in meta::items(object, &["metadata", "managedFields"]) {
            if meta::text(entry, &["fieldsType"]) != "FieldsV1" {
                return None;
            }
            let version = meta::text(entry, &["apiVersion"]).to_owned();
            let applied = match meta::text(entry, &["operation"]) {
                "Apply" => true,
                "Update" => false,
                _ => return None,
            };
            let manager = Manager {
                name: meta::text(entry, &["manager"]).to_owned(),
                applied,
                version: if applied { String::new() } else { version.clone() },
                subresource: meta::text(entry, &["subresource"]).to_owned(),
            };
            let fields = match entry.get("fieldsV1").filter(|fields| !fields.is_null()) {
                Some(fields) => Set::decode(fields)?,
                None => Set::default(),
            };
            managers
                .insert(manager, Owned { fields, version, time: meta::text(entry, &["time"]).to_owned() });
        }
        Some(Managers(managers))
    }

    /// Writes `metadata.managedFields`.
    pub(crate) fn write(&self, object: &mut Value) {
        let mut entries: Vec<(&Manager, &Owned)> =
            self.0.iter().filter(|(_, owned)| !owned.fields.is_empty()).collect();
        entries.sort_by(|(a, x), (b, y)| {
            b.applied
                .cmp(&a.applied)
                .then_with(|| x.time.cmp(&y.time))
                .then_with(|| a.name.cmp(&b.name))
                .then_with(|| x.version.cmp(&y.version))
                .then_with(|| a.subresource.cmp(&b.subresource))
        });
        let entries: Vec<Value> = entries
            .into_iter()
            .map(|(manager, owned)| {
                let mut entry = json!({
                    "apiVersion": owned.version, "fieldsType": "FieldsV1", "fieldsV1": owned.fields.encode(),
                    "manager": manager.name, "operation": if manager.applied { "Apply" } else { "Update" },
                });
                if !manager.subresource.is_empty() {
                    meta::set(&mut entry, "subresource", manager.subresource.clone());
                }
                if !owned.time.is_empty() {
                    meta::set(&mut entry, "time", owned.time.clone());
                }
                entry
            })
            .collect();
        meta::set_metadata(object, "managedFields", (!entries.is_empty()).then_some(Value::Array(entries)));
    }

    /// Puts the oldest updates together when there are many.
    pub(super) fn cap(&mut self) {
        let mut updaters: Vec<(String, Manager)> = self
            .0
            .iter()
            .filter(|(manager, _)| !manager.applied)
            .map(|(manager, owned)| (owned.time.clone(), manager.clone()))
            .collect();
        updaters.sort();
        let mut left = updaters.len();
        let mut first: BTreeMap<String, Manager> = BTreeMap::new();
        for (time, manager) in updaters {
            if left <= MOST_UPDATERS {
                return;
            }
            let Some(version) = self.0.get(&manager).map(|owned| owned.version.clone()) else { continue };
            let bucket = Manager {
                name: ANCIENT.to_owned(),
                applied: false,
                version: version.clone(),
                subresource: String::new(),
            };
            let Some(earlier) = first.get(&version) else {
                first.insert(version, manager);
                continue;
            };
            if !self.0.contains_key(&bucket)
                && let Some(owned) = self.0.remove(earlier)
            {
                self.0.insert(bucket.clone(), owned);
            }
            if let Some(owned) = self.0.remove(&manager)
                && let Some(old) = self.0.get_mut(&bucket)
            {
                old.fields = old.fields.union(&owned.fields);
                old.time = time;
            }
            left -= 1;
        }
    }
}
