//! One call: who, to what, when; then streamed in both directions.

mod forward;
mod upgrade;

use crate::asynchronous;
use crate::body::{Body, BoxRequest};
use crate::classify::{Call, Target, is_grpc, named};
use crate::cors;
use crate::headers;
use crate::options::Shared;
use crate::refusal::Refusal;
use crate::trace::Traced;
use forward::Outcome;
use http::{HeaderMap, Response, header};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wheelhouse_functions::access::{Ownership, Principal, Standing};
use wheelhouse_functions::id::{InstanceId, RequestId, VersionId};
use wheelhouse_functions::problem::ProblemKind;
use wheelhouse_functions::route::Route;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::version_state::VersionState;

pub(crate) use forward::{Exchange, exchange, legacy_parts};
pub(crate) use upgrade::Switched;

/// What is remembered of a client's connection: gRPC calls of one connection go to one instance.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    pub(crate) pinned: Mutex<HashMap<VersionId, InstanceId>>,
    /// Where both sides have agreed on another protocol: the instance's side.
    switched: Mutex<Option<Box<Switched>>>,
}

impl Connection {
    /// The instance's side of a connection that is to be taken over.
    pub(crate) fn switched(&self) -> Option<Box<Switched>> {
        self.switched.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What is known of a call before it is sent.
pub(crate) struct Admitted {
    pub(crate) request: RequestId,
    pub(crate) principal: Arc<Principal>,
    pub(crate) route: Arc<Route>,
    pub(crate) wait: Duration,
    pub(crate) started: Instant,
    pub(crate) authenticated: Instant,
    pub(crate) trace: Option<Traced>,
}

/// Answers an invocation.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    call: Call,
    request: BoxRequest,
) -> Response<Body> {
    let started = Instant::now();
    let path = request.uri().path().to_owned();
    let grpc = is_grpc(request.headers());
    let id = match new_request_id() {
        Ok(id) => id,
        Err(refusal) => return refusal.response(RequestId::from_parts(0, [0; 10]), &path, grpc),
    };
    let origin = cors::origin(request.uri(), request.headers());
    let trace = Traced::begin(&shared, id, request.headers());
    let method = request.method().clone();
    let begun = Begun { id, started, trace: trace.clone() };
    let answered = match call {
        Call::PassThrough(target) => pass_through(&shared, &connection, begun, target, request).await,
        Call::Execute(target) => Box::pin(execute(&shared, begun, target, request)).await,
        Call::Status(asked) => Box::pin(status(&shared, asked, request.headers())).await,
        Call::GrpcWithoutTarget => Err(Refusal::NoTarget),
        Call::Malformed | Call::Api => Err(Refusal::new(ProblemKind::NotFound, "No such function")),
    };
    let mut response = answered.unwrap_or_else(|refusal| {
        tracing::debug!(request = %id, path, ?refusal, "call refused");
        refusal.response(id, &path, grpc)
    });
    if let Some(origin) = origin {
        cors::allow(origin, &mut response);
    }
    shared.metrics.observe_http(&method, call.name(), response.status().as_u16(), started.elapsed());
    match trace {
        Some(trace) => trace.answered(&call, &method, response),
        None => response,
    }
}

/// What is known of a call at once.
struct Begun {
    id: RequestId,
    started: Instant,
    trace: Option<Traced>,
}

fn new_request_id() -> Result<RequestId, Refusal> {
    let random = wheelhouse_store::credential::random_bytes()
        .map_err(|_| Refusal::new(ProblemKind::ServiceUnavailable, "No randomness available"))?;
    let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0);
    Ok(RequestId::from_parts(now, random))
}

async fn pass_through(
    shared: &Arc<Shared>,
    connection: &Connection,
    begun: Begun,
    target: Target,
    request: BoxRequest,
) -> Result<Response<Body>, Refusal> {
    let admitted = admit(shared, begun, target, request.headers(), shared.options.default_wait).await?;
    forward::pass_through(shared, connection, &admitted, request).await
}

async fn execute(
    shared: &Arc<Shared>,
    begun: Begun,
    target: Target,
    request: BoxRequest,
) -> Result<Response<Body>, Refusal> {
    let accept =
        request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let events = accept.contains("text/event-stream");
    let default = if events { shared.options.default_event_wait } else { shared.options.default_wait };
    let admitted = admit(shared, begun, target, request.headers(), default).await?;
    refuse_assets(request.headers())?;
    asynchronous::execute(shared, admitted, request).await
}

/// No assets are kept here: a call that names one names something unknown, and is not made without it.
fn refuse_assets(headers: &HeaderMap) -> Result<(), Refusal> {
    let named = headers.get(headers::INPUT_ASSETS).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match named.split(',').map(str::trim).find(|id| !id.is_empty()) {
        None => Ok(()),
        Some(id) => {
            let id: String = id.chars().take(64).collect();
            Err(Refusal::new(ProblemKind::NotFound, format!("Asset id '{id}': Not found")))
        }
    }
}

async fn status(
    shared: &Arc<Shared>,
    asked: RequestId,
    headers: &HeaderMap,
) -> Result<Response<Body>, Refusal> {
    let principal = authenticate(shared, headers).await?;
    principal.require(Scope::InvokeFunction).map_err(Refusal::Problem)?;
    let wait = wait(headers, shared, shared.options.default_wait)?;
    asynchronous::status(shared, &principal, asked, wait).await
}

/// Finds out who calls, what for, and whether they may.
async fn admit(
    shared: &Shared,
    begun: Begun,
    target: Target,
    headers: &HeaderMap,
    default_wait: Duration,
) -> Result<Admitted, Refusal> {
    let principal = authenticate(shared, headers).await?;
    principal.require(Scope::InvokeFunction).map_err(Refusal::Problem)?;
    let Begun { id: request, started, trace } = begun;
    let route = find(shared, request, target, &principal)?;
    let wait = wait(headers, shared, default_wait)?;
    let per_key = shared.options.rate_per_key.as_ref();
    shared
        .limits
        .admit(route.version, route.rate_limit.as_ref(), per_key, &principal)
        .map_err(Refusal::RateLimited)?;
    Ok(Admitted { request, principal, route, wait, started, authenticated: Instant::now(), trace })
}

async fn authenticate(shared: &Shared, headers: &HeaderMap) -> Result<Arc<Principal>, Refusal> {
    let value =
        named(headers, &header::AUTHORIZATION).ok_or(Refusal::Unauthorized("missing bearer token"))?;
    // Entries of Sec-WebSocket-Protocol cannot hold a space: there the token stands alone.
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return Err(Refusal::Unauthorized("the authorization is not a bearer token")),
        None => value,
    };
    match shared.authenticator.authenticate_call(token, jiff::Timestamp::now()).await {
        Ok(Ok(principal)) => Ok(principal),
        Ok(Err(_)) => Err(Refusal::Unauthorized("the bearer token is not accepted")),
        Err(error) => {
            tracing::error!(%error, "cannot authenticate");
            Err(Refusal::new(ProblemKind::ServiceUnavailable, "Authentication is not available"))
        }
    }
}

/// Finds the version a call goes to; without one named, a random one of those that take calls.
fn find(
    shared: &Shared,
    request: RequestId,
    target: Target,
    principal: &Principal,
) -> Result<Arc<Route>, Refusal> {
    let missing = || {
        let Target { function, version } = target;
        let version = version.map(|version| format!(", version '{version}'")).unwrap_or_default();
        Refusal::new(
            ProblemKind::NotFound,
            format!("Function id '{function}'{version}: Not found or not active"),
        )
    };
    let table = Arc::clone(&shared.routes.borrow());
    let visible = || {
        table
            .function(target.function)
            .filter(|route| target.version.is_none_or(|version| version == route.version))
            .filter(|route| {
                let ownership = Ownership {
                    owner: &route.account,
                    function: route.function,
                    version: Some(route.version),
                    shared_with: &route.shared_with,
                };
                principal.standing(&ownership) != Standing::Stranger
            })
    };
    let invocable = || visible().filter(|route| route.state.is_invocable());
    let count = invocable().count();
    if count == 0 {
        return Err(if visible().any(|route| route.state == VersionState::Degraded) {
            Refusal::new(ProblemKind::BadRequest, "DEGRADED function cannot be invoked")
        } else {
            missing()
        });
    }
    // The request's id is random enough to choose by.
    let number = usize::from(request.uuid().as_bytes().last().copied().unwrap_or(0));
    invocable().nth(number % count).map(Arc::clone).ok_or_else(missing)
}

/// How long the caller waits for an answer's head.
fn wait(headers: &HeaderMap, shared: &Shared, default: Duration) -> Result<Duration, Refusal> {
    let Some(value) = headers.get(headers::POLL_SECONDS) else { return Ok(default) };
    let most = shared.options.longest_wait.as_secs();
    let wrong = |detail: String| Refusal::new(ProblemKind::BadRequest, detail);
    let seconds: i64 = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .ok_or_else(|| wrong("NVCF-POLL-SECONDS must be an integer".to_owned()))?;
    let seconds = u64::try_from(seconds.max(1)).unwrap_or(1);
    if seconds > most {
        return Err(wrong(format!("NVCF-POLL-SECONDS must be <= {most}")));
    }
    Ok(Duration::from_secs(seconds))
}

/// Marks and times an answer's head.
pub(crate) fn finish(
    shared: &Shared,
    admitted: &Admitted,
    outcome: &Outcome,
    headers: &mut HeaderMap,
    status: u16,
) {
    let now = Instant::now();
    tracing::debug!(
        request = %admitted.request,
        function = %admitted.route.function,
        version = %admitted.route.version,
        status,
        elapsed_us = (now - admitted.started).as_micros(),
        "call answered"
    );
    headers::mark(headers, admitted.request, status);
    headers::timing(
        headers,
        admitted.authenticated - admitted.started,
        outcome.sent.saturating_duration_since(admitted.authenticated),
        now.saturating_duration_since(outcome.sent),
    );
    shared.metrics.observe(&admitted.route, status, now - admitted.started);
}
