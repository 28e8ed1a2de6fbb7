//! "Did you mean": the nearest of some names.

/// The candidate with the smallest edit distance, if it is small enough to be a slip.
#[must_use]
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(wanted, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance; texts beyond 128 characters are as far as can be.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    if left.len() > 128 || right.len() > 128 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        let mut next = vec![before];
        for (above, other) in row.iter().skip(1).zip(&right) {
            let cost = usize::from(letter != *other);
            before = (above + 1).min(before + 1).min(diagonal + cost);
            next.push(before);
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        assert_eq!(nearest("entrypont", ["entrypoint", "peers"]), Some("entrypoint"));
        assert_eq!(nearest("Deployent", ["Deployment", "Service"]), Some("Deployment"));
        assert_eq!(nearest("database", ["entrypoint", "peers"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
