//! The charts in `examples/`: those that show how it is done pass, and each `broken-*` shows one
//! kind of refusal as an author sees it.

use std::path::PathBuf;

use wheelhouse_check::{CheckRequest, format};
use wheelhouse_policy::{FunctionFacts, Level, Policy};

use crate::support::{Stop, checked, files_below, repository};

/// What the functions of the examples say: chart, entry Service and port, GPUs of a node and nodes.
const FUNCTIONS: &[(&str, &str, i64, i64, i64)] = &[
    ("inference-test", "service-name", 8001, 0, 1),
    ("multi-node", "entrypoint", 8001, 1, 2),
    ("broken-entry-port", "web", 8000, 0, 1),
    ("broken-gpu-fit", "web", 8000, 4, 1),
];

/// What an example is checked for: with all that will be enforced later, too.
fn request(name: &str) -> CheckRequest {
    let known = FUNCTIONS.iter().find(|(chart, ..)| *chart == name);
    CheckRequest {
        function: known.map(|(_, service, port, _, _)| FunctionFacts {
            service_name: (*service).to_owned(),
            inference_port: Some(*port),
            inference_url: "/v2/infer".to_owned(),
            ..FunctionFacts::default()
        }),
        // An instance type has GPUs: a chart without any is deployed on none in particular.
        instance_type: known
            .filter(|(_, _, _, gpus, _)| *gpus > 0)
            .map(|(_, _, _, gpus, nodes)| format!("ON-PREM.GPU.L40_{gpus}x.x{nodes}")),
        policy: Policy { enforce_upcoming: true, ..Policy::default() },
        ..CheckRequest::default()
    }
}

fn charts() -> Vec<(String, PathBuf)> {
    let mut charts: Vec<(String, PathBuf)> = std::fs::read_dir(repository("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Chart.yaml").is_file())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    charts.sort();
    charts
}

#[test]
fn charts_that_show_how_it_is_done_pass() {
    let charts: Vec<_> = charts().into_iter().filter(|(name, _)| !name.starts_with("broken-")).collect();
    assert!(charts.len() >= 2);
    for (name, path) in charts {
        let refused: Vec<String> = checked(files_below(&path), None, request(&name), |result| {
            let checked = result.unwrap_or_else(|_| panic!("the chart renders"));
            let refusals = checked.findings.iter().filter(|found| found.finding.level != Level::Info);
            refusals.map(|found| format!("{}: {}", found.finding.rule.id, found.finding.message)).collect()
        });
        assert_eq!(refused, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_broken_chart_shows_its_refusal() {
    let charts: Vec<_> = charts().into_iter().filter(|(name, _)| name.starts_with("broken-")).collect();
    assert!(charts.len() >= 8);
    for (name, path) in charts {
        let readme = std::fs::read_to_string(path.join("README.md")).unwrap();
        let directory = format!("examples/{name}");
        let (text, rules) = checked(files_below(&path), None, request(&name), move |result| match result {
            Ok(checked) => {
                let refusals: Vec<_> = checked
                    .findings
                    .into_iter()
                    .filter(|found| found.finding.level == Level::Error)
                    .collect();
                let values = checked.rendered.chart.contents().raw.iter();
                let values = values.clone().find(|file| file.name == "values.yaml").map(|file| file.text());
                let shown = format::Shown {
                    directory: &directory,
                    chart_values: &values.unwrap_or_default(),
                    ..format::Shown::default()
                };
                let text = format::human(&refusals, checked.counted, shown);
                (text, refusals.iter().map(|found| found.finding.rule.id).collect::<Vec<_>>())
            }
            Err(Stop::Load(error)) => (error, Vec::new()),
            Err(Stop::Pipeline(error)) => (error.to_string(), Vec::new()),
        });
        for rule in rules {
            assert!(readme.contains(rule), "the README of {name} does not name {rule}");
        }
        insta::assert_snapshot!(name, text);
    }
}
