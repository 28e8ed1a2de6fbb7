//! Measures `check` and `template` as whole processes on the chart of three hundred objects.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::measure::{median, run_isolated};
use crate::output::print_row;
use crate::reference;

/// How long a whole `check` may take, from start to exit.
const TARGET: Duration = Duration::from_millis(60);

/// `cargo xtask bench-check [--wheelhouse PATH] [--helm PATH] [--runs N]`: medians, peak memory, and
/// with a real Helm the ratio to `helm template`, which does less.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let mut ours = None;
    let mut helm = None;
    let mut runs = 21;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let value = rest.next().copied().with_context(|| format!("{argument} needs a value"))?;
        match *argument {
            "--wheelhouse" => ours = Some(PathBuf::from(value)),
            "--helm" => helm = Some(PathBuf::from(value)),
            "--runs" => runs = value.parse().context("--runs takes a number")?,
            _ => bail!("unknown flag {argument}"),
        }
    }
    let ours = match ours {
        Some(path) => path,
        None => reference::build_ours()?,
    };
    let chart = reference::root().join("crates/check/benches/chart-300").display().to_string();
    let check: &[&str] = &["check", &chart, "--service", "mini-service-0", "--port", "8000"];
    let template: &[&str] = &["template", "mini-service", &chart];
    let mut commands = vec![("wheelhouse check", &ours, check), ("wheelhouse template", &ours, template)];
    if let Some(helm) = &helm {
        commands.push(("helm template", helm, template));
    }
    let home = tempfile::tempdir()?;
    let mut measured: Vec<(Vec<Duration>, u64)> = vec![(Vec::new(), 0); commands.len()];
    // Interleaved, so that a noisy moment of the machine hits all of them.
    for _ in 0..runs.max(1) {
        for ((name, program, words), (times, peak)) in commands.iter().zip(&mut measured) {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            let run = run_isolated(program, &words, home.path())?;
            if run.code != 0 {
                bail!("{name} failed: {}", String::from_utf8_lossy(&run.stderr));
            }
            times.push(run.time);
            *peak = run.peak_kilobytes.max(*peak);
        }
    }
    let medians: Vec<Duration> = measured.iter().map(|(times, _)| median(times)).collect();
    let checking = medians.first().copied().unwrap_or_default();
    print_row!(
        "{:<22} {:>10} {:>10} {:>10} {:>10}",
        "300 objects, cold",
        "median ms",
        "least ms",
        "peak MB",
        "ratio"
    );
    for (((name, ..), (times, peak)), median) in commands.iter().zip(&measured).zip(&medians) {
        let milliseconds = |time: &Duration| time.as_secs_f64() * 1e3;
        print_row!(
            "{name:<22} {:>10.1} {:>10.1} {:>10.1} {:>10.2}",
            milliseconds(median),
            times.iter().min().map(milliseconds).unwrap_or_default(),
            f64::from(u32::try_from(*peak).unwrap_or(u32::MAX)) / 1024.0,
            median.as_secs_f64() / checking.as_secs_f64().max(1e-9)
        );
    }
    if checking > TARGET {
        bail!("check takes {checking:.1?}, the target is {TARGET:?}");
    }
    Ok(())
}
