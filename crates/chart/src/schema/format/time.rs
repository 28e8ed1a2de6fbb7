use super::refuse;
use crate::text::quote;

pub(super) fn check_duration(text: &str) -> Result<(), String> {
    let Some(rest) = text.strip_prefix('P') else { return refuse("must start with P") };
    if rest.is_empty() {
        return refuse("nothing after P");
    }
    if let Some(weeks) = rest.strip_suffix('W') {
        return match weeks.bytes().all(|digit| digit.is_ascii_digit()) {
            _ if weeks.is_empty() => refuse("no number in week"),
            true => Ok(()),
            false => refuse("invalid week"),
        };
    }
    let parts: Vec<&str> = rest.split('T').collect();
    for (index, part) in parts.iter().enumerate() {
        if index != 0 && part.is_empty() {
            return refuse("no time elements");
        }
        match index {
            0 => check_elements(part, "YMD")?,
            1 => check_elements(part, "HMS")?,
            _ => return refuse("more than one T"),
        }
    }
    Ok(())
}

/// Numbers with units, each unit once and in order.
fn check_elements(elements: &str, all_units: &str) -> Result<(), String> {
    let (mut rest, mut units) = (elements, all_units);
    while !rest.is_empty() {
        let behind = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if behind.len() == rest.len() {
            return refuse("missing number");
        }
        let Some(unit) = behind.chars().next() else { return refuse("missing unit") };
        let Some((_, later)) = units.split_once(unit) else {
            let shown = crate::text::quote_rune(unit);
            return match all_units.contains(unit) {
                true => refuse(format!("unit {shown} out of order")),
                false => refuse(format!("invalid unit {shown}")),
            };
        };
        units = later;
        rest = behind.get(unit.len_utf8()..).unwrap_or_default();
    }
    Ok(())
}

pub(super) fn check_period(text: &str) -> Result<(), String> {
    let Some((start, end)) = text.split_once('/') else { return refuse("missing slash") };
    let named = |name: &'static str| move |problem: String| format!("invalid {name}: {problem}");
    if start.starts_with('P') {
        check_duration(start).map_err(named("start duration"))?;
        return check_date_time(end).map_err(named("end date-time"));
    }
    check_date_time(start).map_err(named("start date-time"))?;
    match end.starts_with('P') {
        true => check_duration(end).map_err(named("end duration")),
        false => check_date_time(end).map_err(named("end date-time")),
    }
}

/// What Go's `time.Parse("2006-01-02", …)` finds wrong.
pub(super) fn check_date(text: &str) -> Result<(), String> {
    let parsing = |rest: &str, element: &str| {
        format!(
            "parsing time {} as \"2006-01-02\": cannot parse {} as {}",
            quote(text),
            quote(rest),
            quote(element)
        )
    };
    let out_of_range = |what: &str| format!("parsing time {}: {what} out of range", quote(text));
    let mut rest = text;
    let mut numbers = [0_u32; 3];
    for (index, (element, width)) in [("2006", 4), ("01", 2), ("02", 2)].into_iter().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('-').ok_or_else(|| parsing(rest, "-"))?;
        }
        let digits = rest.get(..width).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        let digits = digits.ok_or_else(|| parsing(rest, element))?;
        if let Some(number) = numbers.get_mut(index) {
            *number = digits.parse().unwrap_or(0);
        }
        rest = rest.get(width..).unwrap_or_default();
        if index == 1 && !(1..=12).contains(&numbers[1]) {
            return Err(out_of_range("month"));
        }
    }
    if !rest.is_empty() {
        return refuse(format!("parsing time {}: extra text: {}", quote(text), quote(rest)));
    }
    let [year, month, day] = numbers;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    };
    match (1..=days).contains(&day) {
        true => Ok(()),
        false => Err(out_of_range("day")),
    }
}

pub(super) fn check_time(text: &str) -> Result<(), String> {
    if text.len() < 9 {
        return refuse("less than 9 characters long");
    }
    let bytes = text.as_bytes();
    if bytes.get(2) != Some(&b':') || bytes.get(5) != Some(&b':') {
        return refuse("missing colon in correct place");
    }
    let head = text.get(..8).ok_or("invalid hour/min/sec")?;
    let [mut hour, mut minute, second] = numbers(head, "invalid hour/min/sec", "non-positive hour/min/sec")?;
    if hour > 23 || minute > 59 || second > 60 {
        return refuse("hour/min/sec out of range");
    }
    let mut rest = text.get(8..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if rest.len() == fraction.len() {
            return refuse("no digits in second fraction");
        }
    }
    if !rest.eq_ignore_ascii_case("z") {
        if rest.len() != 6 {
            return refuse("offset must be 6 characters long");
        }
        let sign = match rest.chars().next() {
            Some('+') => -1,
            Some('-') => 1,
            _ => return refuse("offset must begin with plus/minus"),
        };
        let offset = rest.get(1..).unwrap_or_default();
        if offset.as_bytes().get(2) != Some(&b':') {
            return refuse("missing colon in offset in correct place");
        }
        let [hours, minutes] =
            numbers(offset, "invalid hour/min in offset", "non-positive hour/min in offset")?;
        if hours > 23 || minutes > 59 {
            return refuse("hour/min in offset out of range");
        }
        let total = hour * 60 + minute + sign * (hours * 60 + minutes);
        let total = if total < 0 { total + 24 * 60 } else { total };
        (hour, minute) = (total / 60, total % 60);
    }
    match second >= 60 && (hour != 23 || minute != 59) {
        true => refuse("invalid leap second"),
        false => Ok(()),
    }
}

fn numbers<const N: usize>(text: &str, invalid: &str, negative: &str) -> Result<[i64; N], String> {
    let mut numbers = [0; N];
    let mut parts = text.splitn(N, ':');
    for number in &mut numbers {
        *number = parts.next().and_then(|part| part.parse().ok()).ok_or(invalid)?;
        if *number < 0 {
            return Err(negative.to_owned());
        }
    }
    Ok(numbers)
}

pub(super) fn check_date_time(text: &str) -> Result<(), String> {
    if text.len() < 20 {
        return refuse("less than 20 characters long");
    }
    if !matches!(text.as_bytes().get(10), Some(b't' | b'T')) {
        return refuse("11th character must be t or T");
    }
    let (Some(date), Some(time)) = (text.get(..10), text.get(11..)) else {
        return refuse("invalid date element: not ASCII");
    };
    check_date(date).map_err(|problem| format!("invalid date element: {problem}"))?;
    check_time(time).map_err(|problem| format!("invalid time element: {problem}"))
}
