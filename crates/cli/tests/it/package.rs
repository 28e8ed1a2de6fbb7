#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::Command;

use crate::support::Workspace;

fn with_chart() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: \"7\"\n");
    workspace.write("web/values.yaml", "replicas: 1\n");
    workspace.write("web/templates/a.yaml", "a: {{ .Values.replicas }}\n");
    workspace.write("web/.helmignore", "*.bak\n");
    workspace.write("web/old.bak", "not packed\n");
    workspace
}

#[test]
fn a_chart_is_packed_and_its_archive_can_be_used() {
    let workspace = with_chart();
    workspace
        .check("package web", "exit 0\nSuccessfully packaged chart and saved it to: DIR/web-1.2.3.tgz\n");
    workspace.check("template web-1.2.3.tgz", "exit 0\n---\n# Source: web/templates/a.yaml\na: 1\n");
    workspace.check(
        "package web -d out/./archives --version 2.0.0 --app-version 8",
        "exit 0\nSuccessfully packaged chart and saved it to: out/archives/web-2.0.0.tgz\n",
    );
    workspace.check(
        "show chart out/archives/web-2.0.0.tgz",
        "exit 0\napiVersion: v2\nappVersion: \"8\"\nname: web\nversion: 2.0.0\n\n",
    );
}

#[test]
fn a_chart_packed_twice_gives_the_same_bytes() {
    let mut workspace = with_chart();
    let pack = |directory: &str| {
        workspace.run(&format!("package web -d {directory}"));
        fs::read(workspace.path(directory).join("web-1.2.3.tgz")).unwrap()
    };
    assert_eq!(pack("first"), pack("second"));

    workspace.variable("SOURCE_DATE_EPOCH", "1700000000");
    let early = {
        workspace.run("package web -d third");
        fs::read(workspace.path("third/web-1.2.3.tgz")).unwrap()
    };
    // A fresh checkout has other file times.
    let values = fs::File::options().write(true).open(workspace.path("web/values.yaml")).unwrap();
    values.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    workspace.run("package web -d fourth");
    assert_eq!(early, fs::read(workspace.path("fourth/web-1.2.3.tgz")).unwrap());

    workspace.variable("SOURCE_DATE_EPOCH", "soon");
    workspace.check("package web", "exit 1\nError: SOURCE_DATE_EPOCH is no number of seconds: \"soon\"\n");
}

#[test]
fn requirements_are_brought_up_to_date_if_asked_for() {
    let workspace = with_chart();
    workspace.write(
        "all/Chart.yaml",
        "apiVersion: v2\nname: all\nversion: 0.1.0\ndependencies:\n- name: web\n  version: ^1\n  repository: file://../web\n",
    );
    workspace
        .check("package all", "exit 1\nError: found in Chart.yaml, but missing in charts/ directory: web\n");
    workspace
        .check("package all -u", "exit 0\nSuccessfully packaged chart and saved it to: DIR/all-0.1.0.tgz\n");
    let listing = Command::new("tar").arg("tzf").arg(workspace.path("all-0.1.0.tgz")).output().unwrap();
    let listing = String::from_utf8(listing.stdout).unwrap();
    assert!(listing.contains("all/charts/web/templates/a.yaml\n"), "{listing}");
    assert!(!listing.contains("old.bak"), "{listing}");
}

#[test]
fn what_cannot_be_packed_is_told_in_helms_words() {
    let workspace = with_chart();
    workspace.write("file", "");
    workspace.write("empty/x", "");
    for (line, error) in [
        ("package", "need at least one argument, the path to the chart"),
        ("package nope", "stat nope: no such file or directory"),
        ("package web --version x.y", "invalid semantic version"),
        ("package web --sign", "--key is required for signing a package"),
        ("package web -d file", "failed to save: is not a directory: file"),
        (
            "package empty",
            "unable to detect chart at DIR/empty/Chart.yaml: open DIR/empty/Chart.yaml: no such file or directory",
        ),
    ] {
        workspace.check(line, &format!("exit 1\nError: {error}\n"));
    }
}
