use proptest::prelude::*;
use wheelhouse_gotime::{Location, Time};

use crate::berlin;

fn check(layout: &str, value: &str, expected: &str) {
    let told =
        Time::parse(layout, value, &berlin()).map_or_else(|error| error.to_string(), |time| time.to_string());
    assert_eq!(told, expected, "{layout} {value}");
}

#[test]
fn what_is_missing_is_filled_in() {
    check("2006-01-02", "2020-07-03", "2020-07-03 00:00:00 +0200 CEST");
    check("15:04", "23:59", "0000-01-01 23:59:00 +0053 LMT");
    check("Jan _2 06", "feb  9 69", "1969-02-09 00:00:00 +0100 CET");
    check("Jan _2 06", "FEB 29 68", "2068-02-29 00:00:00 +0100 CET");
    check("2006 002", "2020 060", "2020-02-29 00:00:00 +0100 CET");
    check("3:04PM 2006", "12:01AM 2020", "2020-01-01 00:01:00 +0100 CET");
}

#[test]
fn a_fraction_is_read_even_if_the_layout_has_none() {
    check("2006 15:04:05", "2020 01:02:03.25", "2020-01-01 01:02:03.25 +0100 CET");
    check("2006 15:04:05.000", "2020 01:02:03,250", "2020-01-01 01:02:03.25 +0100 CET");
    check("2006 15:04:05.999", "2020 01:02:03.1234567891", "2020-01-01 01:02:03.123456789 +0100 CET");
    check("2006 15:04:05.999", "2020 01:02:03", "2020-01-01 01:02:03 +0100 CET");
}

#[test]
fn zones() {
    check("2006-01-02T15:04:05Z07:00", "2020-07-01T10:00:00Z", "2020-07-01 10:00:00 +0000 UTC");
    check("2006-01-02T15:04:05Z07:00", "2020-07-01T10:00:00+02:00", "2020-07-01 10:00:00 +0200 CEST");
    check("2006-01-02T15:04:05Z07:00", "2020-07-01T10:00:00+01:00", "2020-07-01 10:00:00 +0100 +0100");
    check("2006-01-02 MST", "2020-07-01 CEST", "2020-07-01 00:00:00 +0200 CEST");
    check("2006-01-02 MST", "2020-07-01 CET", "2020-07-01 01:00:00 +0200 CEST");
    check("2006-01-02 MST", "2020-07-01 PST", "2020-07-01 00:00:00 +0000 PST");
    check("2006-01-02 MST", "2020-07-01 GMT+3", "2020-07-01 03:00:00 +0300 GMT+3");
    check("2006-01-02 MST", "2020-07-01 UTC", "2020-07-01 00:00:00 +0000 UTC");
    check("2006 -0700 MST", "2020 -0800 PST", "2020-01-01 00:00:00 -0800 PST");
}

#[test]
fn errors_tell_the_element() {
    check("2006-01-02", "x", r#"parsing time "x" as "2006-01-02": cannot parse "x" as "2006""#);
    check(
        "2006-01-02",
        "2020/01/02",
        r#"parsing time "2020/01/02" as "2006-01-02": cannot parse "/01/02" as "-""#,
    );
    check(
        "2006-01-02",
        "2020-1-02",
        r#"parsing time "2020-1-02" as "2006-01-02": cannot parse "1-02" as "01""#,
    );
    check("2006-01-02", "2020-13-02", r#"parsing time "2020-13-02": month out of range"#);
    check("2006-01-02", "2021-02-29", r#"parsing time "2021-02-29": day out of range"#);
    check("2006-01-02", "2020-01-02x", r#"parsing time "2020-01-02x": extra text: "x""#);
    check("2006 002", "2021 366", r#"parsing time "2021 366": day-of-year out of range"#);
    check("2006 Jan 002", "2021 Feb 001", r#"parsing time "2021 Feb 001": day-of-year does not match month"#);
    check("15:04 PM", "25:00 PM", r#"parsing time "25:00 PM": hour out of range"#);
    check("15 -0700", "10 +2500", r#"parsing time "10 +2500": time zone offset hour out of range"#);
    check(
        "2006 é",
        "2020 \"\u{7f}",
        "parsing time \"2020 \\\"\u{7f}\" as \"2006 \\xc3\\xa9\": cannot parse \"\\\"\u{7f}\" as \" \\xc3\\xa9\"",
    );
}

#[test]
fn the_zero_time() {
    assert_eq!(Time::default().to_string(), "0001-01-01 00:00:00 +0000 UTC");
    assert!(Time::default().is_zero());
    assert_eq!(Time::parse("2006-01-02", "0001-01-01", &Location::UTC).unwrap(), Time::default());
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(second in -62_135_596_800_i64..253_402_300_800, nanosecond in 0_i64..1_000_000_000) {
        let layout = "2006-01-02 15:04:05.999999999 -07:00:00";
        let time = Time::from_unix(second, nanosecond, berlin());
        let read = Time::parse(layout, time.format(layout), &berlin()).unwrap();
        prop_assert_eq!((read.unix(), read.nanosecond()), (second, nanosecond));
    }

    #[test]
    fn nothing_panics(layout in "[0-9JanMoPSTZpm_.:, -]{0,16}", value in "[0-9JanMoPSTZpm.:, +-]{0,16}") {
        if let Ok(time) = Time::parse(&layout, &value, &berlin()) {
            time.format(&layout);
        }
    }
}
