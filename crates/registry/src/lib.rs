//! OCI registries and HTTPS archives: the client that fetches and pushes, and the embedded server.
//!
//! - [`Client`]: fetches charts by any reference, pulls and pushes artefacts; follows the token flow; keeps
//!   credentials to their own registry.
//! - [`AddressPolicy`]: which addresses may be asked at all (no private ones unless the operator says so).
//! - [`Trust`]: whose certificates are taken.
//! - [`http`]: the one HTTP client beneath, also used by cluster agents.
//! - [`server`]: an OCI registry on disk.

mod address;
mod authorization;
mod client;
mod digest;
mod error;
pub mod http;
mod image;
mod manifest;
mod push;
pub mod server;
mod trust;

pub use address::AddressPolicy;
pub use client::{Client, Login, Options, Pulled};
pub use digest::{Digest, InvalidDigest};
pub use error::Error;
pub use manifest::{CHART_CONFIG, CHART_CONTENT, Descriptor, IMAGE_MANIFEST, Manifest};
pub use push::{Blob, Pushed, Target};
pub use trust::{InvalidTrust, Trust};
