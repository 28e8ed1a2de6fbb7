//! Plays or records the cases.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wheelhouse_local_apiserver::Options;

use crate::client::Client;
use crate::scrub::Scrubber;
use crate::transcript::{Case, File, Step};

pub(crate) async fn run() {
    let directory = tempfile::tempdir().unwrap();
    let cancel = CancellationToken::new();
    let client = match std::env::var("CONFORMANCE_KUBECONFIG") {
        Ok(path) => Client::from_kubeconfig(&std::fs::read_to_string(path).unwrap()),
        Err(_) => {
            // the transcripts are those of an API server alone
            let mut options = Options::new(directory.path());
            options.upkeep = false;
            let server = options.build().await.unwrap();
            let client = Client::from_kubeconfig(&server.ready().admin_kubeconfig);
            tokio::spawn(server.run(cancel.clone()));
            client
        }
    };
    let external = std::env::var("CONFORMANCE_KUBECONFIG").is_ok();
    let record = std::env::var("CONFORMANCE_RECORD").is_ok();
    let only = std::env::var("CONFORMANCE_ONLY").unwrap_or_default();
    let scrubber = Scrubber::new();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let mut paths: Vec<_> = std::fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let run =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() % 100_000_000;
    let (mut count, mut failed) = (0, 0);
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // what the reference cannot do here (its etcd is too old) is written by hand
        let local = name == "local";
        let mut file = File::read(path);
        for (index, case) in file.cases.iter_mut().enumerate() {
            let title = format!("{name}: {}", case.name);
            if !title.contains(&only) || (local && external) {
                continue;
            }
            count += 1;
            let namespace = format!("c-{name}-{index}-{run}");
            let differences = play(&client, &scrubber, case, &namespace, record && !local).await;
            if !differences.is_empty() {
                failed += 1;
                eprintln!("--- {title}\n{}", differences.join("\n"));
            }
        }
        if record && !local {
            file.write();
        }
    }
    cancel.cancel();
    println!("{count} cases, {failed} with differences");
    assert_eq!(failed, 0, "{failed} of {count} cases answered differently");
}

/// The lines of an answer with what has no order from run to run in a fixed one.
fn settled(lines: &[String]) -> Vec<String> {
    let lines = lines.iter().map(|line| settled_line(line));
    let (mut warnings, rest): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("Warning: "));
    warnings.sort();
    warnings.into_iter().chain(rest).collect()
}

/// One of the lines: the owners of fields are sorted by the second of their writing, and the causes of a
/// refused custom object or definition, what is wrong with the fields of an object, conflicts, and the rules
/// of a user come as the real server walks through maps, which is in a random order. Which of several
/// bindings is named as the reason is as random.
fn settled_line(line: &str) -> String {
    let Ok(mut answer) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
    sort_owners(&mut answer);
    for rules in ["resourceRules", "nonResourceRules"] {
        if let Some(rules) = answer.pointer_mut(&format!("/status/{rules}")).and_then(Value::as_array_mut) {
            rules.sort_by_key(ToString::to_string);
        }
    }
    if let Some(reason) = answer.pointer_mut("/status/reason")
        && reason.as_str().is_some_and(|reason| reason.starts_with("RBAC: allowed by "))
    {
        *reason = "RBAC: allowed".into();
    }
    if answer["reason"] == "Conflict"
        && let Some(causes) = answer["details"]["causes"].as_array_mut()
    {
        causes.sort_by_key(ToString::to_string);
        let message =
            answer["message"].as_str().unwrap_or_default().replacen(" conflicts: ", " conflicts:\n", 1);
        let mut lines: Vec<&str> = message.lines().collect();
        lines.sort_unstable();
        answer["message"] = lines.join("\n").into();
    }
    const STRICT: &str = "strict decoding error: ";
    if let Some((head, problems)) = answer["message"].as_str().and_then(|text| text.split_once(STRICT)) {
        let mut problems: Vec<&str> = problems.split(", ").collect();
        problems.sort_unstable();
        answer["message"] = format!("{head}{STRICT}{}", problems.join(", ")).into();
    }
    let group = answer["details"]["group"].as_str().unwrap_or_default();
    if !["t.example.com", "apiextensions.k8s.io"].contains(&group) {
        return answer.to_string();
    }
    let Some(causes) = answer["details"]["causes"].as_array_mut().filter(|causes| causes.len() > 1) else {
        return answer.to_string();
    };
    causes.sort_by_key(ToString::to_string);
    let texts: Vec<String> = causes
        .iter()
        .map(|cause| {
            let text = |key: &str| cause[key].as_str().unwrap_or_default().to_owned();
            format!("{}: {}", text("field"), text("message"))
        })
        .collect();
    let message = answer["message"].as_str().unwrap_or_default();
    let head = message.split(" is invalid: ").next().unwrap_or_default();
    answer["message"] = format!("{head} is invalid: [{}]", texts.join(", ")).into();
    answer.to_string()
}

fn sort_owners(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(owners) = map.get_mut("managedFields").and_then(Value::as_array_mut) {
                owners.sort_by_key(|owner| {
                    [&owner["operation"], &owner["manager"], owner].map(ToString::to_string)
                });
            }
            map.values_mut().for_each(sort_owners);
        }
        Value::Array(items) => items.iter_mut().for_each(sort_owners),
        _ => {}
    }
}

/// Reads YAML as the API's own tools do.
pub(crate) fn yaml(text: &str) -> Value {
    let json = wheelhouse_goyaml::yaml_to_json(text.as_bytes(), &wheelhouse_goyaml::ReadOptions::default())
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    serde_json::from_slice(&json).unwrap()
}

async fn play(
    client: &Client,
    scrubber: &Scrubber,
    case: &mut Case,
    namespace: &str,
    record: bool,
) -> Vec<String> {
    let json = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    let body = format!("{{\"metadata\":{{\"name\":\"{namespace}\"}}}}");
    client.send("POST", "/api/v1/namespaces", &json, body.into_bytes()).await;
    let account = b"{\"metadata\":{\"name\":\"default\"}}".to_vec();
    client.send("POST", &format!("/api/v1/namespaces/{namespace}/serviceaccounts"), &json, account).await;
    let mut variables: HashMap<String, String> = HashMap::from([("ns".to_owned(), namespace.to_owned())]);
    let mut differences = Vec::new();
    let pause = std::env::var("CONFORMANCE_PAUSE").ok().and_then(|millis| millis.parse().ok());
    for step in &mut case.steps {
        if let Some(millis) = pause {
            tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
        }
        let found = step_answer(client, scrubber, step, &mut variables, namespace).await;
        if record {
            step.answer = found;
        } else if settled(&found) != settled(&step.answer) {
            differences.push(format!("> {} {}", step.method, step.path));
            differences.extend(
                step.answer.iter().filter(|line| !found.contains(line)).map(|line| format!("  real {line}")),
            );
            differences.extend(
                found.iter().filter(|line| !step.answer.contains(line)).map(|line| format!("  ours {line}")),
            );
        }
    }
    client.send("DELETE", &format!("/api/v1/namespaces/{namespace}"), &[], Vec::new()).await;
    differences
}

async fn step_answer(
    client: &Client,
    scrubber: &Scrubber,
    step: &Step,
    variables: &mut HashMap<String, String>,
    namespace: &str,
) -> Vec<String> {
    let fill = |text: &str| {
        let mut text = text.to_owned();
        let mut names: Vec<&String> = variables.keys().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        for name in names {
            text = text.replace(&format!("${name}"), &variables[name]);
        }
        text
    };
    let mut headers: Vec<(String, String)> =
        step.headers.iter().map(|(name, value)| (name.clone(), fill(value))).collect();
    let text = fill(&step.body.join("\n"));
    let body = match text.strip_prefix('|') {
        Some(raw) => raw.as_bytes().to_vec(),
        None if text.is_empty() => Vec::new(),
        None => {
            let value = yaml(&text);
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            }
            value.to_string().into_bytes()
        }
    };
    // a real server serves new definitions a moment later, ours at once
    if step.method == "SLEEP" {
        if std::env::var("CONFORMANCE_KUBECONFIG").is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(step.path.parse().unwrap())).await;
        }
        return vec!["slept".to_owned()];
    }
    let answer = client.send(&step.method, &fill(&step.path), &headers, body).await;
    let mut lines = vec![answer.code.to_string()];
    for warning in answer.headers.get_all("warning") {
        lines.push(scrubber.text(&format!("Warning: {}", warning.to_str().unwrap()), namespace));
    }
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => {
            for (name, path) in &step.keeps {
                let kept = path.split('.').fold(&value, |value, key| match key.parse::<usize>() {
                    Ok(index) if value.is_array() => &value[index],
                    _ => &value[key],
                });
                let kept = kept.as_str().map_or_else(|| kept.to_string(), str::to_owned);
                variables.insert(name.clone(), kept);
            }
            lines.push(scrubber.value(&value, namespace).to_string());
        }
        // a stream of events, or plain text
        Err(_) => {
            for line in text.lines() {
                lines.push(match serde_json::from_str::<Value>(line) {
                    Ok(value) => scrubber.value(&value, namespace).to_string(),
                    Err(_) => scrubber.text(line, namespace),
                });
            }
        }
    }
    lines
}
