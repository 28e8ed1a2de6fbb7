use std::io;

use wheelhouse_chart::values::Table;
use wheelhouse_chart::{
    Chart, ChartDirectory, Compat, Error, FileKind, FileStatus, LoadOptions, Warning, load_directory,
};
use wheelhouse_gotemplate::Limits;
use wheelhouse_gotemplate::error::LimitReached;
use wheelhouse_render::KubeVersion;
use wheelhouse_sprig::Environment;

use crate::message::{Report, Severity};
use crate::rules;

/// What a chart is linted with.
pub struct Options<'a> {
    /// The user's values.
    pub values: &'a Table,
    /// `.Release.Namespace`
    pub namespace: &'a str,
    /// `.Capabilities.KubeVersion`, and the release that deprecations are held against; what Helm
    /// assumes without one.
    pub kube_version: Option<&'a KubeVersion>,
    /// Whether values are not held against schemas.
    pub skip_schema_validation: bool,
    /// Which Helm is followed.
    pub compat: Compat,
    /// What functions need from outside; in lint mode, so that `required` and `fail` let pass.
    pub environment: &'a Environment,
    /// What rendering may use up.
    pub limits: Limits,
    /// Asked now and then whether to go on.
    pub checkpoint: Option<&'a dyn Fn() -> Result<(), LimitReached>>,
}

/// Holds a chart against all rules. `tell` gets what Helm logs on the way: Helm loads the chart for
/// each group of rules anew, so that some of it comes more than once.
pub fn lint(
    directory: &mut dyn ChartDirectory,
    options: &Options<'_>,
    tell: &mut dyn FnMut(&Warning),
) -> Report {
    let mut subject = Subject { directory, options, tell, report: Report::default() };
    rules::chart_file::run(&mut subject);
    rules::values::run(&mut subject);
    rules::templates::run(&mut subject);
    rules::dependencies::run(&mut subject);
    if options.compat == Compat::V4 {
        rules::crds::run(&mut subject);
    }
    subject.report
}

/// The chart under the rules, and what they found so far.
pub(crate) struct Subject<'a, 'o> {
    pub(crate) directory: &'a mut dyn ChartDirectory,
    pub(crate) options: &'a Options<'o>,
    tell: &'a mut dyn FnMut(&Warning),
    report: Report,
}

impl Subject<'_, '_> {
    /// Notes what a rule found, and tells whether it found nothing.
    pub(crate) fn note(&mut self, severity: Severity, path: &str, found: Result<(), String>) -> bool {
        self.report.note(severity, path, found)
    }

    /// Passes on what was odd on the way.
    pub(crate) fn tell_all(&mut self, warnings: &[Warning]) {
        warnings.iter().for_each(|warning| (self.tell)(warning));
    }

    /// What a path is, links followed.
    pub(crate) fn status(&mut self, path: &str) -> io::Result<FileStatus> {
        let status = self.directory.status(path)?;
        match status.kind {
            FileKind::Link => self.directory.resolve(path).map(|(_, status)| status),
            _ => Ok(status),
        }
    }

    /// Whether a path leads to a directory; `None` if it leads nowhere.
    pub(crate) fn is_directory(&mut self, path: &str) -> Option<bool> {
        self.status(path).ok().map(|status| status.kind == FileKind::Directory)
    }

    /// Loads the chart.
    pub(crate) fn load(&mut self) -> Result<Chart, Error> {
        let options =
            LoadOptions { compat: self.options.compat, any_version: true, ..LoadOptions::default() };
        let mut warnings = Vec::new();
        let chart = load_directory(self.directory, options, &mut warnings);
        self.tell_all(&warnings);
        chart
    }
}
