//! A pod's life, as pure decisions: what it consists of, what happens to it, and what its status says.

pub mod environment;
pub(crate) mod files;
pub mod machine;
pub mod plan;
pub mod probe;
pub mod status;
