use std::time::Duration;

/// What extended attributes (PAX records) change of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) path: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) modified: Option<(i64, Duration)>,
    /// A file with holes, which chart archives have no use for.
    pub(super) is_sparse: bool,
}

impl Attributes {
    /// Reads records of the form `LENGTH KEY=VALUE\n`; `None` if one is malformed.
    pub(super) fn parse(mut records: &[u8]) -> Option<Attributes> {
        let mut attributes = Attributes::default();
        while !records.is_empty() {
            let (key, value, rest) = next_record(records)?;
            records = rest;
            attributes.is_sparse |= key.starts_with(b"GNU.sparse.");
            // An empty value takes the record back.
            match key {
                b"path" if value.contains(&0) => return None,
                b"path" => attributes.path = Some(value.to_vec()).filter(|path| !path.is_empty()),
                b"size" if value.is_empty() => attributes.size = None,
                b"size" => attributes.size = Some(u64::try_from(integer(value)?).ok()?),
                b"mtime" if value.is_empty() => attributes.modified = None,
                b"mtime" => attributes.modified = Some(time(value)?),
                _ => {}
            }
        }
        Some(attributes)
    }
}

fn next_record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(integer(records.get(..space)?)?).ok()?;
    let (record, rest) = records.split_at_checked(length)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (record.get(..equals)?, record.get(equals + 1..)?);
    (!key.is_empty() && !key.contains(&0)).then_some((key, value, rest))
}

fn integer(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Seconds with a fraction: whole seconds (rounded down) and what is beyond.
fn time(text: &[u8]) -> Option<(i64, Duration)> {
    let text = std::str::from_utf8(text).ok()?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = seconds.parse().ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanoseconds = Duration::from_nanos(digits.parse().ok()?);
    Some(match seconds.starts_with('-') && !nanoseconds.is_zero() {
        true => (whole.checked_sub(1)?, Duration::from_secs(1) - nanoseconds),
        false => (whole, nanoseconds),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read() {
        let read = Attributes::parse(b"14 path=a/b/c\n20 mtime=1350244992.5\n11 size=10\n").map(|_| ());
        assert_eq!(read, None, "a wrong length is malformed");
        let read = Attributes::parse(b"14 path=a/b/c\n22 mtime=1350244992.5\n11 size=10\n8 uid=1\n").unwrap();
        assert_eq!(read.path.as_deref(), Some(&b"a/b/c"[..]));
        assert_eq!(read.size, Some(10));
        assert_eq!(read.modified, Some((1_350_244_992, Duration::from_millis(500))));
        assert_eq!(time(b"-1.25"), Some((-2, Duration::from_millis(750))));
    }

    #[test]
    fn malformed_records_are_refused() {
        for records in [
            &b"x path=a\n"[..],
            b"9 path=a",
            b"6 =ab\n",
            b"99 path=a\n",
            b"10 size=-1\n",
            b"0 \n",
            b"12 path=a\0b\n",
        ] {
            assert_eq!(Attributes::parse(records), None, "{records:?}");
        }
    }
}
