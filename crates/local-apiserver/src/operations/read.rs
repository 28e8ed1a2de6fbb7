//! Getting and listing objects.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Target;
use crate::cluster::{Cluster, parse, subject};
use crate::convert;
use crate::resources::Resource;
use crate::selector::{FieldSelector, LabelSelector, selectable_fields};
use crate::status::Status;
use crate::store::Record;

/// A stored object of a list.
pub(crate) type Item = Arc<Record>;

/// Reads one object.
///
/// # Errors
/// 404.
pub(crate) fn get(cluster: &Cluster, target: &Target) -> Result<Arc<Record>, Status> {
    let key = target.key();
    cluster
        .store
        .get(&key.table, &key.namespace, &key.name)
        .ok_or_else(|| Status::not_found(subject(&target.resource, &target.name)))
}

/// A record as its resource shows it.
pub(crate) fn shown(resource: &Resource, record: &Record) -> Value {
    convert::to_served(resource, parse(record).unwrap_or_default())
}

/// What to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ListOptions {
    /// Label selector.
    pub(crate) labels: LabelSelector,
    /// Field selector.
    pub(crate) fields: FieldSelector,
    /// Most items of one answer; 0 for all.
    pub(crate) limit: usize,
    /// Where an earlier answer ended.
    pub(crate) continuation: String,
    /// Resource version asked for.
    pub(crate) resource_version: String,
    /// `Exact`, `NotOlderThan` or empty.
    pub(crate) version_match: String,
}

/// The objects found.
pub(crate) struct Listed {
    /// Version they were read at.
    pub(crate) revision: u64,
    /// The objects in order.
    pub(crate) items: Vec<Item>,
    /// Token for the rest; empty when there is none.
    pub(crate) continuation: String,
    /// Items after these; absent when selectors make the number unknown.
    pub(crate) remaining: Option<usize>,
}

/// The state of lists whose first part has been given out: the rest comes from the same moment.
#[derive(Default)]
pub(crate) struct Snapshots {
    kept: VecDeque<Snapshot>,
}

struct Snapshot {
    table: String,
    namespace: String,
    revision: u64,
    taken: std::time::Instant,
    records: Arc<Vec<Arc<Record>>>,
}

/// Snapshots kept at most.
const MOST_SNAPSHOTS: usize = 64;
/// How long a continue token is good for: as long as the real API keeps history.
const SNAPSHOT_AGE: std::time::Duration = std::time::Duration::from_secs(300);

impl Snapshots {
    fn find(&mut self, table: &str, namespace: &str, revision: u64) -> Option<Arc<Vec<Arc<Record>>>> {
        self.kept.retain(|kept| kept.taken.elapsed() < SNAPSHOT_AGE);
        self.kept
            .iter()
            .find(|kept| kept.table == table && kept.namespace == namespace && kept.revision == revision)
            .map(|kept| kept.records.clone())
    }

    fn keep(&mut self, table: &str, namespace: &str, revision: u64, records: Arc<Vec<Arc<Record>>>) {
        if self.find(table, namespace, revision).is_some() {
            return;
        }
        if self.kept.len() >= MOST_SNAPSHOTS {
            self.kept.pop_front();
        }
        self.kept.push_back(Snapshot {
            table: table.to_owned(),
            namespace: namespace.to_owned(),
            revision,
            taken: std::time::Instant::now(),
            records,
        });
    }
}

/// Lists objects.
///
/// # Errors
/// 400 for what makes no sense together, 410 for a version or token that is gone.
pub(crate) fn list(cluster: &Cluster, target: &Target, options: &ListOptions) -> Result<Listed, Status> {
    let resource = &target.resource;
    check_options(resource, options)?;
    let key = target.key();
    let namespace = (!key.namespace.is_empty()).then_some(key.namespace.as_str());
    let (revision, all, after) = if options.continuation.is_empty() {
        let (revision, all) = cluster.store.list(&key.table, namespace);
        if let Ok(asked) = options.resource_version.parse::<u64>() {
            if asked > revision {
                return Err(Status::too_large_version(asked, revision));
            }
            if options.version_match == "Exact" && asked != revision {
                let mut snapshots = cluster.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
                let old = snapshots.find(&key.table, &key.namespace, asked).ok_or_else(|| {
                    Status::expired("The resourceVersion for the provided list is too old.")
                })?;
                (asked, old, None)
            } else {
                (revision, Arc::new(all), None)
            }
        } else {
            (revision, Arc::new(all), None)
        }
    } else {
        let (revision, start) = read_token(&options.continuation)?;
        let mut snapshots = cluster.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        let all = snapshots.find(&key.table, &key.namespace, revision).ok_or_else(|| {
            Status::expired(
                "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
            )
        })?;
        (revision, all, Some(start))
    };
    let from = match &after {
        Some((namespace, name)) => {
            all.partition_point(|record| (&record.key.namespace, &record.key.name) <= (namespace, name))
        }
        None => 0,
    };
    let rest = all.get(from..).unwrap_or_default();
    let filtered = !options.labels.is_empty() || !options.fields.is_empty();
    let mut items: Vec<Item> = Vec::new();
    let mut ended = None;
    for (index, record) in rest.iter().enumerate() {
        if options.limit > 0 && items.len() == options.limit {
            ended = Some(index);
            break;
        }
        if !filtered || selected(resource, options, record) {
            items.push(record.clone());
        }
    }
    let mut continuation = String::new();
    let mut remaining = None;
    if let (Some(index), Some(last)) = (ended, ended.and_then(|i| i.checked_sub(1)).and_then(|i| rest.get(i)))
    {
        continuation = token(revision, &last.key.namespace, &last.key.name);
        remaining = (!filtered).then(|| rest.len() - index);
        let mut snapshots = cluster.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        snapshots.keep(&key.table, &key.namespace, revision, all.clone());
    }
    Ok(Listed { revision, items, continuation, remaining })
}

/// Whether the selectors choose a record.
pub(super) fn selected(resource: &Resource, options: &ListOptions, record: &Record) -> bool {
    options.labels.matches(&record.labels)
        && (options.fields.is_empty() || options.fields.matches(&parse_for_fields(resource, record)))
}

fn parse_for_fields(resource: &Resource, record: &Record) -> Value {
    // field names of events are those of the core group; its objects are stored in that form
    if resource.plural == "events" { parse(record).unwrap_or_default() } else { shown(resource, record) }
}

/// Whether selectors choose a record; for watches.
pub(crate) fn chosen(
    resource: &Resource,
    labels: &LabelSelector,
    fields: &FieldSelector,
    record: &Record,
) -> bool {
    labels.matches(&record.labels)
        && (fields.is_empty() || fields.matches(&parse_for_fields(resource, record)))
}

/// Checks that a field selector names fields the resource can be selected by.
///
/// # Errors
/// 400 with the field.
pub(crate) fn check_fields(resource: &Resource, fields: &FieldSelector) -> Result<(), Status> {
    let custom: Vec<String> =
        resource.custom.as_ref().map(|c| c.selectable_fields.clone()).unwrap_or_default();
    let supported = |field: &str| {
        field == "metadata.name"
            || (field == "metadata.namespace" && resource.namespaced)
            || selectable_fields(&resource.group, &resource.plural).contains(&field)
            || custom.iter().any(|known| known == field)
    };
    match fields.unsupported(&supported) {
        None => Ok(()),
        // kinds with no fields of their own answer in other words
        Some(field)
            if resource.custom.is_none()
                && selectable_fields(&resource.group, &resource.plural).is_empty() =>
        {
            Err(Status::bad_request(format!(
                "\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
            )))
        }
        Some(field) => Err(Status::bad_request(format!("field label not supported: {field}"))),
    }
}

fn check_options(resource: &Resource, options: &ListOptions) -> Result<(), Status> {
    check_fields(resource, &options.fields)?;
    let invalid = |error| {
        Err(Status::invalid(
            crate::status::Subject { group: "meta.k8s.io", kind: "ListOptions", name: "" },
            &[error],
        ))
    };
    use crate::field::FieldError;
    if !options.version_match.is_empty() {
        if !options.continuation.is_empty() {
            return invalid(FieldError::forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
        if options.resource_version.is_empty() {
            return invalid(FieldError::forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if !matches!(options.version_match.as_str(), "Exact" | "NotOlderThan") {
            return invalid(FieldError::not_supported(
                "resourceVersionMatch",
                options.version_match.clone(),
                &["Exact", "NotOlderThan", ""],
            ));
        }
        if options.version_match == "Exact" && options.resource_version == "0" {
            return invalid(FieldError::forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ));
        }
    }
    if !options.continuation.is_empty() {
        read_token(&options.continuation)?;
    }
    if !options.continuation.is_empty() && !matches!(options.resource_version.as_str(), "" | "0") {
        return Err(Status::bad_request("specifying resource version is not allowed when using continue"));
    }
    if !options.resource_version.is_empty() && options.resource_version.parse::<u64>().is_err() {
        return Err(Status::bad_request(format!(
            "invalid resource version: {}",
            bad_version(&options.resource_version).message
        )));
    }
    Ok(())
}

/// The error for a resource version that is no number.
pub(crate) fn bad_version(text: &str) -> Status {
    Status::bad_request(format!(
        "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
    ))
}

fn token(revision: u64, namespace: &str, name: &str) -> String {
    let start =
        if namespace.is_empty() { format!("{name}\u{0}") } else { format!("{namespace}/{name}\u{0}") };
    URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": revision, "start": start}).to_string())
}

fn read_token(text: &str) -> Result<(u64, (String, String)), Status> {
    let bad =
        |why: &str| Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"));
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad("illegal base64 data at input byte 0"))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| {
        let first = bytes.first().map_or(0, |byte| u32::from(*byte));
        let shown = match char::from_u32(first) {
            Some(c) if c.is_ascii_graphic() => c.to_string(),
            _ => format!("\\u{first:04x}"),
        };
        bad(&format!("invalid character '{shown}' looking for beginning of value"))
    })?;
    let version = value.get("v").and_then(Value::as_str).unwrap_or_default();
    if version != "meta.k8s.io/v1" {
        return Err(bad(&format!("server does not recognize this encoded version {version}")));
    }
    let bad = || bad("encoded start key is missing");
    let start = value.get("start").and_then(Value::as_str).ok_or_else(bad)?.trim_end_matches('\0');
    let revision = value.get("rv").and_then(Value::as_u64).ok_or_else(bad)?;
    let (namespace, name) = start.split_once('/').unwrap_or(("", start));
    Ok((revision, (namespace.to_owned(), name.to_owned())))
}
