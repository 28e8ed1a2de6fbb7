//! The Gregorian calendar, reaching back and forth without end.

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// A date: its month from 1, its day from 1, and the day of the year from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) year_day: i64,
}

/// Days from 0000-03-01, where the counted years begin, to 1970-01-01.
const EPOCH: i128 = 719_468;

/// Days of 400 years, after which the calendar repeats.
const ERA: i128 = 146_097;

/// Days since 1970-01-01 of a date; month and day may be out of range and are carried over. Wide
/// enough for any argument, so nothing overflows.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i128 {
    let months = i128::from(month) - 1;
    let year = i128::from(year) + months.div_euclid(12);
    let month = months.rem_euclid(12);
    // Count years from March on: the leap day is the last day of the year.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let days_before_month = (153 * month + 2) / 5;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + days_before_month;
    era * ERA + day_of_era - EPOCH + i128::from(day) - 1
}

/// The date of a day, counted from 1970-01-01.
pub(crate) fn date(days: i64) -> Date {
    let shifted = i128::from(days) + EPOCH;
    let era = shifted.div_euclid(ERA);
    let day_of_era = shifted.rem_euclid(ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let (month, carry) = if march_month < 10 { (march_month + 3, 0) } else { (march_month - 9, 1) };
    let year = era * 400 + year_of_era + carry;
    // A day is at most 2^63 / 86400, so its year and all the rest fit.
    let (year, month, day) = (year as i64, month as i64, day as i64);
    let year_day = (i128::from(days) - self::days(year, 1, 1)) as i64 + 1;
    Date { year, month, day, year_day }
}

/// The day of the week, 0 for Sunday.
pub(crate) fn weekday(days: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    (days.rem_euclid(7) + 4) % 7
}

pub(crate) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The number of days of a month, 1 to 12.
pub(crate) fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        for day in (-800_000..3_000_000).step_by(17).chain([-106_751_991_167_301, 106_751_991_167_300]) {
            let date = date(day);
            assert_eq!(days(date.year, date.month, date.day), i128::from(day));
            assert!(
                (1..=12).contains(&date.month) && (1..=days_in(date.month, date.year)).contains(&date.day)
            );
            assert!((1..=366).contains(&date.year_day));
        }
    }

    #[test]
    fn known_dates() {
        assert_eq!(date(0), Date { year: 1970, month: 1, day: 1, year_day: 1 });
        assert_eq!(date(11_016), Date { year: 2000, month: 2, day: 29, year_day: 60 });
        assert_eq!(date(-719_162), Date { year: 1, month: 1, day: 1, year_day: 1 });
        assert_eq!(weekday(11_016), 2);
        assert_eq!(weekday(-1), 3);
        assert_eq!(days(2010, 14, 31), days(2011, 3, 3));
        assert_eq!(days(2010, -1, 0), days(2009, 10, 31));
    }
}
