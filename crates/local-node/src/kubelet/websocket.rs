//! The server's side of WebSockets with numbered channels.

use std::future::Future;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::{Body, text};

/// The channel by which a v5 client says that another channel is at its end.
pub(super) const CLOSE: u8 = 255;

/// What a client sends.
pub(super) struct FromClient(SplitStream<WebSocketStream<TokioIo<Upgraded>>>);

/// Where a client is sent to.
pub(super) struct ToClient(SplitSink<WebSocketStream<TokioIo<Upgraded>>, Message>);

impl FromClient {
    /// The next channel and its bytes; nothing when the client has gone.
    pub(super) async fn next(&mut self) -> Option<(u8, Bytes)> {
        loop {
            let data = match self.0.next().await? {
                Ok(Message::Binary(data)) => data,
                Ok(Message::Text(text)) => text.into(),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => continue,
            };
            if let Some(channel) = data.first().copied() {
                return Some((channel, data.slice(1..)));
            }
        }
    }
}

impl ToClient {
    /// Sends bytes on a channel; false when the client has gone.
    pub(super) async fn send(&mut self, channel: u8, data: &[u8]) -> bool {
        let mut message = Vec::with_capacity(data.len() + 1);
        message.push(channel);
        message.extend_from_slice(data);
        self.0.send(Message::Binary(message.into())).await.is_ok()
    }

    pub(super) async fn close(mut self) {
        // Clients take an end without a status for a broken connection.
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        let _ = self.0.send(Message::Close(Some(frame))).await;
        let _ = self.0.close().await;
    }
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case(wanted))
}

/// Takes a request up as a WebSocket with the first subprotocol offered that is among those known, and
/// hands it to a session.
pub(super) fn accept<F, S>(
    mut request: Request<Incoming>,
    known: &[&'static str],
    session: F,
) -> Response<Body>
where
    F: FnOnce(&'static str, FromClient, ToClient) -> S + Send + 'static,
    S: Future<Output = ()> + Send,
{
    let headers = request.headers();
    let upgrade =
        has_token(headers, header::CONNECTION, "upgrade") && has_token(headers, header::UPGRADE, "websocket");
    let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| upgrade) else {
        return text(StatusCode::BAD_REQUEST, "this endpoint speaks WebSocket only");
    };
    let accepted = derive_accept_key(key.as_bytes());
    let offered =
        headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let offered: Vec<&str> = offered.flat_map(|value| value.split(',')).map(str::trim).collect();
    let Some(protocol) = offered.iter().find_map(|name| known.iter().find(|each| *each == name).copied())
    else {
        return text(
            StatusCode::FORBIDDEN,
            format!(
                "unable to upgrade: unable to negotiate protocol: client supports {offered:?}, server supports {known:?}"
            ),
        );
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let (sink, stream) = stream.split();
        session(protocol, FromClient(stream), ToClient(sink)).await;
    });
    let mut response = Response::new(Empty::new().boxed());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    if let Ok(value) = HeaderValue::from_str(&accepted) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, value);
    }
    response
}
