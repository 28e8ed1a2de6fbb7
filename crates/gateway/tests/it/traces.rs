//! Calls are spans of their callers' traces, and instances are told.

use crate::harness::{Harness, Spans, function_id};
use std::sync::atomic::Ordering;
use wheelhouse_functions::trace::{Attribute, Span, SpanKind, TraceContext};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async fn ended(harness: &Harness, spans: &Spans, count: usize) -> Vec<Span> {
    harness.until("the spans have ended", |_| spans.0.lock().unwrap().len() >= count).await;
    std::mem::take(&mut *spans.0.lock().unwrap())
}

fn told(harness: &Harness) -> String {
    let seen = harness.function.seen.lock().unwrap();
    seen.last()
        .unwrap()
        .1
        .get("traceparent")
        .map_or(String::new(), |value| value.to_str().unwrap().to_owned())
}

fn attribute<'a>(span: &'a Span, name: &str) -> Option<&'a Attribute> {
    span.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_a_span_of_its_callers_trace_and_the_instance_is_told() {
    let (harness, spans) = Harness::start_traced().await;
    let answer = harness.call(harness.request("POST", "/x").header("traceparent", PARENT), "hi").await;
    assert_eq!(answer.status, 200);
    let all = ended(&harness, &spans, 2).await;
    let of = |kind| all.iter().find(|span| span.kind == kind).unwrap();
    let (call, sent) = (of(SpanKind::Server), of(SpanKind::Client));
    let caller = TraceContext::parse(PARENT).unwrap();
    assert_eq!((call.parent, sent.parent), (Some(caller.span), Some(call.context.span)));
    assert!(
        all.iter().all(|span| span.context.trace == caller.trace && span.end >= span.start && !span.failed)
    );
    assert_eq!(told(&harness), sent.context.header());
    assert_eq!(attribute(call, "nvcf.function.id"), Some(&function_id().to_string().into()));
    assert_eq!(attribute(call, "http.response.status_code"), Some(&200_u16.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_callers_trace_the_request_is_the_root_under_its_own_id() {
    let (harness, spans) = Harness::start_traced().await;
    let answer = harness.call(harness.request("GET", "/x").header("traceparent", "nonsense"), "").await;
    let all = ended(&harness, &spans, 2).await;
    let request = answer.header("nvcf-reqid").replace('-', "");
    assert!(all.iter().all(|span| span.context.header().contains(&request)), "{all:?} {request}");
    assert!(told(&harness).starts_with(&format!("00-{request}-")));

    // Refusals are spans too.
    let refused = harness.call(harness.request("GET", "/x").header("nvcf-poll-seconds", "x"), "").await;
    assert_eq!(refused.status, 400);
    let all = ended(&harness, &spans, 1).await;
    assert_eq!(attribute(&all[0], "http.response.status_code"), Some(&400_u16.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_that_is_not_recorded_passes_untouched() {
    let (harness, spans) = Harness::start_traced().await;
    let parent = PARENT.replace("-01", "-00");
    harness.call(harness.request("GET", "/x").header("traceparent", &parent), "").await;
    assert_eq!(told(&harness), parent);
    assert!(spans.0.lock().unwrap().is_empty());
    assert_eq!(harness.function.calls.load(Ordering::SeqCst), 1);

    // Nobody collects: the caller's context still reaches the instance.
    let plain = Harness::start().await;
    plain.call(plain.request("GET", "/x").header("traceparent", PARENT), "").await;
    assert_eq!(told(&plain), PARENT);
}
