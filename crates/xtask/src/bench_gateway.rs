//! `cargo xtask bench-gateway`: what the gateway costs, beside nginx.

use crate::output::say;
use anyhow::{Result, bail};
use std::process::Command;

/// Runs the gateway's bench, which measures the gateway and nginx in front of the same backend in one run.
pub(crate) fn run() -> Result<()> {
    say!("building and running the bench of the gateway");
    let status = Command::new(env!("CARGO"))
        .args(["bench", "--quiet", "--package", "wheelhouse-gateway", "--bench", "proxy"])
        .status()?;
    if !status.success() {
        bail!("the bench failed");
    }
    Ok(())
}
