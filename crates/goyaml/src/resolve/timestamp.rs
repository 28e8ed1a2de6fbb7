//! Which texts are times: the four layouts go-yaml tries, by the rules of Go's `time.Parse`.

/// Whether go-yaml reads a plain text as a time.
pub(super) fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Every layout begins with a year of four digits.
    let year = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if year != 4 || bytes.get(4) != Some(&b'-') {
        return false;
    }
    let Some(after_date) = parse_date(bytes) else { return false };
    match after_date {
        [] => true,
        [b'T' | b't', rest @ ..] => {
            parse_clock(rest).is_some_and(|zone| parse_zone(zone).is_some_and(<[u8]>::is_empty))
        }
        [b' ', ..] => {
            let blanks = after_date.iter().take_while(|byte| **byte == b' ').count();
            let rest = after_date.get(blanks..).unwrap_or_default();
            parse_clock(rest).is_some_and(<[u8]>::is_empty)
        }
        _ => false,
    }
}

/// `2006-1-2`; what is left of the text.
fn parse_date(text: &[u8]) -> Option<&[u8]> {
    let year = text.get(..4)?.iter().fold(0, |year, digit| year * 10 + u32::from(digit - b'0'));
    let (month, text) = parse_number(text.get(5..)?)?;
    let (day, text) = parse_number(text.strip_prefix(b"-")?)?;
    (1..=days_in(month, year)).contains(&day).then_some(text)
}

/// `15:4:5.999999999`; what is left of the text.
fn parse_clock(text: &[u8]) -> Option<&[u8]> {
    let (hour, text) = parse_number(text)?;
    let (minute, text) = parse_number(text.strip_prefix(b":")?)?;
    let (second, text) = parse_number(text.strip_prefix(b":")?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    match text {
        [b'.' | b',', digit, ..] if digit.is_ascii_digit() => {
            let digits = text.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
            text.get(1 + digits..)
        }
        _ => Some(text),
    }
}

/// `Z07:00`; what is left of the text. Go takes 24 hours and 60 minutes.
fn parse_zone(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'Z', rest @ ..] => Some(rest),
        [b'+' | b'-', hour_tens, hour, b':', minute_tens, minute, rest @ ..] => {
            let two = |tens: &u8, ones: &u8| {
                (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
            };
            (two(hour_tens, hour)? <= 24 && two(minute_tens, minute)? <= 60).then_some(rest)
        }
        _ => None,
    }
}

/// One or two digits.
fn parse_number(text: &[u8]) -> Option<(u32, &[u8])> {
    match text {
        [tens, ones, rest @ ..] if tens.is_ascii_digit() && ones.is_ascii_digit() => {
            Some((u32::from(tens - b'0') * 10 + u32::from(ones - b'0'), rest))
        }
        [ones, rest @ ..] if ones.is_ascii_digit() => Some((u32::from(ones - b'0'), rest)),
        _ => None,
    }
}

/// Days in a month; none in a month that is not one.
fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::is_timestamp;

    fn check(text: &str, expected: bool) {
        assert_eq!(is_timestamp(text), expected, "{text:?}");
    }

    #[test]
    fn dates_and_times_are_told_from_texts() {
        check("2001-01-01", true);
        check("2001-1-1", true);
        check("2001-02-30", false);
        check("2000-02-29", true);
        check("1900-02-29", false);
        check("2001-13-01", false);
        check("2001-01-0", false);
        check("2001-01-01x", false);
        check("2001-01-01 ", false);
        check("2001-12-14t21:59:43.10-05:00", true);
        check("2001-12-14T21:59:43Z", true);
        check("2001-12-14T21:59:43", false);
        check("2001-12-14 21:59:43.10", true);
        check("2001-12-14   21:59:43", true);
        check("2001-12-14 21:59:43.10 -5", false);
        check("2001-12-14 24:00:00", false);
        check("2001-12-14 1:2:3,5", true);
        check("2001-12-14T1:2:3+24:60", true);
        check("2001-12-14T1:2:3+25:00", false);
        check("01-01-2001", false);
    }
}
