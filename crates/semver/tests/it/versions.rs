use proptest::prelude::*;
use wheelhouse_semver::{Error, Version};

fn check_loose(text: &str, expected: &str) {
    let told = Version::parse(text).map_or_else(|error| error.to_string(), |version| version.to_string());
    assert_eq!(told, expected, "{text}");
}

fn check_strict(text: &str, expected: &str) {
    let told =
        Version::parse_strict(text).map_or_else(|error| error.to_string(), |version| version.to_string());
    assert_eq!(told, expected, "{text}");
}

#[test]
fn loose_reading_fills_in_what_is_missing() {
    check_loose("1.2.3", "1.2.3");
    check_loose("v1.2.3-rc.1+build.5", "1.2.3-rc.1+build.5");
    check_loose("v1", "1.0.0");
    check_loose("1.2-beta", "1.2.0-beta");
    check_loose("01.002.0003", "1.2.3");
    check_loose("1+a-b", "1.0.0+a-b");
    check_loose("1.2.3--", "1.2.3--");
    check_loose("18446744073709551615.0.0", "18446744073709551615.0.0");
}

#[test]
fn loose_reading_tells_what_is_wrong() {
    for text in ["", "v", "V1", "1.2.3.4", "1.x", " 1.2", "1.2 ", "1.2.3-", "1.2.3-a..b", "1.2.3+", "1.2.3+é"]
    {
        check_loose(text, "invalid semantic version");
    }
    check_loose("1.2.3-01", "version segment starts with 0");
    check_loose(
        "1.18446744073709551616",
        "error parsing version segment: strconv.ParseUint: parsing \"18446744073709551616\": value out of range",
    );
    check_loose(&format!("1.2.3-{}", "a".repeat(250)), &format!("1.2.3-{}", "a".repeat(250)));
    check_loose(&format!("1.2.3-{}", "a".repeat(251)), "version string is too long (max 256 bytes)");
}

#[test]
fn strict_reading_takes_semver_only() {
    check_strict("1.2.3-rc.1+build.5", "1.2.3-rc.1+build.5");
    check_strict("", "version string empty");
    check_strict("1.2", "invalid semantic version");
    check_strict("v1.2.3", "invalid characters in version");
    check_strict("1.2.3.4", "invalid characters in version");
    check_strict("1.02.3", "version segment starts with 0");
    check_strict("1.2.3-01", "version segment starts with 0");
    check_strict("1.2.3-é", "invalid prerelease string");
    check_strict("1.2.3-", "invalid prerelease string");
    check_strict("1.2.3+a..b", "invalid metadata string");
    check_strict("1..3", "strconv.ParseUint: parsing \"\": invalid syntax");
    check_strict(
        "99999999999999999999.0.0",
        "strconv.ParseUint: parsing \"99999999999999999999\": value out of range",
    );
}

#[test]
fn accessors_give_the_parts() {
    let version = Version::parse("v1.2-rc.1+b").unwrap();
    assert_eq!((version.major(), version.minor(), version.patch()), (1, 2, 0));
    assert_eq!((version.prerelease(), version.metadata()), ("rc.1", "b"));
    assert_eq!(version.original(), "v1.2-rc.1+b");
    assert_eq!(version.to_string(), "1.2.0-rc.1+b");
}

#[test]
fn incrementing_drops_what_follows() {
    let version = Version::parse("v1.2.3-rc.1+b").unwrap();
    let original = |version: Result<Version, Error>| version.unwrap().original().to_owned();
    assert_eq!(original(version.increment_patch()), "v1.2.3");
    assert_eq!(original(version.increment_patch().unwrap().increment_patch()), "v1.2.4");
    assert_eq!(original(version.increment_minor()), "v1.3.0");
    assert_eq!(original(version.increment_major()), "v2.0.0");
    let largest = Version::parse("1.2.18446744073709551615").unwrap();
    assert_eq!(
        largest.increment_patch().unwrap_err().to_string(),
        "patch version increment would overflow uint64"
    );
}

#[test]
fn prerelease_and_metadata_can_be_replaced() {
    let version = Version::parse("v1.2").unwrap();
    assert_eq!(version.with_prerelease("rc.1").unwrap().original(), "v1.2.0-rc.1");
    assert_eq!(version.with_metadata("b.01").unwrap().to_string(), "1.2.0+b.01");
    assert_eq!(version.with_prerelease("rc").unwrap().with_prerelease("").unwrap().to_string(), "1.2.0");
    assert_eq!(version.with_prerelease("rc.01").unwrap_err(), Error::SegmentStartsWithZero);
    assert_eq!(version.with_prerelease("a b").unwrap_err(), Error::InvalidPrerelease);
    assert_eq!(version.with_metadata("a..b").unwrap_err(), Error::InvalidMetadata);
}

#[test]
fn precedence_is_that_of_semver() {
    let ascending = [
        "0.0.1",
        "0.1.0",
        "1.0.0-1",
        "1.0.0-2",
        "1.0.0-10",
        "1.0.0-99999999999999999999",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0",
        "1.0.1",
        "1.1.0",
        "2.0.0",
    ];
    let versions: Vec<Version> = ascending.iter().map(|text| Version::parse(text).unwrap()).collect();
    for (index, version) in versions.iter().enumerate() {
        for (other_index, other) in versions.iter().enumerate() {
            assert_eq!(version.cmp(other), index.cmp(&other_index), "{version} and {other}");
        }
    }
    assert_eq!(Version::parse("1.0.0+a").unwrap(), Version::parse("v1+b").unwrap());
}

proptest! {
    #[test]
    fn reading_never_panics_and_prints_what_it_reads(text in "[v0-9x.+a-b-]{0,14}|.{0,8}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert_eq!(version.original(), &text);
            let again = Version::parse(&version.to_string()).unwrap();
            prop_assert_eq!(again.to_string(), version.to_string());
        }
        if let Ok(version) = Version::parse_strict(&text) {
            prop_assert_eq!(version.to_string(), text);
        }
    }
}
