//! Requests passed on to a node (logs, exec, attach, port-forward) or to a pod or service.
//!
//! Nodes are reached as a real API server reaches them: at the `InternalIP` and kubelet port their
//! status announces, with the cluster's node token. Upgraded connections are bridged byte by byte,
//! so the node speaks the channel protocol itself.

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, HeaderName, HeaderValue, UPGRADE};
use hyper::{HeaderMap, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::handler::Admitted;
use super::{Body, Reply};
use crate::cluster::{Cluster, subject};
use crate::meta;
use crate::operations::Target;
use crate::status::Status;

/// Where a request goes.
struct Destination {
    host: String,
    port: u16,
    path: String,
    /// The token the other side expects.
    token: Option<String>,
}

/// Answers a request by passing it on.
pub(super) async fn answer(admitted: Admitted, target: &Target, rest: &str) -> Result<Reply, Status> {
    let destination = destination(&admitted, target, rest)?;
    let Some(destination) = destination else {
        return Ok(super::raw(204, "text/plain", ""));
    };
    forward(admitted.request, &destination).await
}

/// Where a request goes; the log of a pod that is on no node yet is nowhere, and empty.
fn destination(admitted: &Admitted, target: &Target, rest: &str) -> Result<Option<Destination>, Status> {
    let cluster = &admitted.cluster;
    let query = admitted.request.uri().query().unwrap_or_default().to_owned();
    match target.subresource.as_str() {
        "log" => {
            let (pod, container) = pod_and_container(admitted, target)?;
            let path = format!("/containerLogs/{}/{}/{container}", target.namespace, target.name);
            check_log_options(admitted, target)?;
            if meta::text(&pod, &["spec", "nodeName"]).is_empty() {
                return Ok(None);
            }
            to_node(cluster, &pod, target, &path, &log_query(admitted, &query))
        }
        "exec" | "attach" => {
            let (pod, container) = pod_and_container(admitted, target)?;
            if target.subresource == "exec" && admitted.query.all("command").is_empty() {
                return Err(Status::bad_request("you must specify at least 1 command for the container"));
            }
            let path = format!("/{}/{}/{}/{container}", target.subresource, target.namespace, target.name);
            to_node(cluster, &pod, target, &path, &stream_query(&query))
        }
        "portforward" => {
            let pod = pod(cluster, target)?;
            to_node(
                cluster,
                &pod,
                target,
                &format!("/portForward/{}/{}", target.namespace, target.name),
                &query,
            )
        }
        _ => proxied(cluster, target, rest, &query),
    }
    .map(Some)
}

fn pod(cluster: &Cluster, target: &Target) -> Result<Value, Status> {
    cluster
        .object("pods", &target.namespace, &target.name)
        .ok_or_else(|| Status::not_found(subject(&target.resource, &target.name)))
}

/// The pod and the container meant: the one asked for, the annotated default or the only one.
fn pod_and_container(admitted: &Admitted, target: &Target) -> Result<(Value, String), Status> {
    let pod = pod(&admitted.cluster, target)?;
    let names: Vec<String> = ["containers", "initContainers", "ephemeralContainers"]
        .iter()
        .flat_map(|list| meta::items(&pod, &["spec", list]))
        .map(|container| meta::text(container, &["name"]).to_owned())
        .collect();
    let asked = admitted.query.text("container");
    if !asked.is_empty() {
        if names.iter().any(|name| name == asked) {
            return Ok((pod, asked.to_owned()));
        }
        return Err(Status::bad_request(format!("container {asked} is not valid for pod {}", target.name)));
    }
    let main: Vec<&str> = meta::items(&pod, &["spec", "containers"])
        .iter()
        .map(|container| meta::text(container, &["name"]))
        .collect();
    match main.as_slice() {
        [only] => Ok(((pod.clone()), (*only).to_owned())),
        many => {
            let first: Vec<&str> = meta::items(&pod, &["spec", "initContainers"])
                .iter()
                .map(|container| meta::text(container, &["name"]))
                .collect();
            let mut why = format!(
                "a container name must be specified for pod {}, choose one of: [{}]",
                target.name,
                many.join(" ")
            );
            if !first.is_empty() {
                why.push_str(&format!(" or one of the init containers: [{}]", first.join(" ")));
            }
            Err(Status::bad_request(why))
        }
    }
}

fn check_log_options(admitted: &Admitted, target: &Target) -> Result<(), Status> {
    use crate::field::FieldError;
    let mut errors = Vec::new();
    for (key, least) in [("tailLines", 0), ("sinceSeconds", 1), ("limitBytes", 1)] {
        let number = admitted.query.number(key).map_err(Status::bad_request)?;
        if let Some(number) = number.filter(|number| *number < least) {
            let words =
                if least == 0 { "must be greater than or equal to 0" } else { "must be greater than 0" };
            errors.push(FieldError::invalid(key, number, words));
        }
    }
    if admitted.query.has("sinceSeconds") && admitted.query.has("sinceTime") {
        errors
            .push(FieldError::forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(Status::invalid(
        crate::status::Subject { group: "", kind: "PodLogOptions", name: &target.name },
        &errors,
    ))
}

fn log_query(_admitted: &Admitted, query: &str) -> String {
    query
        .split('&')
        .filter(|part| !part.starts_with("container=") && !part.is_empty())
        .collect::<Vec<_>>()
        .join("&")
}

/// Nodes name the streams differently: `stdin` is `input`.
fn stream_query(query: &str) -> String {
    query
        .split('&')
        .filter(|part| !part.starts_with("container=") && !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let on = matches!(value, "true" | "1");
            match key {
                "stdin" => format!("input={}", u8::from(on)),
                "stdout" => format!("output={}", u8::from(on)),
                "stderr" => format!("error={}", u8::from(on)),
                "tty" => format!("tty={}", u8::from(on)),
                _ => part.to_owned(),
            }
        })
        .collect::<Vec<_>>()
        .join("&")
}

fn to_node(
    cluster: &Cluster,
    pod: &Value,
    target: &Target,
    path: &str,
    query: &str,
) -> Result<Destination, Status> {
    let node_name = meta::text(pod, &["spec", "nodeName"]);
    if node_name.is_empty() {
        return Err(Status::bad_request(format!("pod {} does not have a host assigned", target.name)));
    }
    let node = cluster.object("nodes", "", node_name).ok_or_else(|| {
        Status::not_found(crate::status::Subject { group: "", kind: "nodes", name: node_name })
    })?;
    let (host, port) = node_endpoint(&node)?;
    let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    Ok(Destination { host, port, path, token: Some(cluster.node_token.clone()) })
}

fn node_endpoint(node: &Value) -> Result<(String, u16), Status> {
    let address = meta::items(node, &["status", "addresses"])
        .iter()
        .find(|address| meta::text(address, &["type"]) == "InternalIP")
        .map(|address| meta::text(address, &["address"]).to_owned());
    let port = meta::at(node, &["status", "daemonEndpoints", "kubeletEndpoint", "Port"])
        .and_then(Value::as_u64)
        .and_then(|port| u16::try_from(port).ok())
        .filter(|port| *port != 0);
    match (address, port) {
        (Some(address), Some(port)) => Ok((address, port)),
        _ => Err(Status::internal(format!("node {} announces no address", meta::name(node)))),
    }
}

/// `services/proxy`, `pods/proxy` and `nodes/proxy`: `[scheme:]name[:port]`.
fn proxied(cluster: &Cluster, target: &Target, rest: &str, query: &str) -> Result<Destination, Status> {
    let parts: Vec<&str> = target.name.split(':').collect();
    let (scheme, name, port) = match parts.as_slice() {
        [name] => ("", *name, ""),
        [name, port] => ("", *name, *port),
        [scheme, name, port] => (*scheme, *name, *port),
        _ => return Err(Status::bad_request(format!("invalid request {:?}", target.name))),
    };
    if scheme == "https" {
        return Err(Status::plain(
            503,
            "ServiceUnavailable",
            "proxying to https endpoints is not supported by this server",
        ));
    }
    let path = if rest.is_empty() { "/" } else { rest };
    let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let missing = |kind: &str| Status::not_found(crate::status::Subject { group: "", kind, name });
    match target.resource.plural.as_str() {
        "nodes" => {
            let node = cluster.object("nodes", "", name).ok_or_else(|| missing("nodes"))?;
            let (host, port) = node_endpoint(&node)?;
            Ok(Destination { host, port, path, token: Some(cluster.node_token.clone()) })
        }
        "pods" => {
            let pod = cluster.object("pods", &target.namespace, name).ok_or_else(|| missing("pods"))?;
            let host = meta::text(&pod, &["status", "podIP"]).to_owned();
            if host.is_empty() {
                return Err(Status::bad_request("address not allowed"));
            }
            let first = meta::items(&pod, &["spec", "containers"])
                .iter()
                .flat_map(|container| meta::items(container, &["ports"]))
                .find_map(|port| meta::at(port, &["containerPort"])?.as_u64());
            let port = if port.is_empty() {
                first.unwrap_or(80)
            } else {
                port.parse().map_err(|_| bad_port(port))?
            };
            Ok(Destination { host, port: u16::try_from(port).map_err(|_| bad_port("0"))?, path, token: None })
        }
        _ => {
            let service =
                cluster.object("services", &target.namespace, name).ok_or_else(|| missing("services"))?;
            let (host, port) = service_endpoint(cluster, &service, &target.namespace, name, port)?;
            Ok(Destination { host, port, path, token: None })
        }
    }
}

fn bad_port(port: &str) -> Status {
    Status::bad_request(format!("invalid port {port:?}"))
}

/// A ready endpoint of a service's port.
fn service_endpoint(
    cluster: &Cluster,
    service: &Value,
    namespace: &str,
    name: &str,
    port: &str,
) -> Result<(String, u16), Status> {
    let ports = meta::items(service, &["spec", "ports"]);
    let chosen = if port.is_empty() {
        ports.first()
    } else {
        ports.iter().find(|p| {
            meta::text(p, &["name"]) == port
                || p.get("port").and_then(Value::as_u64).is_some_and(|n| port.parse() == Ok(n))
        })
    };
    let Some(chosen) = chosen else {
        return Err(Status::plain(
            503,
            "ServiceUnavailable",
            format!("no service port {port:?} found for service {name:?}"),
        ));
    };
    let port_name = meta::text(chosen, &["name"]);
    let mut candidates = Vec::new();
    for slice in cluster.objects("endpointslices.discovery.k8s.io", Some(namespace)) {
        if meta::text(&slice, &["metadata", "labels", "kubernetes.io/service-name"]) != name {
            continue;
        }
        let number = meta::items(&slice, &["ports"])
            .iter()
            .find(|p| meta::text(p, &["name"]) == port_name)
            .and_then(|p| u16::try_from(p.get("port")?.as_u64()?).ok());
        let Some(number) = number else { continue };
        for endpoint in meta::items(&slice, &["endpoints"]) {
            if meta::at(endpoint, &["conditions", "ready"]) == Some(&Value::Bool(false)) {
                continue;
            }
            candidates.extend(
                meta::items(endpoint, &["addresses"])
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|a| (a.to_owned(), number)),
            );
        }
    }
    let pick = usize::from(u16::from_be_bytes(meta::random())) % candidates.len().max(1);
    candidates.into_iter().nth(pick).ok_or_else(|| {
        Status::plain(503, "ServiceUnavailable", format!("no endpoints available for service {name:?}"))
    })
}

/// Headers that belong to one connection only.
const HOP_BY_HOP: [HeaderName; 4] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("transfer-encoding"),
    HeaderName::from_static("proxy-connection"),
];

fn unreachable_status(destination: &Destination, error: impl std::fmt::Display) -> Status {
    Status::plain(
        503,
        "ServiceUnavailable",
        format!("error trying to reach service: dial tcp {}:{}: {error}", destination.host, destination.port),
    )
}

async fn forward(mut request: Request<Incoming>, destination: &Destination) -> Result<Reply, Status> {
    let connect = TcpStream::connect((destination.host.as_str(), destination.port));
    let stream = tokio::time::timeout(std::time::Duration::from_secs(10), connect)
        .await
        .map_err(|_| unreachable_status(destination, "i/o timeout"))?
        .map_err(|error| unreachable_status(destination, error))?;
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| unreachable_status(destination, error))?;
    tokio::spawn(connection.with_upgrades());
    let upgrading = wants_upgrade(request.headers());
    let upgrade = upgrading.then(|| hyper::upgrade::on(&mut request));
    let (head, body) = request.into_parts();
    let mut onward = Request::new(body.boxed());
    *onward.method_mut() = head.method.clone();
    *onward.uri_mut() =
        destination.path.parse::<Uri>().map_err(|error| Status::bad_request(error.to_string()))?;
    *onward.headers_mut() = head.headers;
    let headers = onward.headers_mut();
    for name in HOP_BY_HOP {
        if !(upgrading && name == CONNECTION) {
            headers.remove(&name);
        }
    }
    headers.remove(AUTHORIZATION);
    if let Some(token) = &destination.token
        && let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}"))
    {
        headers.insert(AUTHORIZATION, value);
    }
    if let Ok(host) = HeaderValue::from_str(&format!("{}:{}", destination.host, destination.port)) {
        headers.insert(HOST, host);
    }
    let mut answer =
        sender.send_request(onward).await.map_err(|error| unreachable_status(destination, error))?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS
        && let Some(upgrade) = upgrade
    {
        let far = hyper::upgrade::on(&mut answer);
        tokio::spawn(async move {
            if let (Ok(near), Ok(far)) = (upgrade.await, far.await) {
                // either side hanging up ends the stream: nothing to report
                let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(near), &mut TokioIo::new(far)).await;
            }
        });
        let mut reply = Reply::new(Body::Full(None));
        *reply.status_mut() = answer.status();
        *reply.headers_mut() = answer.headers().clone();
        return Ok(reply);
    }
    let (mut head, body) = answer.into_parts();
    for name in HOP_BY_HOP {
        head.headers.remove(name);
    }
    let mut reply = Reply::new(Body::Passed(body));
    *reply.status_mut() = head.status;
    *reply.headers_mut() = head.headers;
    Ok(reply)
}

fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE)
}
