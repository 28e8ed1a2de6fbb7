//! The dependencies of a chart on disk: which there are, and how `charts/` and Chart.lock come to
//! match what Chart.yaml asks for.

mod fetch;
mod lock;
mod resolve;
mod source;
mod status;

use std::path::Path;

use wheelhouse_chart::{Chart, Dependency, Lock, Stamp};

pub(crate) use status::list;

use crate::archives;
use crate::charts;
use crate::commands::Failure;
use crate::filesystem::go_error;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::signatures::Verify;

/// Brings `charts/` into line with Chart.yaml or Chart.lock.
pub(crate) struct Manager<'a> {
    /// The chart's directory, as the user named it.
    pub chart_path: &'a Path,
    /// More talk.
    pub debug: bool,
    /// What times files of archives get.
    pub stamp: Stamp,
    /// Where warnings about charts go.
    pub printer: Printer,
    /// Where repositories, logins and caches are.
    pub settings: &'a Settings,
    /// Do not fetch indexes anew.
    pub skip_refresh: bool,
    /// Whether the signatures of what is fetched are looked at.
    pub verify: Verify,
    /// The file of the keys they may be by.
    pub keyring: &'a Path,
    /// Takes the lines of what happens.
    pub out: &'a dyn Fn(&str),
}

/// Updates the dependencies of a chart that is to be packed, and tells nothing.
pub(crate) fn update_quietly(
    chart_path: &Path,
    stamp: Stamp,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    update(chart_path, stamp, settings, printer, &|_| {})
}

/// Updates the dependencies of a chart that is to be rendered, and tells of it as data.
pub(crate) fn complete(chart_path: &Path, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    update(chart_path, archives::stamp()?, settings, printer, &|line| printer.data(format!("{line}\n")))
}

fn update(
    chart_path: &Path,
    stamp: Stamp,
    settings: &Settings,
    printer: Printer,
    out: &dyn Fn(&str),
) -> Result<(), Failure> {
    Manager {
        chart_path,
        debug: settings.debug,
        stamp,
        printer,
        settings,
        skip_refresh: false,
        verify: Verify::Never,
        keyring: Path::new(""),
        out,
    }
    .update()
}

impl Manager<'_> {
    /// Fills `charts/` with what Chart.lock names; without a Chart.lock, as [`Manager::update`].
    pub(crate) fn build(&self) -> Result<(), Failure> {
        let chart = self.load()?;
        let Some(lock) = &chart.contents().lock else {
            return self.update();
        };
        let requirements = chart.metadata.dependencies.as_deref().unwrap_or_default();
        let wanted = self.known(present(requirements)?)?;
        lock::check(&chart, (requirements, &optional(&wanted)), lock, self.printer)?;
        let mut locked = present(lock.dependencies.as_deref().unwrap_or_default())?;
        self.require_named(&locked)?;
        self.refresh_named()?;
        self.fetch(&mut locked)
    }

    /// Fills `charts/` with what Chart.yaml asks for, and writes Chart.lock where it changes.
    pub(crate) fn update(&self) -> Result<(), Failure> {
        let chart = self.load()?;
        let Some(requirements) = &chart.metadata.dependencies else {
            return Ok(());
        };
        let wanted = self.known(present(requirements)?)?;
        self.refresh_unnamed(&wanted)?;
        self.refresh_named()?;
        let mut locked = self.resolve(&wanted)?;
        self.fetch(&mut locked)?;
        let locked: Vec<_> = locked.into_iter().map(Some).collect();
        let digest = Lock::digest_of(&optional(&wanted), &locked);
        if chart.contents().lock.as_ref().is_some_and(|lock| lock.digest == digest) {
            return Ok(());
        }
        let (Stamp::Own(now) | Stamp::Fixed(now)) = self.stamp;
        let lock = Lock { generated: now.into(), digest, dependencies: Some(locked) };
        lock::write(self.chart_path, &chart, &lock)
    }

    fn load(&self) -> Result<Chart, Failure> {
        let path = self.chart_path;
        let status = path.metadata().map_err(|error| {
            Failure::new(format!("could not find {}: {}", path.display(), go_error("stat", path, &error)))
        })?;
        if !status.is_dir() {
            return Err(Failure::new("only unpacked charts can be updated"));
        }
        charts::load_unpacked(path, charts::any_version(), self.printer)
    }
}

fn optional(entries: &[Dependency]) -> Vec<Option<Dependency>> {
    entries.iter().cloned().map(Some).collect()
}

/// Entries of a list; an empty one is an error, as it is when a chart is validated.
fn present(entries: &[Option<Dependency>]) -> Result<Vec<Dependency>, Failure> {
    entries
        .iter()
        .map(|entry| {
            let missing = || Failure::new("dependencies must not contain empty or null nodes");
            entry.clone().ok_or_else(missing)
        })
        .collect()
}
