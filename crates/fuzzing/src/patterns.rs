//! A regular expression, a replacement and a text: what is found lies in the text and in order.

use std::cell::Cell;

use wheelhouse_goregex::{Regex, Step, quote_meta};

use crate::parts;

pub(crate) fn run(input: &[u8]) {
    let [pattern, replacement, text] = parts(input);
    let literal = Regex::new(quote_meta(text));
    if let Ok(literal) = literal {
        assert_eq!(literal.find(text).map(|range| range.len()), Some(text.len()), "a quoted text differs");
    }
    let Ok(regex) = Regex::new(pattern) else { return };
    let text = text.get(..text.len().min(4096)).unwrap_or(text);
    let found = regex.find(text);
    assert_eq!(found.is_some(), regex.is_match(text), "finding and matching differ");
    assert_eq!(found, regex.find_groups(text).and_then(|groups| groups.into_iter().next().flatten()));
    let made = Cell::new(0);
    // Replacements can grow the text without end, which is what the steps are for.
    let progress = |step: Step| {
        made.set(made.get() + step.made);
        if made.get() > 1 << 20 { Err(()) } else { Ok(()) }
    };
    if let Ok(all) = regex.find_all(text, None, progress) {
        assert_eq!(all.first().cloned(), found, "the first of all is another one");
        let in_order = all.iter().zip(all.iter().skip(1)).all(|(one, next)| one.end <= next.start);
        assert!(in_order, "matches overlap");
        assert!(all.iter().all(|range| text.get(range.clone()).is_some()), "a match is not in the text");
    }
    drop(regex.split(text, Some(5), progress));
    made.set(0);
    drop(regex.replace_all(text, replacement, progress));
    made.set(0);
    drop(regex.replace_all_literal(text, replacement, progress));
}
