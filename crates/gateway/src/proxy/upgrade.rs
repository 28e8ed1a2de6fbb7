//! WebSocket and other protocol upgrades: after the 101, bytes are copied in both directions.

use super::Connection;
use crate::body::Body;
use crate::rewound::Rewound;
use crate::versions::Permit;
use http::{HeaderMap, HeaderValue, Request, Response, Version, header};
use std::sync::PoisonError;

/// An upgrade that the client asks for.
pub(super) struct Wanted {
    protocol: HeaderValue,
}

/// The instance's side of a connection with another protocol, and the slot it holds.
pub(crate) struct Switched {
    pub(crate) function: Rewound,
    pub(super) _permit: Permit,
}

impl std::fmt::Debug for Switched {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Switched").field("function", &self.function).finish_non_exhaustive()
    }
}

/// Whether the client asks for an upgrade (HTTP/1.1 only).
pub(super) fn wanted<B>(request: &Request<B>) -> Option<Wanted> {
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
    Some(Wanted { protocol })
}

impl Wanted {
    /// Asks the function for the same upgrade.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, self.protocol.clone());
    }

    /// Says to the client that the protocol is switched, and leaves its connection to be taken over. The slot is
    /// held until one side closes.
    pub(super) fn connect(
        self,
        connection: &Connection,
        response: &mut Response<Body>,
        switched: Switched,
        protocol: Option<HeaderValue>,
    ) {
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.entry(header::UPGRADE).or_insert(self.protocol);
        if let Some(protocol) = protocol {
            // A browser that offered protocols wants one of them chosen.
            headers.entry(header::SEC_WEBSOCKET_PROTOCOL).or_insert(protocol);
        }
        *connection.switched.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(switched));
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
