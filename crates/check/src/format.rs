//! Findings for people and for machines.

mod github;
mod human;
mod json;
mod junit;
mod rules;
mod sarif;

pub use github::github;
pub use human::{Shown, human, path_in};
pub use json::{finding_json, json};
pub use junit::junit;
pub use rules::{authority, catalogue_document};
pub use sarif::sarif;

use wheelhouse_policy::Level;

use crate::located::Located;

/// How many findings there are of each level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Refusals.
    pub errors: usize,
    /// What will be refused, or is lost.
    pub warnings: usize,
    /// What is only told.
    pub infos: usize,
}

impl Counts {
    /// Counts findings.
    #[must_use]
    pub fn of(findings: &[Located]) -> Self {
        let count = |level| findings.iter().filter(|located| located.finding.level == level).count();
        Counts { errors: count(Level::Error), warnings: count(Level::Warning), infos: count(Level::Info) }
    }
}

/// A finding's message, with the values under which it shows if those are others than given.
fn with_values(located: &Located) -> String {
    match &located.under {
        Some(values) => format!("with {values}: {}", located.finding.message),
        None => located.finding.message.clone(),
    }
}
