//! `check`: hold a chart against the platform's policy.

mod cluster;
mod fixing;
mod overlay;
mod request;

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use wheelhouse_chart::Compat;
use wheelhouse_check::format::Shown;
use wheelhouse_check::{
    AgainstBaseline, AllValues, Baseline, Checked, Located, Suppressed, check_all_values, check_chart,
    format, load_refusal, mutation_diff, suppress,
};
use wheelhouse_policy::Level;
use wheelhouse_render::Renderer;
use wheelhouse_source::quantity;

use super::Failure;
use crate::arguments::{Check, CheckFormat};
use crate::charts;
use crate::filesystem;
use crate::printer::Printer;
use crate::rendering::Rendering;
use crate::settings::Settings;
use overlay::Overlay;
use request::{check_request, platform_additions};

/// The exit code when the chart could not be checked at all.
const COULD_NOT_CHECK: u8 = 2;

/// Checks and prints. Exit 0 for a chart that is accepted, 1 for one that is refused, 2 for one
/// that could not be checked.
pub(super) fn run(options: &Check, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    match check(options, settings, printer) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure { exit_code: 1, ..Failure::new("") }),
        Err(failure) => Err(Failure { exit_code: COULD_NOT_CHECK, ..failure }),
    }
}

/// Everything that may fail without a verdict. Gives whether the chart is accepted.
fn check(options: &Check, settings: &Settings, printer: Printer) -> Result<bool, Failure> {
    let [reference] = options.arguments.as_slice() else {
        return Err(Failure::new(
            "\"wheelhouse check\" requires 1 argument\n\nUsage:  wheelhouse check CHART [flags]",
        ));
    };
    let additions = platform_additions(options)?;
    let mut session = Session::new(options, reference, settings, printer)?;
    let baseline = options.baseline.as_ref().map(|path| read_baseline(path)).transpose()?;
    let mut overlay = Overlay::default();
    let (mut checked, mut suppressed) = session.checked(&overlay)?;
    if options.fix {
        let fixed = fixing::fix(&mut session, &mut overlay, checked, suppressed.kept)?;
        printer.talk(&fixed.told);
        if options.dry_run {
            printer.data(fixed.diff);
            return Ok(true);
        }
        overlay.write(session.directory()?)?;
        (checked, suppressed) = session.checked(&Overlay::default())?;
    }
    if let Some(path) = &options.write_baseline {
        let baseline = Baseline::of(&suppressed.kept);
        filesystem::replace(Path::new(path), baseline.to_text().as_bytes())?;
        printer.talk(&format!("wrote {} to {path}", quantity(baseline.len(), "finding")));
        return Ok(true);
    }
    let against = match baseline {
        Some(baseline) => baseline.compare(suppressed.kept),
        None => AgainstBaseline { new: suppressed.kept, ..AgainstBaseline::default() },
    };
    print_findings(options.format, &against.new, &checked, reference, printer);
    tell_left_out(&suppressed.suppressed, &against, printer);
    if let Some(all) = &session.all_values {
        tell_coverage(all, printer);
    }
    let refused = against.new.iter().any(|located| located.finding.level == Level::Error);
    if options.show_mutations {
        match mutation_diff(&checked.intake, &additions) {
            Ok(diff) => printer.data(diff),
            Err(broken) => {
                printer.talk(&format!(
                    "error[{}]: the platform's change would break the chart: {broken}",
                    broken.rule
                ));
                return Ok(false);
            }
        }
    }
    Ok(!refused)
}

/// One run of the command: the chart and what it is checked for.
struct Session<'o> {
    options: &'o Check,
    reference: &'o str,
    path: std::path::PathBuf,
    renderer: Renderer,
    today: Date,
    printer: Printer,
    /// Whether nothing is told: while edits are tried.
    is_quiet: bool,
    /// What `--all-values` found beside the findings.
    all_values: Option<Fleet>,
}

/// What is told of the value sets.
struct Fleet {
    sets: usize,
    failed: Vec<(String, String)>,
    coverage: wheelhouse_check::Coverage,
}

impl<'o> Session<'o> {
    fn new(
        options: &'o Check,
        reference: &'o str,
        settings: &Settings,
        printer: Printer,
    ) -> Result<Self, Failure> {
        let path = charts::locate(reference, &options.chart_path, settings, printer)?;
        Ok(Session {
            options,
            reference,
            path,
            renderer: Renderer::new(Compat::V4),
            today: Timestamp::now().to_zoned(TimeZone::UTC).date(),
            printer,
            is_quiet: false,
            all_values: None,
        })
    }

    /// The chart's directory.
    fn directory(&self) -> Result<&Path, Failure> {
        if self.path.is_dir() {
            return Ok(&self.path);
        }
        Err(Failure::new(format!(
            "{} is an archive: only files of a chart directory are edited",
            self.reference
        )))
    }

    /// Checks the chart as it would be with the overlay's files, and tells nothing.
    fn checked_quietly(&mut self, overlay: &Overlay) -> Result<(Checked, Suppressed), Failure> {
        let is_quiet = std::mem::replace(&mut self.is_quiet, true);
        let result = self.checked(overlay);
        self.is_quiet = is_quiet;
        result
    }

    /// Checks the chart as it would be with the overlay's files.
    fn checked(&mut self, overlay: &Overlay) -> Result<(Checked, Suppressed), Failure> {
        let options = self.options;
        let values = charts::user_values(&options.values, Compat::V4, true)?;
        let capabilities = charts::offline_capabilities(&options.kube_version, &[], Compat::V4)?;
        let request = check_request(options, &capabilities.kube_version.minor)?;
        let mut warnings = Vec::new();
        let chart = match overlay.load(&self.path, &mut warnings)? {
            Ok(chart) => chart,
            Err(error) => {
                let refusal = load_refusal(&error, &request.policy);
                return Err(self.not_checked(refusal, charts::not_loaded(error)));
            }
        };
        let rendering = Rendering::of_function(values, capabilities);
        let result = if options.all_values {
            check_all_values(&self.renderer, &chart, &rendering.request(), &request, &mut warnings).map(
                |all| {
                    let AllValues { checked, sets, failed, coverage } = all;
                    self.all_values = Some(Fleet { sets: sets.len(), failed, coverage });
                    checked
                },
            )
        } else {
            check_chart(&self.renderer, chart, &rendering.request(), &request, &mut warnings)
        };
        if !self.is_quiet {
            charts::tell(&warnings, Compat::V4, self.printer);
        }
        let mut checked = match result {
            Ok(checked) => checked,
            Err(refused) => {
                return Err(self.not_checked(refused.findings, Failure::from_pipeline(refused.error)));
            }
        };
        if let Err(error) = &checked.rendered.manifests {
            let failure = Failure::from_manifest(error, &checked.rendered);
            return Err(self.not_checked(std::mem::take(&mut checked.findings), failure));
        }
        let found = std::mem::take(&mut checked.findings);
        let suppressed = suppress(found, &checked.rendered.chart, self.today, &request.policy);
        Ok((checked, suppressed))
    }

    /// A chart without objects to check: people get the error, machines get the findings.
    fn not_checked(&self, findings: Vec<Located>, failure: Failure) -> Failure {
        match document(self.options.format, &findings, 0, self.reference) {
            Some(_) if self.is_quiet => Failure::new(""),
            Some(document) => {
                self.printer.data(document);
                Failure::new("")
            }
            None => {
                let rule = findings.last().map(|located| located.finding.rule.id);
                let rule = rule.map(|rule| format!("[{rule}] ")).unwrap_or_default();
                let failure = failure.in_directory(directory_of(self.reference));
                Failure { message: format!("{rule}{}", failure.message), ..failure }
            }
        }
    }
}

fn read_baseline(path: &str) -> Result<Baseline, Failure> {
    let text = filesystem::read(Path::new(path))?;
    Baseline::parse(&String::from_utf8_lossy(&text)).map_err(|error| Failure::new(format!("{path}: {error}")))
}

/// Findings for a machine; `None` for people.
fn document(format: CheckFormat, findings: &[Located], counted: usize, directory: &str) -> Option<String> {
    let pretty = |value: serde_json::Value| format!("{value:#}\n");
    match format {
        CheckFormat::Human => None,
        CheckFormat::Json => Some(pretty(format::json(findings, counted))),
        CheckFormat::Sarif => Some(pretty(format::sarif(findings))),
        CheckFormat::Junit => Some(format::junit(findings)),
        CheckFormat::Github => Some(format::github(findings, directory)),
    }
}

fn print_findings(
    format: CheckFormat,
    findings: &[Located],
    checked: &Checked,
    reference: &str,
    printer: Printer,
) {
    let text = document(format, findings, checked.counted, reference).unwrap_or_else(|| {
        let values = checked.rendered.chart.contents().raw.iter().find(|file| file.name == "values.yaml");
        let values = values.map(|file| file.text().into_owned()).unwrap_or_default();
        let shown = Shown {
            directory: directory_of(reference),
            chart_values: &values,
            colour: printer.colours_data(),
        };
        format::human(findings, checked.counted, shown)
    });
    printer.data(text);
}

/// The chart's directory; empty for an archive, whose places cannot be opened.
fn directory_of(reference: &str) -> &str {
    if Path::new(reference).is_dir() { reference } else { "" }
}

fn tell_left_out(suppressed: &[Located], against: &AgainstBaseline, printer: Printer) {
    if !suppressed.is_empty() {
        printer.talk(&format!("{} suppressed in the chart", quantity(suppressed.len(), "finding")));
    }
    if !against.known.is_empty() {
        printer.talk(&format!("{} of the baseline not shown", quantity(against.known.len(), "finding")));
    }
    for gone in &against.gone {
        printer.talk(&format!("no longer found, write the baseline anew: {gone}"));
    }
}

/// How many branches that never ran are named.
const SHOWN_BRANCHES: usize = 20;

fn tell_coverage(fleet: &Fleet, printer: Printer) {
    let coverage = &fleet.coverage;
    printer.talk(&format!(
        "{}; {} of {} branch sides ran",
        quantity(fleet.sets, "more value set"),
        coverage.ran,
        coverage.sides
    ));
    for (place, side) in coverage.missed.iter().take(SHOWN_BRANCHES) {
        let which = if *side { "its block" } else { "what is passed over" };
        printer.talk(&format!("  never ran: {}:{}:{} ({which})", place.file, place.line, place.column));
    }
    if coverage.missed.len() > SHOWN_BRANCHES {
        printer.talk(&format!("  and {} more", coverage.missed.len() - SHOWN_BRANCHES));
    }
    for (set, reason) in &fleet.failed {
        let first = reason.lines().next().unwrap_or_default();
        printer.talk(&format!("  does not render with {set}: {first}"));
    }
}
