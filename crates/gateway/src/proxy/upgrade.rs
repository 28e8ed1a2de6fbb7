//! WebSocket and other protocol upgrades: after the 101, bytes are copied in both directions.

use crate::body::Body;
use crate::versions::Permit;
use http::{HeaderMap, HeaderValue, Request, Response, Version, header};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

/// An upgrade that the client asks for.
pub(super) struct Wanted {
    protocol: HeaderValue,
    client: OnUpgrade,
}

/// Whether the client asks for an upgrade (HTTP/1.1 only).
pub(super) fn wanted(request: &mut Request<Incoming>) -> Option<Wanted> {
    if request.version() != Version::HTTP_11 {
        return None;
    }
    let connection = request.headers().get(header::CONNECTION)?.to_str().ok()?;
    if !connection.split(',').any(|word| word.trim().eq_ignore_ascii_case("upgrade")) {
        return None;
    }
    let protocol = request.headers().get(header::UPGRADE)?.clone();
    // HTTP/2 is spoken with prior knowledge only; its upgrade would bypass the gateway's own checks.
    if protocol.as_bytes().eq_ignore_ascii_case(b"h2c") {
        return None;
    }
    Some(Wanted { protocol, client: hyper::upgrade::on(request) })
}

impl Wanted {
    /// Asks the function for the same upgrade.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, self.protocol.clone());
    }

    /// Connects both sides once the answer is on its way. The slot is held until one side closes.
    pub(super) fn connect(
        self,
        response: &mut Response<Body>,
        permit: Permit,
        protocol: Option<HeaderValue>,
    ) {
        let function = hyper::upgrade::on(&mut *response);
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.entry(header::UPGRADE).or_insert(self.protocol);
        if let Some(protocol) = protocol {
            // A browser that offered protocols wants one of them chosen.
            headers.entry(header::SEC_WEBSOCKET_PROTOCOL).or_insert(protocol);
        }
        let client = self.client;
        tokio::spawn(async move {
            let (client, function) = match tokio::try_join!(client, function) {
                Ok(both) => both,
                Err(error) => {
                    tracing::debug!(%error, "an upgrade failed");
                    return;
                }
            };
            let (mut client, mut function) = (TokioIo::new(client), TokioIo::new(function));
            if let Err(error) = tokio::io::copy_bidirectional(&mut client, &mut function).await {
                tracing::debug!(%error, "an upgraded connection ended");
            }
            drop(permit);
        });
    }
}

/// Takes out the entries of `Sec-WebSocket-Protocol` that carry headers; returns one to answer with.
pub(super) fn strip_named_protocols(headers: &mut HeaderMap) -> Option<HeaderValue> {
    const CARRIERS: [&str; 3] = ["function-id.", "function-version-id.", "authorization."];
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?.to_owned();
    let carries = |entry: &&str| CARRIERS.iter().any(|carrier| entry.starts_with(carrier));
    let entries = || offered.split(',').map(str::trim);
    // Never echo the token.
    let answer = entries().filter(carries).find(|entry| !entry.starts_with("authorization."));
    let left: Vec<&str> = entries().filter(|entry| !carries(entry)).collect();
    let answer = answer.and_then(|entry| HeaderValue::from_str(entry).ok());
    headers.remove(header::SEC_WEBSOCKET_PROTOCOL);
    if left.is_empty() {
        return answer;
    }
    if let Ok(value) = HeaderValue::from_str(&left.join(", ")) {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, value);
    }
    None
}
