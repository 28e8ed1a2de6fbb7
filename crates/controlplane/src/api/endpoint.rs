//! Endpoints: method, path, scopes, handler, all named in one place.

use super::error::ApiError;
use super::extract::{Caller, RequestId};
use crate::core::Core;
use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{Method, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::collections::BTreeMap;
use std::sync::Arc;
use wheelhouse_functions::id::AccountId;
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::scope::Scope;

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Any of these scopes, in the credential's own account.
    Own(&'static [Scope]),
    /// Any of these scopes with `admin:`, or the own account's where the path names it.
    Account(&'static [Scope]),
    /// Any of these scopes with `admin:`.
    Everywhere(&'static [Scope]),
}

/// An endpoint.
#[derive(Clone)]
pub struct Endpoint {
    /// HTTP method.
    pub method: Method,
    /// Path, with `{name}` for parameters.
    pub path: String,
    /// Who may call it.
    pub access: Access,
    /// What it does, in a few words.
    pub summary: &'static str,
    pub(crate) request: Option<SchemaOf>,
    pub(crate) response: Option<SchemaOf>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {} {:?}", self.method, self.path, self.access)
    }
}

/// Makes the schema of a type.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A handler and who may call it.
type Guarded = (Access, MethodRouter<Arc<Core>>);

/// Collects endpoints.
#[derive(Default)]
pub(crate) struct Api {
    endpoints: Vec<Endpoint>,
    routes: BTreeMap<String, Vec<Guarded>>,
}

/// An endpoint being described.
pub(crate) struct Described<'a> {
    api: &'a mut Api,
    endpoint: Endpoint,
}

impl Api {
    /// Begins to describe an endpoint.
    pub(crate) fn on(
        &mut self,
        method: Method,
        path: &str,
        access: Access,
        summary: &'static str,
    ) -> Described<'_> {
        let endpoint =
            Endpoint { method, path: path.to_owned(), access, summary, request: None, response: None };
        Described { api: self, endpoint }
    }

    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    pub(crate) fn into_router(self, core: &Arc<Core>) -> Router<Arc<Core>> {
        let mut router = Router::new();
        for (path, methods) in self.routes {
            let mut all = MethodRouter::new();
            for (access, method) in methods {
                let guard = middleware::from_fn_with_state((Arc::clone(core), access), guard);
                all = all.merge(method.route_layer(guard));
            }
            router = router.route(&path, all);
        }
        router
    }
}

impl Described<'_> {
    /// Names the type of its request body.
    pub(crate) fn takes<T: JsonSchema>(mut self) -> Self {
        self.endpoint.request = Some(schema_of::<T>);
        self
    }

    /// Names the type of its answer.
    pub(crate) fn gives<T: JsonSchema>(mut self) -> Self {
        self.endpoint.response = Some(schema_of::<T>);
        self
    }

    /// Adds it, carried out by a handler.
    pub(crate) fn by<H, T>(self, handler: H)
    where
        H: Handler<T, Arc<Core>> + Clone,
        T: 'static,
    {
        let Self { api, endpoint } = self;
        let filter = MethodFilter::try_from(endpoint.method.clone()).unwrap_or(MethodFilter::GET);
        api.routes.entry(endpoint.path.clone()).or_default().push((endpoint.access, on(filter, handler)));
        api.endpoints.push(endpoint);
    }

    /// Adds it together with its administrator's mirror: the same under `/v2/nvcf/accounts/{ncaId}/…`, for any
    /// account, needing `admin:` scopes.
    pub(crate) fn mirrored_by<H, T>(self, handler: H)
    where
        H: Handler<T, Arc<Core>> + Clone,
        T: 'static,
    {
        let Access::Own(scopes) = self.endpoint.access else { return self.by(handler) };
        let Some(rest) = self.endpoint.path.strip_prefix("/v2/nvcf/") else { return self.by(handler) };
        let mut mirror = self.endpoint.clone();
        mirror.path = format!("/v2/nvcf/accounts/{{ncaId}}/{rest}");
        mirror.access = Access::Account(scopes);
        let Self { api, endpoint } = self;
        Described { api: &mut *api, endpoint }.by(handler.clone());
        Described { api, endpoint: mirror }.by(handler);
    }
}

/// Before every endpoint: who is it, and may they?
async fn guard(
    State((core, access)): State<(Arc<Core>, Access)>,
    params: axum::extract::RawPathParams,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(bearer)
        .ok_or_else(|| unauthorized("The request has no bearer token"))?;
    let principal = core
        .authenticator
        .authenticate(token, core.wall())
        .await?
        .map_err(|_| unauthorized("The bearer token is not accepted"))?;
    let named = params.iter().find(|(name, _)| *name == "ncaId").map(|(_, value)| value.to_owned());
    let account = match &named {
        Some(text) => text.parse::<AccountId>().map_err(|_| Problem::not_found("No such account"))?,
        None => principal.account.clone(),
    };
    match access {
        Access::Own(scopes) => principal.require_any(scopes)?,
        Access::Account(scopes) => principal.require_in(&account, scopes)?,
        Access::Everywhere(scopes) => {
            if !scopes.iter().any(|&scope| principal.grants.allow_everywhere(scope)) {
                let names: Vec<String> = scopes.iter().map(|scope| format!("admin:{scope}")).collect();
                let detail = format!("Access denied: the credential lacks scope {}", names.join(" or "));
                return Err(Problem::new(ProblemKind::Forbidden, detail).into());
            }
        }
    }
    let id = request.extensions().get::<RequestId>().copied().unwrap_or_default();
    request.extensions_mut().insert(Caller { principal, account, request: id });
    Ok(next.run(request).await)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(ProblemKind::Unauthorized, detail)
}
