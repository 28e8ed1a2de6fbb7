use wheelhouse_policy::Level;
use wheelhouse_render::Location;
use wheelhouse_source::{Diagnostic, Excerpt, Severity, quantity};

use super::{Counts, with_values};
use crate::located::{Located, span_of};

/// What findings are shown with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'a> {
    /// The chart's directory, so that places can be opened; empty for an archive.
    pub directory: &'a str,
    /// The text of the chart's values.yaml, for values that come from there.
    pub chart_values: &'a str,
    /// With colours.
    pub colour: bool,
}

/// Findings as a compiler would tell them, and a line that counts them.
#[must_use]
pub fn human(findings: &[Located], counted: usize, shown: Shown<'_>) -> String {
    let mut text = String::new();
    for located in findings {
        text.push_str(&one(located, shown));
        text.push('\n');
    }
    let counts = Counts::of(findings);
    text.push_str(&format!(
        "{} checked: {}, {}, {}\n",
        quantity(counted, "object"),
        quantity(counts.errors, "error"),
        quantity(counts.warnings, "warning"),
        quantity(counts.infos, "note")
    ));
    text
}

fn one(located: &Located, shown: Shown<'_>) -> String {
    let finding = &located.finding;
    let severity = match finding.level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Info => Severity::Info,
    };
    let sources = located.provenance.as_ref();
    let opened =
        |location: &Location| (path_in(shown.directory, &location.file), text_of(location), location.span);
    let template = sources.map(|provenance| opened(&provenance.template));
    let stack: Vec<_> = sources.map(|found| found.stack.iter().map(opened).collect()).unwrap_or_default();
    let values_file = match shown.directory {
        "" => "values.yaml".to_owned(),
        directory => path_in(directory, "chart/values.yaml"),
    };
    let label = if finding.place.is_some_and(|place| place.missing) { "missing below this" } else { "" };
    let primary = template.as_ref().map(|(file, text, span)| Excerpt { file, text, span: *span, label });
    let mut related: Vec<(&str, Excerpt<'_>)> = stack
        .iter()
        .map(|(file, text, span)| ("included from here", Excerpt { file, text, span: *span, label: "" }))
        .collect();
    // The value that the finding is about; a field that is missing has none.
    let value = sources.filter(|_| label.is_empty()).and_then(|found| found.values.first());
    let mark = value.and_then(|value| value.mark.as_ref());
    let source = mark.map(|mark| mark.to_string()).unwrap_or_default();
    let value_note = value
        .filter(|_| mark.is_some())
        .map(|value| format!("the value is {}, from {source}", value.path))
        .unwrap_or_default();
    if let Some(mark) =
        mark.filter(|mark| mark.source().is_some_and(|source| source.to_string() == "values.yaml"))
        && let Some(span) = span_of(shown.chart_values, mark.line(), mark.column())
    {
        related.push((
            "the value comes from here",
            Excerpt { file: &values_file, text: shown.chart_values, span, label: "" },
        ));
    }
    let id = if finding.also.is_empty() {
        finding.rule.id.to_owned()
    } else {
        format!("{}, {}", finding.rule.id, finding.also.join(", "))
    };
    let help = if value_note.is_empty() || source.starts_with("values.yaml") {
        finding.fix.clone()
    } else {
        format!("{} ({value_note})", finding.fix)
    };
    let message = with_values(located);
    Diagnostic { severity, id: &id, message: &message, primary, related, help: &help }.render(shown.colour)
}

/// Where a file of a chart (`chart/templates/web.yaml`) is found on disk; its name where the chart is an archive.
#[must_use]
pub fn path_in(directory: &str, file: &str) -> String {
    match file.split_once('/') {
        Some((_, below)) if !directory.is_empty() => format!("{}/{below}", directory.trim_end_matches('/')),
        _ => file.to_owned(),
    }
}

fn text_of(location: &Location) -> String {
    location.source.to_str_lossy().into_owned()
}
