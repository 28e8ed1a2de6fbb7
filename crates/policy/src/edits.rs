//! Which rules have a fix that is one edit of the field they speak of, whatever the object.

use crate::finding::Edit;

/// Fields that are switched off.
const OFF: &[&str] = &["WH-100", "WH-101", "WH-102", "WH-130"];

/// Fields that go.
const GONE: &[&str] = &[
    "WH-014", "WH-031", "WH-034", "WH-043", "WH-105", "WH-111", "WH-158", "WH-170", "WH-171", "WH-172",
    "WH-173", "WH-175",
];

/// The edit of a field that breaks a rule by being what it is.
pub(crate) fn edit_of(rule: &str) -> Option<Edit> {
    if OFF.contains(&rule) {
        return Some(Edit::Set("false".to_owned()));
    }
    if GONE.contains(&rule) {
        return Some(Edit::Remove);
    }
    (rule == "WH-030").then(|| Edit::Set("ClusterIP".to_owned()))
}
