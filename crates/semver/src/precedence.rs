use std::cmp::Ordering;

/// Orders two prereleases; an empty one is a release and comes last.
pub(crate) fn compare_prereleases(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => compare_identifiers(left, right),
    }
}

/// Orders two prereleases identifier by identifier. Here an empty text is one empty identifier:
/// it comes first, which `!=1.2.x` relies on when it meets a prerelease.
pub(crate) fn compare_identifiers(left: &str, right: &str) -> Ordering {
    let mut left = left.split('.');
    let mut right = right.split('.');
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (one, other) => {
                let order = compare_identifier(one.unwrap_or(""), other.unwrap_or(""));
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
    }
}

/// Numbers come before words, and a missing identifier before all. A number wider than 64 bits
/// counts as a word, as in the original.
fn compare_identifier(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    match (left.is_empty(), right.is_empty()) {
        (true, _) => return Ordering::Less,
        (_, true) => return Ordering::Greater,
        (false, false) => {}
    }
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

fn number(identifier: &str) -> Option<u64> {
    if identifier.starts_with('+') { None } else { identifier.parse().ok() }
}
