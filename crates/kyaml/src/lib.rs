//! Streams of resources exactly as kustomize's kyaml 0.21 reads, annotates and writes them.
//!
//! Helm 4 hands manifests to post-renderers and takes them back through this library: what it
//! does to comments, lists and annotations is part of what comes out.
//!
//! - [`read_all`]: text to resources, which are nodes of a [`Tree`](wheelhouse_goyaml::Tree).
//! - [`Meta`], [`set_annotation`], [`clear_annotation`]: what is known of a resource.
//! - [`write_all`]: resources to text.

mod annotations;
mod error;
mod fields;
mod json;
mod meta;
mod reader;
mod writer;

pub use annotations::{clear_annotation, set_annotation};
pub use error::Error;
pub use meta::Meta;
pub use reader::read_all;
pub use writer::write_all;
