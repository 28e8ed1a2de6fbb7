//! Runs a program as a whole process and measures it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use wait4::Wait4 as _;

/// What one run of a program gave and cost.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Wall time from start to end.
    pub time: Duration,
    /// Processor time, of the user's part and the system's.
    pub processor: Duration,
    /// Peak resident memory in kilobytes.
    pub peak_kilobytes: u64,
}

/// Runs `program` with nothing of the user's own Helm configuration around it.
pub(crate) fn run_isolated(program: &Path, arguments: &[String], home: &Path) -> Result<Run> {
    let stdout_path = home.join("stdout");
    let stderr_path = home.join("stderr");
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("HELM_CACHE_HOME", home.join("cache"))
        .env("HELM_CONFIG_HOME", home.join("config"))
        .env("HELM_DATA_HOME", home.join("data"))
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        // Files, not pipes: a full pipe would add the reader's time to the figure.
        .stdout(std::fs::File::create(&stdout_path)?)
        .stderr(std::fs::File::create(&stderr_path)?);
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    let usage = child.wait4().with_context(|| format!("cannot wait for {}", program.display()))?;
    let time = start.elapsed();
    Ok(Run {
        code: usage.status.code().unwrap_or(-1),
        stdout: std::fs::read(&stdout_path)?,
        stderr: std::fs::read(&stderr_path)?,
        time,
        processor: usage.rusage.utime + usage.rusage.stime,
        peak_kilobytes: usage.rusage.maxrss / 1024,
    })
}

/// How long this thread has been running on a processor: on a busy machine a wall clock measures
/// the others too. Where the system does not tell, the wall clock has to do.
pub(crate) fn thread_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // The kernel brings the account of a running thread up to date when it yields.
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// The middle one of some durations; zero of none.
pub(crate) fn median(times: &[Duration]) -> Duration {
    at_share(times, 50)
}

/// The duration that 95 of 100 do not exceed; zero of none.
pub(crate) fn percentile_95(times: &[Duration]) -> Duration {
    at_share(times, 95)
}

/// The duration that 99 of 100 do not exceed; zero of none.
pub(crate) fn percentile_99(times: &[Duration]) -> Duration {
    at_share(times, 99)
}

fn at_share(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}
