//! How fast the engine is: the figures of the chart engine's goals, measured in this process.

mod disk;
mod job;
mod workload;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use wheelhouse_chart::File;

use crate::compare_helm::{self, Compat};
use crate::corpus::{self, Case};
use crate::measure::{median, percentile_95};
use crate::output::{print_row, say};
use crate::reference;
use job::Job;

/// Most time of a render in the process: the median over all charts.
const CHART: Duration = Duration::from_millis(5);
/// Most time of an umbrella of 100 subcharts.
const UMBRELLA: Duration = Duration::from_secs(1);
/// Most time of 10,000 `tpl` calls.
const TPL: Duration = Duration::from_millis(50);
/// How many times faster than Helm a whole process has to be.
const RATIO: f64 = 10.0;
/// How much dearer an object may be among 800 than among 4.
const GROWTH: f64 = 1.25;

/// `cargo xtask bench-engine [--helm PATH] [--runs N] [CHARTS...]`
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let mut helm = None;
    let mut runs = 9;
    let mut charts = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().copied().with_context(|| format!("{argument} needs a value"));
        match *argument {
            "--helm" => helm = Some(PathBuf::from(value()?)),
            "--runs" => runs = value()?.parse().context("--runs takes a number")?,
            chart => charts.push(PathBuf::from(chart)),
        }
    }
    let work = tempfile::tempdir()?;
    if charts.is_empty() {
        let cases = corpus::repository_charts(&reference::root())?;
        charts.extend(cases.iter().filter_map(|case| case.chart.clone()));
        charts.extend(corpus::generated(work.path())?.into_iter().filter_map(|case| case.chart));
        charts.dedup();
    }
    // Templates recurse on the native stack: the thread has what a render may use, and some more.
    let figures = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(job::STACK + (8 << 20));
        let handle = thread.spawn_scoped(scope, || measure(&charts, runs))?;
        handle.join().map_err(|_| anyhow::anyhow!("a measurement panicked"))?
    })?;
    let mut missed = figures.iter().filter(|figure| !figure.is_met()).count();
    for figure in &figures {
        figure.print();
    }
    if let Some(helm) = helm {
        let ours = reference::build_ours()?;
        let cases: Vec<Case> = charts.iter().map(|chart| Case::chart(chart)).collect();
        let ratio = compare_helm::ratio(&ours, &helm, Compat::V4, &cases, runs.min(5))?;
        let figure =
            Figure { what: "whole process, times faster than helm", value: ratio, goal: RATIO, most: false };
        figure.print();
        missed += usize::from(!figure.is_met());
    }
    if missed > 0 { bail!("{missed} goal(s) missed") } else { Ok(()) }
}

/// A measured figure and what it has to be.
struct Figure {
    what: &'static str,
    value: f64,
    goal: f64,
    /// Whether the goal is the most it may be, or the least.
    most: bool,
}

impl Figure {
    fn milliseconds(what: &'static str, time: Duration, goal: Duration) -> Self {
        Figure { what, value: time.as_secs_f64() * 1e3, goal: goal.as_secs_f64() * 1e3, most: true }
    }

    fn is_met(&self) -> bool {
        if self.most { self.value <= self.goal } else { self.value >= self.goal }
    }

    fn print(&self) {
        print_row!(
            "{:<7} {:>9.2}  ({} {:.2})  {}",
            if self.is_met() { "met" } else { "MISSED" },
            self.value,
            if self.most { "at most" } else { "at least" },
            self.goal,
            self.what
        );
    }
}

fn measure(charts: &[PathBuf], runs: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut times: Vec<(Duration, Duration, &Path)> = Vec::new();
    for chart in charts {
        let files = disk::read_chart(chart).with_context(|| chart.display().to_string())?;
        match measure_chart(&files, runs) {
            Ok((fresh, again)) => times.push((fresh, again, chart)),
            Err(error) => say!("left out: {}: {error:#}", chart.display()),
        }
    }
    times.sort_unstable();
    let fresh: Vec<Duration> = times.iter().map(|(fresh, _, _)| *fresh).collect();
    let again: Vec<Duration> = times.iter().map(|(_, again, _)| *again).collect();
    for (fresh, again, chart) in times.iter().rev().take(5) {
        let (fresh, again) = (fresh.as_secs_f64() * 1e3, again.as_secs_f64() * 1e3);
        print_row!("slowest: {fresh:.1} ms, again {again:.1} ms: {}", chart.display());
    }
    print_row!("{} charts, 95th percentile {:.1} ms", times.len(), percentile_95(&fresh).as_secs_f64() * 1e3);
    figures.push(Figure::milliseconds("ms, load and render a chart (median)", median(&fresh), CHART));
    figures.push(Figure::milliseconds("ms, the same again, texts parsed (median)", median(&again), CHART));

    let umbrella = measure_chart(&workload::umbrella(100), runs)?.0;
    figures.push(Figure::milliseconds("ms, umbrella of 100 subcharts", umbrella, UMBRELLA));
    // What the chart costs without the calls is no part of the figure.
    for (what, one_text) in
        [("ms, 10,000 tpl calls of one text", true), ("ms, 10,000 tpl calls of different texts", false)]
    {
        let without = measure_chart(&workload::tpl(0, one_text), runs)?.0;
        let with = measure_chart(&workload::tpl(10_000, one_text), runs)?.0;
        figures.push(Figure::milliseconds(what, with.saturating_sub(without), TPL));
    }
    let per_object = |count: u32| -> Result<f64> {
        let time = measure_chart(&workload::objects(count), runs)?.0;
        let nothing = measure_chart(&workload::objects(0), runs)?.0;
        Ok(time.saturating_sub(nothing).as_secs_f64() * 1e6 / f64::from(count))
    };
    let (few, many) = (per_object(4)?, per_object(800)?);
    print_row!("per object: {few:.1} µs of 4, {:.1} µs of 80, {many:.1} µs of 800", per_object(80)?);
    let what = "an object of 800 against one of 4";
    figures.push(Figure { what, value: many / few, goal: GROWTH, most: true });
    Ok(figures)
}

/// The median times of loading and rendering a chart with a new renderer, and once more with the same.
fn measure_chart(files: &[File], runs: usize) -> Result<(Duration, Duration)> {
    let mut fresh = Vec::new();
    let mut again = Vec::new();
    for _ in 0..runs.max(1) {
        let job = Job::new();
        fresh.push(job.render(files)?);
        again.push(job.render(files)?);
    }
    Ok((median(&fresh), median(&again)))
}
