//! Rules for what a chart depends on.

use std::collections::HashSet;

use wheelhouse_chart::Chart;

use crate::linter::Subject;
use crate::message::Severity::{Error, Warning};

pub(crate) fn run(subject: &mut Subject<'_, '_>) {
    let loaded = subject.load();
    let chart = match loaded {
        Ok(chart) => chart,
        Err(error) => {
            subject.note(Error, "", Err(format!("unable to load chart\n\t{error}")));
            return;
        }
    };
    let path = subject.directory.absolute("");
    subject.note(Error, &path, check_listed(&chart));
    subject.note(Error, &path, check_unique(&chart));
    subject.note(Warning, &path, check_present(&chart));
}

/// Every subchart is named in Chart.yaml.
///
/// # Errors
/// With the names of those that are not.
pub fn check_listed(chart: &Chart) -> Result<(), String> {
    let listed: HashSet<&str> =
        chart.metadata.requirements().map(|requirement| requirement.name.as_str()).collect();
    let names = chart.dependencies().iter().map(|subchart| subchart.metadata.name.as_str());
    all_or(names.filter(|name| !listed.contains(name)), "chart metadata is missing these dependencies")
}

/// No two dependencies go by the same name.
///
/// # Errors
/// With the names that stand for more than one.
pub fn check_unique(chart: &Chart) -> Result<(), String> {
    let mut seen = HashSet::new();
    let names = chart.metadata.requirements().map(|requirement| requirement.name_in_parent());
    all_or(names.filter(|name| !seen.insert(*name)), "multiple dependencies with name or alias")
}

/// Every dependency is in `charts/`.
///
/// # Errors
/// With the names of those that are not.
pub fn check_present(chart: &Chart) -> Result<(), String> {
    let present: HashSet<&str> =
        chart.dependencies().iter().map(|subchart| subchart.metadata.name.as_str()).collect();
    let names = chart.metadata.requirements().map(|requirement| requirement.name.as_str());
    all_or(names.filter(|name| !present.contains(name)), "chart directory is missing these dependencies")
}

fn all_or<'a>(wrong: impl Iterator<Item = &'a str>, problem: &str) -> Result<(), String> {
    let wrong: Vec<&str> = wrong.collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("{problem}: {}", wrong.join(","))) }
}
