//! Custom resources: definitions become served resources with their own schema.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::cluster::{Cluster, Written, parse};
use crate::decode::decode;
use crate::field::{FieldError, Problem};
use crate::meta;
use crate::resources::{Resource, Subresource};
use crate::schema::Shape;

mod definition;
mod rules;
mod schema;
mod shape;
mod structural;
mod validation;

pub(crate) use definition::{default_definition, prepare};
pub(crate) use validation::validate_definition;

/// Table of the definitions.
pub(crate) const TABLE: &str = "customresourcedefinitions.apiextensions.k8s.io";
/// Held by a definition that is being deleted until its objects are gone.
pub(crate) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// One served version of a definition.
#[derive(Debug)]
pub(crate) struct Version {
    /// The definition serves one version only.
    pub(crate) only: bool,
    /// This version's `apiVersion`.
    pub(crate) api_version: String,
    /// `apiVersion` objects are stored in.
    pub(crate) storage_api_version: String,
    /// The status subresource is on.
    pub(crate) has_status: bool,
    /// The scale subresource, when it is on.
    pub(crate) scale: Option<Scale>,
    /// Fields objects can be selected by.
    pub(crate) selectable_fields: Vec<String>,
    /// `additionalPrinterColumns`.
    pub(crate) columns: Vec<Value>,
    /// `openAPIV3Schema`.
    pub(crate) schema: Value,
    /// What its users are warned of when the version is deprecated.
    pub(crate) deprecation: Option<String>,
    /// The rules of the schema, once somebody needs them.
    rules: OnceLock<Option<rules::Rules>>,
    /// Unknown fields are kept everywhere.
    preserve: bool,
}

/// Paths of the scale subresource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    /// Wanted replicas.
    pub(crate) spec: String,
    /// Present replicas.
    pub(crate) status: String,
    /// Label selector as text.
    pub(crate) selector: Option<String>,
}

impl Scale {
    /// What is wrong with the counts of an object that can be scaled.
    fn validate(&self, object: &Value) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for path in [&self.spec, &self.status] {
            let keys: Vec<&str> = path.trim_start_matches('.').split('.').collect();
            let (count, why) = match meta::at(object, &keys) {
                None => continue,
                Some(value) => match value.as_i64() {
                    Some(count) if count < 0 => (count, "should be a non-negative integer".to_owned()),
                    Some(count) if count > i64::from(i32::MAX) => {
                        (count, format!("should be less than or equal to {}", i32::MAX))
                    }
                    Some(_) => continue,
                    None => (0, not_a_number(path, value)),
                },
            };
            errors.push(FieldError::invalid(path.clone(), count, why));
        }
        if let Some(path) = &self.selector {
            let keys: Vec<&str> = path.trim_start_matches('.').split('.').collect();
            if let Some(value) = meta::at(object, &keys).filter(|value| !value.is_string()) {
                let (shown, kind) = go_value(value);
                let why = format!("{path} accessor error: {shown} is of the type {kind}, expected string");
                errors.push(FieldError::invalid(path.clone(), "", why));
            }
        }
        errors
    }
}

fn not_a_number(path: &str, value: &Value) -> String {
    let (shown, kind) = go_value(value);
    format!("{path} accessor error: {shown} is of the type {kind}, expected int64")
}

/// A value and its type as the messages of the API print them.
fn go_value(value: &Value) -> (String, &'static str) {
    match value {
        Value::Null => ("<nil>".to_owned(), "<nil>"),
        Value::Bool(flag) => (flag.to_string(), "bool"),
        Value::Number(number) if number.is_i64() => (number.to_string(), "int64"),
        Value::Number(number) => (number.to_string(), "float64"),
        Value::String(text) => (text.clone(), "string"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| go_value(item).0).collect();
            (format!("[{}]", items.join(" ")), "[]interface {}")
        }
        Value::Object(map) => {
            let mut items: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", go_value(value).0)).collect();
            items.sort();
            (format!("map[{}]", items.join(" ")), "map[string]interface {}")
        }
    }
}

impl Version {
    /// Drops what the schema does not know and decodes the metadata; names what was dropped.
    ///
    /// # Errors
    /// When the metadata is malformed.
    pub(crate) fn clean(&self, object: &mut Value) -> Result<Vec<String>, String> {
        let mut dropped = Vec::new();
        if let Some(metadata) = object.get("metadata").cloned() {
            let shape = Shape::Ref { name: "meta.v1.ObjectMeta".to_owned(), atomic: false };
            let decoded = decode(&shape, metadata).map_err(|why| why.0)?;
            dropped.extend(decoded.unknown.into_iter().map(|path| format!("metadata.{path}")));
            dropped.sort();
            meta::set(object, "metadata", decoded.value);
        } else {
            meta::set(object, "metadata", json!({}));
        }
        if !self.preserve {
            let mut unknown = Vec::new();
            schema::prune(&self.schema, object, &mut unknown);
            unknown.sort();
            dropped.extend(unknown);
        }
        let mut unknown = Vec::new();
        schema::embedded_metadata(&self.schema, object, &mut unknown);
        unknown.sort();
        dropped.extend(unknown);
        Ok(dropped)
    }

    /// Fills in the defaults of the schema.
    pub(crate) fn default(&self, object: &mut Value) {
        schema::default(&self.schema, object);
    }

    /// What is wrong with an object. What was wrong before and has not changed is let through; where a
    /// rule is broken so, a warning says it.
    pub(crate) fn validate(
        &self,
        object: &Value,
        old: Option<&Value>,
        warnings: &mut Vec<String>,
    ) -> Vec<FieldError> {
        let mut errors = schema::validate(&self.schema, object, old);
        if let Some(scale) = &self.scale {
            errors.extend(scale.validate(object));
        }
        if let Some(rules) = self.rules.get_or_init(|| rules::Rules::of(&self.schema)) {
            if errors.iter().any(hinders_rules) {
                let why = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
                errors.push(FieldError::invalid("<nil>", Value::Null, why));
            } else {
                errors.extend(rules.broken(object, old, warnings));
            }
        }
        errors
    }

    /// Makes a stored object one of this version.
    pub(crate) fn served(&self, object: &mut Value) {
        if meta::text(object, &["apiVersion"]) != self.api_version {
            meta::set(object, "apiVersion", self.api_version.clone());
            if !self.preserve {
                schema::prune(&self.schema, object, &mut Vec::new());
            }
        }
        schema::default(&self.schema, object);
    }
}

/// An object with such an error is not fit for rules.
fn hinders_rules(error: &FieldError) -> bool {
    matches!(
        error.problem,
        Problem::NotSupported(..)
            | Problem::Required(_)
            | Problem::RequiredValid(..)
            | Problem::TooLong(_)
            | Problem::TooMany(..)
            | Problem::TypeInvalid(..)
    )
}

/// The resources a definition serves.
fn resources(definition: &Value) -> Vec<Arc<Resource>> {
    let text = |path: &[&str]| meta::text(definition, path).to_owned();
    let group = text(&["spec", "group"]);
    let names = |key: &str| -> Vec<String> {
        meta::items(definition, &["spec", "names", key])
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let versions = meta::items(definition, &["spec", "versions"]);
    let storage = versions.iter().find(|v| v.get("storage") == Some(&Value::Bool(true)));
    let storage_api_version =
        format!("{group}/{}", storage.map(|v| meta::text(v, &["name"])).unwrap_or_default());
    let preserve = meta::at(definition, &["spec", "preserveUnknownFields"]) == Some(&Value::Bool(true));
    let mut served: Vec<&Value> =
        versions.iter().filter(|v| v.get("served") == Some(&Value::Bool(true))).collect();
    served.sort_by(|a, b| definition::version_order(meta::text(a, &["name"]), meta::text(b, &["name"])));
    let only = versions.len() == 1;
    served
        .into_iter()
        .map(|version| {
            let name = meta::text(version, &["name"]).to_owned();
            let schema =
                meta::at(version, &["schema", "openAPIV3Schema"]).cloned().unwrap_or_else(|| json!({}));
            let scale =
                meta::at(version, &["subresources", "scale"]).filter(|s| s.is_object()).map(|scale| Scale {
                    spec: meta::text(scale, &["specReplicasPath"]).to_owned(),
                    status: meta::text(scale, &["statusReplicasPath"]).to_owned(),
                    selector: meta::at(scale, &["labelSelectorPath"])
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                });
            let has_status = meta::at(version, &["subresources", "status"]).is_some_and(|s| !s.is_null());
            let def = Arc::new(shape::root(&schema, preserve));
            let kind = text(&["spec", "names", "kind"]);
            let mut subresources = Vec::new();
            let verbs = || ["get", "patch", "update"].map(str::to_owned).to_vec();
            if has_status {
                subresources.push(Subresource {
                    name: "status".to_owned(),
                    foreign: None,
                    kind: kind.clone(),
                    verbs: verbs(),
                });
            }
            if scale.is_some() {
                subresources.push(Subresource {
                    name: "scale".to_owned(),
                    foreign: Some(("autoscaling".to_owned(), "v1".to_owned())),
                    kind: "Scale".to_owned(),
                    verbs: verbs(),
                });
            }
            let custom = Version {
                only,
                api_version: format!("{group}/{name}"),
                storage_api_version: storage_api_version.clone(),
                has_status,
                scale,
                selectable_fields: meta::items(version, &["selectableFields"])
                    .iter()
                    .map(|field| meta::text(field, &["jsonPath"]).trim_start_matches('.').to_owned())
                    .collect(),
                columns: meta::items(version, &["additionalPrinterColumns"]).to_vec(),
                preserve: preserve || schema == json!({}),
                deprecation: definition::deprecation(definition, version),
                rules: OnceLock::new(),
                schema,
            };
            Arc::new(Resource {
                group: group.clone(),
                version: name,
                plural: text(&["spec", "names", "plural"]),
                singular: text(&["spec", "names", "singular"]),
                list_kind: text(&["spec", "names", "listKind"]),
                kind,
                namespaced: text(&["spec", "scope"]) == "Namespaced",
                verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
                    .map(str::to_owned)
                    .to_vec(),
                short_names: names("shortNames"),
                categories: names("categories"),
                subresources,
                shape: Shape::Inline(def),
                custom: Some(Arc::new(custom)),
            })
        })
        .collect()
}

fn condition(definition: &Value, kind: &str) -> bool {
    meta::items(definition, &["status", "conditions"])
        .iter()
        .any(|c| meta::text(c, &["type"]) == kind && meta::text(c, &["status"]) == "True")
}

/// Follows the definitions in the store: accepts names, serves what is established, removes the
/// objects of definitions that are being deleted.
pub(crate) async fn refresh(cluster: &Cluster) {
    let mut definitions = cluster.objects(TABLE, None);
    definitions.sort_by_key(|d| meta::text(d, &["metadata", "creationTimestamp"]).to_owned());
    let mut served: Vec<Arc<Resource>> = Vec::new();
    for definition in &mut definitions {
        if meta::deleting(definition) {
            served.extend(resources(definition));
            remove_instances(cluster, definition).await;
            continue;
        }
        let conflict = name_conflict(definition, &served);
        if !condition(definition, "Established")
            || conflict.is_some() == condition(definition, "NamesAccepted")
        {
            accept(cluster, definition, conflict.as_deref()).await;
        }
        if conflict.is_none() {
            served.extend(resources(definition));
        }
    }
    served.retain(|resource| {
        let name = format!("{}.{}", resource.plural, resource.group);
        cluster.store.get(TABLE, "", &name).is_some()
    });
    cluster.serve(served);
}

fn name_conflict(definition: &Value, served: &[Arc<Resource>]) -> Option<String> {
    let group = meta::text(definition, &["spec", "group"]);
    let plural = meta::text(definition, &["spec", "names", "plural"]);
    let kind = meta::text(definition, &["spec", "names", "kind"]);
    served
        .iter()
        .filter(|other| other.group == group && other.plural != plural)
        .find(|other| other.kind == kind)
        .map(|_| format!("\"{kind}\" is already in use"))
}

async fn accept(cluster: &Cluster, definition: &mut Value, conflict: Option<&str>) {
    let now = meta::now();
    let make = |kind: &str, ok: bool, reason: &str, message: &str| {
        json!({"lastTransitionTime": now, "message": message, "reason": reason,
            "status": if ok { "True" } else { "False" }, "type": kind})
    };
    let conditions = match conflict {
        None => json!([
            make("NamesAccepted", true, "NoConflicts", "no conflicts found"),
            make("Established", true, "InitialNamesAccepted", "the initial names have been accepted"),
        ]),
        Some(why) => json!([
            make("NamesAccepted", false, "KindConflict", why),
            make("Established", false, "NotAccepted", "not all names are accepted"),
        ]),
    };
    let names = meta::at(definition, &["spec", "names"]).cloned().unwrap_or_default();
    let old = definition.clone();
    if let Some(status) = meta::map_mut(definition, "status") {
        status.insert("conditions".to_owned(), conditions);
        if conflict.is_none() {
            status.insert("acceptedNames".to_owned(), names);
        }
    }
    if let Some(resource) = cluster.catalog().find("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    {
        let name = meta::name(definition).to_owned();
        let target = crate::operations::Target {
            resource,
            namespace: String::new(),
            name,
            subresource: "status".to_owned(),
        };
        crate::managed::on_update(&target, &crate::operations::Context::internal(), definition, &old);
    }
    let _ = replace(cluster, definition).await;
}

/// Writes a definition over the version it was read at; another writer's turn is as good.
async fn replace(cluster: &Cluster, definition: &Value) -> bool {
    let key = crate::store::Key {
        table: TABLE.to_owned(),
        namespace: String::new(),
        name: meta::name(definition).to_owned(),
    };
    let version = meta::text(definition, &["metadata", "resourceVersion"]).parse().ok();
    matches!(cluster.put(key, version, definition).await, Ok(Written::Done(_)))
}

async fn remove_instances(cluster: &Cluster, definition: &mut Value) {
    let mut finalizers = meta::finalizers(definition);
    if !finalizers.iter().any(|f| f == CLEANUP) {
        return;
    }
    let table = format!(
        "{}.{}",
        meta::text(definition, &["spec", "names", "plural"]),
        meta::text(definition, &["spec", "group"])
    );
    let mut left = false;
    for record in cluster.store.list(&table, None).1 {
        let Some(mut object) = parse(&record) else { continue };
        let held = !meta::finalizers(&object).is_empty();
        left |= held;
        if held && meta::deleting(&object) {
            continue;
        }
        let outcome = if held {
            meta::set_metadata(&mut object, "deletionTimestamp", Some(meta::now().into()));
            meta::set_metadata(&mut object, "deletionGracePeriodSeconds", Some(0.into()));
            cluster.put(record.key.clone(), Some(record.revision), &object).await
        } else {
            cluster.remove(record.key.clone(), record.revision, &object).await
        };
        left |= !matches!(outcome, Ok(Written::Done(_)));
    }
    if left {
        return;
    }
    finalizers.retain(|f| f != CLEANUP);
    let key = crate::store::Key {
        table: TABLE.to_owned(),
        namespace: String::new(),
        name: meta::name(definition).to_owned(),
    };
    let version = meta::text(definition, &["metadata", "resourceVersion"]).parse().ok();
    let last = finalizers.is_empty();
    meta::set_metadata(definition, "finalizers", (!last).then(|| json!(finalizers)));
    let _ = match (last, version) {
        (true, Some(version)) => cluster.remove(key, version, definition).await,
        _ => cluster.put(key, version, definition).await,
    };
}
