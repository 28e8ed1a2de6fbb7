//! Charts into archives and back.

use std::time::{Duration, SystemTime};

use wheelhouse_chart::{Compat, LoadOptions, Stamp, load_archive, package};

use crate::support::{chart, to_json};

const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

fn sample() -> wheelhouse_chart::Chart {
    chart(&[
        (
            "Chart.yaml",
            "# a comment\nversion: 1.2.3\nname: parent\napiVersion: v2\ndependencies: [{name: child, version: 1.x}]\n",
        ),
        (
            "Chart.lock",
            "generated: 2020-01-02T03:04:05Z\ndigest: sha256:x\ndependencies: [{name: child, version: 1.0.0, repository: ''}]\n",
        ),
        ("values.yaml", "# kept\na: 1\n"),
        ("values.schema.json", "{\"type\": \"object\"}"),
        ("templates/x.yaml", "x"),
        ("README.md", "read"),
        ("charts/directory-name/Chart.yaml", "name: child\nversion: 1.0.0\napiVersion: v2\n"),
        ("charts/directory-name/templates/y.yaml", "y"),
    ])
}

#[test]
fn a_package_holds_the_chart_in_helms_order() {
    let packed = package(&sample(), Compat::V4, Stamp::Own(EPOCH)).unwrap();
    assert_eq!(packed.file_name, "parent-1.2.3.tgz");
    let chart = load_archive(&packed.archive, LoadOptions::default(), &mut Vec::new()).unwrap();
    let names: Vec<&str> = chart.contents().raw.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Chart.yaml",
            "Chart.lock",
            "values.yaml",
            "values.schema.json",
            "templates/x.yaml",
            "README.md",
            "charts/child/Chart.yaml",
            "charts/child/templates/y.yaml",
        ]
    );
    let text =
        |name: &str| chart.contents().raw.iter().find(|file| file.name == name).unwrap().text().into_owned();
    assert_eq!(
        text("Chart.yaml"),
        "apiVersion: v2\ndependencies:\n- name: child\n  repository: \"\"\n  version: 1.x\nname: parent\nversion: 1.2.3\n"
    );
    assert_eq!(
        text("Chart.lock"),
        "dependencies:\n- name: child\n  repository: \"\"\n  version: 1.0.0\ndigest: sha256:x\ngenerated: \"2020-01-02T03:04:05Z\"\n"
    );
    assert_eq!(text("values.yaml"), "# kept\na: 1\n");
    assert_eq!(to_json(chart.values()), to_json(sample().values()));
}

#[test]
fn the_same_chart_gives_the_same_bytes() {
    let stamp = Stamp::Fixed(EPOCH + Duration::from_secs(1_700_000_000));
    let first = package(&sample(), Compat::V4, stamp).unwrap();
    assert_eq!(first, package(&sample(), Compat::V4, stamp).unwrap());
    let chart = load_archive(&first.archive, LoadOptions::default(), &mut Vec::new()).unwrap();
    assert!(
        chart
            .contents()
            .raw
            .iter()
            .all(|file| file.modified == Some(EPOCH + Duration::from_secs(1_700_000_000)))
    );
}

#[test]
fn the_gzip_header_carries_helms_mark() {
    let header = |compat| package(&sample(), compat, Stamp::Own(EPOCH)).unwrap().archive;
    let v4 = header(Compat::V4);
    assert_eq!(&v4[..10], b"\x1f\x8b\x08\x14\0\0\0\0\0\xff");
    assert_eq!(&v4[10..12], &44_u16.to_le_bytes());
    assert_eq!(&v4[12..56], b"rr\x28\x00aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=");
    assert_eq!(&v4[56..61], b"Helm\0");
    let v3 = header(Compat::V3);
    assert_eq!(&v3[12..53], b"+aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=");
}

#[test]
fn what_cannot_be_packed_is_told() {
    let mut broken = sample();
    broken.metadata.version = "not a version".into();
    assert_eq!(
        package(&broken, Compat::V4, Stamp::Own(EPOCH)).unwrap_err().to_string(),
        "chart validation: validation: chart.metadata.version \"not a version\" is invalid"
    );
    let schema = chart(&[("Chart.yaml", "name: a\nversion: 1.0.0"), ("values.schema.json", "{broken")]);
    let error = |compat| package(&schema, compat, Stamp::Own(EPOCH)).unwrap_err().to_string();
    assert_eq!(error(Compat::V4), "invalid JSON in values.schema.json");
    assert_eq!(error(Compat::V3), "Invalid JSON in values.schema.json");
}
