//! The package: its reference, its dependencies, its schema, what it asks of the cluster.

use wheelhouse_chart::schema::violations;
use wheelhouse_chart::{Chart, Error, is_compatible_range};
use wheelhouse_functions::chart_reference::ChartReference;
use wheelhouse_functions::instance_type::InstanceType;
use wheelhouse_policy::{Level, Noted, Policy};
use wheelhouse_render::{PipelineError, RenderedChart};

use super::Notes;
use crate::located::{Located, in_chart_file, location_of_mark, mark_at};

/// The reference is one, and says what the archive says (WH-003, WH-001).
pub(crate) fn reference(notes: &mut Notes<'_>, chart: &Chart, reference: Option<&str>) {
    let Some(text) = reference else { return };
    let parsed = match ChartReference::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let noted =
                Noted { message: error.to_string(), path: "helmChart".to_owned(), ..Noted::default() };
            notes.add("WH-003", noted, in_chart_file(chart, "name"));
            return;
        }
    };
    let (name, version) = (&chart.metadata.name, &chart.metadata.version);
    let says_name = parsed.name().unwrap_or(name);
    let says_version = parsed.version().unwrap_or(version);
    if says_name != name || says_version != version {
        let message =
            format!("the reference says {says_name} {says_version}, the archive holds {name} {version}");
        let fix = format!("name the chart as {name}, version {version}");
        let noted = Noted { message, path: "helmChart".to_owned(), fix: Some(fix), ..Noted::default() };
        let key = if says_name == name { "version" } else { "name" };
        notes.add("WH-003", noted, in_chart_file(chart, key));
    }
}

/// The instance type can be read (WH-147).
pub(crate) fn instance_type(notes: &mut Notes<'_>, chart: &Chart, instance_type: Option<&str>) {
    let Some(text) = instance_type else { return };
    if let Err(error) = text.parse::<InstanceType>() {
        let message = format!(
            "instanceType \"{}\" is not <CSP>.GPU.<GPU>_<n>x[.x<nodes>]: {}",
            error.text, error.reason
        );
        let noted = Noted { message, path: "instanceType".to_owned(), ..Noted::default() };
        notes.add("WH-147", noted, in_chart_file(chart, "name"));
    }
}

/// Every enabled dependency is there, all levels down (WH-005). The chart's dependencies are
/// processed: its requirements are those that are enabled.
pub(crate) fn dependencies(notes: &mut Notes<'_>, root: &Chart) {
    let mut waiting = vec![root];
    while let Some(chart) = waiting.pop() {
        for requirement in chart.metadata.requirements() {
            let is_there = chart.dependencies().iter().any(|subchart| {
                subchart.name() == requirement.name
                    && is_compatible_range(&requirement.version, &subchart.metadata.version)
            });
            if !is_there {
                let message = format!(
                    "dependency {} {} of {} is not in the archive (charts/)",
                    requirement.name,
                    requirement.version,
                    chart.name()
                );
                let noted = Noted { message, path: "dependencies".to_owned(), ..Noted::default() };
                notes.add("WH-005", noted, in_chart_file(chart, "dependencies"));
            }
        }
        waiting.extend(chart.dependencies().iter().rev());
    }
}

/// What a lenient render did not end for: schemas (WH-007) and kubeVersion (WH-006).
pub(crate) fn refusals(notes: &mut Notes<'_>, rendered: &RenderedChart, deploying: bool) {
    for refusal in &rendered.refusals {
        match refusal {
            PipelineError::KubeVersion { range, version } => {
                let message = format!("chart requires Kubernetes {range}; the cluster runs {version}");
                // When a version is created it is not known yet where it will run.
                let level = if deploying { Level::Error } else { Level::Warning };
                let noted =
                    Noted { message, path: "kubeVersion".to_owned(), level: Some(level), ..Noted::default() };
                notes.add("WH-006", noted, in_chart_file(&rendered.chart, "kubeVersion"));
            }
            other => schema(notes, rendered, other),
        }
    }
}

fn schema(notes: &mut Notes<'_>, rendered: &RenderedChart, refusal: &PipelineError) {
    let found = violations(&rendered.chart, &rendered.values).unwrap_or_default();
    if found.is_empty() {
        let noted = Noted { message: one_line(&refusal.to_string()), ..Noted::default() };
        notes.add("WH-007", noted, in_chart_file(&rendered.chart, "name"));
    }
    for violation in found {
        let path = violation.path.iter().fold(".Values".to_owned(), |path, key| format!("{path}.{key}"));
        let mark = mark_at(rendered, &violation.path);
        let from = mark.as_ref().map(|mark| format!(" ({mark})")).unwrap_or_default();
        let message = format!("{path}: {}{from}", violation.message);
        let place = mark.and_then(|mark| location_of_mark(&rendered.chart, &mark));
        let place = place.or_else(|| in_chart_file(&rendered.chart, "name"));
        notes.add("WH-007", Noted { message, path, ..Noted::default() }, place);
    }
}

/// A text in one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A chart that could not be loaded: an archive that is none, or one that is not safe (WH-008), or
/// files that cannot be understood (WH-009).
#[must_use]
pub fn load_refusal(error: &Error, policy: &Policy) -> Vec<Located> {
    let mut notes = Notes::new(policy);
    let rule = if is_unsafe(error) { "WH-008" } else { "WH-009" };
    notes.add(rule, Noted { message: one_line(&full_text(error)), ..Noted::default() }, None);
    notes.found
}

/// Helm's text, and the cause where Helm does not tell it.
fn full_text(error: &Error) -> String {
    match error {
        Error::UnableToLoadArchive { source } => format!("{error}: {}", full_text(source)),
        other => other.to_string(),
    }
}

/// Whether the archive itself is bad, not what its files say.
fn is_unsafe(error: &Error) -> bool {
    match error {
        Error::UnableToLoadArchive { source }
        | Error::NotAValidArchive { source, .. }
        | Error::Subchart { source, .. } => is_unsafe(source),
        Error::SubchartArchiveIsDirectory { .. }
        | Error::SubchartsTooDeep { .. }
        | Error::DirectoryFileTooLarge { .. }
        | Error::IrregularFile { .. }
        | Error::LinkInDirectory { .. }
        | Error::DirectoriesTooDeep { .. }
        | Error::InvalidChartName(_)
        | Error::NotAnArchive { .. }
        | Error::YamlInsteadOfArchive { .. }
        | Error::EmptyArchive
        | Error::InvalidGzipHeader
        | Error::InvalidGzipChecksum
        | Error::CorruptArchive
        | Error::UnexpectedEnd
        | Error::InvalidTarHeader
        | Error::NoFilesInArchive
        | Error::ChartTooLarge { .. }
        | Error::FileTooLarge { .. }
        | Error::TooManyFiles { .. }
        | Error::PathTooLong { .. }
        | Error::AbsolutePathInArchive
        | Error::OutsideBaseDirectory(_)
        | Error::ParentDirectoryInArchive
        | Error::IllegalNameInArchive
        | Error::ChartNotInBaseDirectory
        | Error::LinkInArchive(_)
        | Error::SpecialFileInArchive(_)
        | Error::DuplicateInArchive(_) => true,
        _ => false,
    }
}
