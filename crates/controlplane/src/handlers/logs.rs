//! Logs of a version's instances: lines of JSON, as they come.

use super::agents::ClusterPath;
use super::find::VersionPath;
use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Params, Search};
use crate::core::logs::Reader;
use crate::core::{Core, random_uuid, storage};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use serde::Deserialize;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use wheelhouse_functions::id::{InstanceId, RequestId};
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::work::LogRequest;
use wheelhouse_store::Filter;

pub(crate) fn register(api: &mut Api) {
    api.on(
        Method::GET,
        "/v2/nvcf/functions/{functionId}/versions/{versionId}/logs",
        // What a function writes is its owner's: a key that calls functions does not read their logs.
        Access::Own(&[Scope::DeployFunction]),
        "Read the logs of a version's instances, as lines of JSON",
    )
    .mirrored_by(read);
    api.on(
        Method::POST,
        "/v1/agent/clusters/{clusterId}/logs/{requestId}",
        Access::Everywhere(&[Scope::ClusterAgent]),
        "Bring a piece of logs somebody reads",
    )
    .by(bring);
}

/// Which logs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogQuery {
    #[serde(default)]
    follow: bool,
    tail_lines: Option<u64>,
    since_seconds: Option<u64>,
    instance_id: Option<String>,
    container: Option<String>,
}

async fn read(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
    Search(query): Search<LogQuery>,
) -> ApiResult<Response> {
    let version = core.own_version(&caller, &path).await?.value.version;
    let wanted = query.instance_id.as_deref().map(str::parse::<InstanceId>).transpose();
    let wanted = wanted.map_err(|error| Problem::invalid_request(error.to_string()))?;
    let filter = Filter::Parent(version.to_string());
    let instances = core.store.table::<Instance>().list(filter).await.map_err(storage)?;
    let requests: Vec<_> = instances
        .iter()
        .map(|stored| &stored.value)
        .filter(|instance| instance.state.is_live() && wanted.is_none_or(|wanted| wanted == instance.id))
        .map(|instance| {
            let request = LogRequest {
                id: RequestId::from_uuid(random_uuid()),
                instance: instance.id,
                container: query.container.clone(),
                tail_lines: query.tail_lines,
                since_seconds: query.since_seconds,
                follow: query.follow,
            };
            (instance.cluster, request)
        })
        .collect();
    if let (Some(wanted), true) = (wanted, requests.is_empty()) {
        return Err(Problem::not_found(format!("Instance id '{wanted}': Not found")).into());
    }
    let reader = core.logs.open(requests);
    core.work.send_modify(|revision| *revision = revision.wrapping_add(1));
    let body = Body::new(Lines(reader));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")], body)
        .into_response())
}

/// A body whose pieces come from agents.
struct Lines(Reader);

impl HttpBody for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.pieces.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

/// A path that names a reading.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadingPath {
    cluster_id: String,
    request_id: String,
}

/// Whether a piece is the last one.
#[derive(Debug, Deserialize)]
struct BringQuery {
    #[serde(default)]
    last: bool,
}

async fn bring(
    State(core): State<Arc<Core>>,
    Params(path): Params<ReadingPath>,
    Search(query): Search<BringQuery>,
    piece: Bytes,
) -> ApiResult<StatusCode> {
    let cluster = core.cluster_id(&ClusterPath { cluster_id: path.cluster_id }).await?;
    let gone = || Problem::not_found("Nobody reads these logs any more");
    let id: RequestId = path.request_id.parse().map_err(|_| gone())?;
    if core.logs.bring(cluster, id, piece, query.last).await {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(gone().into())
    }
}
