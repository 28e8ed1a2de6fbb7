//! Charts held against the policy, with every finding at its template line.
//!
//! - [`check_chart`]: renders a chart with places recorded, checks the objects, and joins the two.
//! - [`Located`]: a finding with the template line, the includes and the values line behind it.
//! - [`mod@format`]: findings for people (with source lines and carets) and for machines (JSON, SARIF,
//!   JUnit, GitHub annotations).
//! - [`Engine`]: the same as the platform's chart engine: create, deploy and check all go this way.

mod check;
mod engine;
pub mod format;
mod located;

pub use check::{CheckRequest, Checked, check_chart};
pub use engine::{DeadlineFactory, Engine, HostFactory};
pub use located::{Located, PlaceInChart};
