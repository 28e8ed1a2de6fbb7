//! Layouts: texts in which parts of the reference time, `Mon Jan 2 15:04:05 MST 2006`, stand for
//! the parts of a time.

/// A part of a time, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    LongMonth,
    ShortMonth,
    Month,
    ZeroMonth,
    LongWeekday,
    ShortWeekday,
    Day,
    SpaceDay,
    ZeroDay,
    SpaceYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    ShortYear,
    UpperHalf,
    LowerHalf,
    ZoneName,
    Offset(Offset),
    Fraction(Fraction),
}

/// How an offset from UTC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offset {
    /// Whether UTC is written `Z`.
    pub(crate) z_for_utc: bool,
    pub(crate) form: OffsetForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OffsetForm {
    /// `07`
    Hours,
    /// `0700`
    Minutes,
    /// `07:00`
    ColonMinutes,
    /// `070000`
    Seconds,
    /// `07:00:00`
    ColonSeconds,
}

/// How the fraction of a second is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fraction {
    pub(crate) separator: u8,
    pub(crate) digits: usize,
    /// Whether zeros at the end are left out.
    pub(crate) trimmed: bool,
}

/// The first element of a layout, with what stands before it, itself and behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk<'l> {
    pub(crate) before: &'l [u8],
    /// The element, and the part of the layout that stands for it.
    pub(crate) element: Option<(Element, &'l [u8])>,
    pub(crate) after: &'l [u8],
}

/// Finds the first element of a layout.
pub(crate) fn next_chunk(layout: &[u8]) -> Chunk<'_> {
    for start in 0..layout.len() {
        let (before, rest) = layout.split_at(start);
        if let Some((element, skip, length)) = element(rest) {
            let (literal, rest) = rest.split_at(skip);
            let (text, after) = rest.split_at(length.min(rest.len()));
            // `_2006` is a literal `_` before a year.
            let before = layout.get(..before.len() + literal.len()).unwrap_or(before);
            return Chunk { before, element: Some((element, text)), after };
        }
    }
    Chunk { before: layout, element: None, after: &[] }
}

/// The element a text begins with: what it is, how many bytes before it are literal, its length.
fn element(text: &[u8]) -> Option<(Element, usize, usize)> {
    let starts = |word: &str| text.starts_with(word.as_bytes());
    // `Mon` and `Jan` stand for names only where no longer word begins.
    let ends_word = |length: usize| !text.get(length).is_some_and(u8::is_ascii_lowercase);
    let found = |element, length| Some((element, 0, length));
    match *text.first()? {
        b'J' if starts("January") => found(Element::LongMonth, 7),
        b'J' if starts("Jan") && ends_word(3) => found(Element::ShortMonth, 3),
        b'M' if starts("Monday") => found(Element::LongWeekday, 6),
        b'M' if starts("Mon") && ends_word(3) => found(Element::ShortWeekday, 3),
        b'M' if starts("MST") => found(Element::ZoneName, 3),
        b'0' => match text.get(1..)? {
            [b'1', ..] => found(Element::ZeroMonth, 2),
            [b'2', ..] => found(Element::ZeroDay, 2),
            [b'3', ..] => found(Element::ZeroHour12, 2),
            [b'4', ..] => found(Element::ZeroMinute, 2),
            [b'5', ..] => found(Element::ZeroSecond, 2),
            [b'6', ..] => found(Element::ShortYear, 2),
            [b'0', b'2', ..] => found(Element::ZeroYearDay, 3),
            _ => None,
        },
        b'1' if starts("15") => found(Element::Hour, 2),
        b'1' => found(Element::Month, 1),
        b'2' if starts("2006") => found(Element::LongYear, 4),
        b'2' => found(Element::Day, 1),
        b'_' if starts("_2006") => Some((Element::LongYear, 1, 4)),
        b'_' if starts("_2") => found(Element::SpaceDay, 2),
        b'_' if starts("__2") => found(Element::SpaceYearDay, 3),
        b'3' => found(Element::Hour12, 1),
        b'4' => found(Element::Minute, 1),
        b'5' => found(Element::Second, 1),
        b'P' if starts("PM") => found(Element::UpperHalf, 2),
        b'p' if starts("pm") => found(Element::LowerHalf, 2),
        first @ (b'-' | b'Z') => {
            let (form, length) = offset_form(text.get(1..)?)?;
            found(Element::Offset(Offset { z_for_utc: first == b'Z', form }), length + 1)
        }
        separator @ (b'.' | b',') => {
            let (digits, trimmed) = fraction(text.get(1..)?)?;
            found(Element::Fraction(Fraction { separator, digits, trimmed }), digits + 1)
        }
        _ => None,
    }
}

fn offset_form(text: &[u8]) -> Option<(OffsetForm, usize)> {
    let forms = [
        ("070000", OffsetForm::Seconds),
        ("07:00:00", OffsetForm::ColonSeconds),
        ("0700", OffsetForm::Minutes),
        ("07:00", OffsetForm::ColonMinutes),
        ("07", OffsetForm::Hours),
    ];
    let (word, form) = forms.into_iter().find(|(word, _)| text.starts_with(word.as_bytes()))?;
    Some((form, word.len()))
}

/// A run of `0` or of `9` that no other digit follows: its length, and whether it is of `9`.
fn fraction(text: &[u8]) -> Option<(usize, bool)> {
    let digit = *text.first().filter(|digit| matches!(digit, b'0' | b'9'))?;
    let length = text.iter().take_while(|&&byte| byte == digit).count();
    if text.get(length).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((length, digit == b'9'))
}
