//! Spans of calls: one for the call, one for each time it is sent to an instance.

use crate::body::{Body, held};
use crate::classify::Call;
use crate::options::Shared;
use http::{HeaderMap, HeaderValue, Method, Response};
use std::sync::Arc;
use wheelhouse_functions::id::RequestId;
use wheelhouse_functions::route::RouteInstance;
use wheelhouse_functions::trace::{Span, SpanKind, SpanSink, TRACEPARENT, TraceContext};

/// A call that is traced.
#[derive(Debug, Clone)]
pub(crate) struct Traced {
    sink: Arc<dyn SpanSink>,
    context: TraceContext,
    parent: Option<[u8; 8]>,
    start: u64,
}

/// A span that ends when it is dropped.
struct Ending {
    sink: Arc<dyn SpanSink>,
    span: Option<Span>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(mut span) = self.span.take() {
            span.end = now();
            self.sink.take(span);
        }
    }
}

fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(0)
}

impl Traced {
    /// Begins to trace a call; not where nobody collects spans, nor where the caller's trace is not recorded.
    pub(crate) fn begin(shared: &Shared, request: RequestId, headers: &HeaderMap) -> Option<Self> {
        let sink = shared.spans.clone()?;
        let caller = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
        let caller = caller.and_then(TraceContext::parse);
        let context = TraceContext::of_request(request.uuid(), caller.as_ref());
        let parent = caller.map(|caller| caller.span);
        context.sampled.then(|| Self { sink, context, parent, start: now() })
    }

    /// Ends the call's span with its answer's body.
    pub(crate) fn answered(self, call: &Call, method: &Method, response: Response<Body>) -> Response<Body> {
        let status = response.status().as_u16();
        let mut attributes = vec![
            ("http.request.method", method.as_str().into()),
            ("http.response.status_code", status.into()),
        ];
        if let Call::PassThrough(target) | Call::Execute(target) = call {
            attributes.push(("nvcf.function.id", target.function.to_string().into()));
            if let Some(version) = target.version {
                attributes.push(("nvcf.function.version.id", version.to_string().into()));
            }
        }
        let span = Span {
            context: self.context,
            parent: self.parent,
            name: call.name().to_owned(),
            kind: SpanKind::Server,
            start: self.start,
            end: self.start,
            attributes,
            failed: status >= 500,
        };
        let ending = Ending { sink: self.sink, span: Some(span) };
        response.map(|body| held(body, ending))
    }

    /// Begins the span of sending to an instance for the `number`th time, and tells the instance of it.
    pub(crate) fn sending(&self, number: u32, instance: &RouteInstance, headers: &mut HeaderMap) -> Sending {
        let context = self.context.within(number);
        if let Ok(value) = HeaderValue::from_str(&context.header()) {
            headers.insert(TRACEPARENT, value);
        }
        let span = Span {
            context,
            parent: Some(self.context.span),
            name: "instance".to_owned(),
            kind: SpanKind::Client,
            start: now(),
            end: 0,
            attributes: vec![
                ("nvcf.instance.id", instance.id.to_string().into()),
                ("nvcf.instance.type", instance.instance_type.as_str().into()),
            ],
            // Left before an answer's head, it has failed.
            failed: true,
        };
        Sending(Ending { sink: Arc::clone(&self.sink), span: Some(span) })
    }
}

/// The span of sending to an instance; it ends with the answer's head.
pub(crate) struct Sending(Ending);

impl Sending {
    /// The answer's head is there.
    pub(crate) fn answered(mut self, status: u16) {
        if let Some(span) = &mut self.0.span {
            span.attributes.push(("http.response.status_code", status.into()));
            span.failed = status >= 500;
        }
    }
}
