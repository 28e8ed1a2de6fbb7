//! One request from head to answer: who, may they, what.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::{Method, Request};

use super::server::Limits;
use super::{Reply, discovery, json, objects, openapi, raw, refusal};
use crate::auth::{Attributes, allowed, decide};
use crate::cluster::Cluster;
use crate::identity::User;
use crate::request::{Query, ResourcePath, resource_path, verb};
use crate::status::{Status, Subject};

/// A request that has been let in.
pub(super) struct Admitted {
    pub(super) cluster: Arc<Cluster>,
    pub(super) user: User,
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) limits: Limits,
    pub(super) request: Request<Incoming>,
}

/// Answers a request.
pub(super) async fn handle(cluster: Arc<Cluster>, limits: Limits, request: Request<Incoming>) -> Reply {
    let audit = crate::meta::new_uid();
    let mut reply = match answer(cluster, limits, request).await {
        Ok(reply) => reply,
        Err(status) => refusal(&status),
    };
    if let Ok(value) = audit.parse() {
        reply.headers_mut().insert("audit-id", value);
    }
    if !reply.headers().contains_key("cache-control") {
        reply
            .headers_mut()
            .insert("cache-control", hyper::header::HeaderValue::from_static("no-cache, private"));
    }
    reply
}

async fn answer(cluster: Arc<Cluster>, limits: Limits, request: Request<Incoming>) -> Result<Reply, Status> {
    let path = request.uri().path().to_owned();
    let mut query = Query::parse(request.uri().query().unwrap_or_default());
    let user = authenticate(&cluster, request.headers())?;
    let user = impersonate(&cluster, user, request.headers())?;
    let resource = resource_path(&path);
    if resource.as_ref().is_some_and(|resource| resource.watch) {
        query.turn_on("watch");
    }
    authorize(&cluster, &user, request.method(), &path, resource.as_ref(), &query)?;
    let admitted = Admitted { cluster, user, path, query, limits, request };
    match resource {
        Some(resource) => objects::answer(admitted, resource).await,
        None => plain_path(&admitted),
    }
}

fn plain_path(admitted: &Admitted) -> Result<Reply, Status> {
    let path = admitted.path.trim_end_matches('/');
    // the other documents are given out whatever the method
    let get = matches!(*admitted.request.method(), Method::GET | Method::HEAD);
    if !get && path == "/version" {
        return Err(Status::method_not_allowed());
    }
    if let Some(rest) = path.strip_prefix("/openapi/") {
        return openapi::answer(admitted, rest);
    }
    match path {
        "/version" => Ok(json(200, &discovery::version())),
        "/healthz" | "/livez" | "/readyz" => Ok(health(admitted)),
        "/.well-known/openid-configuration" => Ok(json(
            200,
            &serde_json::json!({
                "issuer": admitted.cluster.authenticator.issuer,
                "jwks_uri": format!("{}/openid/v1/jwks", admitted.cluster.authenticator.issuer),
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"]
            }),
        )),
        "/openid/v1/jwks" => {
            Ok(raw(200, "application/jwk-set+json", admitted.cluster.authenticator.key_set().to_string()))
        }
        _ if ["/healthz/", "/livez/", "/readyz/"]
            .iter()
            .any(|root| path.strip_prefix(root).is_some_and(|check| HEALTH_CHECKS.contains(&check))) =>
        {
            Ok(raw(200, "text/plain; charset=utf-8", "ok"))
        }
        _ => discovery::answer(admitted, path),
    }
}

/// The parts whose health can be asked for one by one.
const HEALTH_CHECKS: [&str; 4] = ["ping", "log", "etcd", "poststarthook/rbac/bootstrap-roles"];

fn health(admitted: &Admitted) -> Reply {
    if admitted.query.has("verbose") {
        let name = admitted.path.trim_matches('/');
        let text = format!(
            "[+]ping ok\n[+]etcd ok\n[+]poststarthook/rbac/bootstrap-roles ok\n{name} check passed\n"
        );
        return raw(200, "text/plain; charset=utf-8", text);
    }
    raw(200, "text/plain; charset=utf-8", "ok")
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    if let Some(text) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) {
        let (scheme, token) = text.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
    }
    // browsers cannot set headers on WebSockets, so the token comes as a protocol name
    let protocols = headers.get("sec-websocket-protocol")?.to_str().ok()?;
    let encoded =
        protocols.split(',').find_map(|p| p.trim().strip_prefix("base64url.bearer.authorization.k8s.io."))?;
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, encoded).ok()?;
    String::from_utf8(bytes).ok()
}

fn authenticate(cluster: &Cluster, headers: &HeaderMap) -> Result<User, Status> {
    match bearer(headers) {
        Some(token) => cluster.authenticator.user(cluster, &token).ok_or_else(Status::unauthorized),
        None if headers.contains_key(AUTHORIZATION) => Err(Status::unauthorized()),
        None => Ok(User::anonymous()),
    }
}

/// Acts as another user, for those who may.
fn impersonate(cluster: &Cluster, user: User, headers: &HeaderMap) -> Result<User, Status> {
    let text =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let name = text("impersonate-user");
    let groups: Vec<String> = headers
        .get_all("impersonate-group")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .map(str::to_owned)
        .collect();
    let uid = text("impersonate-uid");
    if name.is_empty() {
        if !groups.is_empty() || !uid.is_empty() {
            return Err(Status::bad_request(format!(
                "requested &user.DefaultInfo{{Name:\"\", UID:{uid:?}, Groups:{}, Extra:map[string][]string(nil)}} without impersonating a user name",
                go_texts(&groups)
            )));
        }
        return Ok(user);
    }
    let check = |resource: &str, namespace: &str, name: &str, group: &str| {
        let attributes = Attributes {
            verb: "impersonate".to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        if allowed(cluster, &user, &attributes) {
            return Ok(());
        }
        Err(Status::forbidden(Subject { group, kind: resource, name }, &attributes.refusal(&user)))
    };
    let mut other = User { name: name.clone(), groups: groups.clone(), uid: uid.clone(), extra: Vec::new() };
    match name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
        Some((namespace, account)) => {
            check("serviceaccounts", namespace, account, "")?;
            if groups.is_empty() {
                other.groups =
                    vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
            }
        }
        None => check("users", "", &name, "")?,
    }
    for group in &groups {
        check("groups", "", group, "")?;
    }
    if !uid.is_empty() {
        check("uids", "", &uid, "authentication.k8s.io")?;
    }
    let marker = if name == "system:anonymous" { "system:unauthenticated" } else { "system:authenticated" };
    if !other.groups.iter().any(|group| group == marker) {
        other.groups.push(marker.to_owned());
    }
    for (key, value) in headers {
        if let (Some(extra), Ok(value)) = (key.as_str().strip_prefix("impersonate-extra-"), value.to_str()) {
            check(&format!("userextras/{extra}"), "", value, "authentication.k8s.io")?;
            other.extra.push((extra.to_owned(), vec![value.to_owned()]));
        }
    }
    Ok(other)
}

/// A list of texts as Go's `%#v` prints it.
fn go_texts(items: &[String]) -> String {
    if items.is_empty() {
        return "[]string(nil)".to_owned();
    }
    let items: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
    format!("[]string{{{}}}", items.join(", "))
}

fn authorize(
    cluster: &Cluster,
    user: &User,
    method: &Method,
    path: &str,
    resource: Option<&ResourcePath>,
    query: &Query,
) -> Result<(), Status> {
    let attributes = match resource {
        Some(resource) => Attributes {
            verb: verb(method, resource, query).to_owned(),
            group: resource.group.clone(),
            version: resource.version.clone(),
            resource: resource.resource.clone(),
            subresource: resource.subresource.clone(),
            namespace: resource.namespace.clone(),
            name: resource.name.clone(),
            path: String::new(),
        },
        None => Attributes {
            verb: method.as_str().to_lowercase(),
            path: path.to_owned(),
            ..Attributes::default()
        },
    };
    let decision = decide(cluster, user, &attributes);
    if decision.allowed {
        return Ok(());
    }
    let mut why = attributes.refusal(user);
    if !decision.reason.is_empty() {
        why = format!("{why}: {}", decision.reason);
    }
    match resource {
        Some(resource) => {
            let kind = resource.resource.clone();
            let mut status = Status::forbidden(
                Subject { group: &resource.group, kind: &kind, name: &resource.name },
                &why,
            );
            // the message names the subresource, the details the resource alone
            crate::meta::set(&mut status.details, "kind", resource.resource.clone());
            Err(status)
        }
        None => Err(Status::forbidden(Subject { group: "", kind: "", name: "" }, &why)
            .with_details(serde_json::json!({}))),
    }
}
