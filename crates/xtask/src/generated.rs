//! The generated references under `docs/`: written by `generated`, compared by `generated --check`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::output::say;
use crate::reference;

/// A file and the `wheelhouse` arguments whose output it holds.
const GENERATED: &[(&str, &[&str])] =
    &[("docs/reference/cli.md", &["reference", "cli"]), ("docs/reference/rules.md", &["reference", "rules"])];

/// Writes every generated file, or with `--check` fails if one is stale.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let check = arguments.contains(&"--check");
    let program = reference::build_ours()?;
    let mut stale = Vec::new();
    for (file, arguments) in GENERATED {
        let path = reference::root().join(file);
        let fresh = output(&program, arguments)?;
        let current = std::fs::read(&path).unwrap_or_default();
        if current == fresh {
            continue;
        }
        if check {
            stale.push(*file);
        } else {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(&path, fresh).with_context(|| path.display().to_string())?;
            say!("wrote {file}");
        }
    }
    if stale.is_empty() { Ok(()) } else { bail!("stale: {}; run `cargo xtask generated`", stale.join(", ")) }
}

fn output(program: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(program).args(arguments).output().context("cannot run wheelhouse")?;
    if !output.status.success() {
        bail!("wheelhouse {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}
