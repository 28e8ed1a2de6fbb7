//! Watching a collection: one JSON object a line, until the server ends it.

use bytes::{Buf as _, BytesMut};
use http::Method;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::error::{Error, Result};
use crate::metadata;
use crate::options::{ListOptions, with_query};
use crate::resource::Resource;
use crate::transport::Call;

/// How long the server is asked to keep a watch open, in seconds. Below the five minutes after
/// which load balancers cut idle connections.
const WATCH_SECONDS: u32 = 290;

/// What happened to one object.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchEvent {
    /// It was created, or it is there at the start of a watch without a resource version.
    Added(Value),
    /// It changed.
    Modified(Value),
    /// It is gone; this is its last state.
    Deleted(Value),
    /// Nothing: the watch has come as far as this resource version.
    Bookmark(String),
}

impl WatchEvent {
    /// The resource version that a new watch may go on from.
    #[must_use]
    pub fn resource_version(&self) -> &str {
        match self {
            Self::Added(object) | Self::Modified(object) | Self::Deleted(object) => {
                metadata::resource_version(object)
            }
            Self::Bookmark(version) => version,
        }
    }

    /// Reads one line of a watch.
    fn parse(line: &[u8]) -> Result<Self> {
        let mut value: Value = serde_json::from_slice(line).map_err(|error| Error::answer("watch", error))?;
        let object = value.get_mut("object").map(Value::take).unwrap_or_default();
        match value.get("type").and_then(Value::as_str).unwrap_or_default() {
            "ADDED" => Ok(Self::Added(object)),
            "MODIFIED" => Ok(Self::Modified(object)),
            "DELETED" => Ok(Self::Deleted(object)),
            "BOOKMARK" => Ok(Self::Bookmark(metadata::resource_version(&object).to_owned())),
            "ERROR" => Err(Error::from_status(500, &object)),
            other => Err(Error::answer("watch", format!("event type {other:?}"))),
        }
    }
}

/// An open watch.
#[derive(Debug)]
pub struct WatchStream {
    body: Incoming,
    buffer: BytesMut,
    cluster: Cluster,
}

impl WatchStream {
    /// The next event; nothing when the server has ended the watch, which it does every few minutes.
    ///
    /// # Errors
    /// If the connection breaks, or the server sends an error event ([`Error::is_gone`]: list anew).
    pub async fn next(&mut self) -> Option<Result<WatchEvent>> {
        let mut searched = 0;
        loop {
            if let Some(offset) = self.buffer.iter().skip(searched).position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(searched + offset);
                self.buffer.advance(1);
                searched = 0;
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return Some(WatchEvent::parse(&line));
            }
            searched = self.buffer.len();
            match self.body.frame().await {
                // What is left in the buffer is the beginning of a line that never came.
                None => return None,
                Some(Err(error)) => return Some(Err(self.cluster.transport.unreachable(error))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}

impl Cluster {
    /// Watches a collection from a resource version on; from now, with the present objects first,
    /// where it is left out.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses ([`Error::is_gone`]: list anew).
    pub async fn watch(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        options: &ListOptions,
        resource_version: Option<&str>,
    ) -> Result<WatchStream> {
        let mut pairs = options.pairs();
        pairs.push(("watch", "true".to_owned()));
        pairs.push(("allowWatchBookmarks", "true".to_owned()));
        pairs.push(("timeoutSeconds", WATCH_SECONDS.to_string()));
        if let Some(version) = resource_version {
            pairs.push(("resourceVersion", version.to_owned()));
        }
        let call = Call::new(Method::GET, with_query(&resource.collection_path(namespace), &pairs));
        let response = self.transport.send(&call).await?;
        Ok(WatchStream { body: response.into_body(), buffer: BytesMut::new(), cluster: self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_become_events() {
        let object = json!({"metadata": {"name": "x", "resourceVersion": "7"}});
        let line = |kind: &str| json!({"type": kind, "object": object}).to_string();
        assert_eq!(WatchEvent::parse(line("ADDED").as_bytes()).unwrap(), WatchEvent::Added(object.clone()));
        assert_eq!(WatchEvent::parse(line("BOOKMARK").as_bytes()).unwrap(), WatchEvent::Bookmark("7".into()));
        assert_eq!(WatchEvent::parse(line("DELETED").as_bytes()).unwrap().resource_version(), "7");
        assert!(WatchEvent::parse(line("NEW").as_bytes()).is_err());
    }

    #[test]
    fn an_error_event_is_an_error() {
        let line = json!({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}});
        assert!(WatchEvent::parse(line.to_string().as_bytes()).unwrap_err().is_gone());
    }
}
