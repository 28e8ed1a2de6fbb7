//! Server-sent events out of the bytes of a stream.

use serde_json::{Map, Value};

/// Takes bytes and gives the events that are complete.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    event: Map<String, Value>,
    data: Vec<String>,
}

impl Events {
    /// The events that end in these bytes, each as an object with `event`, `id` and `data`. Data that
    /// is JSON stays JSON.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Value> {
        let mut events = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            let line =
                String::from_utf8_lossy(&std::mem::take(&mut self.line)).trim_end_matches('\r').to_owned();
            if !line.is_empty() {
                self.field(&line);
            } else if let Some(event) = self.end() {
                events.push(event);
            }
        }
        events
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => self.data.push(value.to_owned()),
            "event" | "id" => {
                self.event.insert(name.to_owned(), value.into());
            }
            // Comments and what is not known.
            _ => {}
        }
    }

    fn end(&mut self) -> Option<Value> {
        let mut event = std::mem::take(&mut self.event);
        if self.data.is_empty() {
            return None;
        }
        let text = std::mem::take(&mut self.data).join("\n");
        let data = serde_json::from_str(&text).unwrap_or(Value::String(text));
        event.insert("data".to_owned(), data);
        Some(Value::Object(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_pieces() {
        let mut events = Events::default();
        assert!(events.take(b": hello\n\ndata: {\"a\"").is_empty());
        let taken = events.take(b":1}\r\n\r\nevent: end\nid: 7\ndata: one\ndata: two\n\ndata: cut");
        let shown: Vec<String> = taken.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [r#"{"data":{"a":1}}"#, r#"{"event":"end","id":"7","data":"one\ntwo"}"#]);
    }
}
