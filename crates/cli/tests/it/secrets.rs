//! Secrets go in and never come out: not in what commands print, not in what the platform answers.
#![allow(clippy::unwrap_used)]

use http::Method;
use serde_json::json;

use crate::platform::Harness;
use crate::recorder::{record, recorded};

const PASSWORD: &str = "pa55word-of-the-registry";
const SECRET: &str = "s3cret-of-the-function";

#[test]
fn secrets_are_in_no_output_no_listing_and_no_log() {
    record();
    let harness = Harness::start();
    let mut printed = String::new();
    let mut run = |words: &[&str], input: &str| {
        let text = harness.workspace.run_words(words, input);
        printed.push_str(&text);
        text
    };
    harness.workspace.write("secret.txt", SECRET);
    let create = [
        "function",
        "create",
        "hello",
        "--image",
        "h/i:1",
        "--port",
        "8000",
        "--secret",
        "API_KEY=@secret.txt",
    ];
    for output in ["table", "json", "yaml"] {
        let created = run(&[&create[..], &["-o", output]].concat(), "");
        assert!(created.starts_with("exit 0"), "{created}");
    }
    // Once more wrongly, so that a refusal could quote it.
    run(&[&create[..], &["--rate-limit", "nonsense"]].concat(), "");
    run(&[&create[..], &["--curl", "--debug"]].concat(), "");
    let add = ["registry-credential", "add", "h", "--username", "me", "--password-stdin"];
    assert!(run(&add, PASSWORD).starts_with("exit 0"));
    run(&[&add[..], &["--type", "NONSENSE"]].concat(), PASSWORD);
    run(&[&add[..], &["--curl"]].concat(), PASSWORD);
    let registry = harness.ready.registry.unwrap().to_string();
    run(&["registry", "login", &registry, "--username", "me", "--password-stdin"], PASSWORD);
    for words in [
        &["function", "list", "-o", "json"][..],
        &["function", "get", "-o", "yaml"],
        &["registry-credential", "list", "-o", "json"],
        &["key", "list", "-o", "json"],
        &["key", "list", "--debug"],
        &["context", "list", "-o", "json"],
        &["function", "invoke", "hello", "--include"],
        &["doctor", "-o", "json"],
    ] {
        run(words, "");
    }
    for path in [
        "/v2/nvcf/functions",
        "/v2/nvcf/registry-credentials",
        "/v1/keys",
        "/v1/audit",
        "/v2/nvcf/accounts/nvcf-default/functions",
        "/v2/nvcf/accounts/nvcf-default/registry-credentials",
    ] {
        printed.push_str(&harness.call(Method::GET, path, None).to_string());
    }
    let function = &harness.call(Method::GET, "/v2/nvcf/functions", None)["functions"][0];
    let path = format!(
        "/v2/nvcf/secrets/functions/{}/versions/{}",
        function["id"].as_str().unwrap(),
        function["versionId"].as_str().unwrap()
    );
    let body = json!({ "secrets": [{ "name": "API_KEY", "value": SECRET }] });
    printed.push_str(&harness.call(Method::PUT, &path, Some(&body)).to_string());

    // The names and the calls are there, so the search would find them.
    assert!(printed.contains("API_KEY"));
    let logged = recorded();
    assert!(logged.contains("/v2/nvcf/registry-credentials"), "{logged}");
    printed.push_str(&logged);
    let encoded = base64_of(&format!("me:{PASSWORD}"));
    for secret in [SECRET, PASSWORD, encoded.as_str(), harness.token.as_str()] {
        let found = printed.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "a secret is printed");
    }
    // Nor does the platform's state hold them as they are.
    for file in harness.state_files() {
        let content = std::fs::read(&file).unwrap();
        for secret in [SECRET, PASSWORD, encoded.as_str(), harness.token.as_str()] {
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds a secret", file.display());
        }
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
