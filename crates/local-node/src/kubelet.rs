//! What the API server asks a node: logs, exec, attach, port-forward. Plain HTTP on the node's own
//! address, which stays on the machine, and only for who shows the token.

mod forwarding;
mod logs;
mod sessions;
mod spdy;
mod websocket;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::host::Host;

/// The body of an answer.
pub(crate) type Body = BoxBody<Bytes, Infallible>;

/// How many connections at once.
const CONNECTIONS: usize = 1_024;

/// Serves a node's endpoint; ends by being dropped.
pub(crate) async fn serve(listener: TcpListener, host: Arc<Host>) {
    let room = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let host = Arc::clone(&host);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let host = Arc::clone(&host);
                async move { Ok::<_, Infallible>(answer(&host, request).await) }
            });
            let served =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            let _ = served.with_upgrades().await;
            drop(permit);
        });
    }
}

/// Listens on a node's address at a port that is free.
pub(crate) async fn listen(address: std::net::Ipv4Addr) -> io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind(SocketAddr::from((address, 0))).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

pub(crate) fn text(code: StatusCode, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(text.into())).boxed());
    *response.status_mut() = code;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Whether a request shows the token; the comparison takes the same time wherever they differ.
fn is_allowed(request: &Request<Incoming>, token: &str) -> bool {
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let wanted = format!("Bearer {token}");
    !token.is_empty()
        && shown.len() == wanted.len()
        && shown.bytes().zip(wanted.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// The query's parts, decoded.
fn query(request: &Request<Incoming>) -> Vec<(String, String)> {
    let parts = request.uri().query().unwrap_or_default().split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(key), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let hex = std::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                out.push(hex.unwrap_or(b'%'));
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A query's parts.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name), Some("1" | "true"))
    }
}

async fn answer(host: &Arc<Host>, request: Request<Incoming>) -> Response<Body> {
    if !is_allowed(&request, &host.options.token) {
        return text(StatusCode::UNAUTHORIZED, "Unauthorized");
    }
    let path = request.uri().path().to_owned();
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let query = Query(query(&request));
    match parts.as_slice() {
        ["healthz"] => text(StatusCode::OK, "ok"),
        ["containerLogs", namespace, pod, container] => {
            logs::answer(host, namespace, pod, container, &query).await
        }
        ["exec", namespace, pod, container] => {
            sessions::exec(host, namespace, pod, container, &query, request)
        }
        ["attach", namespace, pod, container] => {
            sessions::attach(host, namespace, pod, container, &query, request)
        }
        ["portForward", namespace, pod] => forwarding::answer(host, namespace, pod, &query, request),
        _ => text(StatusCode::NOT_FOUND, "404 page not found"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded() {
        for (text, expected) in [("a%20b+c", "a b c"), ("%2Fx", "/x"), ("100%", "100%"), ("%zz", "%")] {
            assert_eq!(decode(text), expected);
        }
        let query = Query(vec![
            ("command".into(), "a".into()),
            ("command".into(), "b".into()),
            ("tty".into(), "1".into()),
        ]);
        assert_eq!(query.all("command"), ["a", "b"]);
        assert!(query.flag("tty") && !query.flag("input"));
    }
}
