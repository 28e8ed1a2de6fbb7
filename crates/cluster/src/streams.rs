//! Logs, exec, attach and port-forward: answers that flow.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::cluster::Cluster;
use crate::error::{Error, Result};
use crate::options::with_query;
use crate::resources::POD;
use crate::transport::Call;

/// The subprotocols of exec and attach that we speak: v5 can close one stream, v4 cannot.
const CHANNELS: &str = "v5.channel.k8s.io, v4.channel.k8s.io";
/// The channel that tells the peer to close another one (v5 only).
const CLOSE_CHANNEL: u8 = 255;

/// Which part of a container's log to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// The container; the only one where left out.
    pub container: Option<String>,
    /// Go on as lines are written.
    pub follow: bool,
    /// The log of the run before the current one.
    pub previous: bool,
    /// Only the last so many lines.
    pub tail: Option<u64>,
    /// Only what was written in the last so many seconds.
    pub since_seconds: Option<u64>,
    /// Put the time before each line.
    pub timestamps: bool,
}

/// What to run in a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecOptions {
    /// The container; the only one where left out.
    pub container: Option<String>,
    /// The command with its arguments.
    pub command: Vec<String>,
    /// Whether standard input is sent.
    pub stdin: bool,
    /// Whether to give it a terminal.
    pub tty: bool,
}

/// One message of a channel: 0 stdin, 1 stdout, 2 stderr, 3 the final Status, 4 terminal size; for
/// port-forward 0 data, 1 errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketMessage {
    /// The channel.
    pub channel: u8,
    /// The bytes.
    pub data: Bytes,
}

/// The lines of a log as they come.
#[derive(Debug)]
pub struct LogStream {
    body: Incoming,
    cluster: Cluster,
}

impl LogStream {
    /// The next bytes; nothing at the end.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        loop {
            match self.body.frame().await? {
                Err(error) => return Some(Err(self.cluster.transport.unreachable(error))),
                Ok(frame) => {
                    if let Ok(data) = frame.into_data() {
                        return Some(Ok(data));
                    }
                }
            }
        }
    }
}

/// A WebSocket that carries numbered channels.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    protocol: String,
    server: String,
}

impl Socket {
    /// The subprotocol that the server chose.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    fn broken(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Unreachable { url: self.server.clone(), source: source.into() }
    }

    /// Sends bytes on a channel.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn send(&mut self, channel: u8, data: &[u8]) -> Result<()> {
        let mut message = Vec::with_capacity(data.len() + 1);
        message.push(channel);
        message.extend_from_slice(data);
        let sent = self.stream.send(Message::Binary(message.into())).await;
        sent.map_err(|error| self.broken(error))
    }

    /// Tells the peer that no more comes on a channel. Does nothing before v5, which cannot.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn close_channel(&mut self, channel: u8) -> Result<()> {
        if self.protocol.starts_with("v5") { self.send(CLOSE_CHANNEL, &[channel]).await } else { Ok(()) }
    }

    /// The next message; nothing when the peer has closed.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn next(&mut self) -> Option<Result<SocketMessage>> {
        loop {
            let data = match self.stream.next().await? {
                Ok(Message::Binary(data)) => data,
                Ok(Message::Text(text)) => text.into(),
                Ok(Message::Close(_)) => return None,
                Ok(_) => continue,
                Err(error) => return Some(Err(self.broken(error))),
            };
            let Some(channel) = data.first().copied() else { continue };
            return Some(Ok(SocketMessage { channel, data: data.slice(1..) }));
        }
    }

    /// Closes the connection.
    ///
    /// # Errors
    /// If the connection is broken already.
    pub async fn close(&mut self) -> Result<()> {
        let closed = self.stream.close(None).await;
        closed.map_err(|error| self.broken(error))
    }
}

impl Cluster {
    /// Reads a container's log as it comes.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn logs(&self, namespace: &str, pod: &str, options: &LogOptions) -> Result<LogStream> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        let mut add = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
        let yes = |flag: bool| flag.then(|| "true".to_owned());
        add("container", options.container.clone());
        add("follow", yes(options.follow));
        add("previous", yes(options.previous));
        add("timestamps", yes(options.timestamps));
        add("tailLines", options.tail.map(|lines| lines.to_string()));
        add("sinceSeconds", options.since_seconds.map(|seconds| seconds.to_string()));
        let path = format!("{}/log", POD.object_path(Some(namespace), pod));
        let mut call = Call::new(Method::GET, with_query(&path, &pairs));
        call.accept = "*/*";
        let response = self.transport.send(&call).await?;
        Ok(LogStream { body: response.into_body(), cluster: self.clone() })
    }

    /// Runs a command in a container.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn exec(&self, namespace: &str, pod: &str, options: &ExecOptions) -> Result<Socket> {
        let mut pairs: Vec<(&'static str, String)> =
            options.command.iter().map(|part| ("command", part.clone())).collect();
        pairs.extend(options.container.clone().map(|container| ("container", container)));
        pairs.push(("stdin", options.stdin.to_string()));
        pairs.push(("stdout", "true".to_owned()));
        pairs.push(("stderr", (!options.tty).to_string()));
        pairs.push(("tty", options.tty.to_string()));
        let path = format!("{}/exec", POD.object_path(Some(namespace), pod));
        self.socket(&with_query(&path, &pairs), CHANNELS).await
    }

    /// Connects to one port of a pod; channel 0 carries the bytes, channel 1 an error. The first
    /// message on each is the port in two bytes.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn port_forward(&self, namespace: &str, pod: &str, port: u16) -> Result<Socket> {
        let path = format!("{}/portforward", POD.object_path(Some(namespace), pod));
        self.socket(&with_query(&path, &[("ports", port.to_string())]), "v4.channel.k8s.io").await
    }

    /// Opens a WebSocket on any path with one of the subprotocols named.
    ///
    /// # Errors
    /// If the server cannot be reached, refuses, or does not answer as a WebSocket does.
    pub async fn socket(&self, path: &str, protocols: &str) -> Result<Socket> {
        let key = generate_key();
        let headers = [
            (header::CONNECTION, "Upgrade".to_owned()),
            (header::UPGRADE, "websocket".to_owned()),
            (header::SEC_WEBSOCKET_VERSION, "13".to_owned()),
            (header::SEC_WEBSOCKET_KEY, key.clone()),
            (header::SEC_WEBSOCKET_PROTOCOL, protocols.to_owned()),
        ];
        let response = self.transport.upgrade(path, &headers).await?;
        let text = |name: header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        if text(header::SEC_WEBSOCKET_ACCEPT) != derive_accept_key(key.as_bytes()) {
            return Err(Error::answer(path, "the WebSocket key was not accepted"));
        }
        let protocol = text(header::SEC_WEBSOCKET_PROTOCOL);
        let upgraded =
            hyper::upgrade::on(response).await.map_err(|error| self.transport.unreachable(error))?;
        let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await;
        Ok(Socket { stream, protocol, server: self.server().to_owned() })
    }
}
