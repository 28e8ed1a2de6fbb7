#![allow(clippy::unwrap_used)]

use crate::support::Workspace;

/// A chart `shop` that needs `web` from beside it and has `tools` unpacked in `charts/`.
fn shop() -> Workspace {
    let workspace = Workspace::new();
    requirements(&workspace, ">=0.1.0", "^1");
    web(&workspace, "0.2.0");
    workspace.write("shop/charts/tools/Chart.yaml", "apiVersion: v2\nname: tools\nversion: 1.3.0\n");
    workspace
}

fn requirements(workspace: &Workspace, web: &str, tools: &str) {
    workspace.write(
        "shop/Chart.yaml",
        &format!(
            "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n\
             - name: web\n  version: \"{web}\"\n  repository: file://../web\n\
             - name: tools\n  version: \"{tools}\"\n  repository: \"\"\n  alias: other\n"
        ),
    );
}

fn web(workspace: &Workspace, version: &str) {
    workspace.write("web/Chart.yaml", &format!("apiVersion: v2\nname: web\nversion: {version}\n"));
}

const SAVED: &str = "exit 0\nSaving 2 charts\nDependency tools did not declare a repository. Assuming it exists in the charts directory\nDeleting outdated charts\n";

#[test]
fn update_fills_charts_and_writes_the_lock() {
    let mut workspace = shop();
    workspace.variable("SOURCE_DATE_EPOCH", "1700000000");
    workspace.check("dependency update shop", SAVED);
    assert_eq!(workspace.files("shop/charts"), ["tools/Chart.yaml", "web-0.2.0.tgz"]);
    // The digest is the one Helm 4.2.4 writes for these requirements.
    assert_eq!(
        workspace.read("shop/Chart.lock"),
        "dependencies:\n- name: web\n  repository: file://../web\n  version: 0.2.0\n\
         - name: tools\n  repository: \"\"\n  version: ^1\n\
         digest: sha256:ac3fa8be0be37676c8765218da8814b241160229294b851da2899c2890e6dd2a\n\
         generated: \"2023-11-14T22:13:20Z\"\n"
    );

    web(&workspace, "0.2.1");
    workspace.check("dep up shop", SAVED);
    assert_eq!(workspace.files("shop/charts"), ["tools/Chart.yaml", "web-0.2.1.tgz"]);
}

#[test]
fn build_follows_the_lock() {
    let workspace = shop();
    // Without a lock, as update.
    workspace.check("dependencies build shop", SAVED);
    let lock = workspace.read("shop/Chart.lock");
    workspace.check("dependency build shop", SAVED);
    assert_eq!(workspace.read("shop/Chart.lock"), lock);

    web(&workspace, "0.2.1");
    workspace.check(
        "dependency build shop",
        "exit 1\nSaving 2 charts\nSave error occurred:  can't get a valid version for dependency web\n\
         Error: can't get a valid version for dependency web\n",
    );
    assert_eq!(workspace.files("shop/charts"), ["tools/Chart.yaml", "web-0.2.0.tgz"]);

    requirements(&workspace, ">=0.2.1", "^1");
    workspace.check(
        "dependency build shop",
        "exit 1\nError: the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). \
         Please update the dependencies with 'helm dependency update'\n",
    );
}

#[test]
fn what_does_not_satisfy_a_range_is_told() {
    let workspace = shop();
    requirements(&workspace, ">=0.3.0", "^1");
    workspace.check(
        "dependency update shop",
        "exit 1\nError: can't get a valid version for 1 subchart(s): \"web\" (repository \"file://../web\", version \
         \">=0.3.0\"). Make sure a matching chart version exists in the repo, or change the version constraint \
         in Chart.yaml\n",
    );
    requirements(&workspace, ">=0.1.0", "^2");
    workspace.check(
        "dependency update shop",
        "exit 1\nSaving 2 charts\n\
         Dependency tools did not declare a repository. Assuming it exists in the charts directory\n\
         Save error occurred:  dependency tools at version 1.3.0 does not satisfy the constraint ^2\n\
         Error: dependency tools at version 1.3.0 does not satisfy the constraint ^2\n",
    );
    // Nothing was changed.
    assert_eq!(workspace.files("shop/charts"), ["tools/Chart.yaml"]);
}

#[test]
fn list_tells_how_dependencies_stand() {
    let workspace = shop();
    workspace.check(
        "dependency list shop",
        "exit 0\nNAME \tVERSION\tREPOSITORY   \tSTATUS  \n\
         web  \t>=0.1.0\tfile://../web\tmissing \n\
         tools\t^1     \t             \tunpacked\n\n",
    );
    workspace.run("dependency update shop");
    requirements(&workspace, ">=0.3.0", "^1");
    workspace.write("shop/charts/extra/Chart.yaml", "apiVersion: v2\nname: extra\nversion: 1.0.0\n");
    workspace.check(
        "dep ls shop",
        "exit 0\nNAME \tVERSION\tREPOSITORY   \tSTATUS       \n\
         web  \t>=0.3.0\tfile://../web\twrong version\n\
         tools\t^1     \t             \tunpacked     \n\n\
         WARNING: \"shop/charts/extra\" is not in Chart.yaml.\n",
    );
    workspace.check("dependency list web", "exit 0\nWARNING: no dependencies at web/charts\n");
    workspace.check("dependency list nope", "exit 1\nError: stat nope: no such file or directory\n");
    workspace.check(
        "dependency list a b",
        "exit 1\nError: \"helm dependency list\" accepts at most 1 argument\n\nUsage:  helm dependency list CHART [flags]\n",
    );
}

#[test]
fn nothing_changes_when_a_repository_cannot_be_reached() {
    let mut workspace = Workspace::new();
    workspace.variable("HELM_CACHE_HOME", "cache");
    workspace.write(
        "shop/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n- name: db\n  version: 1.x\n  repository: http://127.0.0.1:1\n",
    );
    let told = workspace.run("dependency update shop");
    assert!(
        told.starts_with("exit 1\nGetting updates for unmanaged Helm repositories...\n...Unable to get"),
        "{told}"
    );
    assert!(told.contains("Error: no cached repository for helm-manager-"), "{told}");
    assert_eq!(workspace.files("shop"), ["Chart.yaml"]);
}

#[test]
fn a_render_fetches_what_is_missing_where_it_is_told_to() {
    let workspace = shop();
    workspace.write("web/templates/c.yaml", "kind: ConfigMap\n");
    requirements(&workspace, ">=0.1.0", "^1");
    let missing = "exit 1\nError: an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: web\n";
    workspace.check("template r shop", missing);
    let rendered = "---\n# Source: shop/charts/web/templates/c.yaml\nkind: ConfigMap\n";
    workspace.check("template r shop --dependency-update", &format!("{SAVED}{rendered}"));
    assert_eq!(workspace.files("shop/charts"), ["tools/Chart.yaml", "web-0.2.0.tgz"]);
    // Nothing is missing now.
    workspace.check("template r shop --dependency-update", &format!("exit 0\n{rendered}"));
}

#[test]
fn a_chart_without_dependencies_is_told_by_its_clean_path() {
    let workspace = Workspace::new();
    workspace.write("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n");
    workspace.check("dependency list", "exit 0\nWARNING: no dependencies at charts\n");
    workspace.check("dependency list ./x/..", "exit 0\nWARNING: no dependencies at charts\n");
}
