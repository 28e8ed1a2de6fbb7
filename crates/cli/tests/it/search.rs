//! Charts found in repositories; what is expected was recorded from Helm 4.2.4.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::support::Workspace;

const INDEX: &str = "apiVersion: v1
entries:
  web:
  - {name: web, version: 1.0.0, appVersion: '9.1', description: 'A <web> server & more, with a description that is much longer than fits', keywords: [http, nginx]}
  - {name: web, version: 1.10.0, appVersion: '9.2', description: A web server}
  - {name: web, version: 2.0.0-rc.1, appVersion: '10', description: A web server}
  nginx-ingress:
  - {name: nginx-ingress, version: 0.1.0, description: Ways in}
  beta:
  - {name: beta, version: 0.1.0-beta.1, description: For web lovers}
";

fn workspace() -> Workspace {
    let mut workspace = Workspace::new();
    workspace
        .write("repositories.yaml", "repositories:\n- {name: shop, url: 'https://charts.example.com'}\n");
    workspace.write("cache/shop-index.yaml", INDEX);
    for (variable, path) in
        [("HELM_REPOSITORY_CONFIG", "repositories.yaml"), ("HELM_REPOSITORY_CACHE", "cache")]
    {
        let path = workspace.path(path).display().to_string();
        workspace.variable(variable, &path);
    }
    workspace
}

#[test]
fn charts_are_found_and_ranked_as_helm_does() {
    let workspace = workspace();
    let heads = "NAME              \tCHART VERSION\tAPP VERSION\tDESCRIPTION ";
    let web = "shop/web          \t1.10.0       \t9.2        \tA web server";
    for (line, expected) in [
        ("search repo", format!("{heads}\nshop/nginx-ingress\t0.1.0        \t           \tWays in     \n{web}")),
        (
            "search repo web --devel -l --max-col-width 12",
            "NAME     \tCHART VER...\tAPP VERSION\tDESCRIPTION \n\
             shop/web \t2.0.0-rc.1  \t10         \tA web server\n\
             shop/web \t1.10.0      \t9.2        \tA web server\n\
             shop/web \t1.0.0       \t9.1        \tA <web> s...\n\
             shop/beta\t0.1.0-beta.1\t           \tFor web l..."
                .to_owned(),
        ),
        (
            "search repo web --version ^1.0.0 -o json",
            r#"[{"name":"shop/web","version":"1.10.0","app_version":"9.2","description":"A web server"}]"#.to_owned(),
        ),
        (
            "search repo HTTP -l -o json",
            r#"[{"name":"shop/web","version":"1.0.0","app_version":"9.1","description":"A \u003cweb\u003e server \u0026 more, with a description that is much longer than fits"}]"#
                .to_owned(),
        ),
        (
            "search repo ng.*ss -r -o yaml",
            "- app_version: \"\"\n  description: Ways in\n  name: shop/nginx-ingress\n  version: 0.1.0".to_owned(),
        ),
        ("search repo web beta", "No results found".to_owned()),
        ("search repo nothing -o json", "[]".to_owned()),
    ] {
        assert_eq!(workspace.run(line), format!("exit 0\n{expected}\n"), "{line}");
    }
}

#[test]
fn what_cannot_be_searched_is_told_in_helms_words() {
    let mut workspace = workspace();
    for (line, expected) in [
        ("search repo nothing --fail-on-no-result", "no results found"),
        ("search repo [ -r", "error parsing regexp: missing closing ]: `[`"),
        (
            "search repo web --version x.y",
            "an invalid version/constraint format: improper constraint: \"x.y\"",
        ),
    ] {
        assert_eq!(workspace.run(line), format!("exit 1\nError: {expected}\n"), "{line}");
    }
    std::fs::remove_file(workspace.path("cache/shop-index.yaml")).unwrap();
    let told = workspace.run("search repo");
    assert!(told.contains("level=WARN msg=\"repo is corrupt or missing\" repo=shop error=\"open "), "{told}");
    assert!(told.contains("No results found"), "{told}");
    workspace.variable("HELM_REPOSITORY_CONFIG", "nowhere");
    assert_eq!(workspace.run("search repo"), "exit 1\nError: no repositories configured\n");
}
