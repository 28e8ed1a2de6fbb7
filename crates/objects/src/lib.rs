//! What is known of Kubernetes kinds.
//!
//! - [`tree`]: a parsed document that knows where each of its fields stands.
//! - [`read_document`]: YAML to such a tree.
//! - [`Object`]: a document with its kind.
//! - [`pod_spec`]: where pod specs lie, the one traversal.
//! - [`pod_security`]: what the Pod Security Standards let a pod set.
//! - [`readiness()`]: whether an object has become what it wants to be.
//! - [`Selector`]: which labels a selector picks.
//! - [`Quantity`]: amounts of resources.
//! - [`schema`]: the fields of the kinds a function may have.
//! - [`KindOrder`]: the order in which Helm installs and uninstalls kinds.
//! - [`names`]: the forms of names and keys, with the API's words for what is wrong.
//! - [`deprecation()`]: what a release of Kubernetes says against a kind.
//! - [`KNOWN_API_VERSIONS`]: the API versions a Helm without a cluster believes in.

mod api_versions;
mod deprecation;
mod kind_order;
pub mod names;
mod object;
pub mod pod_security;
pub mod pod_spec;
mod quantity;
mod read;
mod readiness;
pub mod schema;
mod selector;
pub mod tree;

pub use api_versions::KNOWN_API_VERSIONS;
pub use deprecation::{Deprecation, Release, deprecation};
pub use kind_order::KindOrder;
pub use object::Object;
pub use pod_spec::{Container, ContainerList, PodTemplate};
pub use quantity::Quantity;
pub use read::{Reading, RepeatedKey, read_document, read_noting_repeats};
pub use readiness::{Readiness, readiness};
pub use selector::Selector;
pub use tree::{Content, Entry, Node};
