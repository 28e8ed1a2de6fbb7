//! What was read of a time, until it is whole.

use super::Mismatch;
use super::number::{digits, fraction_length, integer, name, nanoseconds, take, two_digits};
use super::zone::{abbreviation_length, offset};
use crate::civil::{days_in, is_leap};
use crate::layout::{Element, Offset, next_chunk};
use crate::names::{MONTHS, WEEKDAYS, short};
use crate::{Location, Time};

#[derive(Debug, Default)]
pub(super) struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    /// Whether AM was read, and PM: a layout may hold several.
    morning: bool,
    afternoon: bool,
    utc: bool,
    offset: Option<i64>,
    abbreviation: String,
}

impl Fields {
    /// Takes what stands for an element; `layout` is what follows it.
    pub(super) fn read(
        &mut self,
        element: Element,
        value: &mut &[u8],
        layout: &[u8],
    ) -> Result<(), Mismatch> {
        match element {
            Element::ShortYear => {
                let year = integer(take(value, 2)?)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Element::LongYear => {
                if !value.first().is_some_and(u8::is_ascii_digit) {
                    return Err(Mismatch::Form);
                }
                self.year = integer(take(value, 4)?)?;
            }
            Element::ShortMonth => self.month = Some(name(value, MONTHS.map(short))? + 1),
            Element::LongMonth => self.month = Some(name(value, MONTHS)? + 1),
            Element::Month | Element::ZeroMonth => {
                let month = two_digits(value, element == Element::ZeroMonth)?;
                self.month = Some(in_range(month, 1..=12, "month")?);
            }
            // The day of the week must be one, but which does not count.
            Element::ShortWeekday => drop(name(value, WEEKDAYS.map(short))?),
            Element::LongWeekday => drop(name(value, WEEKDAYS)?),
            Element::Day | Element::SpaceDay | Element::ZeroDay => {
                if element == Element::SpaceDay {
                    skip_space(value);
                }
                self.day = Some(two_digits(value, element == Element::ZeroDay)?);
            }
            Element::SpaceYearDay | Element::ZeroYearDay => {
                if element == Element::SpaceYearDay {
                    skip_space(value);
                    skip_space(value);
                }
                self.year_day = Some(digits(value, 3, element == Element::ZeroYearDay)?);
            }
            Element::Hour => self.hour = in_range(two_digits(value, false)?, 0..=23, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => {
                let hour = two_digits(value, element == Element::ZeroHour12)?;
                self.hour = in_range(hour, 0..=12, "hour")?;
            }
            Element::Minute | Element::ZeroMinute => {
                let minute = two_digits(value, element == Element::ZeroMinute)?;
                self.minute = in_range(minute, 0..=59, "minute")?;
            }
            Element::Second | Element::ZeroSecond => {
                let second = two_digits(value, element == Element::ZeroSecond)?;
                self.second = in_range(second, 0..=59, "second")?;
                // A fraction is read even if the layout has none.
                let in_layout = matches!(next_chunk(layout).element, Some((Element::Fraction(_), _)));
                if let Some(length) = fraction_length(value).filter(|_| !in_layout) {
                    self.nanosecond = nanoseconds(value, length)?;
                }
            }
            Element::UpperHalf => self.half(take(value, 2)?, [b"AM", b"PM"])?,
            Element::LowerHalf => self.half(take(value, 2)?, [b"am", b"pm"])?,
            Element::Offset(Offset { z_for_utc: true, .. }) if value.starts_with(b"Z") => {
                take(value, 1)?;
                self.utc = true;
            }
            Element::Offset(Offset { form, .. }) => self.offset = Some(offset(value, form)?),
            Element::ZoneName if value.starts_with(b"UTC") => {
                take(value, 3)?;
                self.utc = true;
            }
            Element::ZoneName => {
                let length = abbreviation_length(value).ok_or(Mismatch::Form)?;
                self.abbreviation = String::from_utf8_lossy(take(value, length)?).into_owned();
            }
            Element::Fraction(fraction) if fraction.trimmed => {
                if let Some(length) = fraction_length(value) {
                    self.nanosecond = nanoseconds(value, length)?;
                }
            }
            Element::Fraction(fraction) => self.nanosecond = nanoseconds(value, fraction.digits + 1)?,
        }
        Ok(())
    }

    fn half(&mut self, text: &[u8], [morning, afternoon]: [&[u8; 2]; 2]) -> Result<(), Mismatch> {
        self.morning |= text == morning;
        self.afternoon |= text == afternoon;
        if text == morning || text == afternoon { Ok(()) } else { Err(Mismatch::Form) }
    }

    /// The time of all that was read.
    pub(super) fn into_time(mut self, location: &Location) -> Result<Time, &'static str> {
        if self.afternoon && self.hour < 12 {
            self.hour += 12;
        } else if self.morning && self.hour == 12 {
            self.hour = 0;
        }
        let (month, day) = self.month_and_day()?;
        if !(1..=days_in(month, self.year)).contains(&day) {
            return Err("day out of range");
        }
        let at = |location: Location| {
            Time::from_date(
                self.year,
                month,
                day,
                self.hour,
                self.minute,
                self.second,
                self.nanosecond,
                location,
            )
        };
        if self.utc {
            return Ok(at(Location::UTC));
        }
        let as_utc = at(Location::UTC);
        // Go marks an offset not read by -1, and so does not see one of a second west.
        if let Some(offset) = self.offset.filter(|&offset| offset != -1) {
            let mut time = as_utc;
            time.second = time.second.wrapping_sub(offset);
            let reading = location.reading(time.second);
            let fits = self.abbreviation.is_empty() || reading.name == self.abbreviation;
            let here = reading.offset == offset && fits;
            time.location = if here { location.clone() } else { Location::fixed(&self.abbreviation, offset) };
            return Ok(time);
        }
        if self.abbreviation.is_empty() {
            return Ok(at(location.clone()));
        }
        let mut time = as_utc;
        if let Some(offset) = location.offset_of(&self.abbreviation, time.second) {
            time.second = time.second.wrapping_sub(offset);
            time.location = location.clone();
        } else {
            // An abbreviation unknown here stands for no offset; that of `GMT+3` is known.
            let hours = self.abbreviation.strip_prefix("GMT").map_or("", |hours| hours);
            let hours = integer(hours.as_bytes()).unwrap_or(0);
            time.location = Location::fixed(&self.abbreviation, hours * 3600);
        }
        Ok(time)
    }

    /// Month and day, from the day of the year if that was read. What was read twice must agree.
    fn month_and_day(&self) -> Result<(i64, i64), &'static str> {
        let Some(year_day) = self.year_day else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        if year_day < 1 || year_day > if is_leap(self.year) { 366 } else { 365 } {
            return Err("day-of-year out of range");
        }
        let (mut month, mut day) = (1, year_day);
        while day > days_in(month, self.year) {
            day -= days_in(month, self.year);
            month += 1;
        }
        if self.month.is_some_and(|read| read != month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|read| read != day) {
            return Err("day-of-year does not match day");
        }
        Ok((month, day))
    }
}

fn in_range(number: i64, range: std::ops::RangeInclusive<i64>, what: &'static str) -> Result<i64, Mismatch> {
    if range.contains(&number) { Ok(number) } else { Err(Mismatch::Range(what)) }
}

fn skip_space(value: &mut &[u8]) {
    if let Some(rest) = value.strip_prefix(b" ") {
        *value = rest;
    }
}
