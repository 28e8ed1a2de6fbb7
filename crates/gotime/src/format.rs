use std::fmt;
use std::io::Write;

use crate::Time;
use crate::error::quote;
use crate::layout::{Chunk, Element, Fraction, Offset, OffsetForm, next_chunk};
use crate::names::short;

impl Time {
    /// Writes the time by a layout. What is no part of the reference time stands as it is.
    pub fn format(&self, layout: impl AsRef<[u8]>) -> Vec<u8> {
        let mut rest = layout.as_ref();
        let mut output = Vec::with_capacity(rest.len() + 10);
        while !rest.is_empty() {
            let Chunk { before, element, after } = next_chunk(rest);
            output.extend_from_slice(before);
            if let Some((element, _)) = element {
                // Writing to a vector does not fail.
                let _ = self.write_element(element, &mut output);
            }
            rest = after;
        }
        output
    }

    /// The same for a layout that is text, and so is the result.
    pub fn format_text(&self, layout: &str) -> String {
        String::from_utf8_lossy(&self.format(layout)).into_owned()
    }

    /// RFC 3339 with the fraction of the second, as JSON has it.
    ///
    /// # Errors
    /// The text of Go's error, where the year has not four digits or the offset is a day or more.
    pub fn to_rfc3339(&self) -> Result<String, &'static str> {
        if !(0..=9999).contains(&self.year()) {
            return Err("year outside of range [0,9999]");
        }
        if self.zone().1.abs() >= 24 * 3600 {
            return Err("timezone hour outside of range [0,23]");
        }
        Ok(self.format_text("2006-01-02T15:04:05.999999999Z07:00"))
    }

    /// The time as an expression of Go (`GoString`): `time.Date(2006, time.January, …)`.
    pub fn to_go_syntax(&self) -> String {
        let location = match self.location().name() {
            "UTC" => "time.UTC".to_owned(),
            "Local" => "time.Local".to_owned(),
            name => format!("time.Location({})", quote(name.as_bytes())),
        };
        format!(
            "time.Date({}, time.{}, {}, {}, {}, {}, {}, {location})",
            self.year(),
            self.month(),
            self.day(),
            self.hour(),
            self.minute(),
            self.second(),
            self.nanosecond(),
        )
    }

    fn write_element(&self, element: Element, output: &mut Vec<u8>) -> std::io::Result<()> {
        let hour12 = |hour: i64| if hour % 12 == 0 { 12 } else { hour % 12 };
        match element {
            Element::LongMonth => write!(output, "{}", self.month()),
            Element::ShortMonth => write!(output, "{}", short(&self.month().to_string())),
            Element::Month => write!(output, "{}", self.month().0),
            Element::ZeroMonth => write!(output, "{:02}", self.month().0),
            Element::LongWeekday => write!(output, "{}", self.weekday()),
            Element::ShortWeekday => write!(output, "{}", short(&self.weekday().to_string())),
            Element::Day => write!(output, "{}", self.day()),
            Element::SpaceDay => write!(output, "{:2}", self.day()),
            Element::ZeroDay => write!(output, "{:02}", self.day()),
            Element::SpaceYearDay => write!(output, "{:3}", self.year_day()),
            Element::ZeroYearDay => write!(output, "{:03}", self.year_day()),
            Element::Hour => write!(output, "{:02}", self.hour()),
            Element::Hour12 => write!(output, "{}", hour12(self.hour())),
            Element::ZeroHour12 => write!(output, "{:02}", hour12(self.hour())),
            Element::Minute => write!(output, "{}", self.minute()),
            Element::ZeroMinute => write!(output, "{:02}", self.minute()),
            Element::Second => write!(output, "{}", self.second()),
            Element::ZeroSecond => write!(output, "{:02}", self.second()),
            Element::LongYear => {
                let year = self.year();
                // The sign does not count for the width.
                write!(output, "{}{:04}", if year < 0 { "-" } else { "" }, year.unsigned_abs())
            }
            Element::ShortYear => write!(output, "{:02}", self.year().unsigned_abs() % 100),
            Element::UpperHalf => output.write_all(if self.hour() >= 12 { b"PM" } else { b"AM" }),
            Element::LowerHalf => output.write_all(if self.hour() >= 12 { b"pm" } else { b"am" }),
            Element::ZoneName => {
                let (name, offset) = self.zone();
                if name.is_empty() {
                    write_offset(offset, OffsetForm::Minutes, output)
                } else {
                    output.write_all(name.as_bytes())
                }
            }
            Element::Offset(Offset { z_for_utc, form }) => match self.zone().1 {
                0 if z_for_utc => output.write_all(b"Z"),
                offset => write_offset(offset, form, output),
            },
            Element::Fraction(fraction) => self.write_fraction(fraction, output),
        }
    }

    fn write_fraction(&self, fraction: Fraction, output: &mut Vec<u8>) -> std::io::Result<()> {
        if fraction.trimmed && self.nanosecond == 0 {
            return Ok(());
        }
        let digits = format!("{:09}", self.nanosecond);
        let mut digits = digits.get(..fraction.digits).unwrap_or(&digits);
        if fraction.trimmed {
            digits = digits.trim_end_matches('0');
            if digits.is_empty() {
                return Ok(());
            }
        }
        write!(output, "{}{digits}", char::from(fraction.separator))
    }
}

fn write_offset(offset: i64, form: OffsetForm, output: &mut Vec<u8>) -> std::io::Result<()> {
    // The sign is that of the minutes: less than a minute west counts as east.
    let minutes = offset / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let seconds = if minutes < 0 { -offset % 60 } else { offset % 60 };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    match form {
        OffsetForm::Hours => write!(output, "{sign}{hours:02}"),
        OffsetForm::Minutes => write!(output, "{sign}{hours:02}{minutes:02}"),
        OffsetForm::ColonMinutes => write!(output, "{sign}{hours:02}:{minutes:02}"),
        OffsetForm::Seconds => write!(output, "{sign}{hours:02}{minutes:02}{seconds:02}"),
        OffsetForm::ColonSeconds => write!(output, "{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

/// `2006-01-02 15:04:05.999999999 -0700 MST`, and the monotonic reading if there is one.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format_text("2006-01-02 15:04:05.999999999 -0700 MST"))?;
        if let Some(reading) = self.monotonic {
            let (sign, reading) = (if reading < 0 { '-' } else { '+' }, reading.unsigned_abs());
            write!(f, " m={sign}{}.{:09}", reading / 1_000_000_000, reading % 1_000_000_000)?;
        }
        Ok(())
    }
}
