//! Traces: W3C trace context between services, and spans as OpenTelemetry's collectors take them (OTLP as JSON).
//!
//! Identifiers come from the request's id: a request that brings no context is the root of a trace that has the
//! request's own id, so that logs, answers and traces name it alike.

use serde_json::{Value, json};
use std::fmt::Write;
use uuid::Uuid;

/// The header that carries a context (<https://www.w3.org/TR/trace-context/>).
pub const TRACEPARENT: &str = "traceparent";

/// Where in which trace something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace; never zero.
    pub trace: [u8; 16],
    /// The span; never zero.
    pub span: [u8; 8],
    /// Whether spans of this trace are recorded.
    pub sampled: bool,
}

impl TraceContext {
    /// Reads a `traceparent`. Versions to come are read as far as they are known, as the specification says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let version: [u8; 1] = hex(parts.next()?)?;
        let trace: [u8; 16] = hex(parts.next()?)?;
        let span: [u8; 8] = hex(parts.next()?)?;
        let [flags]: [u8; 1] = hex(parts.next()?)?;
        let more = parts.next().is_some();
        let valid = version != [0xff] && (version != [0] || !more) && trace != [0; 16] && span != [0; 8];
        valid.then_some(Self { trace, span, sampled: flags & 1 == 1 })
    }

    /// The context of a request that is a span of `parent`'s trace, or the root of its own.
    #[must_use]
    pub fn of_request(request: Uuid, parent: Option<&Self>) -> Self {
        let bytes = request.as_bytes();
        let mut span = [0; 8];
        for (to, from) in span.iter_mut().zip(bytes.iter().skip(8)) {
            *to = *from;
        }
        if span == [0; 8] {
            span = [1; 8];
        }
        match parent {
            Some(parent) => Self { span, ..*parent },
            None if request.is_nil() => Self { trace: [1; 16], span, sampled: false },
            None => Self { trace: *bytes, span, sampled: true },
        }
    }

    /// The context of the `number`th thing that is done within this span, counted from 1.
    #[must_use]
    pub fn within(&self, number: u32) -> Self {
        let span = u64::from_be_bytes(self.span).wrapping_add(u64::from(number).max(1));
        Self { span: span.max(1).to_be_bytes(), ..*self }
    }

    /// As a `traceparent`.
    #[must_use]
    pub fn header(&self) -> String {
        let flags = u8::from(self.sampled);
        format!("00-{}-{}-{flags:02x}", hex_text(&self.trace), hex_text(&self.span))
    }
}

fn hex<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    let digits = text.as_bytes();
    // Upper case is not allowed.
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if digits.len() != LENGTH * 2 {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = *pair else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}

fn hex_text(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

/// Which side of a call a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// A call is answered.
    Server,
    /// A call is made.
    Client,
}

/// Something that was done, from when to when.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its own place.
    pub context: TraceContext,
    /// The span it is part of.
    pub parent: Option<[u8; 8]>,
    /// What was done, of few different values.
    pub name: String,
    /// Which side of a call it is.
    pub kind: SpanKind,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds since 1970.
    pub end: u64,
    /// More about it, by OpenTelemetry's names.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// Whether it failed.
    pub failed: bool,
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u16> for Attribute {
    fn from(number: u16) -> Self {
        Self::Number(i64::from(number))
    }
}

/// Where spans go when they have ended. Taking one never waits.
pub trait SpanSink: Send + Sync + std::fmt::Debug {
    /// Takes a span.
    fn take(&self, span: Span);
}

/// The body of an export (OTLP 1.x, `ExportTraceServiceRequest` as JSON).
#[must_use]
pub fn export(service: &str, version: &str, spans: &[Span]) -> Value {
    let resource = [("service.name", service), ("service.version", version)];
    let resource: Vec<Value> = resource
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": { "stringValue": value } }))
        .collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": resource },
        "scopeSpans": [{
            "scope": { "name": "wheelhouse", "version": version },
            "spans": spans.iter().map(exported).collect::<Vec<_>>(),
        }],
    }] })
}

fn exported(span: &Span) -> Value {
    let attribute = |(key, value): &(&str, Attribute)| {
        let value = match value {
            Attribute::Text(text) => json!({ "stringValue": text }),
            // 64-bit numbers are texts in protocol buffers' JSON.
            Attribute::Number(number) => json!({ "intValue": number.to_string() }),
        };
        json!({ "key": key, "value": value })
    };
    json!({
        "traceId": hex_text(&span.context.trace),
        "spanId": hex_text(&span.context.span),
        "parentSpanId": span.parent.map(|parent| hex_text(&parent)).unwrap_or_default(),
        "flags": u32::from(span.context.sampled),
        "name": span.name,
        "kind": match span.kind { SpanKind::Server => 2, SpanKind::Client => 3 },
        "startTimeUnixNano": span.start.to_string(),
        "endTimeUnixNano": span.end.to_string(),
        "attributes": span.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "status": if span.failed { json!({ "code": 2 }) } else { json!({}) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn contexts_are_read_as_the_specification_says() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(
                TraceContext::parse(text).map(|context| context.header()).as_deref(),
                expect,
                "{text}"
            );
        };
        check(PARENT, Some(PARENT));
        check(&PARENT.replace("-01", "-00"), Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"));
        // Unknown flags are not passed on; a later version may have more parts.
        check(&PARENT.replace("-01", "-ff"), Some(PARENT));
        let version = |number: &str| PARENT.replacen("00", number, 1);
        check(&format!("{}-more", version("01")), Some(PARENT));
        for wrong in [
            "",
            "00",
            &format!("{PARENT}-more"),
            &version("ff"),
            &PARENT.to_ascii_uppercase(),
            &PARENT.replace("b7ad6b7169203331", "0000000000000000"),
            &PARENT.replace("0af7651916cd43dd8448eb211c80319c", "00000000000000000000000000000000"),
            &PARENT.replace("b7ad6b7169203331", "b7ad6b716920333"),
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_request_is_a_root_or_a_span_of_its_callers_trace() {
        let request = Uuid::parse_str("019512f3-1111-7222-8333-944445555666").unwrap();
        let root = TraceContext::of_request(request, None);
        assert_eq!(root.header(), "00-019512f3111172228333944445555666-8333944445555666-01");
        let parent = TraceContext::parse(PARENT).unwrap();
        let child = TraceContext::of_request(request, Some(&parent));
        assert_eq!(child.header(), "00-0af7651916cd43dd8448eb211c80319c-8333944445555666-01");
        assert_eq!(child.within(2).header(), "00-0af7651916cd43dd8448eb211c80319c-8333944445555668-01");
        assert!(!TraceContext::of_request(Uuid::nil(), None).sampled);
    }

    #[test]
    fn spans_are_exported_as_collectors_take_them() {
        let context = TraceContext::parse(PARENT).unwrap();
        let span = Span {
            context,
            parent: Some([7; 8]),
            name: "invoke".into(),
            kind: SpanKind::Server,
            start: 1,
            end: u64::MAX,
            attributes: vec![("http.response.status_code", 503_u16.into()), ("nvcf.function.id", "f".into())],
            failed: true,
        };
        let text = |text: &str| json!({ "stringValue": text });
        assert_eq!(
            export("s", "1", &[span]),
            json!({ "resourceSpans": [{
                "resource": { "attributes": [
                    { "key": "service.name", "value": text("s") }, { "key": "service.version", "value": text("1") },
                ] },
                "scopeSpans": [{
                    "scope": { "name": "wheelhouse", "version": "1" },
                    "spans": [{
                        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
                        "parentSpanId": "0707070707070707", "flags": 1, "name": "invoke", "kind": 2,
                        "startTimeUnixNano": "1", "endTimeUnixNano": "18446744073709551615",
                        "attributes": [
                            { "key": "http.response.status_code", "value": { "intValue": "503" } },
                            { "key": "nvcf.function.id", "value": text("f") },
                        ],
                        "status": { "code": 2 },
                    }],
                }],
            }] })
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in ".{0,80}") {
            if let Some(context) = TraceContext::parse(&text) {
                prop_assert_eq!(TraceContext::parse(&context.header()), Some(context));
            }
        }
    }
}
