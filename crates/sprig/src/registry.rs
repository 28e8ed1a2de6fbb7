//! All functions by name.

use std::sync::LazyLock;

use wheelhouse_compat::Compat;
use wheelhouse_gotemplate::Function;

/// The families. Helm's own come last: they hide Sprig's of the same name.
const FAMILIES: &[&[Function]] = &[
    crate::strings::TABLE,
    crate::case::TABLE,
    crate::lists::TABLE,
    crate::dictionaries::TABLE,
    crate::merge::TABLE,
    crate::numbers::TABLE,
    crate::convert::TABLE,
    crate::defaults::TABLE,
    crate::reflection::TABLE,
    crate::paths::TABLE,
    crate::url::TABLE,
    crate::encoding::TABLE,
    crate::versions::TABLE,
    crate::regexes::TABLE,
    crate::dates::TABLE,
    crate::random::TABLE,
    crate::crypto::TABLE,
    crate::certificates::TABLE,
    crate::json::TABLE,
    crate::yaml::TABLE,
    crate::toml::TABLE,
    crate::helm::TABLE,
];

/// What Helm 3 does not have.
const SINCE_V4: &[&str] = &["mustToYaml", "mustToToml"];

static V3: LazyLock<Vec<Function>> =
    LazyLock::new(|| V4.iter().filter(|function| !SINCE_V4.contains(&function.name)).copied().collect());

static V4: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let mut functions: Vec<Function> = FAMILIES.iter().copied().flatten().copied().collect();
    functions.sort_by_key(|function| function.name);
    functions
});

/// The functions of a Helm release in order of their names. Go's own (`and`, `printf`, …) are the
/// engine's, except for `slice`, which Sprig replaces.
#[must_use]
pub fn functions(compat: Compat) -> &'static [Function] {
    match compat {
        Compat::V3 => &V3,
        Compat::V4 => &V4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_there_once() {
        let names: Vec<&str> = V4.iter().map(|function| function.name).collect();
        let mut unique = names.clone();
        unique.dedup();
        assert_eq!(names, unique);
    }
}
