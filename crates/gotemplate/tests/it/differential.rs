//! The same templates by Go's own `text/template`: run with `WHEELHOUSE_REFERENCE=1` where Go is
//! installed.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use wheelhouse_gotemplate::MissingKey;

use crate::support::Job;

/// Builds the Go program; `None`, said aloud, when it was not asked for.
fn oracle() -> Option<PathBuf> {
    if std::env::var_os("WHEELHOUSE_REFERENCE").is_none() {
        eprintln!("skipped: WHEELHOUSE_REFERENCE is not set, Go's text/template is not asked");
        return None;
    }
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/go");
    let binary =
        std::env::temp_dir().join(format!("wheelhouse-text-template-{:?}", std::thread::current().id()));
    let built = Command::new("go").args(["build", "-o"]).arg(&binary).arg(".").current_dir(source).status();
    assert!(built.unwrap().success(), "the Go program builds");
    Some(binary)
}

fn ask(oracle: &PathBuf, jobs: &[Job]) -> Vec<Result<String, String>> {
    let mut child = Command::new(oracle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the Go program runs");
    let mut input = child.stdin.take().unwrap();
    let lines: Vec<String> = jobs
        .iter()
        .map(|job| {
            let files: Vec<Value> =
                job.files.iter().map(|(name, text)| json!({ "Name": name, "Text": text })).collect();
            let option = match job.missing_key {
                MissingKey::Invalid => "missingkey=default",
                MissingKey::Zero => "missingkey=zero",
                MissingKey::Error => "missingkey=error",
            };
            json!({ "Files": files, "Run": job.files[0].0, "Data": job.data, "Option": option }).to_string()
        })
        .collect();
    let writer = std::thread::spawn(move || input.write_all((lines.join("\n") + "\n").as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let answer: Value = serde_json::from_str(line).unwrap();
            match answer["err"].as_str().unwrap() {
                "" => Ok(answer["out"].as_str().unwrap().to_owned()),
                error => Err(error.to_owned()),
            }
        })
        .collect()
}

/// Runs jobs of many numbers by both and reports the first that differ.
fn compare(make: fn(u64) -> Job) {
    let Some(oracle) = oracle() else { return };
    let number = |name: &str, otherwise: u64| -> u64 {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let (rounds, first) = (number("WHEELHOUSE_ROUNDS", 20), number("WHEELHOUSE_SEED", 1));
    let (mut all, mut fine, mut wrong) = (0, 0, 0);
    for round in 0..rounds {
        let jobs: Vec<Job> = (0..1000).map(|index| make(first + round * 1000 + index)).collect();
        let answers = ask(&oracle, &jobs);
        assert_eq!(answers.len(), jobs.len());
        for (job, expect) in jobs.iter().zip(answers) {
            all += 1;
            fine += u32::from(expect.is_ok());
            let found = job.run();
            // Go's limit takes more stack than a test has.
            let endless = matches!(&expect, Err(error) if error.contains("exceeded maximum template depth"));
            if found != expect && !endless {
                wrong += 1;
                if wrong <= 15 {
                    eprintln!("{:#?}\ndata {}\n  go:   {expect:?}\n  ours: {found:?}\n", job.files, job.data);
                }
            }
        }
    }
    std::fs::remove_file(&oracle).ok();
    eprintln!("{all} templates, {fine} without an error in Go");
    assert_eq!(wrong, 0, "templates that differ");
}

#[test]
fn random_templates_give_what_go_gives() {
    compare(crate::generate::job);
}

#[test]
fn random_formats_print_what_go_prints() {
    compare(crate::generate::printf);
}
