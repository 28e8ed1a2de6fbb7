//! Calls that may be answered with 202.
//!
//! A legacy call whose answer does not come in time is written down together with its body, and only then answered
//! with 202; a call that asks for it (`Prefer: respond-async`) is written down at once. After that nothing is lost:
//! a call that was waiting when the process ended is queued again; one that was being answered is sent again marked
//! with `NVCF-ATTEMPT`, because whether the earlier try ran is not known.

use crate::body::{Body, BoxRequest, NotCollected, collect, empty, full, held};
use crate::headers;
use crate::options::Shared;
use crate::proxy::{Admitted, Exchange, exchange, finish, legacy_parts};
use crate::refusal::Refusal;
use crate::trace::Traced;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use wheelhouse_functions::access::Principal;
use wheelhouse_functions::id::{InstanceId, KeyId, RequestId};
use wheelhouse_functions::problem::ProblemKind;
use wheelhouse_functions::route::Route;
use wheelhouse_functions::scope::Grants;
use wheelhouse_store::record::{AsyncRequest, RequestState};
use wheelhouse_store::{BoxFuture, Collection, Error, Filter, Store, Stored};

/// The largest answer that is kept, in bytes.
const ANSWER_LIMIT: usize = 64 << 20;
/// How often expired calls are looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// What asynchronous calls share.
pub(crate) struct Asynchronous {
    store: Store,
    retention: Duration,
    /// Who waits for which call to end.
    ending: Mutex<HashMap<RequestId, Arc<Notify>>>,
}

impl Asynchronous {
    pub(crate) fn new(store: Store, retention: Duration) -> Self {
        Self { store, retention, ending: Mutex::new(HashMap::new()) }
    }

    fn ending(&self, request: RequestId) -> Arc<Notify> {
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(ending.entry(request).or_default())
    }

    fn ended(&self, request: RequestId) {
        let ended = self.ending.lock().unwrap_or_else(PoisonError::into_inner).remove(&request);
        if let Some(ended) = ended {
            ended.notify_waiters();
        }
    }
}

/// Answers a legacy call.
pub(crate) async fn execute(
    shared: &Arc<Shared>,
    admitted: Admitted,
    request: BoxRequest,
) -> Result<Response<Body>, Refusal> {
    let at_once = request
        .headers()
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|word| word.trim().eq_ignore_ascii_case("respond-async")));
    let (parts, body) = request.into_parts();
    let bytes = collect(body, shared.options.stored_body_limit).await.map_err(|error| {
        let (kind, detail) = match error {
            NotCollected::TooLarge => {
                (ProblemKind::PayloadTooLarge, "The body is too large for this call; use the invocation host")
            }
            NotCollected::BrokenOff => (ProblemKind::BadRequest, "The body could not be read"),
        };
        Refusal::new(kind, detail)
    })?;
    let outgoing = legacy_parts(&parts.headers, &admitted.route.inference_path);
    let admitted = Arc::new(admitted);
    if at_once {
        let record = record(shared, &admitted, &outgoing, RequestState::Queued, None);
        submit(shared, &record, bytes.clone()).await?;
        tokio::spawn(run(Arc::clone(shared), record, bytes));
        return Ok(accepted(&admitted));
    }
    let sent_to: Arc<Mutex<Option<InstanceId>>> = Arc::default();
    let mut exchanging = {
        let (shared, admitted, sent_to) = (Arc::clone(shared), Arc::clone(&admitted), Arc::clone(&sent_to));
        let request = Box::new(outgoing.clone().map(|()| full(bytes.clone())));
        Box::pin(async move {
            let sending = |instance| -> BoxFuture<'_, Result<(), Refusal>> {
                *sent_to.lock().unwrap_or_else(PoisonError::into_inner) = Some(instance);
                Box::pin(std::future::ready(Ok(())))
            };
            exchange(&shared, &admitted, request, admitted.route.grpc, None, Some(&sending)).await
        })
    };
    match tokio::time::timeout(admitted.wait, exchanging.as_mut()).await {
        Ok(exchanged) => {
            let Exchange { mut response, permit, outcome, .. } = exchanged?;
            let status = response.status().as_u16();
            headers::strip_hop_by_hop(response.headers_mut());
            finish(shared, &admitted, &outcome, response.headers_mut(), status);
            Ok(response.map(|body| held(body, permit)))
        }
        Err(_) => {
            let instance = *sent_to.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody took it in time: it leaves the queue.
            let Some(instance) = instance else { return Err(Refusal::TimedOut) };
            let record = record(shared, &admitted, &outgoing, RequestState::Running, Some(instance));
            submit(shared, &record, bytes).await?;
            let answer = accepted(&admitted);
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                let exchanged = tokio::time::timeout(shared.options.longest_call, exchanging).await;
                let outcome = exchanged.unwrap_or(Err(Refusal::TimedOut));
                conclude(&shared, record.id, outcome).await;
            });
            Ok(answer)
        }
    }
}

fn accepted(admitted: &Admitted) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = StatusCode::ACCEPTED;
    headers::mark(response.headers_mut(), admitted.request, 202);
    if let Ok(location) = HeaderValue::from_str(&format!("/v2/nvcf/pexec/status/{}", admitted.request)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn record(
    shared: &Shared,
    admitted: &Admitted,
    outgoing: &Request<()>,
    state: RequestState,
    instance: Option<InstanceId>,
) -> AsyncRequest {
    let now = shared.asynchronous.store.now();
    let retention =
        SignedDuration::try_from(shared.asynchronous.retention).unwrap_or(SignedDuration::from_hours(1));
    AsyncRequest {
        id: admitted.request,
        function: admitted.route.function,
        version: admitted.route.version,
        account: admitted.principal.account.clone(),
        subject: admitted.principal.subject.clone(),
        method: outgoing.method().to_string(),
        path: outgoing.uri().to_string(),
        headers: listed(outgoing.headers()),
        state,
        attempts: u32::from(state == RequestState::Running),
        instance,
        status: None,
        answer_headers: Vec::new(),
        error: None,
        created_at: now,
        expires_at: now.saturating_add(retention).unwrap_or(Timestamp::MAX),
    }
}

/// Headers as they are written down: without the caller's credential.
fn listed(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| **name != header::AUTHORIZATION && **name != header::COOKIE)
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}

fn unlisted(list: &[(String, String)]) -> HeaderMap {
    list.iter()
        .filter_map(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?))
        })
        .collect()
}

async fn submit(shared: &Shared, record: &AsyncRequest, body: Bytes) -> Result<(), Refusal> {
    let transaction = shared.asynchronous.store.transaction();
    let written = transaction
        .insert(record)
        .put_bytes(Collection::Payloads, &record.body_key(), &record.id.to_string(), body.to_vec())
        .commit()
        .await;
    written.map_err(|error| {
        tracing::error!(%error, "cannot write an asynchronous call down");
        Refusal::new(ProblemKind::ServiceUnavailable, "The call could not be stored; it was not accepted")
    })
}

/// Sends a call that was written down, until it has ended one way or the other.
async fn run(shared: Arc<Shared>, record: AsyncRequest, body: Bytes) {
    let id = record.id;
    let outcome = send(&shared, record, body).await;
    conclude(&shared, id, outcome).await;
}

/// Takes up a call that was written down in a former life of the process.
async fn take_up(shared: Arc<Shared>, record: AsyncRequest) {
    let id = record.id;
    match shared.asynchronous.store.bytes(Collection::Payloads, &record.body_key()).await {
        Ok(body) => run(shared, record, body.unwrap_or_default().into()).await,
        // It stays written down and is taken up again at the next start.
        Err(error) => tracing::error!(request = %id, %error, "cannot run an asynchronous call"),
    }
}

async fn send(shared: &Arc<Shared>, record: AsyncRequest, body: Bytes) -> Result<Exchange, Refusal> {
    let id = record.id;
    let store = &shared.asynchronous.store;
    let route = known_route(shared, &record).await;
    let headers = unlisted(&record.headers);
    let admitted = Admitted {
        request: id,
        principal: Arc::new(Principal {
            account: record.account.clone(),
            key: KeyId::from_uuid(id.uuid()),
            subject: record.subject.clone(),
            grants: Grants::default(),
            resources: Vec::new(),
        }),
        route,
        wait: shared.options.longest_call,
        started: Instant::now(),
        authenticated: Instant::now(),
        trace: Traced::begin(shared, id, &headers),
    };
    let mut request = Box::new(Request::new(full(body)));
    *request.method_mut() = record.method.parse().unwrap_or(http::Method::POST);
    *request.uri_mut() = record.path.parse().unwrap_or_else(|_| http::Uri::from_static("/"));
    *request.headers_mut() = headers;
    let attempts = record.attempts + 1;
    if attempts > 1 {
        request.headers_mut().insert(headers::ATTEMPT, HeaderValue::from(attempts));
    }
    // Before it is sent, that it may have been sent is written down.
    let sending = |instance| -> BoxFuture<'_, Result<(), Refusal>> {
        let sending = AsyncRequest {
            state: RequestState::Running,
            attempts,
            instance: Some(instance),
            ..record.clone()
        };
        Box::pin(async move {
            insist(sending.id, || store.transaction().put(&sending).commit()).await;
            Ok(())
        })
    };
    let exchanging = exchange(shared, &admitted, request, admitted.route.grpc, None, Some(&sending));
    let exchanged = tokio::time::timeout(shared.options.longest_call, exchanging).await;
    exchanged.unwrap_or(Err(Refusal::TimedOut))
}

/// The route of a call that was written down. After a start it may take a while until it is published.
async fn known_route(shared: &Shared, record: &AsyncRequest) -> Arc<Route> {
    let mut routes = shared.routes.clone();
    let published = routes.wait_for(|table| table.version(record.version).is_some());
    let waited = tokio::time::timeout(shared.options.longest_call, published).await;
    let found = waited.ok().and_then(Result::ok).and_then(|table| table.version(record.version).cloned());
    found.unwrap_or_else(|| {
        Arc::new(Route {
            function: record.function,
            version: record.version,
            name: String::new(),
            account: record.account.clone(),
            shared_with: Vec::new(),
            state: wheelhouse_functions::version_state::VersionState::Inactive,
            inference_path: record.path.clone(),
            grpc: false,
            instances: Vec::new(),
            rate_limit: None,
        })
    })
}

/// Writes down how a call ended.
async fn conclude(shared: &Shared, id: RequestId, outcome: Result<Exchange, Refusal>) {
    let answer = match outcome {
        Err(refusal) => Err(refusal),
        Ok(Exchange { response, permit, .. }) => {
            let (parts, body) = response.into_parts();
            let collected = collect(body, ANSWER_LIMIT).await;
            drop(permit);
            match collected {
                Ok(body) => Ok((parts, body)),
                Err(error) => {
                    tracing::warn!(request = %id, ?error, "the answer of an asynchronous call broke off");
                    Err(Refusal::new(ProblemKind::BadGateway, "The answer broke off or was too large"))
                }
            }
        }
    };
    let store = &shared.asynchronous.store;
    insist(id, || write_end(store, id, &answer)).await;
    shared.asynchronous.ended(id);
}

async fn write_end(
    store: &Store,
    id: RequestId,
    answer: &Result<(http::response::Parts, Bytes), Refusal>,
) -> Result<(), Error> {
    let Some(Stored { value: mut record, .. }) = store.table::<AsyncRequest>().get(id).await? else {
        return Ok(());
    };
    let mut transaction = store.transaction().delete_bytes(Collection::Payloads, &record.body_key());
    match answer {
        Ok((parts, body)) => {
            let mut headers = parts.headers.clone();
            headers::strip_hop_by_hop(&mut headers);
            record.state = RequestState::Fulfilled;
            record.status = Some(parts.status.as_u16());
            record.answer_headers = listed(&headers);
            let key = record.answer_key();
            transaction = transaction.put_bytes(Collection::Payloads, &key, &id.to_string(), body.to_vec());
        }
        Err(refusal) => {
            record.state = RequestState::Errored;
            record.status = Some(refusal.response(id, "", false).status().as_u16());
            record.error = Some(match refusal {
                Refusal::Problem(problem) => problem.detail.clone(),
                other => format!("{other:?}"),
            });
        }
    }
    transaction.put(&record).commit().await
}

/// Writes until it is written: what was accepted has to end, and a database that is away comes back.
async fn insist<Write>(id: RequestId, write: impl Fn() -> Write + Send)
where
    Write: Future<Output = Result<(), Error>> + Send,
{
    let mut pause = Duration::from_millis(50);
    while let Err(error) = write().await {
        tracing::warn!(request = %id, %error, "cannot write down how an asynchronous call goes; trying again");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// Answers a question for the answer of an asynchronous call, waiting for it for a while.
pub(crate) async fn status(
    shared: &Shared,
    principal: &Principal,
    id: RequestId,
    wait: Duration,
) -> Result<Response<Body>, Refusal> {
    let missing = || Refusal::new(ProblemKind::NotFound, format!("Request id '{id}': Not found"));
    let failed = |error: Error| {
        tracing::error!(%error, "cannot read an asynchronous call");
        Refusal::new(ProblemKind::ServiceUnavailable, "The answer cannot be read at the moment")
    };
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        let ending = shared.asynchronous.ending(id);
        let ended = ending.notified();
        tokio::pin!(ended);
        // Listening begins before reading, so that no end is missed.
        ended.as_mut().enable();
        let found = shared.asynchronous.store.table::<AsyncRequest>().get(id).await.map_err(failed)?;
        let record =
            match found.map(|stored| stored.value).filter(|record| record.account == principal.account) {
                Some(record) => record,
                None => {
                    shared.asynchronous.ended(id);
                    return Err(missing());
                }
            };
        match record.state {
            RequestState::Fulfilled | RequestState::Errored => {
                shared.asynchronous.ended(id);
                return concluded(shared, &record).await.map_err(failed);
            }
            RequestState::Queued | RequestState::Running => {
                if tokio::time::timeout_at(deadline, ended).await.is_err() {
                    let mut response = Response::new(empty());
                    *response.status_mut() = StatusCode::ACCEPTED;
                    headers::mark(response.headers_mut(), id, 202);
                    return Ok(response);
                }
            }
        }
    }
}

async fn concluded(shared: &Shared, record: &AsyncRequest) -> Result<Response<Body>, Error> {
    let status = record.status.unwrap_or(500);
    if let Some(error) = &record.error {
        let refusal = match status {
            504 => Refusal::TimedOut,
            404 => Refusal::new(ProblemKind::NotFound, error.clone()),
            429 => Refusal::new(ProblemKind::TooManyRequests, error.clone()),
            503 => Refusal::new(ProblemKind::ServiceUnavailable, error.clone()),
            _ => Refusal::new(ProblemKind::BadGateway, error.clone()),
        };
        return Ok(refusal.response(record.id, "/v2/nvcf/pexec/status", false));
    }
    let body = shared.asynchronous.store.bytes(Collection::Payloads, &record.answer_key()).await?;
    let mut response = Response::new(full(body.unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    *response.headers_mut() = unlisted(&record.answer_headers);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    headers::mark(response.headers_mut(), record.id, status);
    if record.attempts > 1 {
        response.headers_mut().insert(headers::ATTEMPT, HeaderValue::from(record.attempts));
    }
    Ok(response)
}

/// Takes up again what was written down before this process began, and forgets what has expired.
pub(crate) async fn resume(shared: Arc<Shared>, cancel: CancellationToken) {
    for label in ["queued", "running"] {
        let filter = Filter::Label(label.to_owned());
        match shared.asynchronous.store.table::<AsyncRequest>().list(filter).await {
            Ok(found) => {
                for stored in found {
                    tracing::info!(request = %stored.value.id, label, "taking up an asynchronous call");
                    tokio::spawn(take_up(Arc::clone(&shared), stored.value));
                }
            }
            Err(error) => tracing::error!(%error, "cannot read asynchronous calls"),
        }
    }
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = sweep.tick() => {}
        }
        if let Err(error) = forget_expired(&shared).await {
            tracing::warn!(%error, "cannot forget expired calls");
        }
    }
}

async fn forget_expired(shared: &Shared) -> Result<(), Error> {
    let store = &shared.asynchronous.store;
    let now = store.now();
    for label in ["fulfilled", "errored"] {
        for stored in store.table::<AsyncRequest>().list(Filter::Label(label.to_owned())).await? {
            let record = stored.value;
            if record.expires_at <= now {
                let transaction = store.transaction().delete::<AsyncRequest>(record.id);
                let transaction = transaction.delete_bytes(Collection::Payloads, &record.body_key());
                transaction.delete_bytes(Collection::Payloads, &record.answer_key()).commit().await?;
            }
        }
    }
    Ok(())
}
