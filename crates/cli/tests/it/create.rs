#![allow(clippy::unwrap_used)]

use crate::support::Workspace;

#[test]
fn a_new_chart_renders_with_everything_switched_on() {
    let workspace = Workspace::new();
    workspace.check("create web-app", "exit 0\nCreating web-app\n");
    assert_eq!(
        workspace.files("web-app"),
        [
            ".helmignore",
            "Chart.yaml",
            "templates/NOTES.txt",
            "templates/_helpers.tpl",
            "templates/deployment.yaml",
            "templates/hpa.yaml",
            "templates/ingress.yaml",
            "templates/service.yaml",
            "templates/serviceaccount.yaml",
            "templates/tests/test-connection.yaml",
            "values.yaml",
        ]
    );
    assert!(workspace.path("web-app/charts").is_dir());
    let kinds = |line: &str| {
        let output = workspace.run(line);
        assert!(output.starts_with("exit 0\n"), "{output}");
        let kinds = output.lines().filter_map(|line| line.strip_prefix("kind: "));
        kinds.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(kinds("template my web-app"), ["ServiceAccount", "Service", "Deployment", "Pod"]);
    assert_eq!(
        kinds("template my web-app --set ingress.enabled=true,autoscaling.enabled=true"),
        ["ServiceAccount", "Service", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Pod"]
    );
    assert_eq!(
        kinds("template my web-app --set serviceAccount.create=false"),
        ["Service", "Deployment", "Pod"]
    );
}

#[test]
fn a_new_function_passes_the_check() {
    let workspace = Workspace::new();
    workspace.check("create answers --function", "exit 0\nCreating answers\n");
    let output = workspace.run("check answers --service entrypoint --port 8000 --format json");
    assert!(output.starts_with("exit 0\n"), "{output}");
    for level in ["\"error\"", "\"warning\""] {
        assert!(!output.contains(&format!("\"level\": {level}")), "{output}");
        assert!(!output.contains(&format!("\"level\":{level}")), "{output}");
    }
    // The check can tell: without the entry point it refuses.
    let output = workspace.run("check answers --service other --port 8000");
    assert!(output.starts_with("exit 1\n"), "{output}");
}

#[test]
fn files_in_the_way_are_overwritten_and_told() {
    let workspace = Workspace::new();
    workspace.write("web/values.yaml", "mine: true\n");
    workspace.write("web/templates/mine.yaml", "a: b\n");
    workspace.check(
        "create web",
        "exit 0\nCreating web\nWARNING: File \"DIR/web/values.yaml\" already exists. Overwriting.\n",
    );
    assert_eq!(workspace.read("web/templates/mine.yaml"), "a: b\n");
    assert!(workspace.read("web/values.yaml").contains("replicaCount: 1"));
}

#[test]
fn what_cannot_be_made_is_told_in_helms_words() {
    let workspace = Workspace::new();
    workspace.write("file", "");
    for (argument, error) in [
        ("F_!", "chart name must match the regular expression \"^[a-zA-Z0-9._-]+$\""),
        ("a/b/c", "stat DIR/a/b: no such file or directory"),
        ("file", "file DIR/file already exists and is not a directory"),
        ("file/x", "no such directory DIR/file"),
    ] {
        workspace
            .check(&format!("create {argument}"), &format!("exit 1\nCreating {argument}\nError: {error}\n"));
    }
    let usage = "exit 1\nError: \"helm create\" requires 1 argument\n\nUsage:  helm create NAME [flags]\n";
    workspace.check("create", usage);
    workspace.check("create a b", usage);
}

#[test]
fn a_starter_gives_its_files_and_takes_the_name() {
    let workspace = Workspace::new();
    workspace.write("starter/Chart.yaml", "apiVersion: v1\nname: other\nversion: 9.0.0\n");
    workspace.write("starter/values.yaml", "# of <CHARTNAME>\n");
    workspace.write("starter/templates/a.yaml", "name: <CHARTNAME>\n");
    workspace.write("starter/README.md", "<CHARTNAME>\n");
    let starter = workspace.path("starter").display().to_string();
    workspace.check(&format!("create new --starter {starter}"), "exit 0\nCreating new\n");
    assert_eq!(workspace.read("new/values.yaml"), "# of new\n");
    assert_eq!(workspace.read("new/templates/a.yaml"), "name: new\n");
    assert_eq!(workspace.read("new/README.md"), "<CHARTNAME>\n");
    assert_eq!(
        workspace.read("new/Chart.yaml"),
        "apiVersion: v2\nappVersion: 0.1.0\ndescription: A Helm chart for Kubernetes\nname: new\ntype: application\nversion: 0.1.0\n"
    );
}
