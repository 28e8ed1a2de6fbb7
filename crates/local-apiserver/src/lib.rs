//! A Kubernetes API server for one machine.
//!
//! `kubectl`, Helm and every other client talk to it unchanged: the same paths, objects, patches,
//! watches and errors, over an embedded store. Start here:
//!
//! ```no_run
//! # async fn example() -> Result<(), wheelhouse_local_apiserver::Error> {
//! let server = wheelhouse_local_apiserver::Options::new("/tmp/state").build().await?;
//! println!("{}", server.ready().admin_kubeconfig);
//! server.run(tokio_util::sync::CancellationToken::new()).await;
//! # Ok(())
//! # }
//! ```
//!
//! The layers, each using only those below it:
//!
//! | modules | what |
//! |---|---|
//! | `server`, `bootstrap`, `background` | starting and running |
//! | `http` | the wire: requests, answers, watches, proxies, documents |
//! | `operations`, `admission`, `auth`, `quota`, `custom` | what a request does to objects |
//! | `cluster` | the state they share |
//! | `apply`, `managed`, `patch`, `strategy`, `validation`, `warnings`, `defaulting`, `convert`, `scale`, `table`, `inner` | pure functions over objects |
//! | `decode`, `protobuf`, `schema`, `resources`, `selector`, `names`, `field`, `status` | types and words |
//! | `store` | bytes on disk and in memory |
//!
//! Deliberately absent: anything that acts on objects by itself beyond what the API server of a
//! real cluster does. Controllers and nodes are clients like any other.

mod admission;
mod allocation;
mod apply;
mod auth;
mod background;
mod bootstrap;
mod certificates;
mod cluster;
mod convert;
mod custom;
mod decode;
mod defaulting;
mod error;
mod field;
mod http;
mod identity;
mod inner;
mod json;
mod managed;
mod meta;
mod operations;
mod patch;
mod protobuf;
mod quota;
mod request;
mod resources;
mod scale;
mod schema;
mod selector;
mod server;
mod status;
mod store;
mod strategy;
mod table;
mod validation;
mod warnings;

/// The forms of names.
pub(crate) use wheelhouse_objects::names;

pub use auth::StaticToken;
pub use error::Error;
pub use http::Limits;
pub use server::{ApiServer, Options, Ready};
