//! The control plane, called over outbound connections only.

use crate::error::Error;
use crate::options::{Options, chain};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wheelhouse_functions::id::{ClusterId, RequestId};
use wheelhouse_functions::work::{Registered, Registration, Report, Work};
use wheelhouse_registry::AddressPolicy;
use wheelhouse_registry::http::{Http, read};

/// How long a question for work is held.
const HOLD: u64 = 20;
/// The largest answer, in bytes: work of thousands of instances, or a chart.
const LIMIT: usize = 64 << 20;
/// Charts kept in memory.
const CHARTS: usize = 16;

/// The control plane.
pub(crate) struct Control {
    http: Http,
    server: String,
    host: String,
    token: String,
    charts: Mutex<HashMap<String, Arc<Bytes>>>,
}

impl Control {
    pub(crate) fn new(options: &Options) -> Self {
        let host = options.server.split("://").nth(1).unwrap_or(&options.server);
        let host = host.split('/').next().unwrap_or(host).to_owned();
        // The operator named this host: it may be private, and plain when the address says so.
        let plain = options.server.starts_with("http://");
        let policy = AddressPolicy {
            private_hosts: vec![host.clone()],
            plain_hosts: if plain { vec![host.clone()] } else { Vec::new() },
            trusted_hosts: Vec::new(),
        };
        Self {
            http: Http::new(policy, Duration::from_secs(HOLD + 15)),
            server: options.server.clone(),
            host,
            token: options.token.clone(),
            charts: Mutex::default(),
        }
    }

    pub(crate) async fn register(&self, registration: &Registration) -> Result<ClusterId, Error> {
        let answer: Registered = self.json(Method::PUT, "/v1/agent/clusters", Some(registration)).await?;
        Ok(answer.cluster)
    }

    /// Fetches what the cluster is to have; waits for news when `after` is the newest revision.
    pub(crate) async fn work(&self, cluster: ClusterId, after: Option<u64>) -> Result<Work, Error> {
        let query = after.map_or(String::new(), |after| format!("?after={after}&wait={HOLD}"));
        self.json(Method::GET, &format!("/v1/agent/clusters/{cluster}/work{query}"), None::<&()>).await
    }

    pub(crate) async fn report(&self, cluster: ClusterId, report: &Report) -> Result<(), Error> {
        let path = format!("/v1/agent/clusters/{cluster}/report");
        self.call(Method::POST, &path, Some(report)).await.map(drop)
    }

    /// Brings a piece of logs. `false` when it is read no more, or cannot be brought.
    pub(crate) async fn bring_logs(
        &self,
        cluster: ClusterId,
        request: RequestId,
        piece: Bytes,
        is_last: bool,
    ) -> bool {
        let path = format!("/v1/agent/clusters/{cluster}/logs/{request}?last={is_last}");
        match self.send(Method::POST, &path, piece).await {
            Ok(_) => true,
            Err(error) => {
                tracing::debug!(error = chain(&error), "logs are read no more");
                false
            }
        }
    }

    /// Fetches a chart by its digest. What was fetched once is kept for a while.
    pub(crate) async fn chart(&self, digest: &str) -> Result<Arc<Bytes>, Error> {
        let known = self.charts.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned();
        if let Some(chart) = known {
            return Ok(chart);
        }
        let bytes = self.call(Method::GET, &format!("/v1/agent/charts/{digest}"), None::<&()>).await?;
        let found = wheelhouse_registry::Digest::of(&bytes).to_string();
        if found != digest {
            return Err(Error::Control(format!("chart {digest} came with digest {found}")));
        }
        let chart = Arc::new(bytes);
        let mut charts = self.charts.lock().unwrap_or_else(PoisonError::into_inner);
        if charts.len() >= CHARTS {
            charts.clear();
        }
        charts.insert(digest.to_owned(), Arc::clone(&chart));
        Ok(chart)
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Error> {
        let bytes = self.call(method, path, body).await?;
        serde_json::from_slice(&bytes).map_err(|error| Error::Control(format!("{path}: {error}")))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<Bytes, Error> {
        let body = match body {
            Some(body) => serde_json::to_vec(body).map_err(|error| Error::Control(error.to_string()))?,
            None => Vec::new(),
        };
        self.send(method, path, body.into()).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes, Error> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = format!("{}{path}", self.server)
            .parse()
            .map_err(|_| Error::Control(format!("{} is not an address", self.server)))?;
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", self.token)).map_err(|_| Error::Unauthorized)?;
        authorization.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, authorization);
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let response = self.http.send(request).await.map_err(|error| Error::Control(chain(&error)))?;
        let status = response.status();
        let bytes = read(&self.host, response.into_body(), LIMIT)
            .await
            .map_err(|error| Error::Control(chain(&error)))?;
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Error::Unauthorized),
            status if status.is_success() => Ok(bytes),
            status => {
                let words: String = String::from_utf8_lossy(&bytes).chars().take(300).collect();
                Err(Error::Control(format!("{path}: {status} {words}")))
            }
        }
    }
}
