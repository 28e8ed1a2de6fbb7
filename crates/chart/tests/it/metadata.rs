//! Chart.yaml: how it is read, checked and written.

use wheelhouse_chart::metadata::{Dependency, Lock};
use wheelhouse_chart::{Compat, Metadata};

fn parse(text: &str) -> Result<Metadata, String> {
    Metadata::parse(text.as_bytes(), Compat::V4).map_err(|error| error.to_string())
}

#[test]
fn fields_are_read_in_any_case_and_as_text() {
    let metadata = parse(
        "NAME: a\nversion: 1.20\nappVersion: 1e3\nAPIVERSION: v2\ndescription: true\nkeywords: [1, yes]\n\
         annotations: {a: 1, b: on}\ndeprecated: true\nunknown: 1\nhome: ~\n\
         dependencies:\n- name: x\n  Version: 1\n  import-values: [data, {child: a, parent: b}, 5]\n- ~\n",
    )
    .unwrap();
    assert_eq!((metadata.name.as_str(), metadata.version.as_str()), ("a", "1.2"));
    assert_eq!((metadata.app_version.as_str(), metadata.api_version.as_str()), ("1000", "v2"));
    assert_eq!((metadata.description.as_str(), metadata.home.as_str()), ("true", ""));
    assert_eq!(metadata.keywords, ["1", "true"]);
    let annotations = metadata.annotations.clone().unwrap();
    assert_eq!((annotations["a"].as_str(), annotations["b"].as_str()), ("1", "true"));
    let dependencies = metadata.dependencies.as_ref().unwrap();
    assert_eq!(dependencies.len(), 2);
    assert_eq!(dependencies[0].as_ref().unwrap().version, "1");
    assert_eq!(dependencies[0].as_ref().unwrap().import_values.as_ref().unwrap().len(), 3);
}

#[test]
fn misfits_are_told_as_gos_decoder_does() {
    for (text, misfit) in [
        ("[]", "array into Go value of type v2.Metadata"),
        ("name: [1]", "array into Go struct field Metadata.name of type string"),
        ("dependencies: 5", "number into Go struct field Metadata.dependencies of type []*v2.Dependency"),
        (
            "dependencies: [{name: [], version: 1}]",
            "array into Go struct field Dependency.dependencies.name of type string",
        ),
        ("maintainers: [5]", "number into Go struct field Metadata.maintainers of type v2.Maintainer"),
        ("deprecated: x", "string into Go struct field Metadata.deprecated of type bool"),
        ("annotations: {a: [1]}", "array into Go struct field Metadata.annotations of type string"),
        ("keywords: {a: 1}", "object into Go struct field Metadata.keywords of type []string"),
        ("keywords: [{a: 1}]", "object into Go struct field Metadata.keywords of type string"),
        ("apiversion: [1]", "array into Go struct field Metadata.apiVersion of type string"),
        (
            "dependencies: [{name: x, tags: 5}]",
            "number into Go struct field Dependency.dependencies.tags of type []string",
        ),
        (
            "dependencies: [{import-values: 5}]",
            "number into Go struct field Dependency.dependencies.import-values of type []interface {}",
        ),
    ] {
        let expected =
            format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {misfit}");
        assert_eq!(parse(text).unwrap_err(), expected);
    }
}

#[test]
fn the_strict_pass_knows_every_field() {
    let strict =
        |text: &str| Metadata::parse_strict(text.as_bytes(), Compat::V4).map_err(|error| error.to_string());
    assert!(strict("name: a\nmaintainers: [{name: b, email: c}]\n").is_ok());
    for (text, expected) in [
        (
            "name: a\nfoo: 1\nbar: 2\n",
            "error unmarshaling JSON: while decoding JSON: json: unknown field \"bar\"",
        ),
        (
            "maintainers: [{nick: b}]\n",
            "error unmarshaling JSON: while decoding JSON: json: unknown field \"nick\"",
        ),
        (
            "name: a\nname: b\n",
            "error converting YAML to JSON: yaml: unmarshal errors:\n  line 2: key \"name\" already set in map",
        ),
    ] {
        assert_eq!(strict(text).unwrap_err(), expected);
    }
}

#[test]
fn rules_are_checked_in_order() {
    let v2 = "apiVersion: v2\nname: a\nversion: 1.0.0\n";
    for (text, expected) in [
        (String::new(), "chart.metadata.apiVersion is required"),
        ("apiVersion: v2".into(), "chart.metadata.name is required"),
        ("apiVersion: v2\nname: ..".into(), "chart.metadata.name \"..\" is not allowed"),
        ("apiVersion: v2\nname: ../../etc".into(), "chart.metadata.name \"../../etc\" is invalid"),
        ("apiVersion: v2\nname: a".into(), "chart.metadata.version is required"),
        ("apiVersion: v2\nname: a\nversion: 1.2.3.4".into(), "chart.metadata.version \"1.2.3.4\" is invalid"),
        (format!("{v2}type: foo"), "chart.metadata.type must be application or library"),
        (format!("{v2}maintainers: [~]"), "maintainers must not contain empty or null nodes"),
        (format!("{v2}dependencies: [~]"), "dependencies must not contain empty or null nodes"),
        (
            format!("{v2}dependencies: [{{name: b, alias: 'a b'}}]"),
            "dependency \"b\" has disallowed characters in the alias",
        ),
        (
            format!("{v2}dependencies: [{{name: b}}, {{name: c, alias: b}}]"),
            "more than one dependency with name or alias \"b\"",
        ),
    ] {
        let error = parse(&text).unwrap().validate().unwrap_err();
        assert_eq!(error.to_string(), format!("validation: {expected}"), "{text:?}");
    }
    let mut metadata = parse(&format!("{v2}description: \"\\e[31mred\\r\\x07\"")).unwrap();
    metadata.validate().unwrap();
    assert_eq!(metadata.description, "[31mred ");
}

#[test]
fn it_is_written_as_go_writes_it() {
    let metadata = parse(
        "version: 1.0.0\nname: a\napiVersion: v2\ntype: application\nsources: [x]\nmaintainers: [{url: u, name: me}]\n\
         annotations: {z: '1', a: 'yes'}\ndependencies: [{version: ^1, name: b, tags: [t], import-values: [{parent: p, child: c}]}]",
    )
    .unwrap();
    assert_eq!(
        String::from_utf8(metadata.to_yaml().unwrap()).unwrap(),
        "annotations:\n  a: \"yes\"\n  z: \"1\"\napiVersion: v2\ndependencies:\n- import-values:\n  - child: c\n    parent: p\n  \
         name: b\n  repository: \"\"\n  tags:\n  - t\n  version: ^1\nmaintainers:\n- name: me\n  url: u\nname: a\nsources:\n- x\n\
         type: application\nversion: 1.0.0\n"
    );
}

#[test]
fn what_an_old_chart_requires_is_shown_but_not_written_to_its_chart_file() {
    let metadata =
        parse("version: 1.0.0\nname: a\napiVersion: v1\ndependencies: [{name: b, version: ^1}]").unwrap();
    let written = String::from_utf8(metadata.to_yaml().unwrap()).unwrap();
    assert_eq!(written, "apiVersion: v1\nname: a\nversion: 1.0.0\n");
    let shown = String::from_utf8(wheelhouse_goyaml::to_yaml(&metadata).unwrap()).unwrap();
    assert_eq!(
        shown,
        "apiVersion: v1\ndependencies:\n- name: b\n  repository: \"\"\n  version: ^1\nname: a\nversion: 1.0.0\n"
    );
}

#[test]
fn lock_digests_are_helms() {
    let requirement = |name: &str, version: &str| {
        Some(Dependency {
            name: name.into(),
            version: version.into(),
            repository: "http://localhost:8879/charts".into(),
            ..Dependency::default()
        })
    };
    let requirements = [requirement("alpine", "0.1.0")];
    // The answers of Helm's own test of this function.
    assert_eq!(
        Lock::digest_of(&requirements, &[requirement("alpine", "0.1.0")]),
        "sha256:fb239e836325c5fa14b29d1540a13b7d3ba13151b67fe719f820e0ef6d66aaaf"
    );
    assert_ne!(
        Lock::digest_of(&requirements, &[requirement("alpine", "0.2.0")]),
        Lock::digest_of(&requirements, &requirements)
    );
    assert!(Lock::helm2_digest_of(&requirements).starts_with("sha256:"));
}
