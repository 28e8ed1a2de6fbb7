//! Requests for resources: from path, query and body to an operation, and its outcome to an answer.

use std::sync::Mutex;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use super::handler::Admitted;
use super::negotiate::{Form, Wanted, body_media, content_type, wanted};
use super::{Reply, proxy, raw, reviews, watch, with_warnings};
use crate::field::FieldError;
use crate::operations::{
    self, Context, DeleteOptions, Deleted, FieldValidation, ListOptions, Media, Patch, Target,
    object_from_body, read_value,
};
use crate::request::ResourcePath;
use crate::resources::Resource;
use crate::selector::{FieldSelector, LabelSelector};
use crate::status::{Status, Subject};
use crate::{convert, meta, scale, strategy, table};

/// Answers a request for a resource.
pub(super) async fn answer(mut admitted: Admitted, path: ResourcePath) -> Result<Reply, Status> {
    let catalog = admitted.cluster.catalog();
    let Some(resource) = catalog.find(&path.group, &path.version, &path.resource) else {
        let known = |r: &Resource| r.group == path.group && (r.custom.is_none() || r.version == path.version);
        if !catalog.all().iter().any(|resource| known(resource)) {
            return Ok(raw(404, "text/plain; charset=utf-8", "404 page not found\n"));
        }
        return Err(Status::no_such_path());
    };
    let in_namespace = !path.namespace.is_empty();
    let is_namespace = path.group.is_empty() && path.resource == "namespaces";
    if in_namespace && !resource.namespaced && (!is_namespace || path.name.is_empty()) {
        return Err(Status::no_such_path());
    }
    if !path.subresource.is_empty() && resource.subresource(&path.subresource).is_none() {
        return Err(Status::no_such_path());
    }
    let namespace = if resource.namespaced { path.namespace.clone() } else { String::new() };
    let target =
        Target { resource, namespace, name: path.name.clone(), subresource: path.subresource.clone() };
    if target.subresource == "log" && admitted.request.method() != Method::GET {
        return Err(Status::method_not_allowed());
    }
    // what is only answered has no names
    if !target.resource.stored() && target.subresource.is_empty() && !target.name.is_empty() {
        let answered = target.resource.verbs.iter().all(|verb| verb == "create");
        if answered {
            return Err(Status::no_such_path());
        }
    }
    if matches!(target.subresource.as_str(), "proxy" | "log" | "exec" | "attach" | "portforward") {
        return proxy::answer(admitted, &target, &path.rest).await;
    }
    if !path.rest.is_empty() {
        return Err(Status::no_such_path());
    }
    let wanted = wanted(admitted.request.headers())?;
    let method = admitted.request.method().clone();
    check_verb(&target, &method)?;
    let deprecation = deprecation(&target);
    if method == Method::GET || method == Method::HEAD {
        let context = Context::internal();
        deprecation.into_iter().for_each(|text| context.warn(text));
        return read(&admitted, &target, wanted).map(|reply| with_warnings(reply, &context));
    }
    let context = context(&admitted, &method)?;
    deprecation.into_iter().for_each(|text| context.warn(text));
    let headers = admitted.request.headers().clone();
    let body = body(&mut admitted).await?;
    let written = write(&admitted, &target, &context, &method, &headers, &body, wanted).await;
    // warnings go with refusals too
    Ok(with_warnings(written.unwrap_or_else(|status| super::refusal(&status)), &context))
}

/// What every user of a resource is warned of.
fn deprecation(target: &Target) -> Option<String> {
    match &target.resource.custom {
        Some(custom) => custom.deprecation.clone(),
        None if target.resource.group.is_empty() && target.resource.plural == "endpoints" => {
            Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".to_owned())
        }
        None => None,
    }
}

fn check_verb(target: &Target, method: &Method) -> Result<(), Status> {
    let verbs = match target.sub() {
        Some(sub) => &sub.verbs,
        None => &target.resource.verbs,
    };
    let named = !target.name.is_empty();
    let verb = match *method {
        Method::GET if named => "get",
        Method::GET => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if named => "delete",
        Method::DELETE => "deletecollection",
        _ => "",
    };
    let placed = match *method {
        Method::POST => {
            (named == target.sub().is_some()) && (!target.resource.namespaced || !target.namespace.is_empty())
        }
        Method::PUT | Method::PATCH => named,
        Method::DELETE => !target.resource.namespaced || !target.namespace.is_empty(),
        _ => !named || !target.resource.namespaced || !target.namespace.is_empty(),
    };
    if placed && verbs.iter().any(|known| known == verb) { Ok(()) } else { Err(Status::method_not_allowed()) }
}

/// Reads the whole body within the limit.
pub(super) async fn body(admitted: &mut Admitted) -> Result<Bytes, Status> {
    let limit = admitted.limits.body_bytes;
    let too_large =
        || Status::plain(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {limit}"));
    let stated =
        admitted.request.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if stated.is_some_and(|stated| stated > limit) {
        return Err(too_large());
    }
    match Limited::new(admitted.request.body_mut(), limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(Status::bad_request(error.to_string())),
    }
}

/// What a request says beside its aim and its body.
pub(super) fn context(admitted: &Admitted, method: &Method) -> Result<Context, Status> {
    let query = &admitted.query;
    let kind = match *method {
        Method::POST => "CreateOptions",
        Method::PUT => "UpdateOptions",
        Method::PATCH => "PatchOptions",
        _ => "DeleteOptions",
    };
    let invalid = |error| Status::invalid(Subject { group: "meta.k8s.io", kind, name: "" }, &[error]);
    let dry_run = query.all("dryRun");
    if dry_run.iter().any(|value| value != "All") {
        return Err(invalid(FieldError::not_supported("dryRun", json!(dry_run), &["All"])));
    }
    let field_validation = match query.text("fieldValidation") {
        "" | "Warn" => FieldValidation::Warn,
        "Ignore" => FieldValidation::Ignore,
        "Strict" => FieldValidation::Strict,
        other => {
            return Err(invalid(FieldError::not_supported(
                "fieldValidation",
                other,
                &["", "Ignore", "Strict", "Warn"],
            )));
        }
    };
    let given = query.text("fieldManager");
    let applying = content_type(admitted.request.headers()).starts_with("application/apply-patch");
    if *method == Method::PATCH && applying && given.is_empty() {
        return Err(invalid(FieldError::required("fieldManager", "is required for apply patch")));
    }
    if *method == Method::PATCH && !applying && query.has("force") {
        return Err(invalid(FieldError::forbidden("force", "may not be specified for non-apply patch")));
    }
    if given.len() > 128 {
        return Err(invalid(FieldError::too_long("fieldManager", 128)));
    }
    if given.chars().any(char::is_control) {
        return Err(invalid(FieldError::invalid(
            "fieldManager",
            given,
            "should only contain printable characters",
        )));
    }
    let agent = admitted
        .request
        .headers()
        .get("user-agent")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let manager = if given.is_empty() { agent.split('/').next().unwrap_or_default() } else { given };
    Ok(Context {
        user: admitted.user.clone(),
        dry_run: !dry_run.is_empty(),
        field_manager: manager.chars().take(128).collect(),
        field_validation,
        applying: *method == Method::PATCH && applying,
        force: query.flag("force"),
        warnings: Mutex::default(),
    })
}

/// The list options of a query.
pub(super) fn list_options(admitted: &Admitted) -> Result<ListOptions, Status> {
    let query = &admitted.query;
    let labels = LabelSelector::parse(query.text("labelSelector")).map_err(Status::bad_request)?;
    let fields = FieldSelector::parse(query.text("fieldSelector")).map_err(Status::bad_request)?;
    let limit = query.number("limit").map_err(Status::bad_request)?.unwrap_or_default();
    Ok(ListOptions {
        labels,
        fields,
        limit: usize::try_from(limit).unwrap_or_default(),
        continuation: query.text("continue").to_owned(),
        resource_version: query.text("resourceVersion").to_owned(),
        version_match: query.text("resourceVersionMatch").to_owned(),
    })
}

fn read(admitted: &Admitted, target: &Target, wanted: Wanted) -> Result<Reply, Status> {
    let cluster = &admitted.cluster;
    if target.name.is_empty() {
        if target.resource.plural == "componentstatuses" {
            return Ok(encoded(
                200,
                wanted,
                &json!({"kind": "ComponentStatusList", "apiVersion": "v1", "metadata": {}, "items": []}),
            ));
        }
        if admitted.query.flag("watch") {
            return watch::answer(admitted, target, wanted, None);
        }
        return list(admitted, target, wanted);
    }
    if admitted.query.flag("watch") && target.subresource.is_empty() {
        return watch::answer(admitted, target, wanted, Some(&target.name));
    }
    match admitted.query.text("resourceVersion") {
        "" => {}
        text => match text.parse::<u64>() {
            Err(_) => return Err(Status::plain(500, "", operations::bad_version(text).message)),
            Ok(asked) if asked > cluster.store.revision() => {
                return Err(Status::too_large_version(asked, cluster.store.revision()));
            }
            Ok(_) => {}
        },
    }
    let record = operations::get(cluster, target)?;
    let plain = wanted.form == Form::Object && wanted.media == Media::Json && target.subresource != "scale";
    if plain && convert::is_identity(&target.resource) && admitted.query.text("pretty").is_empty() {
        return Ok(raw(200, "application/json", record.bytes.clone()));
    }
    let object = operations::shown(&target.resource, &record);
    let object =
        if target.subresource == "scale" { scale::from_object(&target.resource, &object) } else { object };
    Ok(shaped(admitted, 200, &target.resource, wanted, &object))
}

/// One object in the form asked for.
pub(super) fn shaped(
    admitted: &Admitted,
    code: u16,
    resource: &Resource,
    wanted: Wanted,
    object: &Value,
) -> Reply {
    match wanted.form {
        Form::Table(version) if meta::text(object, &["kind"]) == resource.kind => {
            let table = table::table(
                resource,
                std::slice::from_ref(object),
                include(admitted),
                version,
                json!({
                    "resourceVersion": meta::text(object, &["metadata", "resourceVersion"])
                }),
                true,
            );
            encoded(code, wanted, &table)
        }
        Form::Metadata(version) => encoded(code, wanted, &partial(object, version)),
        _ => encoded(code, wanted, object),
    }
}

/// A table carries objects in one of three ways.
fn check_include(admitted: &Admitted, wanted: Wanted) -> Result<(), Status> {
    let asked = admitted.query.text("includeObject");
    if matches!(wanted.form, Form::Table(_)) && !matches!(asked, "" | "Metadata" | "Object" | "None") {
        let error =
            FieldError::invalid("includeObject", asked, "must be 'Metadata', 'Object', 'None', or empty");
        return Err(Status::bad_request(format!("Unable to convert to Table as requested: {error}")));
    }
    Ok(())
}

/// What tables carry of each object.
pub(super) fn include(admitted: &Admitted) -> table::Include {
    match admitted.query.text("includeObject") {
        "None" => table::Include::Nothing,
        "Object" => table::Include::Object,
        _ => table::Include::Metadata,
    }
}

/// The metadata of an object alone.
pub(super) fn partial(object: &Value, version: &str) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": format!("meta.k8s.io/{version}"),
        "metadata": object.get("metadata").cloned().unwrap_or_default()
    })
}

fn encoded(code: u16, wanted: Wanted, value: &Value) -> Reply {
    match wanted.media {
        Media::Json | Media::Protobuf => super::json(code, value),
        Media::Yaml => {
            // deeper than YAML is written: JSON is YAML too
            let text = value.to_string().into_bytes();
            let written = wheelhouse_goyaml::json_to_yaml(&text).unwrap_or(text);
            raw(code, "application/yaml", written)
        }
    }
}

fn list(admitted: &Admitted, target: &Target, wanted: Wanted) -> Result<Reply, Status> {
    if admitted.query.has("sendInitialEvents") {
        return Err(Status::invalid(
            Subject { group: "meta.k8s.io", kind: "ListOptions", name: "" },
            &[FieldError::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")],
        ));
    }
    admitted.query.number("timeoutSeconds").map_err(Status::bad_request)?;
    check_include(admitted, wanted)?;
    let options = list_options(admitted)?;
    let listed = operations::list(&admitted.cluster, target, &options)?;
    let resource = &target.resource;
    let mut metadata = json!({"resourceVersion": listed.revision.to_string()});
    if !listed.continuation.is_empty() {
        meta::set(&mut metadata, "continue", listed.continuation.clone());
        if let Some(remaining) = listed.remaining {
            meta::set(&mut metadata, "remainingItemCount", remaining);
        }
    }
    if resource.custom.is_some() && listed.continuation.is_empty() && wanted.form == Form::Object {
        meta::set(&mut metadata, "continue", "");
    }
    match wanted.form {
        Form::Table(version) => {
            let objects: Vec<Value> =
                listed.items.iter().map(|item| operations::shown(resource, item)).collect();
            let table = table::table(
                resource,
                &objects,
                include(admitted),
                version,
                metadata,
                admitted.query.text("continue").is_empty(),
            );
            return Ok(encoded(200, wanted, &table));
        }
        Form::Metadata(version) => {
            let items: Vec<Value> = listed
                .items
                .iter()
                .map(|item| partial(&operations::shown(resource, item), version))
                .collect();
            let list = json!({"kind": "PartialObjectMetadataList", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": metadata, "items": items});
            return Ok(encoded(200, wanted, &list));
        }
        _ => {}
    }
    let custom = resource.custom.is_some();
    // items of built-in lists do not repeat what the list says
    let head =
        format!("{{\"apiVersion\":{},\"kind\":{},", json!(resource.api_version()), json!(resource.kind));
    let mut out = Vec::with_capacity(256 + listed.items.iter().map(|item| item.bytes.len()).sum::<usize>());
    out.extend_from_slice(
        format!(
            "{{\"kind\":{},\"apiVersion\":{},\"metadata\":{metadata},\"items\":[",
            json!(resource.list_kind),
            json!(resource.api_version())
        )
        .as_bytes(),
    );
    let identity = convert::is_identity(resource);
    for (index, item) in listed.items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if identity {
            match item.bytes.strip_prefix(head.as_bytes()).filter(|_| !custom) {
                Some(rest) => {
                    out.push(b'{');
                    out.extend_from_slice(rest);
                }
                None => out.extend_from_slice(&item.bytes),
            }
            continue;
        }
        let mut object = operations::shown(resource, item);
        if !custom {
            meta::remove(&mut object, "kind");
            meta::remove(&mut object, "apiVersion");
        }
        // writing to memory cannot fail
        let _ = serde_json::to_writer(&mut out, &object);
    }
    out.extend_from_slice(b"]}");
    if wanted.media == Media::Yaml {
        let value: Value = serde_json::from_slice(&out).unwrap_or_default();
        return Ok(encoded(200, wanted, &value));
    }
    Ok(raw(200, "application/json", out))
}

async fn write(
    admitted: &Admitted,
    target: &Target,
    context: &Context,
    method: &Method,
    headers: &HeaderMap,
    body: &Bytes,
    wanted: Wanted,
) -> Result<Reply, Status> {
    let cluster = &admitted.cluster;
    let resource = &target.resource;
    match *method {
        Method::POST => {
            let media = body_media(headers)?;
            let object = object_from_body(target, context, media, body)?;
            if !target.subresource.is_empty() || !resource.stored() {
                return reviews::answer(admitted, target, context, object, wanted).await;
            }
            let created = operations::create(cluster, target, context, object).await?;
            Ok(shaped(admitted, 201, resource, wanted, &created))
        }
        Method::PUT => {
            let media = body_media(headers)?;
            let object = object_from_body(target, context, media, body)?;
            let (updated, created) = operations::update(cluster, target, context, object).await?;
            Ok(shaped(admitted, if created { 201 } else { 200 }, resource, wanted, &updated))
        }
        Method::PATCH => {
            let patch = read_patch(target, headers, body)?;
            let (patched, created) = operations::patch(cluster, target, context, &patch).await?;
            Ok(shaped(admitted, if created { 201 } else { 200 }, resource, wanted, &patched))
        }
        Method::DELETE => remove(admitted, target, context, headers, body, wanted).await,
        _ => Err(Status::method_not_allowed()),
    }
}

fn read_patch(target: &Target, headers: &HeaderMap, body: &[u8]) -> Result<Patch, Status> {
    let media = content_type(headers);
    let unsupported = || match target.resource.custom {
        Some(_) => Status::plain(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        ),
        None => {
            Status::plain(415, "UnsupportedMediaType", "415: Unsupported Media Type").with_details(json!({}))
        }
    };
    let parse = |lead: &str| -> Result<Value, Status> {
        let (value, _) =
            read_value(Media::Json, body).map_err(|why| Status::bad_request(format!("{lead}{why}")))?;
        Ok(value)
    };
    let object = |value: Value, lead: &str| -> Result<Value, Status> {
        let found = match &value {
            Value::Object(_) => return Ok(value),
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Number(_) => "number",
            Value::Bool(_) => "bool",
            Value::Null => "null",
        };
        Err(Status::bad_request(format!(
            "{lead}json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
        )))
    };
    const PATCH: &str = "error decoding patch: ";
    match media {
        "application/json-patch+json" => Ok(Patch::Json(parse(PATCH)?)),
        "application/merge-patch+json" => Ok(Patch::Merge(object(parse(PATCH)?, PATCH)?)),
        "application/strategic-merge-patch+json" if target.resource.custom.is_none() => {
            Ok(Patch::Strategic(object(parse("")?, "")?))
        }
        "application/apply-patch+yaml" => {
            let (value, _) = read_value(Media::Yaml, body).map_err(|why| {
                Status::bad_request(format!("error decoding YAML: error converting YAML to JSON: {why}"))
            })?;
            let lead = "error decoding YAML: error unmarshaling JSON: while decoding JSON: ";
            Ok(Patch::Apply(object(value, lead)?))
        }
        _ => Err(unsupported()),
    }
}

async fn remove(
    admitted: &Admitted,
    target: &Target,
    context: &Context,
    headers: &HeaderMap,
    body: &Bytes,
    wanted: Wanted,
) -> Result<Reply, Status> {
    let cluster = &admitted.cluster;
    let mut options = json!({});
    if !body.is_empty() {
        let media = body_media(headers)?;
        let (value, _) = read_value(media, body).map_err(Status::bad_request)?;
        let kind = meta::text(&value, &["kind"]);
        if !matches!(kind, "" | "DeleteOptions") {
            return Err(Status::bad_request(format!(
                "no kind {kind:?} is registered for version {:?} in scheme \"pkg/runtime/scheme.go:111\"",
                meta::text(&value, &["apiVersion"])
            )));
        }
        let shape = crate::schema::Shape::Ref { name: "meta.v1.DeleteOptions".to_owned(), atomic: false };
        options = crate::decode::decode(&shape, value).map_err(|why| Status::bad_request(why.0))?.value;
    }
    admitted.query.number("gracePeriodSeconds").map_err(Status::bad_request)?;
    for key in ["propagationPolicy", "gracePeriodSeconds", "orphanDependents"] {
        let text = admitted.query.text(key);
        if !text.is_empty() {
            let value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
            meta::set(&mut options, key, value);
        }
    }
    let dry_run = !meta::items(&options, &["dryRun"]).is_empty();
    let context = Context {
        dry_run: context.dry_run || dry_run,
        user: context.user.clone(),
        field_manager: context.field_manager.clone(),
        warnings: Mutex::default(),
        ..*context
    };
    let options = DeleteOptions::from_value(&options)?;
    let resource = &target.resource;
    if target.name.is_empty() {
        let selection = list_options(admitted)?;
        let list = operations::delete_collection(cluster, target, &context, &options, &selection).await?;
        return Ok(encoded(200, wanted, &list));
    }
    match operations::delete(cluster, target, &context, &options).await? {
        Deleted::Pending(object) => Ok(shaped(admitted, 200, resource, wanted, &object)),
        Deleted::Gone(object) if strategy::returns_deleted(resource) => {
            Ok(shaped(admitted, 200, resource, wanted, &object))
        }
        Deleted::Gone(object) => {
            let mut details = Map::new();
            details.insert("name".to_owned(), target.name.clone().into());
            if !resource.group.is_empty() {
                details.insert("group".to_owned(), resource.group.clone().into());
            }
            details.insert("kind".to_owned(), resource.plural.clone().into());
            details.insert("uid".to_owned(), meta::uid(&object).into());
            Ok(super::json(
                200,
                &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
            ))
        }
    }
}
