//! What a check finds.

use wheelhouse_source::Span;

use crate::rule::{Level, Rule};

/// Where a finding stands in the rendered text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of the rendered file, in the caller's own list.
    pub file: usize,
    /// The offending bytes; for a missing field, the key of the mapping that lacks it.
    pub span: Span,
    /// Whether the finding is about a field that is not there.
    pub missing: bool,
}

/// The smallest change of the text that satisfies a rule, where there is one that needs no thought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Take the field out, with what stands below it.
    Remove,
    /// Write this scalar in place of the one that is there.
    Set(String),
    /// Make a text of the scalar that is there: quote it.
    Quote,
    /// Add this field to the mapping that lacks it; the key and the scalar.
    Add(String, String),
}

/// One breach of one rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Ids of rules that say the same of the same field.
    pub also: Vec<&'static str>,
    /// How bad it is here, under the policy of the check.
    pub level: Level,
    /// `Deployment/web`; empty for a finding about the whole chart.
    pub object: String,
    /// The field inside the object: `spec.template.spec.hostPID`; empty for a whole object.
    pub path: String,
    /// One sentence, without a full stop.
    pub message: String,
    /// The smallest change that satisfies the rule here.
    pub fix: String,
    /// The fix as a change of the text, where it is one.
    pub edit: Option<Edit>,
    /// Where it stands in the rendered text; `None` for a finding about the whole chart.
    pub place: Option<Place>,
}
