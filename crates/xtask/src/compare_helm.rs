//! Renders charts with real Helm and with ours, and prints both sides of one run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::corpus::Case;
use crate::measure::{Run, median, percentile_95, run_isolated};
use crate::output::{print_row, say};
use crate::reference;

/// Which Helm is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compat {
    /// Helm 4.2.4
    V4,
    /// Helm 3.21.4
    V3,
}

impl Compat {
    /// The pinned version.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Compat::V4 => "4.2.4",
            Compat::V3 => "3.21.4",
        }
    }

    /// What makes ours behave as that Helm.
    fn flags(self) -> &'static [&'static str] {
        match self {
            Compat::V4 => &[],
            Compat::V3 => &["--compat", "v3"],
        }
    }
}

/// `cargo xtask compare-helm --helm PATH [--wheelhouse PATH] [--runs N] CHARTS...`
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let mut helm = None;
    let mut ours = None;
    let mut runs = 5;
    let mut cases = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().copied().with_context(|| format!("{argument} needs a value"));
        match *argument {
            "--helm" => helm = Some(PathBuf::from(value()?)),
            "--wheelhouse" => ours = Some(PathBuf::from(value()?)),
            "--runs" => runs = value()?.parse().context("--runs takes a number")?,
            chart => cases.push(Case::chart(Path::new(chart))),
        }
    }
    let helm = match helm {
        Some(path) => path,
        None => reference::build_helm(Compat::V4)?,
    };
    let ours = match ours {
        Some(path) => path,
        None => reference::build_ours()?,
    };
    if cases.is_empty() {
        bail!("name at least one chart");
    }
    let different = compare_all(&ours, &helm, Compat::V4, &cases, runs)?;
    if different > 0 { bail!("{different} of {} chart(s) differ", cases.len()) } else { Ok(()) }
}

/// How many times faster than Helm our whole process is: the median over the cases.
pub(crate) fn ratio(ours: &Path, theirs: &Path, compat: Compat, cases: &[Case], runs: usize) -> Result<f64> {
    Ok(compare(ours, theirs, compat, cases, runs)?.ratio)
}

/// Compares every case, prints a row for each and the medians, and gives the number that differ.
pub(crate) fn compare_all(
    ours: &Path,
    theirs: &Path,
    compat: Compat,
    cases: &[Case],
    runs: usize,
) -> Result<usize> {
    Ok(compare(ours, theirs, compat, cases, runs)?.different)
}

/// What comparing many cases gave.
struct Comparison {
    different: usize,
    /// Their time by ours, the median of all cases.
    ratio: f64,
}

fn compare(ours: &Path, theirs: &Path, compat: Compat, cases: &[Case], runs: usize) -> Result<Comparison> {
    let home = tempfile::tempdir()?;
    let mut different = 0;
    let mut ratios = Vec::new();
    let mut our_times = Vec::new();
    let mut their_times = Vec::new();
    let (mut our_peak, mut their_peak) = (0.0_f64, 0.0_f64);
    print_row!(
        "{:<10} {:>9} {:>9} {:>7} {:>9} {:>9}  chart",
        "same",
        "ours ms",
        "helm ms",
        "ratio",
        "ours MB",
        "helm MB"
    );
    let compared = if runs > 1 {
        // One after the other, so that no run disturbs another.
        cases.iter().map(|case| Compared::of(ours, theirs, compat, case, runs, home.path())).collect()
    } else {
        all_at_once(ours, theirs, compat, cases)?
    };
    for (case, compared) in cases.iter().zip(compared) {
        let compared = compared?;
        let (our_time, their_time) = (median_time(&compared.ours), median_time(&compared.theirs));
        let ratio = their_time.as_secs_f64() / our_time.as_secs_f64().max(1e-9);
        ratios.push(ratio);
        our_times.push(our_time);
        their_times.push(their_time);
        our_peak = our_peak.max(megabytes(&compared.ours));
        their_peak = their_peak.max(megabytes(&compared.theirs));
        let difference = compared.difference();
        if difference.is_some() || runs > 1 {
            print_row!(
                "{:<10} {:>9.1} {:>9.1} {:>7.1} {:>9.1} {:>9.1}  {}",
                if difference.is_none() { "identical" } else { "DIFFERENT" },
                our_time.as_secs_f64() * 1e3,
                their_time.as_secs_f64() * 1e3,
                ratio,
                megabytes(&compared.ours),
                megabytes(&compared.theirs),
                case.name
            );
        }
        if let Some(difference) = difference {
            different += 1;
            say!("{}: {difference}", case.name);
        }
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let ratio = ratios.get(ratios.len() / 2).copied().unwrap_or_default();
    print_row!("{} of {} identical", cases.len() - different, cases.len());
    for (who, times, peak) in [("ours", &our_times, our_peak), ("helm", &their_times, their_peak)] {
        print_row!(
            "{who}: median {:.1} ms, 95th percentile {:.1} ms, peak {peak:.1} MB",
            median(times).as_secs_f64() * 1e3,
            percentile_95(times).as_secs_f64() * 1e3
        );
    }
    print_row!("ratio: median {ratio:.1}, least {:.1}", ratios.first().copied().unwrap_or_default());
    Ok(Comparison { different, ratio })
}

/// The runs of one case.
struct Compared {
    ours: Vec<Run>,
    theirs: Vec<Run>,
}

impl Compared {
    fn of(
        ours: &Path,
        theirs: &Path,
        compat: Compat,
        case: &Case,
        runs: usize,
        home: &Path,
    ) -> Result<Compared> {
        let mut compared = Compared { ours: Vec::new(), theirs: Vec::new() };
        // Interleaved, so that a noisy moment of the machine hits both sides.
        for _ in 0..runs.max(1) {
            let mut flags: Vec<String> = case.arguments.clone();
            compared.theirs.push(run_isolated(theirs, &flags, home)?);
            flags.extend(compat.flags().iter().map(ToString::to_string));
            compared.ours.push(run_isolated(ours, &flags, home)?);
        }
        Ok(compared)
    }

    /// Where the first runs differ.
    fn difference(&self) -> Option<String> {
        difference(self.ours.first()?, self.theirs.first()?)
    }
}

/// Compares cases on every processor: where only bytes count, times may disturb each other.
fn all_at_once(ours: &Path, theirs: &Path, compat: Compat, cases: &[Case]) -> Result<Vec<Result<Compared>>> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let share = |cases: &[Case]| -> Result<Vec<Result<Compared>>> {
        let home = tempfile::tempdir()?;
        let compare = |case| Compared::of(ours, theirs, compat, case, 1, home.path());
        Ok(cases.iter().map(compare).collect())
    };
    std::thread::scope(|scope| {
        let shares = cases.chunks(cases.len().div_ceil(processors).max(1));
        let share = &share;
        let workers: Vec<_> = shares.map(|cases| scope.spawn(move || share(cases))).collect();
        let mut compared = Vec::with_capacity(cases.len());
        for worker in workers {
            compared.extend(worker.join().map_err(|_| anyhow::anyhow!("a comparison panicked"))??);
        }
        Ok(compared)
    })
}

fn median_time(runs: &[Run]) -> Duration {
    median(&runs.iter().map(|run| run.time).collect::<Vec<_>>())
}

fn megabytes(runs: &[Run]) -> f64 {
    let peak = runs.iter().map(|run| run.peak_kilobytes).max().unwrap_or_default();
    #[allow(clippy::cast_precision_loss)]
    let kilobytes = peak as f64;
    kilobytes / 1024.0
}

/// Where two runs differ: exit code, output bytes, or the error text. Ours may say more below
/// Helm's error text (the source line), so theirs has to be how ours begins.
fn difference(ours: &Run, theirs: &Run) -> Option<String> {
    if ours.code != theirs.code {
        return Some(format!(
            "exit code {} instead of {}\n  ours:   {}\n  theirs: {}",
            ours.code,
            theirs.code,
            excerpt(&ours.stderr, 0),
            excerpt(&theirs.stderr, 0)
        ));
    }
    if ours.stdout != theirs.stdout {
        let at = ours.stdout.iter().zip(&theirs.stdout).take_while(|(left, right)| left == right).count();
        return Some(format!(
            "output differs at byte {at}\n  ours:   {}\n  theirs: {}",
            excerpt(&ours.stdout, at),
            excerpt(&theirs.stdout, at)
        ));
    }
    let (our_error, their_error) = (error_text(&ours.stderr), error_text(&theirs.stderr));
    if theirs.code != 0 && !our_error.starts_with(their_error.trim_end()) {
        return Some(format!("error text\n  ours:   {our_error}\n  theirs: {their_error}"));
    }
    None
}

/// The error itself, without warnings that come before it and without the Go stack that Helm 3
/// prints behind it with `--debug`.
fn error_text(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let error = text.find("Error: ").and_then(|at| text.get(at..)).unwrap_or_default();
    error.split("\nhelm.go:").next().unwrap_or_default().to_owned()
}

fn excerpt(bytes: &[u8], at: usize) -> String {
    let from = at.saturating_sub(40);
    let to = (at + 120).min(bytes.len());
    format!("{:?}", String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()))
}
