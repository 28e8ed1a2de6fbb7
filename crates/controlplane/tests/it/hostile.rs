//! The charts with one trick each that the check is held against: a function cannot be created with
//! any of them, and the answer tells why.

use crate::charts::engine;
use crate::harness::{Harness, chart_function};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use wheelhouse_controlplane::Options;

/// What a fixture says of a function, and the chart's files.
struct Fixture {
    service: String,
    port: u16,
    /// The rules that refuse it; none where it cannot be loaded or rendered.
    rules: Vec<String>,
    files: Vec<(String, String)>,
}

impl Fixture {
    /// Reads a fixture; `None` for one about a deployment or about a policy other than the usual.
    fn read(text: &str) -> Option<Self> {
        let mut fixture = Fixture { service: "web".into(), port: 80, rules: Vec::new(), files: Vec::new() };
        for line in text.split_inclusive('\n') {
            let name = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
            if let Some(name) = name {
                fixture.files.push((name.to_owned(), String::new()));
            } else if let Some((_, text)) = fixture.files.last_mut() {
                text.push_str(line);
            } else if let Some(expected) = line.strip_prefix("! ") {
                let word = expected.split_whitespace().next().unwrap_or_default();
                fixture.rules.extend(word.starts_with("WH-").then(|| word.to_owned()));
            } else if let Some(facts) = line.strip_prefix('@') {
                for word in facts.split_whitespace() {
                    match word.split_once('=') {
                        Some(("service", name)) => fixture.service = name.to_owned(),
                        Some(("port", port)) => fixture.port = port.parse().unwrap(),
                        _ => return None,
                    }
                }
            }
        }
        let is_override = |(name, _): &(String, String)| name == "override.yaml";
        // A name that is no name is refused before the chart is looked at.
        if fixture.files.iter().any(is_override) || fixture.service.contains('{') {
            return None;
        }
        if !fixture.files.iter().any(|(name, _)| name == "Chart.yaml") {
            let chart = "apiVersion: v2\nname: hostile\nversion: 1.0.0\n";
            fixture.files.push(("Chart.yaml".into(), chart.into()));
        }
        Some(fixture)
    }

    fn archive(&self) -> Vec<u8> {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, text) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, format!("hostile/{name}"), text.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_function_is_created_with_a_hostile_chart() {
    let harness = Harness::start_on(Arc::new(engine()), Options::default()).await;
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../check/tests/hostile");
    let mut names: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let (mut refused, mut problems) = (0, Vec::new());
    for path in names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        // Those that use up a limit have tests of their own, which know how long they may take; and
        // some fixtures are there to show that nothing is refused.
        let is_costly = name.starts_with("template-") || name.contains("bomb");
        let Some(fixture) = Fixture::read(&text).filter(|_| !is_costly && text.contains("\n! ")) else {
            continue;
        };
        *harness.archive.lock().unwrap() = fixture.archive();
        let mut body = chart_function();
        body["helmChart"] = json!("oci://localhost:5000/charts/hostile:1.0.0");
        body["helmChartServiceName"] = json!(fixture.service);
        body["inferencePort"] = json!(fixture.port);
        let answer = harness.post("/v2/nvcf/functions", body).await;
        let findings = answer.body["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_error = |finding: &&Value| finding["level"] == "error";
        let rules: Vec<&str> =
            findings.iter().filter(is_error).filter_map(|finding| finding["rule"].as_str()).collect();
        let has_all = fixture.rules.iter().all(|rule| rules.contains(&rule.as_str()));
        if answer.status != 400 || rules.is_empty() || !has_all {
            problems.push(format!("{name}: {} {rules:?} for {:?}", answer.status, fixture.rules));
        }
        refused += 1;
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(refused > 100, "{refused} charts");
}
