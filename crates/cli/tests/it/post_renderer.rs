//! Post-renderers of Helm 4: plugins. What is expected here is what Helm 4.2.4 prints.

use crate::support::Workspace;

fn workspace() -> Workspace {
    let mut workspace = Workspace::new();
    workspace.variable("PATH", "/usr/bin:/bin");
    workspace.variable("HELM_PLUGINS", "none:plugins");
    workspace.write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
    workspace.write(
        "c/templates/a.yaml",
        "# a service\nkind: Service # of c\nmetadata:\n    name: s\nspec:\n    ports:\n        - 1\n---\nkind: ConfigMap\nmetadata: {name: m}\n",
    );
    workspace.write(
        "c/templates/h.yaml",
        "kind: Job\nmetadata:\n  name: j\n  annotations:\n    helm.sh/hook: test\n",
    );
    workspace.write("c/templates/NOTES.txt", "not: [a manifest");
    workspace.write("c/crds/d.yaml", "kind:   CustomResourceDefinition\n");
    workspace
}

/// Adds a plugin that is a shell script.
fn plugin(workspace: &Workspace, name: &str, script: &str) {
    let runtime =
        "{platformCommand: [{os: plan9, command: no}, {command: sh, args: ['${HELM_PLUGIN_DIR}/run.sh']}]}";
    configured(workspace, name, "subprocess", runtime);
    workspace.write(&format!("plugins/{name}/run.sh"), script);
}

fn configured(workspace: &Workspace, name: &str, runtime: &str, config: &str) {
    workspace.write(
        &format!("plugins/{name}/plugin.yaml"),
        &format!("apiVersion: v1\nname: {name}\ntype: postrenderer/v1\nversion: 0.1.0\nruntime: {runtime}\nruntimeConfig: {config}\n"),
    );
}

const MAP: &str = "---\n# Source: c/templates/a.yaml\nkind: ConfigMap\nmetadata: {name: m}\n\n";
const SERVICE: &str = "---\n# Source: c/templates/a.yaml\n# a service\nkind: Service # of c\nmetadata:\n  name: s\nspec:\n  ports:\n  - 1\n";
const HOOK: &str = "---\n# Source: c/templates/h.yaml\nkind: Job\nmetadata:\n  name: j\n  annotations:\n    helm.sh/hook: test\n\n";

#[test]
fn a_plugin_that_changes_nothing_leaves_its_marks_on_the_layout() {
    let workspace = workspace();
    plugin(&workspace, "same", "exec cat\n");
    workspace.check("template c --post-renderer same", &format!("exit 0\n{MAP}{SERVICE}{HOOK}"));
    workspace.check(
        "template c --post-renderer= --post-renderer same --no-hooks --include-crds",
        &format!("exit 0\n---\n# Source: c/crds/d.yaml\nkind:   CustomResourceDefinition\n\n{MAP}{SERVICE}"),
    );
}

#[test]
fn documents_may_come_and_go() {
    let workspace = workspace();
    plugin(&workspace, "add", "cat\nprintf -- '---\\n# added\\nkind: Secret\\nmetadata:\\n    name: a\\n'\n");
    let added =
        "---\n# Source: generated-by-postrender-3.yaml\n# added\nkind: Secret\nmetadata:\n  name: a\n\n";
    workspace.check("template c --post-renderer add", &format!("exit 0\n{added}{MAP}{SERVICE}{HOOK}"));
    workspace
        .check("template c --post-renderer add --show-only templates/h.yaml", &format!("exit 0\n{HOOK}\n"));
    workspace.check(
        "template c --post-renderer add --show-only generated-by-postrender-3.yaml",
        "exit 1\nError: could not find template generated-by-postrender-3.yaml in chart\n",
    );
}

#[test]
fn a_plugin_is_told_its_name_and_arguments() {
    let workspace = workspace();
    plugin(
        &workspace,
        "told",
        "cat >/dev/null\necho \"name: '$HELM_PLUGIN_NAME $HELM_PLUGIN_DIR'\"\nfor word; do printf -- \"---\\nword: '%s'\\n\" \"$word\"; done\n",
    );
    workspace.check(
        "template c --post-renderer-args $HOME --post-renderer told --post-renderer-args=",
        "exit 0\n---\n# Source: generated-by-postrender-0.yaml\nname: 'told plugins/told'\n\n---\n# Source: generated-by-postrender-1.yaml\nword: '$HOME'\n\n---\n# Source: generated-by-postrender-2.yaml\nword: ''\n",
    );
}

#[test]
fn failures_are_told_in_helms_words() {
    let workspace = workspace();
    let check = |name: &str, problem: &str| {
        let hint = "\n\nUse --debug flag to render out invalid YAML\n";
        workspace
            .check(&format!("template c --post-renderer {name}"), &format!("exit 1\nError: {problem}{hint}"));
    };
    plugin(&workspace, "fail", "cat >/dev/null; echo why >&2; exit 3\n");
    check(
        "fail",
        "error while running post render on files: failed to invoke post-renderer plugin \"fail\": plugin \"fail\" exited with error",
    );
    workspace.check(
        "template c --debug --post-renderer fail",
        "exit 1\n\nError: error while running post render on files: failed to invoke post-renderer plugin \"fail\": plugin \"fail\" exited with error\n",
    );
    plugin(&workspace, "nothing", "cat >/dev/null\n");
    check(
        "nothing",
        "error while running post render on files: post-renderer \"nothing\" produced empty output",
    );
    plugin(&workspace, "broken", "cat >/dev/null; echo 'a: ['\n");
    check(
        "broken",
        "error while parsing post rendered output: error parsing YAML: MalformedYAMLError: yaml: line 1: did not find expected node content",
    );
    configured(&workspace, "absent", "subprocess", "{platformCommand: [{command: no-such-program}]}");
    check(
        "absent",
        "error while running post render on files: failed to invoke post-renderer plugin \"absent\": exec: \"no-such-program\": executable file not found in $PATH",
    );
    configured(&workspace, "lost", "subprocess", "{platformCommand: [{command: /no/such/program}]}");
    check(
        "lost",
        "error while running post render on files: failed to invoke post-renderer plugin \"lost\": fork/exec /no/such/program: no such file or directory",
    );
    configured(&workspace, "none", "subprocess", "{}");
    check(
        "none",
        "error while running post render on files: failed to invoke post-renderer plugin \"none\": failed to prepare plugin command: no plugin command is applicable",
    );
}

#[test]
fn plugins_in_webassembly_are_refused() {
    let workspace = workspace();
    configured(&workspace, "wasm", "extism/v1", "{}");
    workspace.write("plugins/wasm/plugin.wasm", "");
    let told = workspace.run("template c --post-renderer wasm");
    assert!(told.contains("plugins of the runtime \"extism/v1\" (WebAssembly) are not supported"), "{told}");
}

#[test]
fn only_whole_plugins_are_found() {
    let workspace = workspace();
    plugin(&workspace, "same", "exec cat\n");
    workspace.check(
        "template c --post-renderer same --post-renderer same",
        "exit 1\nError: invalid argument \"same\" for \"--post-renderer\" flag: cannot specify --post-renderer flag more than once\n",
    );
    workspace.write("plugins/odd/plugin.yaml", "apiVersion: v1\nname: odd\nwhat: x\n");
    workspace.write("plugins/old/plugin.yaml", "name: old\nversion: 1.0.0\ncommand: cat\n");
    workspace.check(
        "template c --post-renderer old",
        "exit 1\nlevel=WARN msg=\"failed to load plugin (ignoring)\" plugin_yaml=plugins/odd/plugin.yaml error=\"failed to load plugin \\\"plugins/odd\\\": yaml: unmarshal errors:\\n  line 3: field what not found in type plugin.MetadataV1\"\nError: invalid argument \"old\" for \"--post-renderer\" flag: plugin: {Name:old Type:postrenderer/v1} not found\n",
    );
    workspace.write("plugins/odd/plugin.yaml", "name: same\n");
    workspace.check(
        "template c --post-renderer same",
        "exit 1\nError: invalid argument \"same\" for \"--post-renderer\" flag: two plugins claim the name \"same\" at \"plugins/odd\" and \"plugins/same\"\n",
    );
}
