//! The catalogue: every rule, by id.

use crate::rule::Rule;
use crate::rules;

/// Every rule, in the order of ids.
pub fn catalogue() -> impl Iterator<Item = &'static Rule> {
    rules::FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// The rule of an id or slug, however its letters are cased.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    catalogue().find(|rule| rule.id.eq_ignore_ascii_case(id) || rule.slug.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_slugs_are_unique() {
        let ids: Vec<&str> = catalogue().map(|rule| rule.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
        let mut slugs: Vec<&str> = catalogue().map(|rule| rule.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ids.len());
    }

    #[test]
    fn every_card_says_why_and_how_to_fix_without_a_full_stop() {
        for rule in catalogue() {
            assert!(!rule.reason.is_empty() && !rule.fix.is_empty(), "{}", rule.id);
            assert!(!rule.reason.ends_with('.') && !rule.fix.ends_with('.'), "{}", rule.id);
        }
    }

    #[test]
    fn a_rule_is_found_by_id_or_slug() {
        assert_eq!(rule("wh-010").map(|rule| rule.slug), Some("kind-not-allowed"));
        assert_eq!(rule("kind-not-allowed").map(|rule| rule.id), Some("WH-010"));
        assert!(rule("WH-999").is_none());
    }
}
