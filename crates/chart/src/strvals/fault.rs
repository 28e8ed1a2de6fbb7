use crate::text::{quote, quote_runes};

use super::{MAX_INDEX, MAX_LIST_NESTING, MAX_NAME_NESTING};

/// Why parsing stops.
#[derive(Debug)]
pub(super) enum Fault {
    /// The text is over, which is how parsing ends well.
    End,
    /// What Go would panic with, up to the key it is recovered at.
    Panic(String),
    /// An error with its message.
    Message(String),
}

impl Fault {
    pub(super) fn key_without_value(key: &[char]) -> Self {
        Fault::Message(format!("key {} has no value", quote_runes_as_text(key)))
    }

    pub(super) fn key_ends_in_comma(key: &[char]) -> Self {
        Fault::Message(format!("key {} has no value (cannot end with ,)", quote_runes_as_text(key)))
    }

    pub(super) fn map_without_value(key: &[char]) -> Self {
        Fault::Message(format!("key map {} has no value", quote_runes_as_text(key)))
    }

    pub(super) fn text_after_index(text: &[char]) -> Self {
        Fault::Message(format!("unexpected data at end of array index: {}", quote_runes(text)))
    }

    pub(super) fn names_nest_too_deep() -> Self {
        Fault::Message(format!(
            "value name nested level is greater than maximum supported nested level of {MAX_NAME_NESTING}"
        ))
    }

    pub(super) fn lists_nest_too_deep() -> Self {
        Fault::Message(format!(
            "list nested level is greater than maximum supported nested level of {MAX_LIST_NESTING}"
        ))
    }

    pub(super) fn negative_index(index: i64) -> Self {
        Fault::Message(format!("negative {index} index not allowed"))
    }

    pub(super) fn index_too_large(index: i64) -> Self {
        Fault::Message(format!("index of {index} is greater than maximum supported index of {MAX_INDEX}"))
    }

    pub(super) fn too_many_empty_slots(limit: usize) -> Self {
        Fault::Message(format!("list indexes leave more than {limit} slots empty"))
    }

    pub(super) fn list_not_closed() -> Self {
        Fault::Message("list must terminate with '}'".to_owned())
    }

    pub(super) fn bad_index(text: &str, reason: &str) -> Self {
        Fault::Message(format!("error parsing index: strconv.Atoi: parsing {}: {reason}", quote(text)))
    }

    /// A Go type assertion that fails.
    pub(super) fn wrong_type(found: &str, wanted: &str) -> Self {
        Fault::Panic(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
    }
}

fn quote_runes_as_text(runes: &[char]) -> String {
    quote(&String::from_iter(runes))
}
