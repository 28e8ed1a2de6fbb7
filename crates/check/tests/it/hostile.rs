//! Charts with one trick each, in `tests/hostile/`: each is refused by the right rule at the right
//! line and column, and by no other rule.
//!
//! A fixture is a text: what the trick is (`#`), facts of the check (`@`), the errors that are
//! expected (`!`, in order, each with the text at its place), then the chart's files, each after a
//! line `-- PATH --`. A file `override.yaml` is what the user gives with `-f`.
//! `HOSTILE_WRITE=1` writes the errors that are found into the fixtures, to be read before they are
//! committed.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use wheelhouse_chart::File;
use wheelhouse_check::{CheckRequest, Checked, PlaceInChart};
use wheelhouse_policy::{ExtraKind, FunctionFacts, Level, PolicyName};
use wheelhouse_render::PipelineError;
use wheelhouse_source::Span;

use crate::support::{Stop, checked, shown_place};

/// A chart with one trick.
struct Fixture {
    /// The lines before the first file, without those that start with `!`.
    head: Vec<String>,
    /// What is expected: the lines that start with `!`.
    expected: Vec<String>,
    check: CheckRequest,
    override_text: Option<Vec<u8>>,
    files: Vec<File>,
}

impl Fixture {
    fn parse(text: &str) -> Self {
        let mut fixture = Fixture {
            head: Vec::new(),
            expected: Vec::new(),
            check: CheckRequest::default(),
            override_text: None,
            files: Vec::new(),
        };
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            let name = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
            match (name, sections.last_mut()) {
                (Some(name), _) => sections.push((name.to_owned(), String::new())),
                (None, Some((_, content))) => content.push_str(line),
                (None, None) if line.starts_with('!') => fixture.expected.push(line.trim_end().to_owned()),
                (None, None) => fixture.head.push(line.trim_end().to_owned()),
            }
        }
        for line in &fixture.head {
            for word in line.strip_prefix('@').unwrap_or_default().split_whitespace() {
                set_fact(&mut fixture.check, word);
            }
        }
        if !sections.iter().any(|(name, _)| name == "Chart.yaml") {
            let chart = "apiVersion: v2\nname: hostile\nversion: 1.0.0\n";
            sections.insert(0, ("Chart.yaml".to_owned(), chart.to_owned()));
        }
        for (name, content) in sections {
            if name == "override.yaml" {
                fixture.override_text = Some(content.into_bytes());
            } else {
                fixture.files.push(File::new(name, content.as_bytes()));
            }
        }
        fixture
    }
}

/// `upcoming`, `unrestricted`, `kubernetes=30`, `service=web`, `port=80`, `health=81`,
/// `extra=GROUP/VERSION/KIND`, `machines=GPUSxNODES`.
fn set_fact(check: &mut CheckRequest, word: &str) {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    match key {
        "upcoming" => check.policy.enforce_upcoming = true,
        "unrestricted" => check.policy.name = PolicyName::Unrestricted,
        "kubernetes" => check.policy.kubernetes_minor = value.parse().unwrap(),
        "service" => function(check).service_name = value.to_owned(),
        "port" => function(check).inference_port = Some(value.parse().unwrap()),
        "health" => function(check).health_port = Some(value.parse().unwrap()),
        "extra" => {
            let parts: Vec<&str> = value.split('/').collect();
            let [group, version, kind] = parts.try_into().unwrap();
            let (group, version, kind) = (group.to_owned(), version.to_owned(), kind.to_owned());
            check.policy.extra_kinds.push(ExtraKind { group, version, kind });
        }
        "machines" => {
            let (gpus, nodes) = value.split_once('x').unwrap();
            check.instance_type = Some(format!("X.GPU.L40_{gpus}x.x{nodes}"));
        }
        _ => panic!("unknown fact {word}"),
    }
}

fn function(check: &mut CheckRequest) -> &mut FunctionFacts {
    check.function.get_or_insert_default()
}

/// The errors of a check as fixtures tell them.
fn errors(result: Result<Checked, Stop>) -> Vec<String> {
    let checked = match result {
        Ok(checked) => checked,
        Err(Stop::Load(error)) => return vec![format!("! load {error}")],
        Err(Stop::Pipeline(PipelineError::Render(error))) => {
            let frame = error.frames.last().expect("a render error has a place");
            let place = shown_place(&frame.file, frame.source.as_bytes(), frame.span.start);
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default().trim();
            let message = error.limit.map_or_else(|| last.to_owned(), |limit| limit.to_string());
            let message: String = message.chars().take(160).collect();
            return vec![format!("! render {place} {}", message.trim_end())];
        }
        Err(Stop::Pipeline(error)) => {
            return vec![format!("! values {}", error.to_string().replace('\n', " ").trim_end())];
        }
    };
    if let Err(error) = &checked.rendered.manifests {
        let at = error.offset.map(|offset| Span::new(offset, offset + 1));
        let place = at.and_then(|span| checked.rendered.provenance(error.index, span, &[])).map(|found| {
            let source = found.template.source.as_bytes();
            shown_place(&found.template.file, source, found.template.span.start)
        });
        return vec![format!("! manifest {} {}", place.unwrap_or_default(), error.message)];
    }
    let errors = checked.findings.iter().filter(|located| located.finding.level == Level::Error);
    errors
        .map(|located| {
            let mut line = format!("! {}", located.finding.rule.id);
            match (&located.provenance, located.place()) {
                (Some(provenance), Some(PlaceInChart { file, line: number, column, .. })) => {
                    let (source, span) = (provenance.template.source.as_bytes(), provenance.template.span);
                    let place = format!("{file}:{number}:{column}");
                    let text = String::from_utf8_lossy(&source[span.range()]).into_owned();
                    let text: String = text.lines().next().unwrap_or_default().chars().take(60).collect();
                    write!(line, " {place} {text}").unwrap();
                    let missing = located.finding.place.is_some_and(|place| place.missing);
                    if missing {
                        write!(line, " (lacks {})", located.finding.path).unwrap();
                    }
                }
                _ => write!(line, " {}", located.finding.path).unwrap(),
            }
            line.trim_end().to_owned()
        })
        .collect()
}

fn run(path: &Path, is_writing: bool) -> Result<(), String> {
    let text = std::fs::read_to_string(path).unwrap();
    let fixture = Fixture::parse(&text);
    let start = Instant::now();
    let found = checked(fixture.files, fixture.override_text, fixture.check, errors);
    if start.elapsed() > Duration::from_secs(2) {
        println!("{}: {:.1?}", path.file_name().unwrap().to_string_lossy(), start.elapsed());
    }
    if is_writing {
        let files = text.find("\n-- ").map_or("", |at| &text[at + 1..]);
        let head = fixture.head.iter().chain(&found).fold(String::new(), |head, line| head + line + "\n");
        std::fs::write(path, head + files).unwrap();
        return Ok(());
    }
    assert!(fixture.head.iter().any(|line| line.starts_with("# ")), "{} says no trick", path.display());
    if found.is_empty() || found != fixture.expected {
        let name = path.file_name().unwrap().to_string_lossy();
        return Err(format!(
            "{name}\n  expected:\n    {}\n  found:\n    {}",
            fixture.expected.join("\n    "),
            found.join("\n    ")
        ));
    }
    Ok(())
}

#[test]
fn every_trick_is_refused_by_its_rule_at_its_line() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let is_writing = std::env::var_os("HOSTILE_WRITE").is_some();
    let failures: Vec<String> = paths.iter().filter_map(|path| run(path, is_writing).err()).collect();
    assert!(failures.is_empty(), "{} of {} failed\n{}", failures.len(), paths.len(), failures.join("\n"));
    assert!(paths.len() >= 60, "only {} hostile charts", paths.len());
}
