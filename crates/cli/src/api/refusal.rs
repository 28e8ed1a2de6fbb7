//! What the platform refused, in three lines: what happened, why, and how it is fixed.

use serde_json::Value;
use wheelhouse_platform::client::ClientError;

use super::exit;
use crate::commands::Failure;
use crate::output::{items, printable, text};

/// The failure of a command whose call was refused. `what` is what cannot be done.
pub(crate) fn refused(what: &str, error: &ClientError) -> Failure {
    let (code, why, fix) = match error {
        ClientError::Refused { status, detail, findings: found } => {
            let mut why = format!("{} (HTTP {status})", printable(detail));
            if !found.is_empty() {
                why = format!("{why}\n{}", findings(found).trim_end());
            }
            (exit_code(*status), why, fix(*status, detail, !found.is_empty()))
        }
        ClientError::Unreachable { .. } => (
            exit::UNAVAILABLE,
            error.to_string(),
            "start a platform with `wheelhouse up`, or name another with --server; `wheelhouse doctor` looks closer",
        ),
        ClientError::NotActive { .. } => (
            exit::NOT_REACHED,
            error.to_string(),
            "see `wheelhouse function get` and `wheelhouse function logs`",
        ),
        other => (1, other.to_string(), ""),
    };
    let mut advice = format!("  why: {why}");
    if !fix.is_empty() {
        advice = format!("{advice}\n  fix: {fix}");
    }
    Failure { exit_code: code, ..Failure::new(format!("cannot {what}")).with_advice(advice) }
}

fn exit_code(status: u16) -> u8 {
    match status {
        401 | 403 => exit::ACCESS,
        404 => exit::NOT_FOUND,
        429 | 500.. => exit::UNAVAILABLE,
        _ => 1,
    }
}

fn fix(status: u16, detail: &str, has_findings: bool) -> &'static str {
    match status {
        400 if has_findings => {
            "mend the chart; `wheelhouse check CHART` shows the same findings with source lines"
        }
        400 if detail.contains("GPU") || detail.contains("InstanceType") || detail.contains("Backend") => {
            "`wheelhouse cluster list` shows what there is"
        }
        400 if detail.contains("already has a deployment;") => {
            "change it with `wheelhouse function update`, or take it away first with `wheelhouse function undeploy`"
        }
        400 if detail.contains("already has a deployment with errors") => {
            "`wheelhouse function get` says what went wrong; take it away with `wheelhouse function undeploy`, then deploy again"
        }
        400 if detail.contains("'helmChart' and 'helmChartServiceName'") => {
            "--chart and --service go together"
        }
        400 if detail.contains("One of 'containerImage'") => "give --chart with --service, or --image",
        400 if detail.contains("DEGRADED") => "`wheelhouse function get` says what its instances wait for",
        400 if detail.contains("redential") => {
            "add one with `wheelhouse registry-credential add HOST --username NAME --password-stdin`"
        }
        401 => "set WHEELHOUSE_TOKEN, or keep a valid token with `wheelhouse context set`",
        403 => "use a key with that scope: `wheelhouse key create --scope SCOPE`",
        404 if detail.contains("not active") => {
            "`wheelhouse function get` shows its status; `wheelhouse function deploy --wait` deploys it"
        }
        404 if detail.contains("No deployment") => "`wheelhouse function deploy --wait` deploys it",
        404 => "`wheelhouse function list` shows what there is",
        429 => "ask again later, or raise the limit with `wheelhouse function update --rate-limit`",
        500.. => "ask again; `wheelhouse doctor` looks closer",
        _ => "",
    }
}

/// Findings of the chart check, each with its rule, place and fix.
pub(crate) fn findings(findings: &[Value]) -> String {
    let mut lines = String::new();
    for finding in findings {
        let member = |name: &str| printable(&text(finding, &format!("/{name}")));
        let rule = member("rule");
        let rule = if rule.is_empty() { member("id") } else { rule };
        let object = member("object");
        let message = member("message");
        // Most messages begin with the object they are about.
        let object = if object.is_empty() || message.starts_with(&object) {
            String::new()
        } else {
            format!("{object}: ")
        };
        let level = member("level");
        let level = if level.is_empty() { "error".to_owned() } else { level };
        lines.push_str(&format!("{level}[{rule}] {object}{message}\n"));
        if let Some(place) = place(finding) {
            lines.push_str(&format!("  --> {place}\n"));
        }
        for call in items(finding, "/includedFrom") {
            if let Some(place) = place(call) {
                lines.push_str(&format!("   = included from {place}\n"));
            }
        }
        for value in items(finding, "/values") {
            let from = printable(&text(value, "/from"));
            let from = if from.is_empty() { from } else { format!(" from {from}") };
            lines.push_str(&format!("   = value {}{from}\n", printable(&text(value, "/path"))));
        }
        let fix = member("fix");
        if !fix.is_empty() {
            lines.push_str(&format!("   = fix: {fix}\n"));
        }
    }
    lines
}

fn place(value: &Value) -> Option<String> {
    let file = value.get("file")?.as_str()?;
    let (line, column) = (value.get("line")?, value.get("column")?);
    Some(format!("{}:{line}:{column}", printable(file)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_finding_is_shown_at_its_template_line() {
        let found = [
            json!({
                "rule": "WH-041", "level": "error", "object": "Deployment/web", "message": "hostPID must be false",
                "fix": "remove hostPID", "file": "templates/web.yaml", "line": 7, "column": 9,
                "includedFrom": [{ "file": "templates/_h.tpl", "line": 2, "column": 1 }],
                "values": [{ "path": ".Values.debug", "from": "values.yaml:3" }],
            }),
            json!({ "id": "WH-009", "message": "not rendered" }),
        ];
        let shown = findings(&found);
        assert_eq!(
            shown,
            "error[WH-041] Deployment/web: hostPID must be false\n  --> templates/web.yaml:7:9\n   \
             = included from templates/_h.tpl:2:1\n   = value .Values.debug from values.yaml:3\n   \
             = fix: remove hostPID\nerror[WH-009] not rendered\n"
        );
        let error = ClientError::Refused {
            status: 400,
            detail: "Helm chart validation error(s)".into(),
            findings: found.to_vec(),
        };
        let failure = refused("create the function", &error);
        assert_eq!((failure.message.as_str(), failure.exit_code), ("cannot create the function", 1));
        assert!(
            failure.advice.starts_with("  why: Helm chart validation error(s) (HTTP 400)\nerror[WH-041]")
        );
        assert!(failure.advice.contains("  fix: mend the chart"));
    }

    #[test]
    fn exit_codes_are_stable() {
        for (status, code) in [(400, 1), (401, 3), (403, 3), (404, 4), (409, 1), (429, 5), (500, 5), (503, 5)]
        {
            let error = ClientError::Refused { status, detail: String::new(), findings: vec![] };
            assert_eq!(refused("x", &error).exit_code, code, "{status}");
        }
        let error = ClientError::Unreachable { server: "s".into(), reason: "r".into() };
        assert_eq!(refused("x", &error).exit_code, 5);
    }
}
