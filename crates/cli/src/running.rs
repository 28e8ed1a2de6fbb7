//! What long-running commands share: threads, and when to stop.

use std::future::Future;
use std::path::PathBuf;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::commands::Failure;

/// Runs a command that serves, on threads of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(future)
}

/// A token that the first Ctrl-C or SIGTERM cancels. A second one ends the process at once.
pub(crate) fn stop_signal() -> Result<CancellationToken, Failure> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        for round in 0..2 {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            asked.cancel();
            if round == 1 {
                #[allow(clippy::disallowed_methods, reason = "the user does not want to wait for the end")]
                std::process::exit(130);
            }
        }
    });
    Ok(stop)
}

/// Where state is kept: `XDG_STATE_HOME/wheelhouse`, else `~/.local/state/wheelhouse`.
pub(crate) fn state_home() -> Result<PathBuf, Failure> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    let base = base
        .ok_or_else(|| Failure::new("neither HOME nor XDG_STATE_HOME is set: say where with --state DIR"))?;
    Ok(base.join("wheelhouse"))
}
