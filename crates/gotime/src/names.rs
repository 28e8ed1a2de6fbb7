use std::fmt;

/// A month, 1 for January. Out of range it shows as `%!Month(13)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i64);

/// A day of the week, 0 for Sunday. Out of range it shows as `%!Weekday(7)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weekday(pub i64);

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(crate) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Month {
    /// The English name; none out of range.
    pub fn name(self) -> Option<&'static str> {
        MONTHS.get(usize::try_from(self.0.checked_sub(1)?).ok()?).copied()
    }
}

impl Weekday {
    /// The English name; none out of range.
    pub fn name(self) -> Option<&'static str> {
        WEEKDAYS.get(usize::try_from(self.0).ok()?).copied()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            // Go converts to an unsigned number first.
            None => write!(f, "%!Month({})", self.0 as u64),
        }
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "%!Weekday({})", self.0 as u64),
        }
    }
}

/// The first letters names are shortened to.
pub(crate) fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}
