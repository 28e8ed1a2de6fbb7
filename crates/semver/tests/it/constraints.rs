use proptest::prelude::*;
use wheelhouse_semver::{Constraints, Version};

fn check(constraint: &str, accepted: &[&str], refused: &[&str]) {
    let constraints = Constraints::parse(constraint).unwrap();
    for text in accepted {
        assert!(constraints.check(&Version::parse(text).unwrap()), "{constraint} accepts {text}");
    }
    for text in refused {
        assert!(!constraints.check(&Version::parse(text).unwrap()), "{constraint} refuses {text}");
    }
}

fn check_error(constraint: &str, expected: &str) {
    assert_eq!(Constraints::parse(constraint).unwrap_err().to_string(), expected);
}

fn check_refusals(constraint: &str, version: &str, expected: &[&str]) {
    let constraints = Constraints::parse(constraint).unwrap();
    let refusals = constraints.validate(&Version::parse(version).unwrap()).err().unwrap_or_default();
    let told: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected, "{constraint} of {version}");
}

#[test]
fn operators() {
    check("1.2.3", &["1.2.3", "v1.2.3+b"], &["1.2.4", "1.2.3-rc"]);
    check("=1.2", &["1.2.0", "1.2.9"], &["1.3.0"]);
    check("!=1.2", &["1.3.0", "2.0.0"], &["1.2.0", "1.2.9"]);
    check("!=1", &["2.0.0"], &["1.0.0", "1.9.0"]);
    check(">11", &["12.0.0"], &["11.1.0"]);
    check(">11.1", &["11.2.0", "12.0.0"], &["11.1.9"]);
    check("<=11", &["11.9.9"], &["12.0.0"]);
    check("=>1.2.3", &["1.2.3"], &["1.2.2"]);
    check("~1.2.3", &["1.2.9"], &["1.3.0", "1.2.2"]);
    check("~>1", &["1.9.0"], &["2.0.0"]);
    check("~0.0.0", &["0.0.0", "9.9.9"], &[]);
    check("^1.2.3", &["1.9.0"], &["2.0.0", "1.2.2"]);
    check("^0.2.3", &["0.2.9"], &["0.3.0"]);
    check("^0.0.3", &["0.0.3"], &["0.0.4"]);
    check("^0.0", &["0.0.9"], &["0.1.0"]);
    check("^0", &["0.9.0"], &["1.0.0"]);
    check("*", &["0.0.0", "9.9.9"], &["1.0.0-rc"]);
    check("^*", &["0.0.0"], &["0.0.1", "1.0.0"]);
}

#[test]
fn groups_and_ranges() {
    check(">=1.2, <2 || 3.x", &["1.2.0", "3.9.9"], &["1.1.0", "2.0.0", "4.0.0"]);
    check(">=1.2 <2", &["1.9.0"], &["2.0.0"]);
    check("1.2 - 1.4.5 || 2 - 3", &["1.2.0", "1.4.5", "2.0.0", "3.9.9"], &["1.4.6", "4.0.0"]);
}

#[test]
fn prereleases_are_seen_by_groups_that_name_one() {
    check(">=1.0", &[], &["1.1.0-alpha"]);
    check(">=1.0-0", &["1.0.0-alpha", "1.1.0-alpha"], &[]);
    check("<1.21-0", &["v1.20.4-gke.1"], &["1.21.0"]);
    check(">=1.0-0 <2", &["1.1.0-alpha"], &[]);
    check(">=1.0-0 || <0.5", &[], &["0.4.0-alpha"]);
    let constraints = Constraints::parse(">=1.0").unwrap().including_prereleases();
    assert!(constraints.check(&Version::parse("1.1.0-alpha").unwrap()));
}

#[test]
fn errors() {
    check_error("", r#"improper constraint: """#);
    check_error("abc", r#"improper constraint: "abc""#);
    check_error("1.0 || é", r#"improper constraint: " é""#);
    check_error("1.0,", r#"improper constraint: "1.0,""#);
    check_error("1.0<2.0", r#"improper constraint: "1.0<2.0""#);
    check_error("1 ||2 - 3", r#"improper constraint: "1>= ""#);
    check_error("1|2", "constraint parser error");
    check_error("1x", "constraint parser error");
    check_error("1.2.3-01", "constraint parser error");
    check_error(&"1".repeat(513), "constraint string is too long (max 512 bytes)");
    check_error(&"1||".repeat(32), "too many constraint groups (max 32)");
}

#[test]
fn refusals_say_why() {
    check_refusals(">=1, <2", "1.5.0", &[]);
    check_refusals(
        ">2, <3 || 5.x",
        "v1.2+b",
        &[r#""1.2.0+b" is less than or equal to "2""#, r#""1.2.0+b" is less than "5.x""#],
    );
    check_refusals(
        ">2 <0 || =0",
        "1.0.0-rc",
        &[r#""1.0.0-rc" is a prerelease version and the constraint is only looking for release versions"#],
    );
    check_refusals("!=1.x", "1.5.0", &[r#""1.5.0" is equal to "1.x""#]);
    check_refusals("1.2.3", "1.5.0", &[r#""1.5.0" is not equal to "1.2.3""#]);
    check_refusals("<1", "1.5.0", &[r#""1.5.0" is greater than or equal to "1""#]);
    check_refusals("<=1.2", "1.5.0", &[r#""1.5.0" is greater than "1.2""#]);
    check_refusals("~1", "2.0.0", &[r#""2.0.0" does not have same major version as "1""#]);
    check_refusals("~1.2", "1.3.0", &[r#""1.3.0" does not have same major and minor version as "1.2""#]);
    check_refusals(
        "^0.2",
        "0.3.0",
        &[
            r#""0.3.0" does not have same minor version as "0.2". Expected minor versions to match when constraint major version is 0"#,
        ],
    );
    check_refusals("^0.0.3", "0.3.0", &[r#""0.3.0" does not have same minor version as "0.0.3""#]);
    check_refusals(
        "^0.0.3",
        "0.0.4",
        &[
            r#""0.0.4" does not equal "0.0.3". Expect version and constraint to equal when major and minor versions are 0"#,
        ],
    );
}

#[test]
fn printing_keeps_the_operators_as_written() {
    let printed = Constraints::parse("=>1.2,<2 || v1.x - 3").unwrap().to_string();
    assert_eq!(printed, "=>1.2 <2 || >=v1.x <=3");
}

proptest! {
    #[test]
    fn reading_never_panics(text in "[0-9xv.<>=~^!|, *a-]{0,20}|.{0,10}", version in "[0-9]\\.[0-9]\\.[0-9](-a)?") {
        if let Ok(constraints) = Constraints::parse(&text) {
            let version = Version::parse(&version).unwrap();
            prop_assert_eq!(constraints.check(&version), constraints.validate(&version).is_ok());
        }
    }
}
