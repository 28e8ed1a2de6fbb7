use crate::support::Workspace;

#[test]
fn the_version_is_helms() {
    let workspace = Workspace::new();
    workspace.check("version --short", "exit 0\nv4.2\n");
    workspace.check(
        "version",
        "exit 0\nversion.BuildInfo{Version:\"v4.2\", GitCommit:\"\", GitTreeState:\"\", GoVersion:\"go1.26.8\", KubeClientVersion:\"v1.36\"}\n",
    );
    workspace.check(
        "version extra",
        "exit 1\nError: \"helm version\" accepts no arguments\n\nUsage:  helm version [flags]\n",
    );
}

#[test]
fn a_template_may_say_how_the_version_is_told() {
    let workspace = Workspace::new();
    for (template, expect) in [
        ("{{.Version}}", "exit 0\nv4.2"),
        ("{{.}}", "exit 0\n{v4.2   go1.26.8 v1.36}"),
        ("{{.KubeClientVersion|len}}", "exit 0\n5"),
        (
            "{{.Nothing}}",
            "exit 1\nError: template: _:1:2: executing \"_\" at <.Nothing>: can't evaluate field Nothing in type version.BuildInfo\n",
        ),
        ("{{.Version", "exit 1\nError: template: _:1: unclosed action\n"),
        ("{{.|quote}}", "exit 1\nError: template: _:1: function \"quote\" not defined\n"),
    ] {
        workspace.check(&format!("version --template {template}"), expect);
    }
}
