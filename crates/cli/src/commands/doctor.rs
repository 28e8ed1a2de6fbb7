//! `doctor`: what may be in the way between this command and an answered request.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use http::{Method, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::{Value, json};

use super::Failure;
use crate::api::{Api, exit};
use crate::arguments::Doctor;
use crate::contexts;
use crate::output::{items, text};
use crate::printer::Printer;

/// How far the clocks may be apart, in seconds.
const SKEW: i64 = 30;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Odd,
    Bad,
}

#[derive(Debug)]
struct Check {
    name: &'static str,
    verdict: Verdict,
    found: String,
    fix: &'static str,
}

/// Checks everything; exit 1 where something is bad.
pub(super) fn run(options: &Doctor, printer: Printer) -> Result<(), Failure> {
    let mut checks = vec![private_file(options.fix)];
    match Api::open(&options.platform, printer) {
        Ok(api) => platform(&api, &mut checks),
        Err(failure) => checks.push(bad(
            "token",
            failure.message,
            "keep a token: wheelhouse context set NAME --server URL --token-stdin",
        )),
    }
    let answer: Vec<Value> = checks
        .iter()
        .map(|check| json!({ "check": check.name, "verdict": word(check.verdict), "found": check.found, "fix": check.fix }))
        .collect();
    let rows = || {
        let mut rows = vec![["CHECK", "VERDICT", "FOUND", "FIX"].map(str::to_owned)];
        for check in &checks {
            let fix = if check.verdict == Verdict::Good { "" } else { check.fix };
            rows.push([
                check.name.to_owned(),
                word(check.verdict).to_owned(),
                check.found.clone(),
                fix.to_owned(),
            ]);
        }
        rows
    };
    options.platform.output.print(&Value::Array(answer), rows, printer)?;
    let bad = checks.iter().filter(|check| check.verdict == Verdict::Bad).count();
    if bad == 0 { Ok(()) } else { Err(Failure::new(format!("{bad} of {} checks failed", checks.len()))) }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "ok",
        Verdict::Odd => "warn",
        Verdict::Bad => "FAIL",
    }
}

fn good(name: &'static str, found: impl Into<String>) -> Check {
    Check { name, verdict: Verdict::Good, found: found.into(), fix: "" }
}

fn odd(name: &'static str, found: impl Into<String>, fix: &'static str) -> Check {
    Check { name, verdict: Verdict::Odd, found: found.into(), fix }
}

fn bad(name: &'static str, found: impl Into<String>, fix: &'static str) -> Check {
    Check { name, verdict: Verdict::Bad, found: found.into(), fix }
}

/// Tokens are for their owner's eyes only.
fn private_file(mend: bool) -> Check {
    const NAME: &str = "contexts file";
    let path = contexts::file();
    let Ok(metadata) = fs::metadata(&path) else { return good(NAME, "none yet") };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return good(NAME, format!("{} has mode {mode:04o}", path.display()));
    }
    if mend && fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).is_ok() {
        return good(NAME, format!("{} had mode {mode:04o}, now 0600", path.display()));
    }
    bad(NAME, format!("others can read {}: mode {mode:04o}", path.display()), "wheelhouse doctor --fix")
}

fn platform(api: &Api, checks: &mut Vec<Check>) {
    match api.block_on(api.client.send(Method::GET, "/health", &[], bytes::Bytes::new())) {
        Err(error) => {
            checks.push(bad(
                "server",
                error.to_string(),
                "start one with wheelhouse up, or name another with --server",
            ));
            checks.push(machine());
            return;
        }
        Ok(response) if !response.status().is_success() => {
            let found = format!("{} answers /health with {}", api.server(), response.status());
            checks.push(bad("server", found, "look into the platform's log"));
            return;
        }
        Ok(response) => {
            checks.push(good("server", format!("{} answers", api.server())));
            let date = response.headers().get(header::DATE).and_then(|value| value.to_str().ok());
            checks.extend(date.and_then(clock));
        }
    }
    match api.call("look", Method::GET, "/v2/nvcf/functions?limit=1", None) {
        Ok(_) => checks.push(good("token", "accepted")),
        Err(failure) if failure.exit_code == exit::ACCESS => {
            checks.push(bad(
                "token",
                reason(&failure),
                "use a key with list_functions: wheelhouse key create",
            ));
            return;
        }
        Err(failure) => {
            checks.push(bad("token", reason(&failure), "look into the platform's log"));
            return;
        }
    }
    match api.call("look", Method::GET, "/v2/nvcf/clusterGroups", None) {
        Ok(groups) => checks.extend(clusters(&groups)),
        Err(failure) => {
            checks.push(odd("clusters", reason(&failure), "use a key with list_cluster_groups to see them"))
        }
    }
}

/// Whether a platform could be started here.
fn machine() -> Check {
    const NAME: &str = "this machine";
    let report = wheelhouse_local::doctor::examine();
    if report.is_fit() {
        return good(NAME, "can run containers: wheelhouse up starts everything");
    }
    let lacking: Vec<&str> = report.findings.iter().map(|finding| finding.problem.as_str()).collect();
    odd(
        NAME,
        format!("cannot run containers: {}", lacking.join("; ")),
        "start with sudo, or use wheelhouse serve, and wheelhouse agent for another cluster",
    )
}

fn reason(failure: &Failure) -> String {
    let why = failure.advice.lines().next().unwrap_or_default();
    why.trim().trim_start_matches("why: ").to_owned()
}

/// Keys expire by the platform's clock.
fn clock(date: &str) -> Option<Check> {
    let there = DateTimeParser::new().parse_timestamp(date).ok()?;
    let apart = Timestamp::now().as_second() - there.as_second();
    Some(if apart.abs() <= SKEW {
        good("clock", "the platform's is the same")
    } else {
        odd(
            "clock",
            format!("{apart} s ahead of the platform's"),
            "set this machine's clock, or the platform's",
        )
    })
}

fn clusters(groups: &Value) -> Vec<Check> {
    let all: Vec<&Value> =
        items(groups, "/clusterGroups").iter().flat_map(|group| items(group, "/clusters")).collect();
    if all.is_empty() {
        return vec![bad("clusters", "none has joined", "join one: wheelhouse agent --server URL")];
    }
    let mut checks: Vec<Check> = all
        .iter()
        .map(|cluster| {
            let found = format!("{} is {}", text(cluster, "/name"), text(cluster, "/status"));
            if text(cluster, "/status") == "READY" {
                good("cluster", found)
            } else {
                odd(
                    "cluster",
                    format!("{found}, last heard of at {}", text(cluster, "/lastHeartbeat")),
                    "see whether its agent runs",
                )
            }
        })
        .collect();
    let gpus: Vec<&Value> =
        items(groups, "/clusterGroups").iter().flat_map(|group| items(group, "/gpus")).collect();
    let shown: Vec<String> =
        gpus.iter().map(|gpu| format!("{} {}", text(gpu, "/capacity"), text(gpu, "/name"))).collect();
    checks.push(if gpus.is_empty() {
        bad("GPUs", "none", "see the labels of the cluster's nodes")
    } else {
        good("GPUs", shown.join(", "))
    });
    checks
}
