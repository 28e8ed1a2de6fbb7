//! Everything in one process: control plane, gateway, registry, and an agent when there is a cluster.
//!
//! - [`DatabaseAddress`]: PostgreSQL in place of the embedded database.
//! - [`Options`] → [`Platform::build`] (opens the state, binds the ports) → [`Platform::run`].
//! - [`client`]: the API as commands call it.
//! - [`TraceOptions`]: where spans of calls are sent.
//! - [`Ready`] says where everything is.
//!
//! The parts are the same as when they run apart: the agent calls the control plane over HTTP, the control plane
//! fetches charts through the registry client, the gateway knows only the published routes.

pub mod client;
mod error;
mod exec;
mod gate;
mod options;
mod source;
mod traces;

pub use error::Error;
pub use options::{Build, Options, Platform, Ready};
pub use traces::TraceOptions;
pub use wheelhouse_store::postgres::Address as DatabaseAddress;
