//! `cargo xtask faults [ROUNDS]`: kills the process at each step of what it does, for longer than the tests do.

use crate::output::say;
use crate::reference;
use anyhow::{Context as _, Result, bail};
use std::process::Command;

/// Runs the loop of the binary's own tests for so many rounds.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let rounds: u32 = arguments.first().map_or(Ok(100), |text| text.parse().context("not a number"))?;
    say!("{rounds} deaths; each round ends with everything acknowledged being looked for");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--package", "wheelhouse-cli", "--test", "it", "faults::", "--", "--nocapture"])
        .env("WHEELHOUSE_FAULT_ROUNDS", rounds.to_string())
        .current_dir(reference::root())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("something was lost");
    }
    Ok(())
}
