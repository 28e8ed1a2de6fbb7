//! Getting a slot, sending, and streaming the answer.

use super::{Admitted, Connection, Switched, finish, upgrade};
use crate::body::{Body, BoxRequest, held};
use crate::classify::is_grpc;
use crate::headers;
use crate::options::Shared;
use crate::refusal::Refusal;
use crate::rewound::Rewound;
use crate::upstream::{Sent, UpstreamError};
use crate::versions::{NoSlot, Permit};
use http::{Method, Request, Response, Uri, Version, header};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use wheelhouse_functions::id::InstanceId;
use wheelhouse_functions::problem::ProblemKind;
use wheelhouse_store::BoxFuture;

/// How often another instance is tried when one cannot be reached.
const TRIES: u32 = 4;

/// How a call was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// When it left the queue.
    pub(crate) sent: Instant,
}

/// An answer and how it came.
pub(crate) struct Exchange {
    pub(crate) response: Response<Body>,
    pub(crate) permit: Permit,
    pub(crate) outcome: Outcome,
    /// The connection to the instance, where it switched protocols.
    pub(crate) switched: Option<Rewound>,
}

/// Answers a call whose method, path and body go to the function as they are.
pub(super) async fn pass_through(
    shared: &Arc<Shared>,
    connection: &Connection,
    admitted: &Admitted,
    mut request: BoxRequest,
) -> Result<Response<Body>, Refusal> {
    let grpc = is_grpc(request.headers());
    let upgrading = upgrade::wanted(&request);
    let caller = request.headers_mut();
    headers::strip_hop_by_hop(caller);
    // Only the gateway says that a call is sent again.
    caller.remove(headers::ATTEMPT);
    let protocols = upgrade::strip_named_protocols(caller);
    if let Some(wanted) = &upgrading {
        wanted.ask(caller);
    }
    let pinned = if grpc {
        connection.pinned.lock().unwrap_or_else(PoisonError::into_inner).get(&admitted.route.version).copied()
    } else {
        None
    };
    let exchanging = exchange(shared, admitted, request, grpc || admitted.route.grpc, pinned, None);
    let Exchange { mut response, permit, outcome, switched } =
        match tokio::time::timeout(admitted.wait, exchanging).await {
            Ok(exchanged) => exchanged?,
            Err(_) => return Err(Refusal::TimedOut),
        };
    if grpc {
        let mut pinned = connection.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        pinned.insert(admitted.route.version, permit.instance.of.id);
    }
    let status = response.status();
    if let (Some(wanted), Some(function)) = (upgrading, switched) {
        wanted.connect(connection, &mut response, Switched { function, _permit: permit }, protocols);
        finish(shared, admitted, &outcome, response.headers_mut(), status.as_u16());
        return Ok(response);
    }
    headers::strip_hop_by_hop(response.headers_mut());
    finish(shared, admitted, &outcome, response.headers_mut(), status.as_u16());
    *response.version_mut() = Version::default();
    Ok(response.map(|body| held(body, permit)))
}

/// What is done right before a request is sent to an instance.
pub(crate) type Sending<'a> = dyn Fn(InstanceId) -> BoxFuture<'a, Result<(), Refusal>> + Send + Sync + 'a;

/// Waits for a slot, sends, waits for the answer's head. Another instance is tried only when nothing was sent.
/// `sending` is told the instance right before it is sent to.
pub(crate) async fn exchange(
    shared: &Shared,
    admitted: &Admitted,
    mut request: BoxRequest,
    multiplexed: bool,
    prefer: Option<InstanceId>,
    sending: Option<&Sending<'_>>,
) -> Result<Exchange, Refusal> {
    let route = &admitted.route;
    // What is known of the caller's connection says nothing about the instance's.
    request.extensions_mut().clear();
    let mut avoid: Vec<InstanceId> = Vec::new();
    let mut tries = 0;
    loop {
        let account = admitted.principal.account.as_str();
        let acquired =
            shared.versions.acquire(route.version, admitted.request, account, prefer, &avoid).await;
        let permit = acquired.map_err(|reason| match reason {
            NoSlot::Full => Refusal::new(ProblemKind::TooManyRequests, "The queue of the function is full"),
            NoSlot::Dropped => Refusal::new(ProblemKind::NotFound, "The function was undeployed"),
        })?;
        let outcome = Outcome { sent: Instant::now() };
        let (instance, place) = (&permit.instance, &permit.place);
        headers::to_function(request.headers_mut(), admitted.request, instance, &admitted.principal);
        let traced = admitted.trace.as_ref();
        let span = traced.map(|trace| trace.sending(tries + 1, &instance.of, request.headers_mut()));
        if multiplexed {
            *request.uri_mut() = absolute(request.uri(), &place.authority)?;
            *request.version_mut() = Version::HTTP_2;
        } else {
            *request.version_mut() = Version::HTTP_11;
            if let Some(host) = &place.host {
                request.headers_mut().insert(header::HOST, host.clone());
            }
        }
        if let Some(sending) = sending {
            sending(permit.instance.of.id).await?;
        }
        match shared.upstream.send(place, request, multiplexed).await {
            Ok(Sent { response, switched }) => {
                if let Some(span) = span {
                    span.answered(response.status().as_u16());
                }
                return Ok(Exchange { response, permit, outcome, switched });
            }
            Err(UpstreamError::Connect(address, error, unsent)) => {
                let (id, instance) = (admitted.request, permit.instance.of.id);
                tracing::warn!(request = %id, address, %error, %instance, "cannot reach an instance");
                tries += 1;
                let Some(unsent) = unsent.filter(|_| tries < TRIES) else {
                    return Err(Refusal::new(ProblemKind::ServiceUnavailable, "No instance can be reached"));
                };
                request = unsent;
                avoid.push(permit.instance.of.id);
                let others = route.instances.iter().any(|instance| !avoid.contains(&instance.id));
                drop(permit);
                if !others {
                    // All are unreachable at the moment: wait a little and begin anew.
                    avoid.clear();
                    tokio::time::sleep(Duration::from_millis(50 << tries.min(4))).await;
                }
            }
            Err(error) => {
                let (id, instance) = (admitted.request, permit.instance.of.id);
                tracing::warn!(request = %id, %error, %instance, "an instance did not answer");
                return Err(Refusal::new(ProblemKind::BadGateway, "The instance closed the connection"));
            }
        }
    }
}

/// The URI of a call as HTTP/2 sends it.
fn absolute(uri: &Uri, authority: &str) -> Result<Uri, Refusal> {
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let parsed = format!("http://{authority}{path}").parse();
    parsed.map_err(|_| Refusal::new(ProblemKind::BadRequest, "The path cannot be sent on"))
}

/// The request that a legacy call makes: its body goes to the inference URL.
pub(crate) fn legacy_parts(headers: &http::HeaderMap, inference_path: &str) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = inference_path.parse().unwrap_or_else(|_| Uri::from_static("/"));
    request.headers_mut().clone_from(headers);
    headers::strip_hop_by_hop(request.headers_mut());
    request.headers_mut().remove(headers::ATTEMPT);
    request.headers_mut().remove(header::CONTENT_LENGTH);
    request
}
