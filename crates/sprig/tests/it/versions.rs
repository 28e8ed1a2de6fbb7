//! Semantic versions: reading, comparing, changing.

use crate::support::{check, check_error};

#[test]
fn versions_are_read_loosely() {
    check(r#"{{ semver "v1.2.3-b.1+m" }}"#, "1.2.3-b.1+m");
    check(r#"{{ (semver "v1.2").Original }}"#, "v1.2");
    check(
        r#"{{ with semver "v1.2.3-b.1+m" }}{{ .Major }} {{ .Patch }} {{ .Prerelease }} {{ .Metadata }}{{ end }}"#,
        "1 3 b.1 m",
    );
    check(r#"{{ typeOf (semver "1") }} {{ kindOf (semver "1") }}"#, "*semver.Version ptr");
    check(r#"{{ typeOf (semver "1").Major }}"#, "uint64");
    check(
        r#"{{ printf "%s|%v|%q" (semver "1.2") (semver "1.2") (semver "1.2") }}"#,
        r#"1.2.0|1.2.0|"1.2.0""#,
    );
    check(r#"{{ toJson (semver "1.2") }} {{ toYaml (dict "v" (semver "1.2")) }}"#, r#""1.2.0" v: 1.2.0"#);
    check_error(r#"{{ semver "x" }}"#, "error calling semver: invalid semantic version");
    check_error(r#"{{ (semver "1").Foo }}"#, "can't evaluate field Foo in type *semver.Version");
    check_error(
        r#"{{ index (semver "1") 0 }}"#,
        "error calling index: can't index item of type semver.Version",
    );
    check_error(r#"{{ len (semver "1") }}"#, "error calling len: len of type semver.Version");
}

#[test]
fn verbs_that_ask_for_no_text_show_the_fields() {
    check(
        r#"{{ printf "%d|%v" (semver "1.2.3") (semver "1.2.3") }}"#,
        "&{1 2 3 %!d(string=) %!d(string=) %!d(string=1.2.3)}|1.2.3",
    );
    check(r#"{{ dict "v" (semver "v1.2") | toJson }}"#, r#"{"v":"1.2.0"}"#);
}

#[test]
fn constraints() {
    check(r#"{{ semverCompare "^1.2.0" "1.9.3" }} {{ semverCompare ">=1.0" "1.0.0-alpha" }}"#, "true false");
    check(
        r#"{{ semverCompare "<1.21-0" "v1.20.4-gke.1" }} {{ semverCompare "~1.2 || >3" "4.1" }}"#,
        "true true",
    );
    check_error(
        r#"{{ semverCompare "1.2.3.4" "1" }}"#,
        r#"error calling semverCompare: improper constraint: "1.2.3.4""#,
    );
    check_error(r#"{{ semverCompare "^1" "x" }}"#, "error calling semverCompare: invalid semantic version");
}

#[test]
fn a_pointer_compares() {
    check(r#"{{ semver "1.2.3" | (semver "1.3.3").Compare }}"#, "1");
    check(
        r#"{{ (semver "1.2.3").LessThan (semver "2") }} {{ (semver "1").Equal (semver "1.0.0+b") }}"#,
        "true true",
    );
    check(r#"{{ (semver "1").Equal nil }}"#, "false");
    check(
        r#"{{ deepEqual (semver "1") (semver "1") }} {{ deepEqual (semver "1") (semver "1.0") }}"#,
        "true false",
    );
    check_error(
        r#"{{ (semver "1").Compare nil }}"#,
        "error calling Compare: runtime error: invalid memory address or nil pointer dereference",
    );
    check_error(
        r#"{{ (semver "1").Compare "1.2" }}"#,
        r#"can't handle "1.2" for arg of type *semver.Version"#,
    );
}

#[test]
fn a_changed_version_is_no_pointer() {
    check(
        r#"{{ (semver "1.2.3").IncMinor }} {{ typeOf (semver "1.2.3").IncMinor }}"#,
        "1.3.0 semver.Version",
    );
    check(r#"{{ (semver "1.2.3").IncMajor.IncPatch }} {{ (semver "1.2.3-a").IncPatch }}"#, "2.0.1 1.2.3");
    check(r#"{{ ((semver "1.2.3").SetPrerelease "rc.1").SetMetadata "b" }}"#, "1.2.3-rc.1+b");
    check_error(
        r#"{{ (semver "1.2.3").IncMinor.Compare (semver "1") }}"#,
        "can't evaluate field Compare in type semver.Version",
    );
    check_error(
        r#"{{ (semver "1.2.3").SetPrerelease "rc..1" }}"#,
        "error calling SetPrerelease: invalid prerelease string",
    );
    check_error(
        r#"{{ (semver "18446744073709551615.0.0").IncMajor }}"#,
        "error calling IncMajor: major version increment would overflow uint64",
    );
}
