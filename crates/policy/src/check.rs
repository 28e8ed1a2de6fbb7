//! One check: objects and facts in, findings out.

use wheelhouse_objects::Object;
use wheelhouse_source::Span;

use crate::edits::edit_of;
use crate::facts::Facts;
use crate::finding::{Edit, Finding, Place};
use crate::intake::Intake;
use crate::pods::{Pod, Pods};
use crate::rule::{Level, Rule};
use crate::rules;

/// What a check gives.
#[derive(Debug)]
pub struct Report {
    /// The breaches, in the order of objects, then of rules.
    pub findings: Vec<Finding>,
    /// How many objects count towards the limit.
    pub counted: usize,
}

impl Report {
    /// Whether the chart is refused.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Error)
    }
}

/// Checks what a chart rendered. Every finding is collected: a bad object never hides the next.
#[must_use]
pub fn check(intake: &Intake, facts: &Facts) -> Report {
    let mut checker = Checker { facts, findings: Vec::new() };
    let pods = Pods::of(&intake.objects);
    rules::chart::check(&mut checker);
    rules::set_aside::check(&mut checker, intake);
    rules::objects::check(&mut checker, intake, &pods);
    rules::entry_point::check(&mut checker, &intake.objects, &pods);
    rules::services::check(&mut checker, &intake.objects, &pods);
    rules::storage::check(&mut checker, &intake.objects, &pods);
    let entry = rules::entry_point::entry_pods(facts, &intake.objects, &pods);
    for pod in pods.iter() {
        rules::baseline::check(&mut checker, pod);
        rules::restricted::check(&mut checker, pod);
        rules::pod::check(&mut checker, pod);
        rules::resources::check(&mut checker, pod);
        rules::placement::check(&mut checker, pod);
        let behind_entry = entry.as_ref().map(|entry| entry.iter().any(|own| std::ptr::eq(*own, pod)));
        rules::images::check(&mut checker, pod, behind_entry);
        rules::capacity::check_pod(&mut checker, pod);
    }
    rules::fit::check(&mut checker, &intake.objects, &pods);
    rules::capacity::check(&mut checker, &intake.objects, &pods);
    rules::rbac::check(&mut checker, &intake.objects, &pods);
    rules::references::check(&mut checker, intake, &pods);
    Report { findings: checker.findings, counted: intake.objects.len() }
}

/// The findings about names that lead nowhere alone: what the proof of a mutation compares.
pub(crate) fn references(objects: &[Object], pods: &[Pod<'_>]) -> Vec<Finding> {
    let facts = Facts::default();
    let mut checker = Checker { facts: &facts, findings: Vec::new() };
    let there = rules::references::There { objects, hooks: &[], workload_config: &[] };
    rules::references::names(&mut checker, &there, pods);
    checker.findings
}

/// Collects findings under a policy.
pub(crate) struct Checker<'a> {
    pub(crate) facts: &'a Facts,
    findings: Vec<Finding>,
}

/// What a finding says beside its rule.
pub(crate) struct Said {
    pub(crate) path: String,
    pub(crate) span: Span,
    pub(crate) missing: bool,
    pub(crate) message: String,
    pub(crate) fix: Option<String>,
    pub(crate) level: Option<Level>,
    pub(crate) also: Vec<&'static str>,
    pub(crate) protects: bool,
    pub(crate) edit: Option<Edit>,
}

impl Said {
    /// Something about a field that is there.
    pub(crate) fn at(path: impl Into<String>, span: Span, message: impl Into<String>) -> Self {
        Said {
            path: path.into(),
            span,
            missing: false,
            message: message.into(),
            fix: None,
            level: None,
            also: Vec::new(),
            protects: false,
            edit: None,
        }
    }

    /// Something about a field that is missing; `parent` is the mapping that lacks it.
    pub(crate) fn missing(path: impl Into<String>, parent: Span, message: impl Into<String>) -> Self {
        Said { missing: true, ..Said::at(path, parent, message) }
    }

    /// With a fix for this very place.
    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// With the edit that is the fix.
    pub(crate) fn edit(mut self, edit: Edit) -> Self {
        self.edit = Some(edit);
        self
    }

    /// With another level than the rule's.
    pub(crate) fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// As a breach that protects the platform, whatever its rule does otherwise.
    pub(crate) fn protecting(mut self) -> Self {
        self.protects = true;
        self
    }

    /// With another rule that says the same of the same field.
    pub(crate) fn also(mut self, id: &'static str) -> Self {
        self.also.push(id);
        self
    }
}

impl Checker<'_> {
    /// Records a breach by an object.
    pub(crate) fn found(&mut self, rule: &'static Rule, object: &Object, said: Said) {
        let place = Place { file: object.file, span: said.span, missing: said.missing };
        self.record(rule, object.to_string(), Some(place), said);
    }

    /// Records a breach by the chart as a whole.
    pub(crate) fn chart(&mut self, rule: &'static Rule, said: Said) {
        self.record(rule, String::new(), None, said);
    }

    /// How many findings there are so far.
    pub(crate) fn count(&self) -> usize {
        self.findings.len()
    }

    /// The findings after the first so many.
    pub(crate) fn since(&mut self, count: usize) -> &mut [Finding] {
        self.findings.get_mut(count..).unwrap_or_default()
    }

    fn record(&mut self, rule: &'static Rule, object: String, place: Option<Place>, said: Said) {
        let level = self.facts.policy.level_of(rule, said.level, said.protects);
        self.findings.push(Finding {
            rule,
            also: said.also,
            level,
            object,
            path: said.path,
            message: said.message,
            fix: said.fix.unwrap_or_else(|| rule.fix.to_owned()),
            edit: said.edit.or_else(|| edit_of(rule.id).filter(|_| !said.missing)),
            place,
        });
    }
}
