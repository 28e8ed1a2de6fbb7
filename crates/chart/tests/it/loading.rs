//! Which file plays which role, and what is wrong with charts, in Helm's words.

use serde_json::json;
use wheelhouse_chart::{Compat, LoadOptions, Warning, load_files};

use crate::support::{chart, files, load_error, to_json};

const CHART: (&str, &str) = ("Chart.yaml", "apiVersion: v2\nname: parent\nversion: 1.2.3\n");

#[test]
fn files_have_roles() {
    let chart = chart(&[
        CHART,
        ("Chart.lock", "digest: sha256:1\ngenerated: \"2020-01-02T03:04:05Z\"\ndependencies: []\n"),
        ("values.yaml", "a: 1\n---\na: {b: 2}\nc: 3\n"),
        ("values.schema.json", "{}"),
        ("templates/a.yaml", "x"),
        ("templates/sub/b.tpl", "y"),
        ("crds/x.yaml", "crd"),
        ("crds/README.md", "no crd"),
        ("README.md", "read me"),
        ("charts/child/Chart.yaml", "name: child\nversion: v0.1\n"),
        ("charts/child/crds/y.JSON", "crd"),
        ("charts/_ignored/Chart.yaml", "name: [broken"),
        ("charts/.ignored", "x"),
        ("charts/child.tgz.prov", "signature"),
    ]);
    let names =
        |files: &[wheelhouse_chart::File]| files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&chart.contents().templates), ["templates/a.yaml", "templates/sub/b.tpl"]);
    assert_eq!(
        names(&chart.contents().files),
        ["crds/x.yaml", "crds/README.md", "README.md", "charts/child.tgz.prov"]
    );
    assert_eq!(chart.contents().raw.len(), 14);
    assert_eq!(to_json(chart.values()), json!({"a": {"b": 2}, "c": 3}));
    assert_eq!(&*chart.contents().schema.as_ref().unwrap().data, b"{}");
    assert_eq!(chart.contents().lock.as_ref().unwrap().digest, "sha256:1");
    let [child] = chart.dependencies() else { panic!("one subchart") };
    assert_eq!((child.name(), child.metadata.api_version.as_str()), ("child", "v1"));
    assert_eq!(child.contents().directory, "charts/child");
    let crds: Vec<String> = chart.crds().into_iter().map(|crd| crd.path).collect();
    assert_eq!(crds, ["parent/crds/x.yaml", "parent/charts/child/crds/y.JSON"]);
}

#[test]
fn helm_3_reads_the_first_document_of_values() {
    let options = LoadOptions { compat: Compat::V3, ..LoadOptions::default() };
    let chart =
        load_files(files(&[CHART, ("values.yaml", "a: 1\n---\nb: 2\n")]), options, &mut Vec::new()).unwrap();
    assert_eq!(to_json(chart.values()), json!({"a": 1}));
}

#[test]
fn a_byte_order_mark_is_dropped() {
    let chart = chart(&[("Chart.yaml", "\u{feff}name: a\nversion: 1.0.0\n"), ("x", "\u{feff}\u{feff}y")]);
    assert_eq!(chart.name(), "a");
    assert_eq!(chart.contents().files[0].text(), "\u{feff}y");
}

#[test]
fn requirements_of_old_charts_have_their_own_file() {
    let requirements = ("requirements.yaml", "dependencies:\n- name: child\n  version: 1.x\n");
    let old = chart(&[
        ("Chart.yaml", "name: old\nversion: 1.0.0\n"),
        requirements,
        ("requirements.lock", "digest: x\n"),
    ]);
    assert_eq!(old.metadata.requirements().next().unwrap().name, "child");
    assert_eq!(old.contents().files.len(), 2);
    assert_eq!(old.contents().lock.as_ref().unwrap().digest, "x");

    let mut warnings = Vec::new();
    let new = load_files(
        files(&[CHART, requirements, ("requirements.lock", "digest: x\n")]),
        LoadOptions::default(),
        &mut warnings,
    )
    .unwrap();
    assert_eq!(warnings, [Warning::RequirementsFile, Warning::RequirementsLock]);
    assert!(new.contents().files.is_empty());
    assert_eq!(new.metadata.requirements().count(), 1);
}

#[test]
fn broken_charts_are_refused() {
    for (texts, expected) in [
        (&[("values.yaml", "")][..], "Chart.yaml file is missing"),
        (
            &[("Chart.yaml", "x: : y")],
            "cannot load Chart.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context",
        ),
        (&[("Chart.yaml", "")], "validation: chart.metadata.name is required"),
        (
            &[CHART, ("values.yaml", "[]")],
            "cannot load values.yaml: cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (
            &[CHART, ("Chart.lock", "generated: yesterday")],
            "cannot load Chart.lock: error unmarshaling JSON: while decoding JSON: parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" as \"2006\"",
        ),
        (
            &[CHART, ("charts/README.md", "hello")],
            "error unpacking subchart README.md in parent: Chart.yaml file is missing",
        ),
        (
            &[CHART, ("charts/a/Chart.yaml", "name: a")],
            "error unpacking subchart a in parent: validation: chart.metadata.version is required",
        ),
        (
            &[CHART, ("charts/a.tgz/x", "")],
            "error unpacking subchart tar in parent: expected a.tgz, got a.tgz/x",
        ),
        (&[CHART, ("charts/a.tgz", "")], "error unpacking subchart a.tgz in parent: EOF"),
        (
            &[CHART, ("charts/a.tgz", "not gzipped at all")],
            "error unpacking subchart a.tgz in parent: gzip: invalid header",
        ),
    ] {
        assert_eq!(load_error(texts), expected);
    }
}

#[test]
fn subcharts_do_not_nest_without_end() {
    let directory = "charts/a/".repeat(60);
    let mut texts: Vec<(String, &str)> = (0..60)
        .map(|depth| (format!("{}Chart.yaml", "charts/a/".repeat(depth)), "name: a\nversion: 1.0.0"))
        .collect();
    texts.push((format!("{directory}values.yaml"), ""));
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    assert!(load_error(&texts).ends_with("subcharts nest deeper than 50 levels"));
}
