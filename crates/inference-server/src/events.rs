//! Answers as server-sent events: one for each word, then one that tells the whole.

use crate::model::Inferred;
use crate::protocol::InferResponse;
use bytes::Bytes;
use http_body_util::channel::Channel;
use serde_json::json;
use std::time::Duration;

/// How many events may wait for a slow reader.
const WAITING: usize = 8;

/// A body that streams an answer, `delay` before each event.
pub(crate) fn stream(inferred: Vec<Inferred>, whole: InferResponse, delay: Duration) -> Channel<Bytes> {
    let (mut sender, body) = Channel::new(WAITING);
    tokio::spawn(async move {
        let words = inferred.iter().flat_map(|each| each.text.split_whitespace()).enumerate();
        for (index, word) in words {
            tokio::time::sleep(delay).await;
            let event = event("token", &json!({ "index": index, "text": word }).to_string());
            if sender.send_data(event).await.is_err() {
                // The reader is gone.
                return;
            }
        }
        let whole = serde_json::to_string(&whole).unwrap_or_default();
        let _gone = sender.send_data(event("done", &whole)).await;
    });
    body
}

fn event(name: &str, data: &str) -> Bytes {
    format!("event: {name}\ndata: {data}\n\n").into()
}
