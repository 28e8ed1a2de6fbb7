use wheelhouse_chart::Compat;

use crate::support::{CHART, TEMPLATE, VALUES, check, check_with, linted};

#[test]
fn a_good_chart_gives_no_messages() {
    check(&[], &[]);
    check_with(Compat::V3, &[], &[]);
}

#[test]
fn chart_yaml() {
    let chart = |text: &str, expected: &[&str]| check(&[("Chart.yaml", text)], expected);
    chart(
        "apiVersion: v2\nname: c\nversion: 1.2\nappVersion: 1e3\nicon: https://x.y/z\n",
        &[
            "[ERROR] Chart.yaml: version should be of type string but it's of type float64",
            "[ERROR] Chart.yaml: appVersion should be of type string but it's of type float64",
            "[WARNING] Chart.yaml: version '1.2' is not a valid SemVerV2",
        ],
    );
    chart(
        "apiVersion: v2\nname: c\nversion: 0.1.0\nfoo: bar\n",
        &[
            "[WARNING] Chart.yaml: failed to strictly parse chart metadata file\n\terror unmarshaling JSON: while decoding JSON: json: unknown field \"foo\"",
            "[INFO] Chart.yaml: icon is recommended",
        ],
    );
    chart(
        "apiVersion: v1\nname: c\nversion: 0.0.0-0\ntype: application\nsources: [x]\nicon: /i.png\nmaintainers: [{name: x, email: mail}]\n",
        &[
            "[ERROR] Chart.yaml: version \"0.0.0-0\" is less than or equal to \"0.0.0-0\"",
            "[ERROR] Chart.yaml: invalid email 'mail' for maintainer 'x'",
            "[ERROR] Chart.yaml: invalid source URL 'x'",
            "[ERROR] Chart.yaml: invalid icon URL '/i.png'",
            "[ERROR] Chart.yaml: chart type is not valid in apiVersion 'v1'. It is valid in apiVersion 'v2'",
        ],
    );
}

#[test]
fn missing_parts() {
    let lines = linted(&[CHART], Compat::V4);
    assert_eq!(
        lines,
        ["[INFO] values.yaml: file does not exist", "[WARNING] templates/: directory does not exist"]
    );
    assert_eq!(linted(&[CHART, TEMPLATE, VALUES], Compat::V4), [""; 0]);
    assert_eq!(linted(&[CHART], Compat::V3), ["[INFO] values.yaml: file does not exist"]);
}

#[test]
fn values_and_schema() {
    let schema = r#"{"required": ["b"]}"#;
    check(
        &[("values.schema.json", schema)],
        &[
            "[ERROR] values.yaml: - at '': missing property 'b'\n",
            "[ERROR] templates/: values don't meet the specifications of the schema(s) in the following chart(s):\nc:\n- at '': missing property 'b'\n",
        ],
    );
    check_with(
        Compat::V3,
        &[("values.yaml", "- a\n")],
        &[
            "[ERROR] values.yaml: unable to parse YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type chartutil.Values",
            "[ERROR] templates/: cannot load values.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
            "[ERROR] : unable to load chart\n\tcannot load values.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ],
    );
}

#[test]
fn objects() {
    let object = |text: &str, expected: &[&str]| check(&[("templates/a.yaml", text)], expected);
    object(
        "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a.b}\n",
        &[
            "[WARNING] templates/a.yaml: policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget",
        ],
    );
    object(
        "kind: Namespace\nmetadata: {name: a.b}\n",
        &[
            "[WARNING] templates/a.yaml: object name does not conform to Kubernetes naming requirements: \"a.b\": metadata.name: Invalid value: \"a.b\": must not contain dots",
        ],
    );
    object(
        "kind: StatefulSet\nmetadata: {name: a}\n",
        &[
            "[ERROR] templates/a.yaml: a StatefulSet must contain matchLabels or matchExpressions, and \"a\" does not",
        ],
    );
    object(
        "kind: List\nmetadata: {name: a}\nitems: [{metadata: {annotations: {helm.sh/resource-policy: keep}}}]\n",
        &["[ERROR] templates/a.yaml: annotation 'helm.sh/resource-policy' within List objects are ignored"],
    );
    object(
        "\n  metadata: {name: a}\n",
        &[
            "[WARNING] templates/a.yaml: document starts with an illegal indent: \"  metadata: {name: a}\", which may cause parsing problems",
        ],
    );
}

#[test]
fn refusals_of_templates_pass() {
    let refusing = "metadata: {name: a}\nb: {{ required \"b\" .Values.b }}\nc: {{ fail \"c\" }}\n";
    check(&[("templates/a.yaml", refusing)], &[]);
}

#[test]
fn what_only_one_helm_looks_at() {
    let hook = ("templates/a.yaml", "metadata: {name: a, annotations: {helm.sh/hook: crd-install}}\n");
    check(&[hook], &[]);
    check_with(
        Compat::V3,
        &[hook],
        &[
            "[WARNING] templates/a.yaml: manifest is a crd-install hook. This hook is no longer supported in v3 and all CRDs should also exist the crds/ directory at the top level of the chart",
        ],
    );
    let crd = ("crds/a.yaml", "apiVersion: v1\nkind: Foo\n");
    check(
        &[crd],
        &[
            "[ERROR] crds/a.yaml: apiVersion is not in 'apiextensions.k8s.io'",
            "[ERROR] crds/a.yaml: object kind is not 'CustomResourceDefinition'",
        ],
    );
    check_with(Compat::V3, &[crd], &[]);
}

#[test]
fn dependencies() {
    let chart = "apiVersion: v2\nname: c\nversion: 0.1.0\nicon: https://x.y/z\ndependencies:\n- {name: x, version: 1.0.0}\n";
    let sub = ("charts/w/Chart.yaml", "apiVersion: v2\nname: w\nversion: 0.1.0\n");
    check(
        &[("Chart.yaml", chart), sub],
        &[
            "[ERROR] /charts/c: chart metadata is missing these dependencies: w",
            "[WARNING] /charts/c: chart directory is missing these dependencies: x",
        ],
    );
}
