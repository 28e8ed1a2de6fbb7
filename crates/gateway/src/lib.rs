//! The invocation gateway: takes calls for functions and streams them to instances.
//!
//! - [`Gateway::build`] → [`Gateway::serve`]; one listener takes HTTP/1.1 and HTTP/2 without TLS (gRPC too).
//! - `classify`: which calls are invocations, and of what; all else goes to the API service.
//! - `versions`: slots of instances, and the bounded fair queue in front of them.
//! - `upstream`: connections to instances; `proxy`: one call, streamed in both directions.
//! - `workers`: threads that serve connections, each with a runtime of its own.
//! - `trace`: spans of calls, where they are collected.
//! - `asynchronous`: calls answered with 202, kept on disk until their answer has been fetched or has expired.
//!
//! Synchronous calls are never stored. Bodies are never buffered, except where an answer may have to be 202.

mod asynchronous;
mod body;
mod classify;
mod cors;
mod headers;
mod instance;
mod limits;
mod linger;
mod metrics;
mod options;
mod proxy;
mod refusal;
mod rewound;
mod server;
mod trace;
mod upstream;
mod versions;
mod workers;

pub use body::{Body, BoxError};
pub use options::{ApiService, Build, Gateway, Options};
