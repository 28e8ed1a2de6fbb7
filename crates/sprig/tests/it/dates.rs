//! Dates and durations in Go's layouts. It is 2020-01-02 03:04:05 UTC.

use crate::support::{check, check_error};

const DAY: &str = r#"{{ $t := toDate "2006-01-02" "2020-01-31" }}"#;

#[test]
fn now_and_before() {
    check("{{ now }}", "2020-01-02 03:04:05 +0000 UTC");
    check(
        "{{ now | unixEpoch }} {{ typeOf now }} {{ kindOf now }} {{ now.Location }}",
        "1577934245 time.Time struct UTC",
    );
    check("{{ ago (int64 1577934200) }} {{ ago nil }} {{ ago 0 }}", "45s 0s 438315h4m5s");
}

#[test]
fn dates_are_written_by_layouts() {
    check(r#"{{ date "2006-01-02T15:04:05Z07:00" 86400 }}"#, "1970-01-02T00:00:00Z");
    check(r#"{{ date "Mon Jan _2 3:04PM .000" 86400 }}"#, "Fri Jan  2 12:00AM .000");
    check("{{ htmlDate 86400 }} {{ htmlDate (now) }}", "1970-01-02 2020-01-02");
    // Anything that is no time is now.
    check(r#"{{ date "2006" 1.5 }} {{ date "2006" "x" }} {{ date "2006" nil }}"#, "2020 2020 2020");
}

#[test]
fn zones() {
    check(
        r#"{{ dateInZone "15:04 MST" 0 "Europe/Berlin" }} {{ date_in_zone "15:04 MST" 0 "Nope" }}"#,
        "01:00 CET 00:00 UTC",
    );
    check(r#"{{ htmlDateInZone 0 "Pacific/Apia" }} {{ dateInZone "MST" 0 "Local" }}"#, "1969-12-31 UTC");
}

#[test]
fn dates_are_read_by_layouts() {
    check(r#"{{ toDate "2006-01-02" "2017-12-31" | date "02/01/2006" }}"#, "31/12/2017");
    check(r#"{{ toDate "2006-01-02" "2020-13-01" }}"#, "0001-01-01 00:00:00 +0000 UTC");
    check(r#"{{ toDate "2006-01-02" "2020-01-02" | toJson }}"#, r#""2020-01-02T00:00:00Z""#);
    check(r#"{{ mustToDate "2006-01-02" "2020-01-02" | quote }}"#, r#""2020-01-02 00:00:00 +0000 UTC""#);
    check_error(
        r#"{{ mustToDate "2006-01-02" "x" }}"#,
        r#"error calling mustToDate: parsing time "x" as "2006-01-02": cannot parse "x" as "2006""#,
    );
}

#[test]
fn dates_are_moved() {
    check(r#"{{ dateModify "1h30m" (toDate "2006-01-02" "2020-01-31") }}"#, "2020-01-31 01:30:00 +0000 UTC");
    check(r#"{{ date_modify "x" (toDate "2006-01-02" "2020-01-31") }}"#, "2020-01-31 00:00:00 +0000 UTC");
    check(
        r#"{{ mustDateModify "-24h" (now) | htmlDate }} {{ must_date_modify "24h" (now) | htmlDate }}"#,
        "2020-01-01 2020-01-03",
    );
    check_error(
        r#"{{ mustDateModify "1d" (now) }}"#,
        r#"error calling mustDateModify: time: unknown unit "d" in duration "1d""#,
    );
    check_error(r#"{{ dateModify "1h" 5 }}"#, "can't handle 5 for arg of type time.Time");
}

#[test]
fn durations() {
    check(
        r#"{{ duration "95" }} {{ duration (int64 95) }} {{ duration 95 }} {{ duration "x" }}"#,
        "1m35s 1m35s 0s 0s",
    );
    check(r#"{{ duration "-99999999999999999999" }}"#, "0s");
    check(
        r#"{{ durationRound "2h10m5s" }} {{ durationRound "1h" }} {{ durationRound "2400h" }}"#,
        "2h 60m 3mo",
    );
    check(
        r#"{{ durationRound "-3m" }} {{ durationRound (int64 90000000000) }} {{ durationRound 5 }}"#,
        "3m 1m 0s",
    );
    check(r#"{{ durationRound (toDate "2006-01-02" "2010-01-01") }}"#, "10y");
}

#[test]
fn parts_of_a_time() {
    let parts = "{{ $t.Year }} {{ $t.Month }} {{ $t.Day }} {{ $t.Weekday }} {{ $t.YearDay }} {{ $t.Unix }} {{ $t.Hour }}";
    check(&format!("{DAY}{parts}"), "2020 January 31 Friday 31 1580428800 0");
    check(
        &format!("{DAY}{{{{ typeOf $t.Month }}}} {{{{ kindOf $t.Month }}}} {{{{ $t.Month.String }}}}"),
        "time.Month int January",
    );
    check(
        &format!(
            r#"{DAY}{{{{ printf "%d %s" $t.Month $t.Month }}}} {{{{ add $t.Month 1 }}}} {{{{ eq $t.Month 1 }}}}"#
        ),
        "1 January 2 true",
    );
    check(
        &format!("{DAY}{{{{ toJson $t.Month }}}} {{{{ $t.IsZero }}}} {{{{ $t.Nanosecond }}}}"),
        "1 false 0",
    );
    check(
        &format!(r#"{DAY}{{{{ $t.Format "Jan _2" }}}} {{{{ $t.GoString }}}}"#),
        "Jan 31 time.Date(2020, time.January, 31, 0, 0, 0, 0, time.UTC)",
    );
    check_error(&format!("{DAY}{{{{ $t.Foo }}}}"), "can't evaluate field Foo in type time.Time");
}

#[test]
fn arithmetic_with_times() {
    check(&format!("{DAY}{{{{ $t.AddDate 0 1 0 }}}}"), "2020-03-02 00:00:00 +0000 UTC");
    check(&format!("{DAY}{{{{ $t.Add 3600000000000 }}}}"), "2020-01-31 01:00:00 +0000 UTC");
    check(&format!("{DAY}{{{{ $t.Sub (now) }}}} {{{{ ($t.Sub (now)).Hours | floor }}}}"), "692h55m55s 692");
    check(&format!("{DAY}{{{{ typeOf ($t.Sub $t) }}}} {{{{ kindOf ($t.Sub $t) }}}}"), "time.Duration int64");
    check(
        &format!(
            "{DAY}{{{{ $t.Add ($t.Sub (now)) | htmlDate }}}} {{{{ ($t.Sub (now)).Round 3600000000000 }}}}"
        ),
        "2020-02-28 693h0m0s",
    );
    check(
        &format!(
            "{DAY}{{{{ $t.Before (now) }}}} {{{{ $t.After (now) }}}} {{{{ $t.Equal $t }}}} {{{{ $t.Compare (now) }}}}"
        ),
        "false true true 1",
    );
    check("{{ now.Truncate 86400000000000 }} {{ now.UTC.Location }}", "2020-01-02 00:00:00 +0000 UTC UTC");
    check_error(&format!("{DAY}{{{{ $t.Add 1.5 }}}}"), "expected integer; found 1.5");
    check_error(
        &format!("{DAY}{{{{ $n := 5 }}}}{{{{ $t.Add $n }}}}"),
        "wrong type for value; expected time.Duration; got int",
    );
}
