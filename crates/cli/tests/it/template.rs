use crate::support::Workspace;

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
    workspace.write("c/values.yaml", "a: 1\nl: [x, {d: 5}]\n");
    workspace.write("c/templates/_h.tpl", "{{ define \"h\" }}{{ .Values.a }}{{ end }}");
    workspace.write("c/templates/a.yaml", "a: {{ include \"h\" . }}{{ include \"h\" . }}\n");
    workspace
}

#[test]
fn flags_are_refused_in_helms_words() {
    let workspace = workspace();
    workspace.check(
        "template c --dry-run=none",
        "exit 1\nError: invalid dry-run value (\"none\"). Must be \"server\" or \"client\"\n",
    );
    workspace.check(
        "template c --force --force-conflicts",
        "exit 1\nFlag --force has been deprecated, use --force-replace instead\nError: if any flags in the group [force force-conflicts] are set none of the others can be; [force force-conflicts] were all set\n",
    );
    workspace.check(
        "template c --post-renderer nope",
        "exit 1\nError: invalid argument \"nope\" for \"--post-renderer\" flag: plugin: {Name:nope Type:postrenderer/v1} not found\n",
    );
    workspace.check(
        "template B c",
        "exit 1\nlevel=ERROR msg=\"release name check failed\" error=\"release name \\\"B\\\": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53\"\nError: release name check failed: release name \"B\": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53\n",
    );
}

#[test]
fn helm_3_runs_programs_over_manifests() {
    let mut workspace = workspace();
    workspace.variable("PATH", "/usr/bin:/bin");
    workspace.check(
        "template c --compat v3 --post-renderer sed --post-renderer-args s/11/12/",
        "exit 0\n---\n# Source: c/templates/a.yaml\na: 12\n",
    );
    workspace.check(
        "template c --compat v3 --post-renderer nope",
        "exit 1\nError: invalid argument \"nope\" for \"--post-renderer\" flag: unable to find binary at nope: exec: \"nope\": executable file not found in $PATH\n",
    );
}

#[test]
fn a_profile_has_a_row_for_each_template() {
    let workspace = workspace();
    let told = workspace.run("template c --profile");
    assert!(told.contains("TEMPLATE          \tCALLS\t"), "{told}");
    assert!(told.contains("\nh                 \t2    \t"), "{told}");
    assert!(told.contains("\nc/templates/a.yaml\t1    \t"), "{told}");
    let told = workspace.run("template c --profile --output json");
    assert!(told.contains("{\"template\":\"h\",\"calls\":2,"), "{told}");
}

#[test]
fn values_are_chosen_by_jsonpath() {
    let workspace = workspace();
    workspace.check("show values c --jsonpath {.l[1].d}", "exit 0\n5");
    workspace.check("show values c --jsonpath {.nope}", "exit 0\n");
    workspace.check(
        "show values c --jsonpath {.l[}",
        "exit 1\nError: error parsing jsonpath {.l[}: unterminated array\n",
    );
}

#[test]
fn schemas_refer_to_files_only_where_the_user_lets_them() {
    let mut workspace = workspace();
    let shared = workspace.path("shared.json");
    workspace.write("shared.json", r#"{"properties": {"a": {"type": "string"}}}"#);
    workspace.write("c/values.schema.json", &format!(r#"{{"$ref": "file://{}"}}"#, shared.display()));
    let told = workspace.run("template c");
    assert!(told.starts_with("exit 1\n"), "{told}");
    assert!(told.contains("references out of the schema are not followed"), "{told}");
    workspace.variable("WHEELHOUSE_SCHEMA_REFERENCES", "follow");
    let told = workspace.run("template c");
    assert!(told.contains("- at '/a': got number, want string"), "{told}");
}

/// `.Chart` in Helm 3 is a struct with lists of pointers, by whose types its errors call them.
#[test]
fn helm_3_tells_the_types_of_what_a_chart_has() {
    let workspace = Workspace::new();
    workspace.write(
        "c/Chart.yaml",
        "apiVersion: v2\nname: c\nversion: 0.1.0\nmaintainers: [{name: m, email: e@x.y}, {name: o, url: u}]\ndependencies: [{name: s, version: 0.1.0}]\n",
    );
    workspace.write("c/charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 0.1.0\n");
    let metadata = "{c  [] 0.1.0  [] [%!s(*chart.Maintainer=&{m e@x.y }) %!s(*chart.Maintainer=&{o  u})]  v2    %!s(bool=false) map[]  [%!s(*chart.Dependency=&{s 0.1.0   [] true [] })] }";
    let not_comparable = format!(
        "error calling eq: non-comparable type {{{metadata} %!s(bool=true)}}: struct {{ chart.Metadata; IsRoot bool }}"
    );
    for (expression, expected) in [
        ("printf \"%T\" .Chart.Maintainers", "[]*chart.Maintainer"),
        ("printf \"%T\" .Chart.Dependencies", "[]*chart.Dependency"),
        ("typeOf (first .Chart.Maintainers)", "*chart.Maintainer"),
        ("toJson .Chart.Dependencies", r#"[{"name":"s","version":"0.1.0","repository":"","enabled":true}]"#),
        ("toJson .Chart.Maintainers", r#"[{"name":"m","email":"e@x.y"},{"name":"o","url":"u"}]"#),
        ("toJson .Chart.Keywords", "null"),
        (".Chart.Metadata.Name", "c"),
        ("deepEqual .Chart .Chart", "true"),
        ("toJson .Capabilities.HelmVersion", r#"{"version":"v3.21","go_version":"go1.26.8"}"#),
        (
            ".Chart.Maintainers.Name",
            "<.Chart.Maintainers.Name>: can't evaluate field Name in type []*chart.Maintainer",
        ),
        (
            ".Chart.Dependencies.Foo",
            "<.Chart.Dependencies.Foo>: can't evaluate field Foo in type []*chart.Dependency",
        ),
        (
            "range .Chart.Maintainers }}{{ .Foo }}{{ end",
            "<.Foo>: can't evaluate field Foo in type *chart.Maintainer",
        ),
        (
            "range $i, $m := .Chart.Maintainers }}{{ $m.Foo }}{{ end",
            "<$m.Foo>: can't evaluate field Foo in type *chart.Maintainer",
        ),
        ("eq .Chart .Chart", not_comparable.as_str()),
    ] {
        workspace.write("c/templates/x.yaml", &format!("# {{{{ {expression} }}}}\n"));
        let told = workspace.run("template r c --kube-version v1.36.0 --compat v3");
        assert!(told.contains(expected), "{expression}: {told}");
    }
}
