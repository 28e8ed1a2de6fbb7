//! What is known of Kubernetes kinds.
//!
//! - [`KindOrder`]: the order in which Helm installs and uninstalls kinds.
//! - [`KNOWN_API_VERSIONS`]: the API versions a Helm without a cluster believes in.
//! - [`Quantity`]: amounts of resources.
//! - [`Selector`]: which labels a selector picks.

mod api_versions;
mod kind_order;
mod quantity;
mod selector;

pub use api_versions::KNOWN_API_VERSIONS;
pub use kind_order::KindOrder;
pub use quantity::Quantity;
pub use selector::Selector;
