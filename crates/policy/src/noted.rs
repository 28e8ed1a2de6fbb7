//! What shows beside the objects: in the package, in the values, while rendering.

use crate::catalogue::rule;
use crate::facts::Policy;
use crate::finding::{Finding, Place};
use crate::rule::Level;

/// A breach that was seen beside the objects, by whoever loaded and rendered the chart.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// `Deployment/web`; empty for the chart as a whole.
    pub object: String,
    /// The field, or the path of a value; empty for none.
    pub path: String,
    /// One sentence, without a full stop.
    pub message: String,
    /// The fix here, if it is not the rule's own.
    pub fix: Option<String>,
    /// How bad it is here, if that is not the rule's own level.
    pub level: Option<Level>,
    /// Ids of rules that say the same.
    pub also: Vec<&'static str>,
    /// Where it stands in the rendered text.
    pub place: Option<Place>,
}

/// The finding of a noted breach, its level decided by the policy as for any other; `None` for an
/// id that is no rule.
#[must_use]
pub fn note(id: &str, noted: Noted, policy: &Policy) -> Option<Finding> {
    let rule = rule(id)?;
    Some(Finding {
        rule,
        also: noted.also,
        level: policy.level(rule, noted.level),
        object: noted.object,
        path: noted.path,
        message: noted.message,
        fix: noted.fix.unwrap_or_else(|| rule.fix.to_owned()),
        edit: None,
        place: noted.place,
    })
}
