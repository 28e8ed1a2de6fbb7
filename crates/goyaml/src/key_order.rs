//! go-yaml's natural order of keys.

use crate::unicode::{is_digit, is_letter};

/// In which order the keys of a mapping are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// By their bytes, as Go's JSON does.
    Bytes,
    /// go-yaml v2's natural order: `a9` before `a10`, letters last.
    Natural,
    /// go-yaml v3's variant of it.
    NaturalV3,
}

/// Sorts entries for an output.
///
/// Go's natural order is no order at all for some keys (`10` < `1a` < `2` < `10`), where Go's own
/// result varies from run to run. The standard sort may panic on such keys, so small maps, nearly
/// all there are, are sorted by insertion as Go sorts them, and others by merging.
pub(crate) fn sort<K: AsRef<[u8]>, V>(entries: &mut Vec<(K, V)>, order: KeyOrder) {
    let less = |left: &(K, V), right: &(K, V)| is_less(left.0.as_ref(), right.0.as_ref(), order);
    if entries.is_sorted_by(|left, right| !less(right, left)) {
        return;
    }
    if order == KeyOrder::Bytes {
        entries.sort_by(|left, right| left.0.as_ref().cmp(right.0.as_ref()));
    } else {
        *entries = merge_sort(std::mem::take(entries), &less);
    }
}

/// Sorts without any trust in `less`.
fn merge_sort<T>(mut items: Vec<T>, less: &impl Fn(&T, &T) -> bool) -> Vec<T> {
    const FEW: usize = 12;
    if items.len() <= FEW {
        for end in 1..items.len() {
            let mut index = end;
            while let Some([left, right]) = index.checked_sub(1).and_then(|first| items.get(first..=index)) {
                if !less(right, left) {
                    break;
                }
                items.swap(index - 1, index);
                index -= 1;
            }
        }
        return items;
    }
    let right = merge_sort(items.split_off(items.len() / 2), less);
    let left = merge_sort(items, less);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        let from_right = match (left.peek(), right.peek()) {
            (Some(first), Some(second)) => less(second, first),
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (None, None) => return merged,
        };
        merged.extend(if from_right { right.next() } else { left.next() });
    }
}

/// Whether `left` goes before `right`.
fn is_less(left: &[u8], right: &[u8], order: KeyOrder) -> bool {
    if order == KeyOrder::Bytes {
        return left < right;
    }
    let same = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    let mut start = same;
    while start > 0
        && left.get(start).or(right.get(start)).is_some_and(|byte| !crate::chars::starts_char(*byte))
    {
        start -= 1;
    }
    let common = left.get(..start).unwrap_or_default();
    let (mut left, mut right) = (Characters::new(left, start), Characters::new(right, start));
    let mut before = Before { bytes: common, rest: Vec::new() };
    loop {
        match (left.next(), right.next()) {
            (Some(first), Some(second)) if first == second => before.rest.push(first),
            (Some(first), Some(second)) => {
                return differ_less((first, left), (second, right), &before, order == KeyOrder::NaturalV3);
            }
            (None, Some(_)) => return true,
            (_, None) => return false,
        }
    }
}

/// Compares from the first character that differs on.
fn differ_less(
    (first, mut left): (char, Characters<'_>),
    (second, mut right): (char, Characters<'_>),
    before: &Before<'_>,
    v3: bool,
) -> bool {
    match (is_letter(first), is_letter(second)) {
        (true, true) => return first < second,
        (false, false) => {}
        // Letters go last; in v3 they go first after a digit.
        (letter, other) => return if v3 && before.ends_with_digit() { letter } else { other },
    }
    // Numbers go by their value. A zero inside a number counts as a digit of it.
    let mut start = 0;
    if (first == '0' || second == '0') && before.in_number() {
        start = 1;
    }
    let (left_value, left_digits) = left.number(first, start);
    let (right_value, right_digits) = right.number(second, start);
    if left_value != right_value {
        return left_value < right_value;
    }
    if left_digits != right_digits {
        return left_digits < right_digits;
    }
    first < second
}

/// The characters of a key that may not be UTF-8, as Go's `[]rune` gives them.
#[derive(Clone)]
struct Characters<'k> {
    rest: &'k [u8],
}

impl<'k> Characters<'k> {
    fn new(key: &'k [u8], start: usize) -> Self {
        Self { rest: key.get(start..).unwrap_or_default() }
    }

    /// The value and number of the digits from `first` on; a value too large wraps, as in Go.
    fn number(&mut self, first: char, start: i64) -> (i64, usize) {
        let (mut value, mut digits) = (start, 0);
        let mut next = Some(first);
        while let Some(character) = next.filter(|character| is_digit(*character)) {
            value = value.wrapping_mul(10).wrapping_add(i64::from(u32::from(character)) - i64::from(b'0'));
            digits += 1;
            next = self.next();
        }
        (value, digits)
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let first = *self.rest.first()?;
        if first.is_ascii() {
            self.rest = self.rest.get(1..).unwrap_or_default();
            return Some(char::from(first));
        }
        let head = self.rest.get(..self.rest.len().min(4)).unwrap_or_default();
        let valid = head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
        let character = valid.unwrap_or(char::REPLACEMENT_CHARACTER);
        // An invalid byte stands for one replacement character.
        let size = valid.map_or(1, char::len_utf8);
        self.rest = self.rest.get(size..).unwrap_or_default();
        Some(character)
    }
}

/// What two keys have in common.
struct Before<'k> {
    bytes: &'k [u8],
    rest: Vec<char>,
}

impl Before<'_> {
    fn backwards(&self) -> impl Iterator<Item = char> {
        let bytes = String::from_utf8_lossy(self.bytes).into_owned();
        self.rest.iter().rev().copied().chain(bytes.chars().rev().collect::<Vec<_>>())
    }

    fn ends_with_digit(&self) -> bool {
        self.backwards().next().is_some_and(is_digit)
    }

    /// Whether it ends in digits of which one is not 0.
    fn in_number(&self) -> bool {
        self.backwards().take_while(|character| is_digit(*character)).any(|character| character != '0')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(order: KeyOrder, expected: &[&str]) {
        let mut entries: Vec<_> = expected.iter().rev().map(|key| (*key, ())).collect();
        sort(&mut entries, order);
        let keys: Vec<_> = entries.into_iter().map(|(key, ())| key).collect();
        assert_eq!(keys, expected);
    }

    #[test]
    fn keys_go_in_natural_order() {
        check(KeyOrder::Natural, &["", "_x", "9", "10", "B", "a b", "a9", "a10", "b"]);
        check(KeyOrder::Natural, &["a1", "a01", "a2", "a10", "a100"]);
        check(KeyOrder::Natural, &["a", "é", "中"]);
        check(KeyOrder::NaturalV3, &["1a", "2", "10"]);
        check(KeyOrder::Bytes, &["", "10", "9", "B", "_x", "a"]);
    }

    #[test]
    fn keys_without_an_order_do_no_harm() {
        let mut entries: Vec<_> =
            (0..500).map(|number| (format!("{}{}", number % 50, ["", "a"][number % 2]), ())).collect();
        sort(&mut entries, KeyOrder::Natural);
        assert_eq!(entries.len(), 500);
    }
}
