//! Semantic versions and version constraints, as Masterminds/semver 3.5 reads them: the library
//! Helm uses for chart versions, dependency ranges, `kubeVersion` and the `semver` functions.
//!
//! - [`Version`]: a version, read loosely (`v1.2`) or strictly (`1.2.3`), with its precedence.
//! - [`Constraints`]: what a range such as `>=1.2, <2 || 3.x` accepts, and why it refuses.
//! - [`Error`]: what is wrong with a text, in the words of the original.
//!
//! Nothing here is done by regular expressions; lengths are bounded by [`MAX_VERSION_LENGTH`],
//! [`MAX_CONSTRAINT_LENGTH`] and [`MAX_CONSTRAINT_GROUPS`], so the cost of a text is bounded too.

mod check;
mod constraint;
mod error;
mod parse;
mod precedence;
mod quote;
mod range;
mod token;
mod version;

pub use constraint::{Constraints, MAX_CONSTRAINT_GROUPS, MAX_CONSTRAINT_LENGTH};
pub use error::{Error, Refusal};
pub use parse::MAX_VERSION_LENGTH;
pub use version::Version;
