use wheelhouse_policy::Level;
use wheelhouse_render::Location;
use wheelhouse_source::{Diagnostic, Excerpt, Severity};

use super::{Counts, with_values};
use crate::located::{Located, span_of};

/// Findings as a compiler would tell them, and a line that counts them. `chart_values` is the text
/// of the chart's values.yaml, for values that come from there.
#[must_use]
pub fn human(findings: &[Located], counted: usize, chart_values: &str, colour: bool) -> String {
    let mut text = String::new();
    for located in findings {
        text.push_str(&one(located, chart_values, colour));
        text.push('\n');
    }
    let counts = Counts::of(findings);
    text.push_str(&format!(
        "{counted} object(s) checked: {} error(s), {} warning(s), {} note(s)\n",
        counts.errors, counts.warnings, counts.infos
    ));
    text
}

fn one(located: &Located, chart_values: &str, colour: bool) -> String {
    let finding = &located.finding;
    let severity = match finding.level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Info => Severity::Info,
    };
    let sources = located.provenance.as_ref();
    let template = sources.map(|provenance| (text_of(&provenance.template), &provenance.template));
    let stack: Vec<(String, &Location)> = sources
        .map(|found| found.stack.iter().map(|place| (text_of(place), place)).collect())
        .unwrap_or_default();
    let label = if finding.place.is_some_and(|place| place.missing) { "missing below this" } else { "" };
    let primary = template.as_ref().map(|(text, location)| Excerpt {
        file: &location.file,
        text,
        span: location.span,
        label,
    });
    let mut related: Vec<(&str, Excerpt<'_>)> = stack
        .iter()
        .map(|(text, location)| {
            ("included from here", Excerpt { file: &location.file, text, span: location.span, label: "" })
        })
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
        && let Some(span) = span_of(chart_values, mark.line(), mark.column())
    {
        related.push((
            "the value comes from here",
            Excerpt { file: "values.yaml", text: chart_values, span, label: "" },
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
    Diagnostic { severity, id: &id, message: &message, primary, related, help: &help }.render(colour)
}

fn text_of(location: &Location) -> String {
    location.source.to_str_lossy().into_owned()
}
