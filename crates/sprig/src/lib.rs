//! The functions Helm gives to templates: [Sprig 3.3](https://masterminds.github.io/sprig/) and
//! Helm's own.
//!
//! - [`functions`]: all of them, each with its Go signature.
//! - [`Environment`]: what a render hands in for them: clock, randomness, names, a cluster.
//! - [`helm`]: how the text of `fail` and `required` is told from other errors.
//!
//! One file holds one family, as a table of names, signatures and bodies. The crate does no I/O.
//! Functions pay the engine for what they make before they make it.

mod call;
mod case;
mod certificates;
mod convert;
mod crypto;
mod dates;
mod defaults;
mod dictionaries;
mod elements;
mod encoded;
mod encoding;
mod environment;
pub mod helm;
mod json;
mod lists;
mod merge;
mod numbers;
mod paths;
mod random;
mod reflection;
mod regexes;
mod registry;
mod strings;
mod text;
mod toml;
pub mod url;
mod versions;
mod yaml;

pub use wheelhouse_compat::Compat;

pub use environment::{
    EmptyCluster, Environment, Host, LintNote, Lookup, LookupRequest, MAX_DEPTH, environment,
};
pub use registry::functions;
pub use yaml::to_yaml_text;
