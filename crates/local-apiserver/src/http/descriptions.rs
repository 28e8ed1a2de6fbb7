//! What types and fields are for, as `kubectl explain` shows it: the common ones, in our own words.

use std::collections::HashMap;
use std::sync::LazyLock;

static WORDS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("../../data/descriptions.txt").lines().filter_map(|line| line.split_once(' ')).collect()
});

/// What a type is for.
pub(super) fn of_type(name: &str) -> Option<&'static str> {
    WORDS.get(name).copied()
}

/// What a field is for: by its type, or else by what such a field is for everywhere.
pub(super) fn of_field(name: &str, field: &str) -> Option<&'static str> {
    let own = WORDS.get(format!("{name}.{field}").as_str());
    own.or_else(|| WORDS.get(format!("*.{field}").as_str())).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    #[test]
    fn every_line_describes_something_that_is_there() {
        for (name, words) in WORDS.iter().filter(|(name, _)| !name.starts_with("*.")) {
            let known = schema::type_def(name).is_some()
                || name.rsplit_once('.').is_some_and(|(name, field)| {
                    schema::type_def(name)
                        .is_some_and(|def| def.fields.iter().any(|known| known.name == field))
                });
            assert!(known, "{name}");
            assert!(words.ends_with('.'), "{name}: {words}");
        }
    }
}
