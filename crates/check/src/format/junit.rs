use wheelhouse_policy::Level;

use super::{Counts, with_values};
use crate::located::Located;

/// Findings as a JUnit report: a failed test for each error, a passed one with output for the rest.
#[must_use]
pub fn junit(findings: &[Located]) -> String {
    let counts = Counts::of(findings);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"wheelhouse check\" tests=\"{}\" failures=\"{}\">\n",
        findings.len(),
        counts.errors
    );
    for located in findings {
        let finding = &located.finding;
        let place = located.place().map(|place| format!("{}:{}:{}", place.file, place.line, place.column));
        let name = escape(&format!("{} {} {}", finding.rule.id, finding.object, finding.path));
        let class = escape(&place.unwrap_or_else(|| "Chart.yaml".to_owned()));
        let body = escape(&format!("{}\nfix: {}", with_values(located), finding.fix));
        let element = if finding.level == Level::Error { "failure" } else { "system-out" };
        let message = if finding.level == Level::Error {
            format!(" message=\"{}\"", escape(&with_values(located)))
        } else {
            String::new()
        };
        text.push_str(&format!(
            "  <testcase name=\"{name}\" classname=\"{class}\"><{element}{message}>{body}</{element}></testcase>\n"
        ));
    }
    text.push_str("</testsuite>\n");
    text
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            // XML 1.0 has no form for other control characters.
            control if control.is_control() => escaped.push('\u{fffd}'),
            plain => escaped.push(plain),
        }
    }
    escaped
}
