use proptest::prelude::*;
use wheelhouse_gotime::Duration;

fn check(text: &str, expected: &str) {
    let told = Duration::parse(text).map_or_else(|error| error.to_string(), |duration| duration.to_string());
    assert_eq!(told, expected, "{text}");
}

#[test]
fn reading_and_writing() {
    check("95s", "1m35s");
    check("-1.5h", "-1h30m0s");
    check("+2h45m", "2h45m0s");
    check("1.5us1ns", "1.501µs");
    check("2µs3μs", "5µs");
    check("100ms", "100ms");
    check("0", "0s");
    check(".5m", "30s");
    check("1.000000001s", "1.000000001s");
    check("2562047h47m16.854775807s", "2562047h47m16.854775807s");
    check("-9223372036854775808ns", "-2562047h47m16.854775808s");
}

#[test]
fn errors() {
    check("", r#"time: invalid duration """#);
    check("-", r#"time: invalid duration "-""#);
    check("abc", r#"time: invalid duration "abc""#);
    check(".s", r#"time: invalid duration ".s""#);
    check("1", r#"time: missing unit in duration "1""#);
    check("1d", r#"time: unknown unit "d" in duration "1d""#);
    check("1é", r#"time: unknown unit "\xc3\xa9" in duration "1\xc3\xa9""#);
    check("9223372036854775808ns", r#"time: invalid duration "9223372036854775808ns""#);
    check("3000000h", r#"time: invalid duration "3000000h""#);
}

#[test]
fn rounding() {
    let round = |duration: &str, unit: &str| {
        let (duration, unit) = (Duration::parse(duration).unwrap(), Duration::parse(unit).unwrap());
        (duration.round(unit).to_string(), duration.truncate(unit).to_string())
    };
    assert_eq!(round("1h15m30s", "1h"), ("1h0m0s".into(), "1h0m0s".into()));
    assert_eq!(round("1h30m", "1h"), ("2h0m0s".into(), "1h0m0s".into()));
    assert_eq!(round("-1h30m", "1h"), ("-2h0m0s".into(), "-1h0m0s".into()));
    assert_eq!(round("1h30m", "0"), ("1h30m0s".into(), "1h30m0s".into()));
    assert_eq!(Duration(i64::MAX).round(Duration::HOUR), Duration(i64::MAX));
    assert_eq!(Duration(i64::MIN).abs(), Duration(i64::MAX));
}

#[test]
fn counting() {
    let duration = Duration::parse("1h30m36s").unwrap();
    assert_eq!((duration.hours(), duration.minutes()), (1.51, 90.6));
    assert_eq!((duration.seconds(), duration.milliseconds()), (5436.0, 5_436_000));
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(nanoseconds: i64) {
        let duration = Duration(nanoseconds);
        prop_assert_eq!(Duration::parse(duration.to_string()).unwrap(), duration);
    }
}
