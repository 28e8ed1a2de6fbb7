use wheelhouse_gotime::{Duration, Location, Time};

use crate::{berlin, reference};

fn check(layout: &str, expected: &str) {
    assert_eq!(reference().format_text(layout), expected, "{layout}");
}

#[test]
fn elements() {
    check("2006 06 _2006", "2006 06 _2006");
    check("January Jan 1 01", "January Jan 1 01");
    check("Monday Mon", "Monday Mon");
    check("2 _2 02 __2 002", "2  2 02   2 002");
    check("15 3 03 PM pm", "15 3 03 PM pm");
    check("4 04 5 05", "4 04 5 05");
    check("MST -0700 -07:00 -07 -070000 -07:00:00", "CET +0100 +01:00 +01 +010000 +01:00:00");
    check("Z0700 Z07:00 Z07 Z070000 Z07:00:00", "+0100 +01:00 +01 +010000 +01:00:00");
    check("05.000 05,0 05.999999 .0001 .00a", "05.678 05,6 05.678 .0001 .67a");
}

#[test]
fn words_that_only_begin_like_elements_stand_as_they_are() {
    check("Janus Month MSTX é 7 08", "Janus Month CETX é 7 08");
    check("", "");
}

#[test]
fn times_in_utc() {
    let time = Time::from_unix(0, 0, Location::UTC);
    assert_eq!(time.format_text("2006-01-02T15:04:05Z07:00"), "1970-01-01T00:00:00Z");
    assert_eq!(time.format_text("2006-01-02T15:04:05-07:00 MST"), "1970-01-01T00:00:00+00:00 UTC");
    assert_eq!(time.format_text("3:04PM .999"), "12:00AM ");
}

#[test]
fn years_beyond_four_digits() {
    let year = |year| Time::from_date(year, 1, 1, 0, 0, 0, 0, Location::UTC).format_text("2006 06");
    assert_eq!(year(12345), "12345 45");
    assert_eq!(year(0), "0000 00");
    assert_eq!(year(-1), "-0001 01");
}

#[test]
fn zones_without_name_show_their_offset() {
    let time = Time::from_unix(0, 0, Location::fixed("", -5400));
    assert_eq!(time.to_string(), "1969-12-31 22:30:00 -0130 -0130");
}

#[test]
fn printing_shows_the_monotonic_reading() {
    assert_eq!(reference().to_string(), "2006-01-02 15:04:05.678 +0100 CET");
    let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1500);
    let now = Time::from_clock(now, Some(Duration(12_345_678)), Location::UTC);
    assert_eq!(now.to_string(), "1970-01-01 00:00:01.5 +0000 UTC m=+0.012345678");
    let earlier = now.add(Duration::parse("-1.5h").unwrap());
    assert_eq!(earlier.to_string(), "1969-12-31 22:30:01.5 +0000 UTC m=-5399.987654322");
    assert_eq!(now.in_location(berlin()).to_string(), "1970-01-01 01:00:01.5 +0100 CET");
}

#[test]
fn the_expression_of_go() {
    let expected = r#"time.Date(2006, time.January, 2, 15, 4, 5, 678000000, time.Location("Europe/Berlin"))"#;
    assert_eq!(reference().to_go_syntax(), expected);
    let zero = "time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC)";
    assert_eq!(Time::default().to_go_syntax(), zero);
}

#[test]
fn json_wants_four_digits() {
    assert_eq!(reference().to_rfc3339().unwrap(), "2006-01-02T15:04:05.678+01:00");
    let far = Time::from_date(10_000, 1, 1, 0, 0, 0, 0, Location::UTC);
    assert_eq!(far.to_rfc3339().unwrap_err(), "year outside of range [0,9999]");
    let wide = Time::from_unix(0, 0, Location::fixed("", 86_400));
    assert_eq!(wide.to_rfc3339().unwrap_err(), "timezone hour outside of range [0,23]");
}
