//! `local up`: starts the cluster, in the foreground or in the background.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use wheelhouse_local::{LocalCluster, Options, Running};

use super::{failure, state};
use crate::arguments::{LocalOutput, LocalUp};
use crate::commands::Failure;
use crate::narrator;
use crate::printer::Printer;

/// What the background process has to say goes here, in the state directory.
const LOG: &str = "local.log";

/// Starts the cluster and stays, or leaves it to a process in the background.
pub(super) fn run(options: &LocalUp, debug: bool, printer: Printer) -> Result<(), Failure> {
    let state = state(&options.place)?;
    if options.detach {
        return detach(options, debug, &state, printer);
    }
    if options.background {
        // No terminal that is closed ends this process.
        rustix::process::setsid().map_err(std::io::Error::from)?;
    }
    narrator::listen(printer, debug);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(foreground(options, &state, printer))
}

async fn foreground(options: &LocalUp, state: &Path, printer: Printer) -> Result<(), Failure> {
    let (mut interrupted, mut terminated) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut settings = Options::new(state);
    settings.listen = options.listen;
    settings.nodes = if options.api_only { 0 } else { options.nodes };
    settings.gpus.clone_from(&options.gpu);
    settings.plain_registries.clone_from(&options.plain_registry);
    settings.devices.extend_from_slice(&options.devices);
    let told = |error: wheelhouse_local::Error| failure(&error);
    let mut cluster = LocalCluster::start(settings).await.map_err(told)?;
    let ready = async {
        let took = cluster.api_ready().await?;
        printer.talk(&format!("API ready in {} at {}", shown(took), cluster.server()));
        let nodes = cluster.running().nodes.len();
        if nodes > 0 {
            let took = cluster.nodes_ready().await?;
            let plural = if nodes == 1 { "node" } else { "nodes" };
            printer.talk(&format!("{nodes} {plural} ready in {}", shown(took)));
        } else {
            printer.talk("no nodes: pods are accepted and never run");
        }
        Ok(())
    };
    let stopped = tokio::select! {
        ended = ready => { ended.map_err(told)?; false }
        _ = interrupted.recv() => true,
        _ = terminated.recv() => true,
    };
    if !stopped {
        tell(cluster.running(), options.place.output, printer);
        if !options.background {
            printer.talk("stop with Ctrl-C");
        }
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    }
    printer.talk("stopping");
    tokio::select! {
        () = cluster.stop() => Ok(()),
        _ = interrupted.recv() => Err(Failure::new("stopped at once; what was left of the pods goes with this process")),
    }
}

/// The data: where the cluster is.
fn tell(running: &Running, output: LocalOutput, printer: Printer) {
    match output {
        LocalOutput::Text => printer.data(format!("export KUBECONFIG={}\n", quoted(&running.kubeconfig))),
        LocalOutput::Json => printer.data(format!("{}\n", json!(running))),
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+');
    if text.bytes().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn shown(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// Starts this program anew in the background and waits until its cluster is ready.
fn detach(options: &LocalUp, debug: bool, state: &Path, printer: Printer) -> Result<(), Failure> {
    std::fs::create_dir_all(state)?;
    if let Some(running) = Running::on(state) {
        let error =
            wheelhouse_local::Error::AlreadyRunning { state: state.to_owned(), pid: Some(running.pid) };
        return Err(failure(&error));
    }
    let path = state.join(LOG);
    let log = File::create(&path)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["local", "up", "--background", "--output=json", "--state"]).arg(state);
    command.arg(format!("--listen={}", options.listen)).arg(format!("--nodes={}", options.nodes));
    command.args(options.gpu.iter().map(|gpu| format!("--gpu={}={}", gpu.model, gpu.count)));
    command.args(options.plain_registry.iter().map(|host| format!("--plain-registry={host}")));
    for folder in &options.devices {
        command.arg("--devices").arg(folder);
    }
    command.args(options.api_only.then_some("--api-only")).args(debug.then_some("--debug"));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        // One line when it is ready; nothing if it ends before.
        BufReader::new(stdout).read_line(&mut line)?;
    }
    let said = std::fs::read_to_string(&path)?;
    match serde_json::from_str::<Running>(&line) {
        Ok(running) => {
            printer.talk(said.trim_end());
            printer.talk("stop with `wheelhouse local down`");
            tell(&running, options.place.output, printer);
            Ok(())
        }
        Err(_) => Err(ended(&said, child.wait()?)),
    }
}

/// The process in the background ended: what it said last is the reason.
fn ended(said: &str, status: ExitStatus) -> Failure {
    let message = match said.rsplit_once("Error: ").map_or(said, |(_, message)| message).trim() {
        "" => format!("the process in the background ended with {status}"),
        message => message.to_owned(),
    };
    let exit_code = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0);
    Failure { exit_code: exit_code.unwrap_or(1), ..Failure::new(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_only_where_a_shell_needs_it() {
        assert_eq!(quoted(Path::new("/a/b-c.d")), "/a/b-c.d");
        assert_eq!(quoted(Path::new("/a b/it's")), "'/a b/it'\\''s'");
    }

    #[test]
    fn the_last_words_of_the_background_process_are_the_reason() {
        use std::os::unix::process::ExitStatusExt as _;
        let told = ended("API ready\nError: no\nadvice\n", ExitStatus::from_raw(5 << 8));
        assert_eq!((told.message.as_str(), told.exit_code), ("no\nadvice", 5));
        let killed = ended("", ExitStatus::from_raw(9));
        assert_eq!(killed.exit_code, 1);
        assert!(killed.message.contains("signal: 9"), "{}", killed.message);
    }
}
