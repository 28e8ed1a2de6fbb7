//! The example inference server: what runs inside the functions of `examples/`.
//!
//! It speaks the Open Inference Protocol (KServe's version 2) over HTTP/JSON and gRPC on one port, streams its answer
//! as server-sent events to who accepts them, tells Prometheus what it did, and ends cleanly on SIGTERM. With peers
//! it is one of several nodes: the inputs of a request are dealt out to all of them.
//!
//! - [`Options`]: flags and variables, read once.
//! - [`Server`]: serves until told to stop; [`main`] is the whole program.
//! - `model`: what is inferred; pure.
//! - [`protocol`]: the wire types of both forms.

mod events;
mod grpc;
mod model;
mod options;
mod peers;
pub mod protocol;
mod request;
mod server;
mod telemetry;

pub use options::{InvalidOptions, Options};
pub use server::{Server, main};
