use std::cmp::Ordering;

use wheelhouse_gotime::{Duration, Location, LocationError, Month, Time, Weekday};

use crate::{berlin, reference};

#[test]
fn the_parts_of_a_time() {
    let time = reference();
    assert_eq!((time.year(), time.month(), time.day()), (2006, Month(1), 2));
    assert_eq!((time.hour(), time.minute(), time.second(), time.nanosecond()), (15, 4, 5, 678_000_000));
    assert_eq!((time.weekday(), time.year_day()), (Weekday(1), 2));
    assert_eq!((time.unix(), time.unix_milliseconds()), (1_136_210_645, 1_136_210_645_678));
    assert_eq!(time.zone(), ("CET".to_owned(), 3600));
    assert_eq!(time.month().to_string(), "January");
    assert_eq!(
        (Month(13).to_string(), Weekday(-1).to_string()),
        ("%!Month(13)".into(), "%!Weekday(18446744073709551615)".into())
    );
}

#[test]
fn dates_carry_over() {
    let date = |month, day| reference().add_date(0, month, day).format_text("2006-01-02 15:04 MST");
    assert_eq!(date(1, 29), "2006-03-03 15:04 CET");
    assert_eq!(date(6, 0), "2006-07-02 15:04 CEST");
    assert_eq!(date(-1, 0), "2005-12-02 15:04 CET");
}

#[test]
fn clocks_put_forward_and_back() {
    let at = |month, day, hour| Time::from_date(2020, month, day, hour, 30, 0, 0, berlin()).to_string();
    // 02:30 does not exist, and then exists twice.
    assert_eq!(at(3, 29, 2), "2020-03-29 03:30:00 +0200 CEST");
    assert_eq!(at(10, 25, 2), "2020-10-25 02:30:00 +0100 CET");
    assert!(Time::from_date(2020, 7, 1, 0, 0, 0, 0, berlin()).is_daylight_saving());
}

#[test]
fn adding_and_comparing() {
    let time = reference();
    let later = time.add(Duration::HOUR);
    assert_eq!(later.since(&time), Duration::HOUR);
    assert_eq!(later.compare(&time), Ordering::Greater);
    assert_eq!(time.in_location(Location::UTC).compare(&time), Ordering::Equal);
    let far = Time::from_unix(i64::MAX / 2, 0, Location::UTC);
    assert_eq!(far.since(&time), Duration(i64::MAX));
    assert_eq!(time.since(&far), Duration(i64::MIN));
}

#[test]
fn rounding() {
    let time = reference();
    assert_eq!(time.truncate(Duration::HOUR).format_text("15:04:05"), "15:00:00");
    assert_eq!(time.round(Duration::SECOND).format_text("15:04:05"), "15:04:06");
    assert_eq!(time.truncate(Duration(0)), time);
}

#[test]
fn locations() {
    assert_eq!(Location::load("").unwrap(), Location::UTC);
    assert_eq!(berlin().name(), "Europe/Berlin");
    assert_eq!(Location::load("europe/berlin").unwrap_err().to_string(), "unknown time zone europe/berlin");
    assert_eq!(Location::load("../x").unwrap_err(), LocationError::Invalid);
    assert_eq!(Location::local("Europe/Berlin").name(), "Local");
    assert_eq!(
        Time::from_unix(0, 0, Location::local("Europe/Berlin")).to_string(),
        "1970-01-01 01:00:00 +0100 CET"
    );
    assert_eq!(
        Time::from_unix(0, 0, Location::local("nowhere")).to_string(),
        "1970-01-01 00:00:00 +0000 UTC"
    );
}

#[test]
fn times_at_the_ends_of_the_range_do_not_panic() {
    for second in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
        let time = Time::from_unix(second, 999_999_999, berlin());
        time.format_text("2006-01-02 15:04:05 Mon 002 -07:00");
        let _ = time.add(Duration(i64::MAX)).add_date(i64::MAX, i64::MAX, i64::MIN).round(Duration(i64::MAX));
    }
}
