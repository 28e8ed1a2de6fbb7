//! Charts held against the policy, with every finding at its template line.
//!
//! - [`check_chart`]: renders a chart with places recorded, checks the objects, and joins the two.
//! - [`Located`]: a finding with the template line, the includes and the values line behind it.
//! - [`mod@format`]: findings for people (with source lines and carets) and for machines (JSON, SARIF,
//!   JUnit, GitHub annotations).
//! - [`check_all_values`]: the same under all values that the chart itself suggests, with coverage.
//! - [`suppress`], [`Baseline`]: findings that are known and not to be told.
//! - [`fix`]: findings whose fix is an edit of a line, and that edit.
//! - [`mutation_diff`]: what the platform changes, as a unified diff.
//! - [`Engine`]: the same as the platform's chart engine: create, deploy and check all go this way.

mod all_values;
mod baseline;
mod check;
mod engine;
pub mod fix;
pub mod format;
mod located;
mod mutations;
mod notes;
mod suppressions;

pub use all_values::{AllValues, Coverage, check_all_values};
pub use baseline::{AgainstBaseline, Baseline, BrokenBaseline, fingerprints};
pub use check::{CheckRequest, Checked, NotRendered, check_chart};
pub use engine::{DeadlineFactory, Engine, HostFactory};
pub use located::{Located, PlaceInChart};
pub use mutations::mutation_diff;
pub use notes::package::load_refusal;
pub use suppressions::{Suppressed, suppress};
