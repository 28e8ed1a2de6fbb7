use wheelhouse_policy::Level;

use super::with_values;
use crate::located::Located;

/// Findings as GitHub workflow commands, which mark the lines of a pull request. `directory` is the
/// chart's path in the repository.
#[must_use]
pub fn github(findings: &[Located], directory: &str) -> String {
    let mut text = String::new();
    for located in findings {
        let finding = &located.finding;
        let command = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "notice",
        };
        let directory = directory.trim_end_matches('/');
        let place = match located.place() {
            Some(place) => format!(
                "file={directory}/{},line={},col={},endLine={},endColumn={},",
                property(&place.file),
                place.line,
                place.column,
                place.end_line,
                place.end_column
            ),
            None => format!("file={directory}/Chart.yaml,"),
        };
        let message = data(&format!("{}\nfix: {}", with_values(located), finding.fix));
        text.push_str(&format!("::{command} {place}title={}::{message}\n", finding.rule.id));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
