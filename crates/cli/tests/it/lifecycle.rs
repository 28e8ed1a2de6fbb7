//! The life of a function through the commands.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use insta::assert_snapshot;
use serde_json::Value;

use crate::platform::Harness;

/// A platform with a chart pushed and a context that remembers.
fn with_chart() -> Harness {
    let mut harness = Harness::start();
    let server = format!("http://{}", harness.ready.gateway);
    assert!(harness.run(&["context", "set", "here", "--server", &server]).starts_with("exit 0"));
    harness.workspace.without("WHEELHOUSE_SERVER");
    harness.workspace.without("WHEELHOUSE_TOKEN");
    // So that the chart's digest is the same whenever it is packed.
    harness.workspace.variable("SOURCE_DATE_EPOCH", "1700000000");
    push(&harness);
    harness
}

fn push(harness: &Harness) {
    harness.workspace.write("hello/values.yaml", "{}\n");
    harness.workspace.write("hello/Chart.yaml", "apiVersion: v2\nname: hello\nversion: 0.1.0\n");
    assert!(harness.workspace.run("package hello").starts_with("exit 0"));
    let registry = harness.ready.registry.unwrap().to_string();
    let token = harness.token.clone();
    let login = ["registry", "login", &registry, "--username", "me", "--password-stdin"];
    assert_eq!(harness.run_with(&login, &token), "exit 0\nLogin Succeeded");
    let pushed = harness.run(&["push", "hello-0.1.0.tgz", &format!("oci://{registry}/team/charts")]);
    assert!(
        pushed.starts_with("exit 0\nPushed: REGISTRY/team/charts/hello:0.1.0\nDigest: sha256:"),
        "{pushed}"
    );
}

fn create(harness: &Harness, more: &[&str]) -> String {
    let chart = format!("oci://{}/team/charts/hello-0.1.0.tgz", harness.ready.registry.unwrap());
    let words =
        ["function", "create", "hello", "--chart", &chart, "--service", "entry", "--inference-url", "/infer"];
    harness.run(&[&words[..], more].concat())
}

#[test]
fn from_a_chart_to_an_answer_and_away_again() {
    let harness = with_chart();
    let run = |line: &str| harness.run(&line.split(' ').collect::<Vec<_>>());
    assert_snapshot!("create", create(&harness, &["--tag", "a:1", "--description", "greets"]));
    assert_snapshot!("list-inactive", run("function list"));
    assert_snapshot!("deploy", run("function deploy --max 2 --set a.b=1,c=x"));
    let waited = run("wait --timeout 120s");
    assert!(waited.starts_with("exit 0"), "{waited}");
    assert!(waited.ends_with("ACTIVE"), "{waited}");
    assert_snapshot!("get", run("function get"));
    assert_snapshot!("get-by-name-yaml", without_state(&run("function get hello -o yaml")));
    let listed: Value = serde_json::from_str(run("fn ls -o json").strip_prefix("exit 0\n").unwrap()).unwrap();
    assert_eq!(listed["functions"][0]["status"], "ACTIVE");
    assert_snapshot!("queue", run("function queue"));

    // Calls, by the inference path, by any path, as events, with refusals.
    let invoke = |more: &[&str]| harness.run(&[&["function", "invoke"], more].concat());
    assert_eq!(invoke(&["--data", "{\"a\":1}"]), "exit 0\nPOST /infer application/json {\"a\":1}");
    assert_eq!(invoke(&["--path", "any/path"]), "exit 0\nGET /any/path");
    assert_eq!(invoke(&["hello", "--path", "/x", "-X", "put", "-d", "hi"]), "exit 0\nPUT /x text/plain hi");
    assert_eq!(
        invoke(&["--path", "/stream", "--stream"]),
        "exit 0\ndata: {\"token\":\"one\"}\n\nevent: end\ndata: two\n"
    );
    assert_eq!(
        invoke(&["--path", "/stream", "-o", "json"]),
        "exit 0\n{\"data\":{\"token\":\"one\"}}\n{\"event\":\"end\",\"data\":\"two\"}"
    );
    let failed = invoke(&["--path", "/fail"]);
    assert!(
        failed.starts_with("exit 1\nError: cannot invoke the function\n  why: no coffee here"),
        "{failed}"
    );
    let told = invoke(&["--path", "/fail", "--include"]);
    assert!(told.contains("418 I'm a teapot") && told.contains("server-timing: "), "{told}");

    // What its containers write.
    assert_eq!(
        run("function logs --tail 5"),
        "exit 0\nweb-0/server | started\nweb-0/server | asked for 5 lines\\u{1b}[2J\nweb-0/sidecar | started\n\
         web-0/sidecar | asked for 5 lines\\u{1b}[2J"
    );
    assert_eq!(run("function logs --container sidecar --grep started"), "exit 0\nweb-0/sidecar | started");
    let missing = run("function logs --instance 00000000-0000-4000-8000-000000000000");
    assert!(missing.starts_with("exit 4\nError: cannot read the logs"), "{missing}");

    // Deployed, it is not deleted without a word.
    let refused = run("function delete");
    assert!(refused.starts_with("exit 1\nError: hello is ACTIVE"), "{refused}");
    let gone = run("function undeploy --wait --timeout 120s");
    assert!(gone.starts_with("exit 0") && gone.contains("INACTIVE"), "{gone}");
    let deleted = run("function delete");
    assert!(deleted.starts_with("exit 0\nversion id-0"), "{deleted}");
    let forgotten = run("function get");
    assert!(forgotten.contains("no function is named, and none is remembered"), "{forgotten}");
    let missing = run("function get helo");
    assert!(missing.starts_with("exit 4\nError: there is no function \"helo\""), "{missing}");
}

#[test]
fn a_deployment_is_changed_while_it_serves() {
    let harness = with_chart();
    let run = |line: &str| harness.run(&line.split(' ').collect::<Vec<_>>());
    create(&harness, &[]);
    let nothing = run("function update --max 2");
    assert!(nothing.starts_with("exit 4\nError: cannot update the deployment"), "{nothing}");
    assert!(nothing.ends_with("fix: `wheelhouse function deploy --wait` deploys it"), "{nothing}");
    let asleep = run("function invoke -d {}");
    assert!(asleep.starts_with("exit 4") && asleep.contains("`wheelhouse function get` shows"), "{asleep}");
    let crossed = run("function deploy --min 2 --max 1");
    assert!(crossed.starts_with("exit 1\nError: cannot deploy the function"), "{crossed}");
    let deployed = run("function deploy --min 0 --set a=1");
    assert!(deployed.starts_with("exit 0"), "{deployed}");

    let again = run("function deploy");
    assert!(again.contains("fix: change it with `wheelhouse function update`"), "{again}");
    let curl = run("function update --max 3 --curl");
    assert!(curl.contains("curl -sN -X PATCH") && curl.ends_with("'{\"maxInstances\":3}'"), "{curl}");
    let changed = run("function update --max 3 --concurrency 5 --set b=2 --tag x:y -o json");
    let changed: Value = serde_json::from_str(changed.strip_prefix("exit 0\n").unwrap()).unwrap();
    let specification = &changed["deployment"]["deploymentSpecifications"][0];
    let seen = ["minInstances", "maxInstances", "maxRequestConcurrency"].map(|name| &specification[name]);
    assert_eq!(seen, [0, 3, 5]);
    assert_eq!(specification["configuration"], serde_json::json!({ "b": 2 }));
    let seen: Value =
        serde_json::from_str(run("function get -o json").strip_prefix("exit 0\n").unwrap()).unwrap();
    assert_eq!(seen["function"]["tags"][0], "x:y");
    let other = run("function update --max 3 --gpu H100");
    assert!(other.contains("fix: choose with --gpu: L40"), "{other}");
}

/// Without what only becomes so in time.
fn without_state(text: &str) -> String {
    let changing = ["instanceStatus", "icmsRequestId"];
    let lines: Vec<&str> =
        text.lines().filter(|line| !changing.iter().any(|word| line.contains(word))).collect();
    lines.join("\n").lines().map(mask_digest).collect::<Vec<_>>().join("\n")
}

fn mask_digest(line: &str) -> String {
    match line.split_once("sha256:") {
        Some((before, _)) => format!("{before}sha256:DIGEST"),
        None => line.to_owned(),
    }
}

#[test]
fn a_refused_chart_is_told_at_its_template_line() {
    let harness = with_chart();
    create(&harness, &[]);
    let refused = harness.run(&["function", "deploy", "--set", "refuse=true"]);
    assert_snapshot!("refused", refused);
    let wrong = harness.run(&["function", "deploy", "--gpu", "H100"]);
    assert_snapshot!("wrong-gpu", wrong);
    let waited = harness.run(&["wait", "--timeout", "1s"]);
    assert!(waited.starts_with("exit 7\n"), "{waited}");
    assert!(
        waited.contains(
            "Error: cannot wait for the function any longer\n  why: the function is INACTIVE after 1."
        ),
        "{waited}"
    );
}

#[test]
fn grpc_is_called_with_raw_messages() {
    let harness = with_chart();
    let registry = harness.ready.registry.unwrap();
    let chart = format!("oci://{registry}/team/charts/hello-0.1.0.tgz");
    let words =
        ["function", "create", "rpc", "--chart", &chart, "--service", "entry", "--inference-url", "/gRPC"];
    assert!(harness.run(&words).starts_with("exit 0"));
    let deployed = harness.run(&["function", "deploy", "--wait", "--timeout", "120s"]);
    assert!(deployed.starts_with("exit 0"), "{deployed}");
    let call = |more: &[&str]| harness.run(&[&["function", "invoke", "--grpc"], more].concat());
    assert_eq!(call(&["inference.Echo/Say", "--data", "raw bytes"]), "exit 0\nraw bytes");
    assert_eq!(
        call(&["inference.Echo/Say", "--data", "raw", "-o", "json", "--include"]),
        "exit 0\n{\"message\":\"cmF3\"}\ngrpc-status: 0"
    );
    let unknown = call(&["inference.Echo/Unknown", "--data", "x"]);
    assert!(unknown.ends_with("  why: gRPC status 12: no such method (HTTP 400)"), "{unknown}");
}

#[test]
fn calls_are_shown_as_curl_and_not_made() {
    let harness = with_chart();
    let show = |words: &[&str]| harness.run(&[words, &["--curl"]].concat());
    harness.workspace.write("secret.txt", "do-not-print-me");
    assert_snapshot!("curl-create", create(&harness, &["--secret", "API_KEY=@secret.txt", "--curl"]));
    assert_eq!(
        harness.call(http::Method::GET, "/v2/nvcf/functions", None)["functions"],
        serde_json::json!([])
    );
    let (function, version) =
        ("6f1cd0a2-1111-4222-8333-944445555666", "2a9ed0a2-1111-4222-8333-944445555666");
    let of = |command: &'static str| ["function", command, function, version];
    let shown = [
        show(&[&of("deploy")[..], &["--gpu", "L40", "--set", "a=it's"]].concat()),
        show(&[&of("invoke")[..], &["--data", "@body.json", "-H", "X-A: b"]].concat()),
        show(&[&of("invoke")[..], &["--path", "/health"]].concat()),
        show(&of("undeploy")),
        show(&of("delete")),
        show(&of("logs")),
        show(&["function", "list"]),
        show(&["key", "create", "--scope", "invoke_function"]),
        show(&["registry-credential", "add", "nvcr.io", "--username", "me"]),
        show(&["cluster", "list"]),
    ];
    assert_snapshot!("curl", shown.join("\n"));
}

#[test]
fn keys_credentials_and_clusters() {
    let harness = Harness::start();
    let made = harness.run(&["key", "create", "--description", "for the test", "-o", "json"]);
    let made: Value = serde_json::from_str(made.strip_prefix("exit 0\n").unwrap()).unwrap();
    let (id, value) =
        (harness.call(http::Method::GET, "/v1/keys", None), made["value"].as_str().unwrap().to_owned());
    assert!(value.starts_with("nvapi-"), "{value}");
    let plain = harness.run(&["key", "create", "--scope", "invoke_function", "--expires-in", "30d"]);
    assert!(plain.starts_with("exit 0\nnvapi-"), "{plain}");
    assert!(plain.contains("\nkey id-0"), "{plain}");
    let listed = harness.run(&["key", "list"]);
    assert!(listed.contains("for the test") && !listed.contains(&value), "{listed}");
    let id = id["keys"].as_array().unwrap().iter().find(|key| key["description"] == "for the test").unwrap();
    let id = id["id"].as_str().unwrap();
    let shown = harness.run(&["key", "get", id]);
    assert!(shown.contains("SCOPE") && shown.contains("queue_details"), "{shown}");
    assert!(harness.run(&["key", "delete", id]).starts_with("exit 0\nkey id-0"));
    assert!(harness.run(&["key", "get", id]).starts_with("exit 4\nError: cannot see the key"));
    let stronger = harness.run(&["key", "create", "--scope", "nonsense"]);
    assert!(stronger.starts_with("exit 1\nError: cannot make a key\n  why: "), "{stronger}");

    let add = ["registry-credential", "add", "nvcr.io", "--username", "$oauthtoken", "--password-stdin"];
    assert_snapshot!("credential-add", harness.run_with(&add, "hush-hush\n"));
    let listed = harness.run(&["registry-credential", "list", "-o", "json"]);
    assert!(listed.contains("nvcr.io") && !listed.contains("hush"), "{listed}");
    assert_snapshot!("clusters", harness.run(&["cluster", "list"]));
    assert_snapshot!("doctor", harness.run(&["doctor"]));
}

#[test]
fn exit_codes_tell_what_went_wrong() {
    let mut harness = Harness::start();
    let key = harness.run(&["key", "create", "--scope", "list_functions"]);
    let key = key.lines().nth(1).unwrap().to_owned();
    harness.workspace.without("WHEELHOUSE_TOKEN");
    harness.workspace.variable("WHEELHOUSE_TOKEN", &key);
    let refused = harness.run(&["key", "list"]);
    assert!(refused.starts_with("exit 3\nError: cannot list the keys\n  why: Access denied"), "{refused}");
    assert!(refused.contains("fix: use a key with that scope"), "{refused}");
    harness.workspace.without("WHEELHOUSE_TOKEN");
    harness.workspace.variable("WHEELHOUSE_TOKEN", "nvapi-nobody");
    assert!(harness.run(&["function", "list"]).starts_with("exit 3\n"));
    let unreachable = harness.run(&["function", "list", "--server", "http://127.0.0.1:1"]);
    assert!(
        unreachable.starts_with("exit 5\nError: cannot list the functions\n  why: cannot reach"),
        "{unreachable}"
    );
    assert!(unreachable.contains("wheelhouse up"), "{unreachable}");
    assert!(harness.run(&["function", "list", "--output", "csv"]).starts_with("exit 1\n"));
}
