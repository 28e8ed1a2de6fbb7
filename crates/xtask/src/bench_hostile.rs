//! Inputs that try to use up the machine, through the whole binary: each must end in a clear error,
//! within two seconds of processor time and 300 MiB.

mod archives;
mod charts;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::measure::run_isolated;
use crate::output::print_row;
use crate::reference;

/// Peak resident memory that no input may exceed, in kilobytes.
const MEMORY: u64 = 300 << 10;
/// Processor time that no input may exceed.
const TIME: Duration = Duration::from_secs(2);

/// A chart on disk, with a part of the error it must end in.
struct Input<N = &'static str> {
    name: N,
    path: PathBuf,
    expected: N,
}

/// Where the names of the inputs lie, what they must end in, and their paths.
const LIST: &str = "list.json";

/// Writes the inputs and a list of them below a directory.
fn write(work: &Path) -> Result<()> {
    let mut inputs = charts::write(work)?;
    inputs.extend(archives::write(work)?);
    let list: Vec<_> = inputs.iter().map(|input| (input.name, &input.path, input.expected)).collect();
    Ok(fs::write(work.join(LIST), serde_json::to_vec(&list)?)?)
}

/// Has another process write the inputs: the peak memory of a process counts as that of those it
/// starts, and some inputs take much to make.
fn written(work: &Path) -> Result<Vec<Input<String>>> {
    let status = Command::new(std::env::current_exe()?).args(["bench-hostile", WRITE]).arg(work).status()?;
    if !status.success() {
        bail!("the inputs cannot be written");
    }
    let list: Vec<(String, PathBuf, String)> = serde_json::from_slice(&fs::read(work.join(LIST))?)?;
    Ok(list.into_iter().map(|(name, path, expected)| Input { name, path, expected }).collect())
}

const WRITE: &str = "--write";

/// `cargo xtask bench-hostile [--wheelhouse PATH] [--only TEXT]`: prints time and memory of every
/// input, for `template` and for `check`.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let mut ours = None;
    let mut only = "";
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let value = rest.next().copied().with_context(|| format!("{argument} needs a value"))?;
        match *argument {
            "--wheelhouse" => ours = Some(PathBuf::from(value)),
            "--only" => only = value,
            WRITE => return write(Path::new(value)),
            _ => bail!("unknown flag {argument}"),
        }
    }
    let ours = match ours {
        Some(path) => path,
        None => reference::build_ours()?,
    };
    let work = tempfile::tempdir()?;
    let mut inputs = written(work.path())?;
    inputs.retain(|input| input.name.contains(only));
    print_row!("{:<28} {:<8} {:>8} {:>8}  error", "input", "command", "CPU s", "peak MB");
    let mut over = Vec::new();
    for input in &inputs {
        for command in ["template", "check"] {
            over.extend(measure(&ours, command, input)?);
        }
    }
    if over.is_empty() {
        Ok(())
    } else {
        bail!("{} of {}:\n{}", over.len(), 2 * inputs.len(), over.join("\n"))
    }
}

/// Runs one command on one input; a sentence if it does not end as it must.
fn measure(program: &Path, command: &str, input: &Input<String>) -> Result<Option<String>> {
    let home = tempfile::tempdir()?;
    let words = [command.to_owned(), input.path.display().to_string()];
    let run = run_isolated(program, &words, home.path())?;
    // A check tells the whole reason in its report.
    let text = String::from_utf8_lossy(&run.stderr) + String::from_utf8_lossy(&run.stdout);
    let first: String = text.lines().next().unwrap_or_default().chars().take(90).collect();
    let megabytes = run.peak_kilobytes >> 10;
    print_row!(
        "{:<28} {command:<8} {:>8.2} {megabytes:>8}  {first}",
        input.name,
        run.processor.as_secs_f64()
    );
    let problem = if !matches!(run.code, 1 | 2) {
        format!("exits with {}", run.code)
    } else if !text.contains(&input.expected) {
        format!("does not say {:?}", input.expected)
    } else if run.processor > TIME {
        format!("takes {:.1?}", run.processor)
    } else if run.peak_kilobytes > MEMORY {
        format!("takes {megabytes} MiB")
    } else {
        return Ok(None);
    };
    Ok(Some(format!("  {} ({command}) {problem}", input.name)))
}

/// A directory or file of an input's own.
fn place(work: &Path, name: &str) -> Result<PathBuf> {
    let path = work.join(name.replace(' ', "-"));
    fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
    Ok(path)
}
