//! Findings that show beside the objects: in the package, in the values, while rendering.

pub(crate) mod changes;
pub(crate) mod entry;
pub(crate) mod package;
pub(crate) mod render;
pub(crate) mod values;

use wheelhouse_policy::{Noted, Policy, note};
use wheelhouse_render::Provenance;

use crate::located::Located;

/// Collects findings under a policy.
pub(crate) struct Notes<'p> {
    policy: &'p Policy,
    pub(crate) found: Vec<Located>,
}

impl<'p> Notes<'p> {
    pub(crate) fn new(policy: &'p Policy) -> Self {
        Notes { policy, found: Vec::new() }
    }

    /// Adds a finding of a rule at a place.
    pub(crate) fn add(&mut self, rule: &str, noted: Noted, place: Option<Provenance>) {
        self.found.extend(note(rule, noted, self.policy).map(|finding| Located::at(finding, place)));
    }
}
