//! `lint`: Helm's rules for well-formed charts.

use std::fs;
use std::path::Path;

use wheelhouse_chart::values::Table;
use wheelhouse_chart::{ChartDirectory, Compat};
use wheelhouse_lint::{AsDirectory, Options, Report, Severity, lint};
use wheelhouse_render::KubeVersion;

use super::Failure;
use crate::arguments::Lint;
use crate::charts;
use crate::filesystem::{self, DiskDirectory, clean, go_error};
use crate::printer::Printer;
use crate::settings::Settings;

/// Lints every chart named, and prints what was found.
pub(super) fn run(options: &Lint, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let compat = Compat::from(options.compat);
    let mut paths = options.arguments.clone();
    match compat {
        Compat::V4 if paths.is_empty() => {
            return Err(Failure::new(
                "\"helm lint\" requires at least 1 argument\n\nUsage:  helm lint PATH [flags]",
            ));
        }
        Compat::V3 if paths.is_empty() => paths.push(".".to_owned()),
        _ => {}
    }
    let kube_version = match options.kube_version.as_str() {
        "" => None,
        text => Some(charts::kube_version(text, compat)?),
    };
    if options.with_subcharts {
        for path in paths.clone() {
            find_subcharts(&clean(Path::new(&path)).join("charts"), &mut paths);
        }
    }
    let values = charts::user_values(&options.values, compat, false)?;
    let linter = Linter { options, settings, compat, kube_version, values, printer };
    let mut text = String::new();
    let (mut failed, mut noticed) = (0, 0);
    for path in &paths {
        let outcome = linter.chart(path);
        let is_noticed = outcome.as_ref().map_or(true, |report| {
            report.reaches(linter.worst_passing()) || report.reaches(Severity::Warning)
        });
        if is_noticed {
            noticed += 1;
        } else if options.quiet {
            continue;
        }
        text.push_str(&format!("==> Linting {path}\n"));
        match outcome {
            Ok(report) => {
                for message in &report.messages {
                    if !options.quiet || message.severity > Severity::Info {
                        text.push_str(&format!("{message}\n"));
                    }
                }
                failed += usize::from(report.reaches(linter.worst_passing()));
            }
            Err(problem) => {
                text.push_str(&format!("Error {problem}\n"));
                failed += 1;
            }
        }
        text.push('\n');
    }
    printer.data(&text);
    let summary = format!("{} chart(s) linted, {failed} chart(s) failed", paths.len());
    if failed > 0 {
        return Err(Failure::new(summary));
    }
    if !options.quiet || noticed > 0 {
        printer.data(format!("{summary}\n"));
    }
    Ok(())
}

struct Linter<'a> {
    options: &'a Lint,
    settings: &'a Settings,
    compat: Compat,
    kube_version: Option<KubeVersion>,
    values: Table,
    printer: Printer,
}

impl Linter<'_> {
    /// The least severity that fails a chart.
    fn worst_passing(&self) -> Severity {
        if self.options.strict { Severity::Warning } else { Severity::Error }
    }

    /// Lints a directory or an archive.
    fn chart(&self, path: &str) -> Result<Report, String> {
        if path.ends_with(".tgz") || path.ends_with(".tar.gz") {
            let archive = filesystem::read(Path::new(path))
                .map_err(|error| format!("unable to open tarball: {error}"))?;
            let below = std::env::temp_dir().join("helm-lint");
            let mut directory = AsDirectory::unpack(&archive, &below.to_string_lossy(), self.compat)
                .map_err(|error| format!("unable to extract tarball: {}", error.0))?;
            return Ok(self.directory(&mut directory));
        }
        let chart_file = clean(&Path::new(path).join("Chart.yaml"));
        if let Err(error) = fs::metadata(&chart_file) {
            let error = go_error("stat", &chart_file, &error);
            return Err(format!("unable to check Chart.yaml file in chart: {error}"));
        }
        Ok(self.directory(&mut DiskDirectory::new(filesystem::absolute(Path::new(path)))))
    }

    fn directory(&self, directory: &mut dyn ChartDirectory) -> Report {
        let mut environment = charts::environment(self.compat, false);
        environment.lint_mode = true;
        let deadline = charts::deadline();
        let options = Options {
            values: &self.values,
            namespace: &self.settings.namespace,
            kube_version: self.kube_version.as_ref(),
            skip_schema_validation: self.options.skip_schema_validation,
            compat: self.compat,
            environment: &environment,
            limits: charts::limits(),
            checkpoint: Some(&deadline),
        };
        lint(directory, &options, &mut |warning| self.printer.talk(&warning.line(self.compat)))
    }
}

/// Charts below a directory, in the order of their paths. Links are not followed.
fn find_subcharts(path: &Path, found: &mut Vec<String>) {
    let Ok(status) = fs::symlink_metadata(path) else { return };
    let shown = path.to_string_lossy().into_owned();
    if path.file_name().is_some_and(|name| name == "Chart.yaml") {
        found.push(path.parent().unwrap_or(path).to_string_lossy().into_owned());
    } else if shown.ends_with(".tgz") || shown.ends_with(".tar.gz") {
        found.push(shown);
    }
    if !status.is_dir() {
        return;
    }
    let Ok(entries) = fs::read_dir(path) else { return };
    let mut names: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name())).collect();
    names.sort_unstable();
    for name in names {
        find_subcharts(&path.join(name), found);
    }
}
