//! The one door to a Kubernetes API: the local one, or yours.
//!
//! Everything of ours that reads or writes cluster objects goes through [`Cluster`]; nothing
//! behind this door can tell whether a laptop or a data centre answers. Objects are plain
//! [`serde_json::Value`]s, because charts bring any kind, and because a value read and written
//! back must lose no field that we do not know.
//!
//! - [`Access`] says where the API is and who we are; [`Kubeconfig`] reads it from a file's
//!   contents, [`Access::in_cluster`] from inside a pod.
//! - [`Resource`] names a kind of object and knows its paths; [`resources`] lists built-in ones.
//! - [`Cluster`] does get, list, create, replace, apply, patch, delete, logs and exec.
//! - [`Reflector`] keeps a [`Cache`] of one kind up to date by list and watch.
//! - [`discovery`] says what the API serves; [`metadata`] reads what every object has.

mod access;
mod cluster;
mod credentials;
pub mod discovery;
mod error;
mod kubeconfig;
pub mod metadata;
mod options;
mod reflector;
mod resource;
pub mod resources;
mod streams;
mod transport;
mod watch;

pub use access::{Access, Identity};
pub use cluster::Cluster;
pub use credentials::{Credentials, ExecPlugin};
pub use error::{Cause, Error, Result};
pub use kubeconfig::Kubeconfig;
pub use options::{ApplyOptions, DeleteOptions, ListOptions, PatchKind, Propagation, Subresource};
pub use reflector::{Cache, Change, Key, Reflector};
pub use resource::Resource;
pub use streams::{ExecOptions, LogOptions, LogStream, Socket, SocketMessage};
pub use watch::{WatchEvent, WatchStream};
