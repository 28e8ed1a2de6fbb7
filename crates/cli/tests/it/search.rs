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

const HUB: &str = r#"{"data": [
  {"id": "stable/web", "attributes": {"repo": {"name": "stable", "url": "https://charts.example.com"}, "description": "A <web> server & more, with a description that is much longer than fits"},
   "relationships": {"latestChartVersion": {"data": {"version": "1.2.3", "app_version": "9.1"}}}},
  {"id": "x", "artifactHub": {"packageUrl": "https://hub.example.com/packages/helm/a/b"}, "attributes": {"repo": {"name": "a", "url": "https://a"}, "description": "short"},
   "relationships": {"latestChartVersion": {"data": {"version": "0.1.0", "app_version": ""}}}}
]}"#;

/// A hub on loopback that knows two charts, none of them called `none`; it fails when asked for `fail`.
fn hub() -> String {
    use std::io::{BufRead as _, BufReader, Write as _};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(|line| line.unwrap());
            let asked = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let (status, body) = match asked.strip_prefix("GET /below/api/chartsvc/v1/charts/search?q=") {
                Some("web+server HTTP/1.1") => ("200 OK", HUB),
                Some("none HTTP/1.1") => ("200 OK", "{\"data\": []}"),
                Some("bad HTTP/1.1") => ("200 OK", "<html>"),
                _ => ("500 Internal Server Error", ""),
            };
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
        }
    });
    format!("http://{address}/below")
}

#[test]
fn a_hub_is_asked_and_its_charts_are_told_as_helm_tells_them() {
    let workspace = Workspace::new();
    let hub = hub();
    let url = format!("{hub}/charts/stable/web");
    let other = "https://hub.example.com/packages/helm/a/b";
    let width = url.len().max(other.len());
    for (line, expected) in [
        (
            "web server --max-col-width 80 --list-repo-url".to_owned(),
            format!(
                "exit 0\n{:width$}\tCHART VERSION\tAPP VERSION\t{:71}\tREPO URL                  \n\
                 {url:width$}\t1.2.3        \t9.1        \tA <web> server & more, with a description that is much longer than fits\thttps://charts.example.com\n\
                 {other:width$}\t0.1.0        \t           \t{:71}\thttps://a                 \n",
                "URL", "DESCRIPTION", "short"
            ),
        ),
        (
            "web server --max-col-width 20".to_owned(),
            format!(
                "exit 0\nURL                 \tCHART VERSION\tAPP VERSION\tDESCRIPTION         \n\
                 {}...\t1.2.3        \t9.1        \tA <web> server & ...\n\
                 https://hub.examp...\t0.1.0        \t           \tshort               \n",
                url.chars().take(17).collect::<String>()
            ),
        ),
        (
            "web server -o json".to_owned(),
            format!(
                "exit 0\n[{{\"url\":\"{url}\",\"version\":\"1.2.3\",\"app_version\":\"9.1\",\"description\":\"A \\u003cweb\\u003e server \\u0026 more, with a description that is much longer than fits\",\"repository\":{{\"url\":\"https://charts.example.com\",\"name\":\"stable\"}}}},{{\"url\":\"{other}\",\"version\":\"0.1.0\",\"app_version\":\"\",\"description\":\"short\",\"repository\":{{\"url\":\"https://a\",\"name\":\"a\"}}}}]\n"
            ),
        ),
        ("none".to_owned(), "exit 0\nNo results found\n".to_owned()),
        ("none -o yaml".to_owned(), "exit 0\n[]\n".to_owned()),
        ("none --fail-on-no-result".to_owned(), "exit 1\nError: no results found\n".to_owned()),
        ("bad".to_owned(), "exit 0\nNo results found\n".to_owned()),
    ] {
        workspace.check(&format!("search hub {line} --endpoint {hub}"), &expected);
    }
    let refused = workspace.run(&format!("search hub fail --endpoint {hub}"));
    assert!(
        refused.starts_with(&format!("exit 1\nError: unable to perform search against \"{hub}\"\n")),
        "{refused}"
    );
    for (endpoint, problem) in [
        ("foo", "no hostname provided"),
        ("http://:80", "no hostname provided"),
        ("::", "parse \"::\": missing protocol scheme"),
    ] {
        let expected = format!("exit 1\nError: unable to create connection to \"{endpoint}\": {problem}\n");
        workspace.check(&format!("search hub x --endpoint {endpoint}"), &expected);
    }
}
