//! Broken field rules, worded as the reference words them.

use crate::problem::{Problem, ProblemKind};
use std::fmt;

/// One broken rule of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A field's value is not acceptable by itself.
    Field {
        /// Path of the field in the request, e.g. `deploymentSpecifications[0].gpu`.
        field: String,
        /// The value given, as text (cut at 256 characters when printed).
        rejected: String,
        /// What is wrong with it.
        message: String,
    },
    /// Fields contradict each other, or the request as a whole is wrong.
    Request(String),
}

impl Violation {
    /// A field rule that was broken.
    pub fn field(field: impl Into<String>, rejected: impl fmt::Display, message: impl Into<String>) -> Self {
        Self::Field { field: field.into(), rejected: rejected.to_string(), message: message.into() }
    }

    /// The reference's sentence for two properties that exclude each other.
    #[must_use]
    pub fn both(first: &str, second: &str) -> Self {
        Self::Request(format!("Cannot specify both '{first}' and '{second}' properties in the payload"))
    }
}

/// All broken rules of one request; never empty when used as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Violations {
    object: &'static str,
    list: Vec<Violation>,
}

impl Violations {
    /// Collects violations of the request type `object` (the reference names it in its messages).
    #[must_use]
    pub const fn of(object: &'static str) -> Self {
        Self { object, list: Vec::new() }
    }

    /// Adds one.
    pub fn push(&mut self, violation: Violation) {
        self.list.push(violation);
    }

    /// Adds a field violation unless `holds`.
    pub fn require(&mut self, holds: bool, field: &str, rejected: impl fmt::Display, message: &str) {
        if !holds {
            self.push(Violation::field(field, rejected, message));
        }
    }

    /// Whether nothing was broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The violations found.
    #[must_use]
    pub fn list(&self) -> &[Violation] {
        &self.list
    }

    /// `value` when nothing was broken, the problem otherwise.
    ///
    /// # Errors
    /// A 400 naming every broken rule: field rules first, as the reference's bean validation runs before
    /// its own checks.
    pub fn into_result<T>(self, value: T) -> Result<T, Problem> {
        if self.is_empty() { Ok(value) } else { Err(self.problem()) }
    }

    /// The problem that reports these violations.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let fields: Vec<String> =
            self.list.iter().filter_map(|violation| self.field_text(violation)).collect();
        let requests: Vec<&str> = self
            .list
            .iter()
            .filter_map(|violation| match violation {
                Violation::Request(text) => Some(text.as_str()),
                Violation::Field { .. } => None,
            })
            .collect();
        let mut detail = String::new();
        if !fields.is_empty() {
            detail = format!("Validation failed: {}", fields.join(", "));
        }
        if !requests.is_empty() {
            if !detail.is_empty() {
                detail.push_str("; ");
            }
            detail.push_str("Invalid request: ");
            detail.push_str(&requests.join("; "));
        }
        Problem::new(ProblemKind::BadRequest, detail)
    }

    fn field_text(&self, violation: &Violation) -> Option<String> {
        let Violation::Field { field, rejected, message } = violation else { return None };
        let cut: String = rejected.chars().take(256).map(|c| if c.is_control() { '?' } else { c }).collect();
        Some(format!("[object={}, field={field}, rejected={cut}, message={message}]", self.object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_before_the_request_as_a_whole() {
        let mut violations = Violations::of("createFunctionRequest");
        violations.push(Violation::both("helmChart", "containerImage"));
        violations.require(false, "name", "a b", "must match \"^[a-z]$\"");
        assert_eq!(
            violations.problem().detail,
            "Validation failed: [object=createFunctionRequest, field=name, rejected=a b, message=must match \
             \"^[a-z]$\"]; Invalid request: Cannot specify both 'helmChart' and 'containerImage' properties \
             in the payload"
        );
    }

    #[test]
    fn rejected_values_are_cut_and_cleaned() {
        let mut violations = Violations::of("x");
        violations.require(false, "f", "\u{1b}".repeat(1000), "m");
        let detail = violations.problem().detail;
        assert!(detail.contains(&"?".repeat(256)) && !detail.contains(&"?".repeat(257)));
    }
}
