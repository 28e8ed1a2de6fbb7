//! OpenAPI documents, made from the type table and the definitions of custom resources.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::handler::Admitted;
use super::{Reply, descriptions, discovery, json as json_reply, raw};
use crate::resources::{Catalog, Resource};
use crate::schema::{self, Shape, Topology, TypeDef};
use crate::status::Status;

/// Answers `/openapi/…`.
pub(super) fn answer(admitted: &Admitted, rest: &str) -> Result<Reply, Status> {
    let catalog = admitted.cluster.catalog();
    let accept =
        admitted.request.headers().get("accept").and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    if !accept.split(',').any(|range| {
        let media = range.split(';').next().unwrap_or_default().trim();
        matches!(media, "" | "*/*" | "application/*" | "application/json")
    }) {
        return Err(Status::plain(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json",
        ));
    }
    match rest {
        "v2" => Ok(json_reply(200, &version_2(&catalog))),
        "v3" => Ok(json_reply(200, &index(&catalog))),
        _ => {
            let path = rest.strip_prefix("v3/").unwrap_or_default();
            let (group, version) = match path.split('/').collect::<Vec<_>>().as_slice() {
                ["api", version] => (String::new(), (*version).to_owned()),
                ["apis", group, version] => ((*group).to_owned(), (*version).to_owned()),
                _ => return Ok(raw(404, "text/plain; charset=utf-8", "404 page not found\n")),
            };
            if !catalog.all().iter().any(|r| r.group == group && r.version == version) {
                return Ok(raw(404, "text/plain; charset=utf-8", "404 page not found\n"));
            }
            Ok(json_reply(200, &version_3(&catalog, &group, &version)))
        }
    }
}

fn index(catalog: &Catalog) -> Value {
    let mut paths = Map::new();
    let mut versions: Vec<(String, String)> = vec![(String::new(), "v1".to_owned())];
    for (group, group_versions) in catalog.groups() {
        versions.extend(group_versions.into_iter().map(|version| (group.clone(), version)));
    }
    for (group, version) in versions {
        let path =
            if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") };
        // the hash changes when a definition does; built-in groups never change
        let seed: String = catalog
            .all()
            .iter()
            .filter(|r| r.group == group && r.version == version)
            .map(|r| {
                format!("{}{}", r.kind, r.custom.as_ref().map(|c| c.schema.to_string()).unwrap_or_default())
            })
            .collect();
        let hash = crc32fast::hash(seed.as_bytes());
        paths.insert(
            path.clone(),
            json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash:08X}")}),
        );
    }
    json!({ "paths": paths })
}

/// The full name of a type in published documents.
fn full_name(short: &str) -> String {
    let prefix = match short.split('.').next().unwrap_or_default() {
        "meta" => "io.k8s.apimachinery.pkg.apis.",
        "api" | "pkg" | "util" => {
            if short.starts_with("api.resource") || short.starts_with("util.") {
                "io.k8s.apimachinery.pkg."
            } else {
                "io.k8s.apimachinery."
            }
        }
        "apiextensions" => "io.k8s.apiextensions-apiserver.pkg.apis.",
        "apiregistration" => "io.k8s.kube-aggregator.pkg.apis.",
        _ => "io.k8s.api.",
    };
    format!("{prefix}{short}")
}

/// The name of a custom kind's schema: the group reversed, version, kind.
fn custom_name(resource: &Resource) -> String {
    let mut parts: Vec<&str> = resource.group.split('.').collect();
    parts.reverse();
    format!("{}.{}.{}", parts.join("."), resource.version, resource.kind)
}

struct Writer<'a> {
    /// Where references point: `#/components/schemas/` or `#/definitions/`.
    base: &'a str,
    /// References of fields with a default or attributes are wrapped in `allOf` (version 3).
    wrap: bool,
    wanted: Vec<String>,
    seen: BTreeSet<String>,
}

impl Writer<'_> {
    fn reference(&mut self, short: &str) -> Value {
        if self.seen.insert(short.to_owned()) {
            self.wanted.push(short.to_owned());
        }
        json!({"$ref": format!("{}{}", self.base, full_name(short))})
    }

    fn shape(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::String => json!({"type": "string"}),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Int32 => json!({"type": "integer", "format": "int32"}),
            Shape::Int64 => json!({"type": "integer", "format": "int64"}),
            Shape::Number => json!({"type": "number", "format": "double"}),
            Shape::Bytes => json!({"type": "string", "format": "byte"}),
            Shape::Time => self.reference("meta.v1.Time"),
            Shape::MicroTime => self.reference("meta.v1.MicroTime"),
            Shape::Quantity => self.reference("api.resource.Quantity"),
            Shape::IntOrString => self.reference("util.intstr.IntOrString"),
            Shape::FieldSet => self.reference("meta.v1.FieldsV1"),
            Shape::Any => json!({"type": "object"}),
            Shape::Ref { name, .. } => self.reference(name),
            Shape::Inline(def) => self.type_def(def),
            Shape::List { item, topology } => {
                let mut value = json!({"type": "array", "items": self.shape(item)});
                match topology {
                    Topology::Atomic => crate::meta::set(&mut value, "x-kubernetes-list-type", "atomic"),
                    Topology::Set => crate::meta::set(&mut value, "x-kubernetes-list-type", "set"),
                    Topology::Map(keys) => {
                        crate::meta::set(&mut value, "x-kubernetes-list-type", "map");
                        crate::meta::set(&mut value, "x-kubernetes-list-map-keys", json!(keys));
                    }
                }
                value
            }
            Shape::Map { value, atomic } => {
                let mut map = json!({"type": "object", "additionalProperties": self.shape(value)});
                if *atomic {
                    crate::meta::set(&mut map, "x-kubernetes-map-type", "atomic");
                }
                map
            }
        }
    }

    fn type_def(&mut self, def: &TypeDef) -> Value {
        if let Some(special) = special(&def.name) {
            return special;
        }
        if let Some(alias) = &def.alias {
            return self.shape(alias);
        }
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in &def.fields {
            let mut value = self.shape(&field.shape);
            let mut extra = Map::new();
            if let Some(words) = descriptions::of_field(&def.name, &field.name) {
                extra.insert("description".to_owned(), words.into());
            }
            if let Some(default) = &field.default {
                extra.insert("default".to_owned(), default.clone());
            }
            if let Some(key) = &field.merge_key {
                extra.insert("x-kubernetes-patch-merge-key".to_owned(), key.clone().into());
            }
            let strategy = match (field.merge, field.retain_keys) {
                (true, true) => Some("merge,retainKeys"),
                (true, false) => Some("merge"),
                (false, true) => Some("retainKeys"),
                (false, false) => None,
            };
            if let Some(strategy) = strategy {
                extra.insert("x-kubernetes-patch-strategy".to_owned(), strategy.into());
            }
            if let Shape::Ref { atomic: true, .. } = field.shape {
                extra.insert("x-kubernetes-map-type".to_owned(), "atomic".into());
            }
            if self.wrap && !extra.is_empty() && value.get("$ref").is_some() {
                value = json!({"allOf": [value]});
            }
            if let Some(map) = value.as_object_mut() {
                map.extend(extra);
            }
            properties.insert(field.name.clone(), value);
            if field.required {
                required.push(field.name.clone());
            }
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if let Some(words) = descriptions::of_type(&def.name) {
            crate::meta::set(&mut schema, "description", words);
        }
        if !required.is_empty() {
            crate::meta::set(&mut schema, "required", json!(required));
        }
        if def.atomic {
            crate::meta::set(&mut schema, "x-kubernetes-map-type", "atomic");
        }
        if def.open {
            crate::meta::set(&mut schema, "x-kubernetes-preserve-unknown-fields", true);
        }
        schema
    }
}

/// Types whose schema says more than their shape.
fn special(name: &str) -> Option<Value> {
    Some(match name {
        "meta.v1.Time" | "meta.v1.MicroTime" => json!({"type": "string", "format": "date-time"}),
        "api.resource.Quantity" => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
        "util.intstr.IntOrString" => {
            json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
        }
        "meta.v1.FieldsV1" | "pkg.runtime.RawExtension" => json!({"type": "object"}),
        _ => return None,
    })
}

/// The kinds each type is, from the served resources.
fn kinds_of(catalog: &Catalog, short: &str) -> Vec<Value> {
    let mut kinds = Vec::new();
    for resource in catalog.all() {
        let Shape::Ref { name, .. } = &resource.shape else { continue };
        let list = format!("{name}List");
        for (type_name, kind) in [(name, &resource.kind), (&list, &resource.list_kind)] {
            if type_name == short {
                kinds.push(json!({"group": resource.group, "kind": kind, "version": resource.version}));
            }
        }
    }
    match short {
        "autoscaling.v1.Scale" => {
            kinds.push(json!({"group": "autoscaling", "kind": "Scale", "version": "v1"}))
        }
        "policy.v1.Eviction" => kinds.push(json!({"group": "policy", "kind": "Eviction", "version": "v1"})),
        "meta.v1.Status" => kinds.push(json!({"group": "", "kind": "Status", "version": "v1"})),
        "authentication.v1.TokenRequest" => {
            kinds.push(json!({"group": "authentication.k8s.io", "kind": "TokenRequest", "version": "v1"}));
        }
        "meta.v1.DeleteOptions" | "meta.v1.WatchEvent" => {
            let kind = short.rsplit('.').next().unwrap_or_default();
            kinds.push(json!({"group": "", "kind": kind, "version": "v1"}));
            for (group, versions) in catalog.groups() {
                for version in versions {
                    kinds.push(json!({"group": group, "kind": kind, "version": version}));
                }
            }
        }
        _ => {}
    }
    kinds
}

fn schemas(
    catalog: &Catalog,
    roots: Vec<String>,
    custom: &[&Resource],
    base: &str,
    wrap: bool,
) -> Map<String, Value> {
    let mut writer = Writer { base, wrap, wanted: Vec::new(), seen: BTreeSet::new() };
    for root in roots {
        writer.reference(&root);
    }
    let mut all = Map::new();
    for resource in custom {
        if let Some(version) = &resource.custom {
            all.insert(custom_name(resource), custom_schema(&mut writer, resource, &version.schema));
            all.insert(format!("{}List", custom_name(resource)), custom_list(&mut writer, resource));
        }
    }
    while let Some(short) = writer.wanted.pop() {
        let Some(def) = schema::type_def(&short) else { continue };
        let mut value = writer.type_def(&def);
        let kinds = kinds_of(catalog, &short);
        if !kinds.is_empty() {
            crate::meta::set(&mut value, "x-kubernetes-group-version-kind", json!(kinds));
        }
        all.insert(full_name(&short), value);
    }
    all.sort_keys();
    all
}

fn custom_schema(writer: &mut Writer<'_>, resource: &Resource, given: &Value) -> Value {
    let mut value = if given.is_object() { given.clone() } else { json!({}) };
    crate::meta::set(&mut value, "type", "object");
    let metadata = writer.reference("meta.v1.ObjectMeta");
    if let Some(properties) = crate::meta::map_mut(&mut value, "properties") {
        properties.insert("apiVersion".to_owned(), json!({"type": "string"}));
        properties.insert("kind".to_owned(), json!({"type": "string"}));
        properties.insert("metadata".to_owned(), metadata);
    }
    let kind = json!([{"group": resource.group, "kind": resource.kind, "version": resource.version}]);
    crate::meta::set(&mut value, "x-kubernetes-group-version-kind", kind);
    value
}

fn custom_list(writer: &mut Writer<'_>, resource: &Resource) -> Value {
    let metadata = writer.reference("meta.v1.ListMeta");
    json!({
        "type": "object", "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": metadata,
            "items": {"type": "array", "items": {"$ref": format!("{}{}", writer.base, custom_name(resource))}}
        },
        "x-kubernetes-group-version-kind": [{"group": resource.group, "kind": resource.list_kind, "version": resource.version}]
    })
}

/// The types the resources of a group version name.
fn roots(resources: &[&Resource]) -> Vec<String> {
    let mut roots = vec![
        "meta.v1.Status".to_owned(),
        "meta.v1.DeleteOptions".to_owned(),
        "meta.v1.WatchEvent".to_owned(),
        "meta.v1.APIResourceList".to_owned(),
        "meta.v1.Patch".to_owned(),
    ];
    for resource in resources {
        if let Shape::Ref { name, .. } = &resource.shape {
            roots.push(name.clone());
            roots.push(format!("{name}List"));
        }
        for sub in &resource.subresources {
            let (group, version) =
                sub.foreign.clone().unwrap_or_else(|| (resource.group.clone(), resource.version.clone()));
            roots.extend(schema::kind_type(&group, &version, &sub.kind));
        }
    }
    roots.retain(|name| schema::type_def(name).is_some());
    roots
}

fn version_3(catalog: &Catalog, group: &str, version: &str) -> Value {
    let resources: Vec<&Resource> = catalog
        .all()
        .iter()
        .filter(|r| r.group == group && r.version == version)
        .map(AsRef::as_ref)
        .collect();
    let custom: Vec<&Resource> = resources.iter().copied().filter(|r| r.custom.is_some()).collect();
    let schemas = schemas(catalog, roots(&resources), &custom, "#/components/schemas/", true);
    let mut paths = Map::new();
    for resource in &resources {
        resource_paths(resource, &mut paths, true);
    }
    json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": discovery::GIT_VERSION},
        "paths": paths, "components": {"schemas": schemas, "securitySchemes": {"BearerToken": {"type": "apiKey", "name": "authorization", "in": "header"}}}
    })
}

fn version_2(catalog: &Catalog) -> Value {
    let resources: Vec<&Resource> = catalog.all().iter().map(AsRef::as_ref).collect();
    let custom: Vec<&Resource> = resources.iter().copied().filter(|r| r.custom.is_some()).collect();
    let definitions = schemas(catalog, roots(&resources), &custom, "#/definitions/", false);
    let mut paths = Map::new();
    for resource in &resources {
        resource_paths(resource, &mut paths, false);
    }
    json!({
        "swagger": "2.0", "info": {"title": "Kubernetes", "version": discovery::GIT_VERSION},
        "paths": paths, "definitions": definitions
    })
}

fn parameter(name: &str, kind: &str, third: bool) -> Value {
    if third {
        json!({"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": true}})
    } else {
        json!({"name": name, "in": "query", "type": kind, "uniqueItems": true})
    }
}

fn operation(resource: &Resource, action: &str, kind: &Value, third: bool) -> Value {
    let names: &[(&str, &str)] = match action {
        "list" | "watch" => &[
            ("continue", "string"),
            ("fieldSelector", "string"),
            ("labelSelector", "string"),
            ("limit", "integer"),
            ("resourceVersion", "string"),
            ("resourceVersionMatch", "string"),
            ("sendInitialEvents", "boolean"),
            ("timeoutSeconds", "integer"),
            ("watch", "boolean"),
        ],
        "post" | "put" => &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")],
        "patch" => &[
            ("dryRun", "string"),
            ("fieldManager", "string"),
            ("fieldValidation", "string"),
            ("force", "boolean"),
        ],
        "delete" | "deletecollection" => {
            &[("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("propagationPolicy", "string")]
        }
        _ => &[],
    };
    let parameters: Vec<Value> = names.iter().map(|(name, kind)| parameter(name, kind, third)).collect();
    let base = if third { "#/components/schemas/" } else { "#/definitions/" };
    let name = match &resource.shape {
        Shape::Ref { name, .. } => full_name(name),
        _ => custom_name(resource),
    };
    let name = if action == "list" { format!("{name}List") } else { name };
    let reference = json!({"$ref": format!("{base}{name}")});
    let response = if third {
        json!({"description": "OK", "content": {"application/json": {"schema": reference}}})
    } else {
        json!({"description": "OK", "schema": reference})
    };
    json!({
        "parameters": parameters, "responses": {"200": response},
        "x-kubernetes-action": action, "x-kubernetes-group-version-kind": kind
    })
}

fn resource_paths(resource: &Resource, paths: &mut Map<String, Value>, third: bool) {
    let root = if resource.group.is_empty() {
        format!("/api/{}", resource.version)
    } else {
        format!("/apis/{}/{}", resource.group, resource.version)
    };
    let kind = json!({"group": resource.group, "kind": resource.kind, "version": resource.version});
    let has = |verb: &str| resource.verbs.iter().any(|known| known == verb);
    let plural = &resource.plural;
    let collection = if resource.namespaced {
        format!("{root}/namespaces/{{namespace}}/{plural}")
    } else {
        format!("{root}/{plural}")
    };
    if resource.namespaced && has("list") {
        paths.insert(format!("{root}/{plural}"), json!({"get": operation(resource, "list", &kind, third)}));
    }
    let mut operations = Map::new();
    for (verb, method, action) in [
        ("list", "get", "list"),
        ("create", "post", "post"),
        ("deletecollection", "delete", "deletecollection"),
    ] {
        if has(verb) {
            operations.insert(method.to_owned(), operation(resource, action, &kind, third));
        }
    }
    paths.insert(collection.clone(), Value::Object(operations));
    let mut operations = Map::new();
    for (verb, method, action) in [
        ("get", "get", "get"),
        ("update", "put", "put"),
        ("patch", "patch", "patch"),
        ("delete", "delete", "delete"),
    ] {
        if has(verb) {
            operations.insert(method.to_owned(), operation(resource, action, &kind, third));
        }
    }
    if !operations.is_empty() {
        paths.insert(format!("{collection}/{{name}}"), Value::Object(operations));
    }
    for sub in resource.subresources.iter().filter(|sub| matches!(sub.name.as_str(), "status" | "scale")) {
        let mut operations = Map::new();
        for (method, action) in [("get", "get"), ("put", "put"), ("patch", "patch")] {
            let (group, version) =
                sub.foreign.clone().unwrap_or_else(|| (resource.group.clone(), resource.version.clone()));
            let kind = json!({"group": group, "kind": sub.kind, "version": version});
            operations.insert(method.to_owned(), operation(resource, action, &kind, third));
        }
        paths.insert(format!("{collection}/{{name}}/{}", sub.name), Value::Object(operations));
    }
}
