use crate::support::Workspace;

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("good/Chart.yaml", "apiVersion: v2\nname: good\nversion: 0.1.0\nicon: https://x.y/z\n");
    workspace.write("good/values.yaml", "");
    workspace.write("good/templates/a.yaml", "metadata: {name: a}\n");
    workspace.write("poor/Chart.yaml", "apiVersion: v2\nname: poor\nversion: 0.1.0\n");
    workspace.write("poor/values.yaml", "");
    workspace.write("poor/templates/a.yaml", "metadata: {name: A}\n");
    workspace.write("bad/Chart.yaml", "apiVersion: v2\nname: bad\nversion: x\nicon: https://x.y/z\n");
    workspace
}

const NAME: &str = "[WARNING] templates/a.yaml: object name does not conform to Kubernetes naming requirements: \"A\": metadata.name: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

#[test]
fn findings_come_by_chart_with_a_sum() {
    let workspace = workspace();
    workspace.check("lint good", "exit 0\n==> Linting good\n\n1 chart(s) linted, 0 chart(s) failed\n");
    workspace.check(
        "lint good poor",
        &format!(
            "exit 0\n==> Linting good\n\n==> Linting poor\n[INFO] Chart.yaml: icon is recommended\n{NAME}\n\n2 chart(s) linted, 0 chart(s) failed\n"
        ),
    );
    workspace.check(
        "lint nowhere",
        "exit 1\n==> Linting nowhere\nError unable to check Chart.yaml file in chart: stat nowhere/Chart.yaml: no such file or directory\n\nError: 1 chart(s) linted, 1 chart(s) failed\n",
    );
}

#[test]
fn strict_fails_on_warnings_and_quiet_tells_only_them() {
    let workspace = workspace();
    workspace.check("lint --quiet good", "exit 0\n");
    workspace.check(
        "lint --quiet --strict good poor",
        &format!("exit 1\n==> Linting poor\n{NAME}\n\nError: 2 chart(s) linted, 1 chart(s) failed\n"),
    );
}

#[test]
fn archives_are_linted_without_being_unpacked_to_disk() {
    let workspace = workspace();
    workspace.run("package good");
    workspace.check(
        "lint good-0.1.0.tgz",
        "exit 0\n==> Linting good-0.1.0.tgz\n\n1 chart(s) linted, 0 chart(s) failed\n",
    );
}

#[test]
fn subcharts_are_found() {
    let workspace = workspace();
    workspace.write("good/charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 0.1.0\n");
    let told = workspace.run("lint --with-subcharts good");
    assert!(told.contains("==> Linting good/charts/s\n"), "{told}");
    assert!(told.contains("chart metadata is missing these dependencies: s\n"), "{told}");
}
