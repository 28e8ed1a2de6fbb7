//! Asking containers how they are, and running their handlers.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::container::pipes;
use super::handle::Handle;
use crate::ask;
use crate::host::Host;
use crate::pod::machine::{Event, ProbeKind};
use crate::pod::plan::ContainerPlan;
use crate::pod::probe::{Check, Probe, Tally};

/// How long a handler may take at all; the grace period bounds it before.
const HOOK: Duration = Duration::from_secs(600);

fn millis(count: i64) -> Duration {
    Duration::from_millis(u64::try_from(count).unwrap_or_default())
}

/// Asks again and again while the container's run lasts, and tells when the verdict changes.
pub(super) async fn run(host: &Arc<Host>, handle: &Arc<Handle>, place: usize, kind: ProbeKind) {
    let pod_plan = handle.plan();
    let Some(plan) = pod_plan.containers.get(place) else { return };
    let probe = match kind {
        ProbeKind::Startup => &plan.startup,
        ProbeKind::Liveness => &plan.liveness,
        ProbeKind::Readiness => &plan.readiness,
    };
    let (Some(probe), Some(live)) = (probe, handle.live(&plan.name)) else { return };
    tokio::time::sleep(millis(probe.delay)).await;
    let mut tally = Tally::default();
    loop {
        let still = handle.live(&plan.name).is_some_and(|now| now.id == live.id);
        if !still {
            return;
        }
        let asked = tokio::time::timeout(millis(probe.timeout), check(handle, plan, &probe.check)).await;
        let answer = asked.unwrap_or_else(|_| Err(format!("timed out after {} s", probe.timeout / 1_000)));
        if let Err(message) = &answer {
            let word = match kind {
                ProbeKind::Startup => "Startup",
                ProbeKind::Liveness => "Liveness",
                ProbeKind::Readiness => "Readiness",
            };
            let running = handle.live(&plan.name).is_some_and(|now| now.id == live.id);
            if running {
                let text = format!("{word} probe failed: {message}");
                host.events.tell(&handle.pod(), Some(&plan.name), true, "Unhealthy", &text);
            }
        }
        if let Some(verdict) = tally.take(probe, answer.is_ok()) {
            handle.happened(Event::Probed(place, kind, verdict)).await;
            if kind == ProbeKind::Startup {
                return;
            }
        }
        tokio::time::sleep(period(probe, &tally, kind)).await;
    }
}

/// A container that is not ready yet is asked more often at first, so that it is found ready soon: a
/// period of ten seconds says how often to look, not how long to wait.
fn period(probe: &Probe, tally: &Tally, kind: ProbeKind) -> Duration {
    let full = millis(probe.period);
    if kind != ProbeKind::Liveness && !tally.has_succeeded() {
        full.min(Duration::from_millis(1_000))
    } else {
        full
    }
}

async fn check(handle: &Handle, plan: &ContainerPlan, check: &Check) -> Result<(), String> {
    let own = || handle.address().map_or(IpAddr::from([127, 0, 0, 1]), IpAddr::V4);
    let address = |host: &Option<String>| host.clone().unwrap_or_else(|| own().to_string());
    match check {
        Check::Http { host, port, path, tls, headers } => {
            ask::http(&address(host), *port, path, *tls, headers).await
        }
        Check::Tcp { host, port } => ask::tcp(&address(host), *port).await,
        Check::Grpc { port, service } => ask::grpc(&own().to_string(), *port, service).await,
        Check::Exec { command } => match execute(handle, &plan.name, command).await? {
            (0, _) => Ok(()),
            (code, said) => Err(format!("command exited with {code}: {}", said.trim())),
        },
    }
}

/// Runs a command in a container to its end: exit code and what it said.
async fn execute(handle: &Handle, container: &str, command: &[String]) -> Result<(i32, String), String> {
    use tokio::io::AsyncReadExt as _;
    let (Some(live), Some(sandbox)) = (handle.live(container), handle.sandbox()) else {
        return Err("the container does not run".to_owned());
    };
    let (files, ends) = pipes(false)?;
    let started =
        sandbox.exec(&live.id, command.to_vec(), None, files).await.map_err(|error| error.to_string())?;
    let exit = handle.wait_for(started.pid);
    let killer = KillOnDrop { sandbox: sandbox.clone(), pid: Some(started.pid) };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (mut stdout, mut stderr) = (ends.stdout.take(16 * 1024), ends.stderr.take(16 * 1024));
    let _ = tokio::join!(stdout.read_to_end(&mut out), stderr.read_to_end(&mut err));
    let exit = exit.await.map_err(|_| "the sandbox has ended".to_owned())?;
    killer.spare();
    out.extend(err);
    Ok((exit.code, String::from_utf8_lossy(&out).into_owned()))
}

/// Kills a command whose time is up.
struct KillOnDrop {
    sandbox: crate::sandbox::Sandbox,
    pid: Option<i32>,
}

impl KillOnDrop {
    fn spare(mut self) {
        self.pid = None;
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if let Some(pid) = self.pid {
            let sandbox = self.sandbox.clone();
            tokio::spawn(async move {
                let _ = sandbox.signal(pid, nix::sys::signal::Signal::SIGKILL as i32).await;
            });
        }
    }
}

/// Runs a handler of the container's life: a command, a GET, or a wait.
pub(super) async fn hook(handle: &Handle, plan: &ContainerPlan, hook: &Value) -> Result<(), String> {
    if let Some(seconds) = hook.pointer("/sleep/seconds").and_then(Value::as_u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        return Ok(());
    }
    let probe = Probe::read(hook, &plan.spec).ok_or("the handler does nothing that is known")?;
    tokio::time::timeout(HOOK, check(handle, plan, &probe.check)).await.map_err(|_| "timed out".to_owned())?
}
