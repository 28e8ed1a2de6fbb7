//! Every rule of the catalogue, once broken and once kept: there is no card without a rule behind it
//! and no rule that fires on everything.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod baselines;
mod cases;
mod chart;
mod fixes;
mod formats;
mod mutations;
mod suppressions;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use cases::{Case, cases};

#[test]
fn every_rule_is_broken_by_one_chart_and_kept_by_another() {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for Case { rule, broken, kept } in cases() {
        *seen.entry(rule).or_default() += 1;
        let found = broken.rules();
        if !found.contains(rule) {
            problems.push(format!("{rule} does not fire where it should; found {found:?}"));
        }
        if kept.rules().contains(rule) {
            problems.push(format!("{rule} fires where it should not"));
        }
    }
    let all: BTreeSet<&str> = wheelhouse_policy::catalogue().map(|rule| rule.id).collect();
    let cased: BTreeSet<&str> = seen.keys().copied().collect();
    assert_eq!(all, cased, "every rule has a case and every case a rule");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// `RULES_WRITE=1` writes the document instead of holding it against the rules.
#[test]
fn the_committed_catalogue_is_the_one_of_the_rules_there_are() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/rules.md");
    let fresh = wheelhouse_check::format::catalogue_document();
    if std::env::var_os("RULES_WRITE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), fresh);
    let named: Vec<&str> = fresh.lines().filter_map(|line| line.strip_prefix("| WH-")?.get(..3)).collect();
    assert_eq!(named.len(), wheelhouse_policy::catalogue().count());
}

#[test]
fn a_sound_chart_for_a_function_has_no_finding_but_what_is_only_told() {
    let found = chart::Try::default().findings();
    let worse: Vec<&String> = found.iter().filter(|(_, level)| **level > 0).map(|(id, _)| id).collect();
    assert!(worse.is_empty(), "{worse:?}");
}
