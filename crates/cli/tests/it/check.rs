use crate::support::Workspace;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: entry\nspec:\n  selector:\n    app: web\n  ports:\n    - port: 8000\n      targetPort: 8000\n";

/// A Deployment with more lines in its pod spec.
fn web(spec: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
{spec}      containers:
        - name: c
          image: r.io/web@sha256:{}
          ports:
            - containerPort: 8000
          readinessProbe:
            httpGet:
              port: 8000
          resources:
            limits:
              cpu: 1
              memory: 1Gi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            capabilities:
              drop: [ALL]
            seccompProfile:
              type: RuntimeDefault
",
        "0".repeat(64)
    )
}

/// A workspace with a chart `web`.
fn chart(spec: &str, more: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    workspace.write("web/values.yaml", "debug: false\n");
    workspace.write("web/templates/service.yaml", SERVICE);
    workspace.write("web/templates/web.yaml", &web(spec));
    workspace.write("web/templates/more.yaml", more);
    workspace
}

const DAEMON: &str = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: agent\n";

#[test]
fn a_sound_chart_is_accepted_and_a_broken_one_refused() {
    chart("", "").check("check web", "exit 0\n2 objects checked: 0 errors, 0 warnings, 0 notes\n");
    let text = chart("", DAEMON).run("check web");
    assert!(
        text.starts_with("exit 1\nerror[WH-010]: DaemonSet/agent (apps/v1) is not an allowed kind"),
        "{text}"
    );
    assert!(text.contains("--> web/templates/more.yaml:2:7"), "{text}");
}

#[test]
fn places_can_be_opened_from_where_one_stands() {
    let workspace = chart("", DAEMON);
    workspace.write("web/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n");
    workspace.write("web/charts/sub/templates/agent.yaml", &DAEMON.replace("agent", "second"));
    let text = workspace.run("check ./web/");
    assert!(text.contains("--> ./web/templates/more.yaml:2:7"), "{text}");
    assert!(text.contains("--> ./web/charts/sub/templates/agent.yaml:2:7"), "{text}");
    workspace.write("web/templates/more.yaml", "{{ fail \"no\" }}");
    let text = workspace.run("check ./web/");
    assert!(text.contains("--> ./web/templates/more.yaml:1:4"), "{text}");
}

#[test]
fn colours_come_where_they_are_asked_for() {
    let workspace = chart("", DAEMON);
    for (line, is_coloured) in [
        ("check web", false),
        ("check web --color always", true),
        ("check web --colour always", true),
        ("check web --color auto", false),
        ("check web --color never", false),
    ] {
        let text = workspace.run(line);
        assert!(text.starts_with("exit 1\n"), "{line}: {text}");
        assert_eq!(text.contains('\u{1b}'), is_coloured, "{line}: {text}");
    }
    let text = workspace.run("check web --color red");
    assert_eq!(text, "exit 1\nError: invalid color mode \"red\": must be one of: never, auto, always\n");
}

#[test]
fn warnings_are_errors_once_upcoming_rules_are_enforced() {
    let workspace = chart("      hostPID: true\n", "");
    assert!(workspace.run("check web").starts_with("exit 0\nwarning[WH-101]"));
    assert!(workspace.run("check web --enforce-upcoming").starts_with("exit 1\nerror[WH-101]"));
}

#[test]
fn an_archive_is_checked_as_its_directory() {
    let workspace = chart("", DAEMON);
    assert!(workspace.run("package web").starts_with("exit 0"));
    let from_directory = workspace.run("check web --format json");
    assert_eq!(workspace.run("check web-1.0.0.tgz --format json"), from_directory);
    let text = workspace.run("check web-1.0.0.tgz --fix");
    assert!(text.starts_with("exit 2\nError: web-1.0.0.tgz is an archive"), "{text}");
}

#[test]
fn what_cannot_be_checked_gets_one_error_and_exit_code_2() {
    let workspace = chart("", "");
    workspace.write("broken/Chart.yaml", "apiVersion: v2\nname: broken\nversion: 1.0.0\n");
    workspace.write("broken/templates/a.yaml", "a: b: c\n");
    workspace.write("endless/Chart.yaml", "apiVersion: v2\nname: endless\nversion: 1.0.0\n");
    workspace.write(
        "endless/templates/a.yaml",
        "{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}\n",
    );
    workspace.write("empty/x", "");
    workspace.write("no.tgz", "no archive");
    workspace.write("bad.json", "{}");
    workspace.write("cluster.yaml", "nodes: 3\n");
    let before = workspace.files("");
    for (line, error) in [
        ("check nowhere", "Error: "),
        ("check empty", "Error: [WH-009] "),
        ("check no.tgz", "Error: [WH-008] file 'DIR/no.tgz' does not appear to be a gzipped archive"),
        ("check broken", "Error: [WH-009] YAML parse error on broken/templates/a.yaml"),
        ("check endless", "Error: [WH-009] "),
        ("check web --baseline bad.json", "Error: bad.json: not a baseline: it has no version"),
        ("check web --baseline none.json", "Error: open none.json: no such file or directory"),
        ("check web --cluster cluster.yaml", "Error: cluster.yaml: unknown key nodes"),
        ("check web --extra-kind Widget", "Error: extra kind \"Widget\" is not GROUP/VERSION/KIND"),
        ("explain WH-999", "Error: there is no rule WH-999"),
    ] {
        let text = workspace.run(line);
        assert!(text.starts_with(&format!("exit 2\n{error}")), "{line}: {text}");
        assert_eq!(text.matches("Error: ").count(), 1, "{line}: {text}");
    }
    assert_eq!(workspace.files(""), before, "nothing is written");
}

#[test]
fn machines_get_the_findings_also_of_a_chart_that_does_not_render() {
    let workspace = chart("", "{{ fail \"no\" }}");
    for format in ["json", "sarif", "junit", "github"] {
        let text = workspace.run(&format!("check web --format {format}"));
        assert!(text.starts_with("exit 2\n") && text.contains("WH-009"), "{text}");
        assert!(!text.contains("Error: "), "{text}");
    }
}

#[test]
fn a_baseline_leaves_only_new_findings() {
    let workspace = chart("", DAEMON);
    workspace.check("check web --write-baseline known.json", "exit 0\nwrote 1 finding to known.json\n");
    let text = workspace.run("check web --baseline known.json");
    assert!(text.starts_with("exit 0\n") && text.contains("1 finding of the baseline not shown"), "{text}");
    workspace.write("web/templates/more.yaml", &format!("# moved\n\n{DAEMON}"));
    assert!(workspace.run("check web --baseline known.json").starts_with("exit 0\n"));
    workspace.write("web/templates/new.yaml", &DAEMON.replace("agent", "other"));
    let text = workspace.run("check web --baseline known.json");
    assert!(text.starts_with("exit 1\n") && text.contains("DaemonSet/other"), "{text}");
    assert!(!text.contains("DaemonSet/agent"), "{text}");
}

#[test]
fn a_fix_is_shown_first_and_then_written() {
    let workspace = chart("      hostPID: true\n      nodeSelector:\n        disk: ssd\n", "");
    let before = workspace.read("web/templates/web.yaml");
    let text = workspace.run("check web --fix --dry-run");
    assert!(text.starts_with("exit 0\n--- a/templates/web.yaml\n+++ b/templates/web.yaml\n"), "{text}");
    assert!(text.contains("-      hostPID: true\n") && text.contains("+      hostPID: false\n"), "{text}");
    assert_eq!(workspace.read("web/templates/web.yaml"), before);
    let text = workspace.run("check web --fix");
    assert!(text.contains("fixed 2 findings in 1 file"), "{text}");
    assert!(text.contains("0 errors, 0 warnings, 0 notes"), "{text}");
    assert_eq!(workspace.read("web/templates/web.yaml"), web("      hostPID: false\n"));
    assert_eq!(workspace.files("web").len(), 5, "no file is left over");
}

#[test]
fn all_values_find_what_a_switch_hides_and_count_branches() {
    let workspace = chart("", &format!("{{{{ if .Values.debug }}}}\n{DAEMON}{{{{ end }}}}\n"));
    let text = workspace.run("check web --all-values");
    assert!(text.contains("info[WH-206, WH-010]: with debug=true: DaemonSet/agent"), "{text}");
    assert!(text.contains("1 more value set; 2 of 2 branch sides ran"), "{text}");
    workspace.write("web/ci/debug-values.yaml", "debug: true\n");
    let text = workspace.run("check web --all-values");
    assert!(
        text.starts_with("exit 1\n") && text.contains("with ci/debug-values.yaml: DaemonSet/agent"),
        "{text}"
    );
}

#[test]
fn mutations_are_a_diff_with_the_rule_of_each_hunk() {
    let text = chart("      nodeName: gpu-1\n", "").run("check web --show-mutations");
    assert!(text.contains("--- Deployment/web (chart)\n+++ Deployment/web (platform)\n@@ "), "{text}");
    assert!(
        text.contains("WH-170 spec.template.spec.nodeName") && text.contains("-      nodeName: gpu-1\n"),
        "{text}"
    );
}

#[test]
fn a_rule_explains_itself_by_id_or_name() {
    let workspace = Workspace::new();
    let by_id = workspace.run("explain wh-010");
    assert!(by_id.starts_with("exit 0\nWH-010 kind-not-allowed\nlevel:  error\n"), "{by_id}");
    assert_eq!(workspace.run("explain kind-not-allowed"), by_id);
    let all = workspace.run("explain --all");
    assert!(all.contains(by_id.trim_start_matches("exit 0\n")), "{all}");
}
