//! The JSON of the API. Converted to domain types here; nothing below knows these shapes.

pub(crate) mod deployment;
pub(crate) mod function;
pub(crate) mod llm;
pub(crate) mod rate_limit;
pub(crate) mod secret;
