//! The other nodes of an instance: are they there, and their share of a request.

use crate::model::Inferred;
use crate::protocol::{BYTES, InferRequest, InferResponse, Tensor};
use crate::request;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;

/// Marks a request that a node sent on: it is answered where it arrives.
pub(crate) const SHARE: &str = "inference-share";
/// How long a peer may take to say that it is alive.
const ALIVE: Duration = Duration::from_secs(1);
/// The largest answer of a peer, in bytes.
const LIMIT: usize = 64 << 20;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a peer did not do its share.
#[derive(Debug, thiserror::Error)]
#[error("peer {peer}: {reason}")]
pub(crate) struct PeerError {
    peer: String,
    reason: String,
}

/// The first peer that does not answer, with the reason.
pub(crate) async fn missing(peers: &[String]) -> Option<PeerError> {
    let asked: Vec<_> = peers
        .iter()
        .map(|peer| {
            let peer = peer.clone();
            tokio::spawn(async move {
                let call = call(&peer, Method::GET, "/v2/health/live", Bytes::new());
                let reason = match tokio::time::timeout(ALIVE, call).await {
                    Ok(Ok(_)) => return None,
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => "no answer".to_owned(),
                };
                Some(PeerError { peer, reason })
            })
        })
        .collect();
    let mut first = None;
    for each in asked {
        first = first.or(each.await.ok().flatten());
    }
    first
}

/// Deals texts out to all peers in turn and puts what they inferred back in order.
pub(crate) async fn share(
    peers: &[String],
    model: &str,
    version: &str,
    texts: &[String],
) -> Result<Vec<Inferred>, PeerError> {
    let path = format!("/v2/models/{model}/versions/{version}/infer");
    let count = peers.len().max(1);
    let asked: Vec<_> = peers
        .iter()
        .enumerate()
        .map(|(index, peer)| {
            let texts: Vec<String> = texts.iter().skip(index).step_by(count).cloned().collect();
            let (peer, path) = (peer.clone(), path.clone());
            tokio::spawn(async move {
                let answered = if texts.is_empty() { Ok(Vec::new()) } else { ask(&peer, &path, texts).await };
                answered.map_err(|error| PeerError { peer, reason: error.to_string() })
            })
        })
        .collect();
    let mut shares = Vec::with_capacity(count);
    for each in asked {
        let joined = each.await.map_err(|error| PeerError { peer: String::new(), reason: error.to_string() });
        shares.push(joined??.into_iter());
    }
    let mut inferred = Vec::with_capacity(texts.len());
    while inferred.len() < texts.len() {
        let before = inferred.len();
        inferred.extend(shares.iter_mut().filter_map(Iterator::next));
        if inferred.len() == before {
            break;
        }
    }
    Ok(inferred)
}

async fn ask(peer: &str, path: &str, texts: Vec<String>) -> Result<Vec<Inferred>, BoxError> {
    let count = texts.len();
    let request = InferRequest {
        id: None,
        inputs: vec![Tensor {
            name: "text".to_owned(),
            datatype: BYTES.to_owned(),
            shape: vec![i64::try_from(count)?],
            data: texts.into_iter().map(Into::into).collect(),
        }],
    };
    let answer = call(peer, Method::POST, path, serde_json::to_vec(&request)?.into()).await?;
    let answer: InferResponse = serde_json::from_slice(&answer)?;
    request::inferred(&answer, count).ok_or_else(|| "it answered something else than was asked".into())
}

async fn call(peer: &str, method: Method, path: &str, body: Bytes) -> Result<Bytes, BoxError> {
    let stream = TcpStream::connect(peer).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", peer)
        .header("content-type", "application/json")
        .header(SHARE, "1")
        .body(Full::new(body))?;
    let answered = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LIMIT).collect().await?.to_bytes();
        if status == StatusCode::OK {
            Ok(body)
        } else {
            Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into())
        }
    };
    let answered = answered.await;
    driving.abort();
    answered
}
