//! The NVCF-compatible control plane.
//!
//! - [`Options`] → [`ControlPlane::build`] → [`ControlPlane::run`]; [`ControlPlane::router`] is the HTTP API.
//! - `api`: endpoints with their scopes, authentication, problems, the OpenAPI document.
//! - `wire`: the JSON of the API, converted to domain types here and nowhere else.
//! - `handlers`: one file per resource.
//! - `reconciler`: makes what runs become what is wanted, forever.
//!
//! Every endpoint names its scopes where it is registered; one that names none does not exist, save for
//! `/health` and the OpenAPI document.

mod api;
mod core;
mod handlers;
mod options;
mod reconciler;
mod wire;

pub use api::endpoint::{Access, Endpoint};
pub use core::charts::{ChartSource, FetchError, FetchedChart, RegistryLogin};
pub use core::keys::{NewKey, create_key, ensure_first_key};
pub use options::{Build, ControlPlane, Options};
