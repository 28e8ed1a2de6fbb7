//! Asking containers to stop, killing them, and clearing away.

use std::sync::Arc;

use super::handle::Handle;
use super::prepare::group;
use super::probing;
use crate::host::Host;

/// The number of a signal's name, as `SIGTERM`, `TERM` or `15`.
fn signal_number(name: &str) -> i32 {
    use nix::sys::signal::Signal;
    let full = if name.starts_with("SIG") { name.to_owned() } else { format!("SIG{name}") };
    name.parse()
        .ok()
        .or_else(|| full.parse::<Signal>().ok().map(|signal| signal as i32))
        .unwrap_or(Signal::SIGTERM as i32)
}

/// Runs the container's handler, then sends the signal that its image asks to be stopped by.
pub(super) async fn stop(host: &Host, handle: &Arc<Handle>, place: usize) {
    let pod_plan = handle.plan();
    let Some(plan) = pod_plan.containers.get(place) else { return };
    if let Some(hook) = &plan.before_stop {
        // Its failure is no reason not to stop; its length is bounded by the kill.
        if let Err(message) = probing::hook(handle, plan, hook).await {
            tracing::debug!(container = %plan.name, message, "a handler before the stop failed");
            // The message may quote secrets, so the event does not have it.
            host.events.tell(
                &handle.pod(),
                Some(&plan.name),
                true,
                "FailedPreStopHook",
                "PreStopHook failed",
            );
        }
    }
    let asked =
        plan.spec.pointer("/lifecycle/stopSignal").and_then(serde_json::Value::as_str).map(str::to_owned);
    let named =
        asked.or_else(|| handle.image(&plan.name).map(|image| image.config.stop_signal)).unwrap_or_default();
    send(handle, &plan.name, signal_number(&named)).await;
}

/// Kills the container.
pub(super) async fn kill(handle: &Arc<Handle>, place: usize) {
    let pod_plan = handle.plan();
    let Some(plan) = pod_plan.containers.get(place) else { return };
    send(handle, &plan.name, nix::sys::signal::Signal::SIGKILL as i32).await;
}

async fn send(handle: &Handle, container: &str, signal: i32) {
    let (Some(live), Some(sandbox)) = (handle.live(container), handle.sandbox()) else { return };
    if let Err(error) = sandbox.signal(live.pid, signal).await {
        tracing::debug!(container, signal, %error, "a signal was not sent");
    }
}

/// Ends the sandbox and gives back what the pod had.
pub(super) async fn tear_down(host: &Arc<Host>, handle: &Arc<Handle>) {
    handle.set_torn_down();
    handle.set_sandbox(None);
    let leftover = group(host, &handle.plan());
    let swept = tokio::task::spawn_blocking(move || crate::cgroup::sweep(&leftover));
    // The kernel takes a moment to let an emptied group go; what is left then goes with the next sweep.
    if !matches!(swept.await, Ok(true)) {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let leftover = group(host, &handle.plan());
        let _ = tokio::task::spawn_blocking(move || crate::cgroup::sweep(&leftover)).await;
    }
    if let Some(address) = handle.address() {
        host.give_back(&handle.node, address);
    }
    // Wakes the worker, which looks whether it is done.
    handle.happened(crate::pod::machine::Event::Tick).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        for (name, number) in
            [("SIGTERM", 15), ("TERM", 15), ("SIGQUIT", 3), ("9", 9), ("", 15), ("nonsense", 15)]
        {
            assert_eq!(signal_number(name), number, "{name}");
        }
    }
}
