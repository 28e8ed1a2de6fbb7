//! A real Kubernetes control plane as a test tool: built from the pinned module, started on loopback,
//! asked what our local API server is asked, and given what our controllers are given.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::output::say;
use crate::reference;

const PROGRAMS: [&str; 3] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// The folder of the built control plane for the present go.mod and go.sum.
fn folder() -> Result<PathBuf> {
    let digest = reference::module_digest("kubernetes")?;
    Ok(reference::target_directory().join("reference/bin").join(format!("kubernetes-{digest}")))
}

/// The control plane's binaries when they have been built.
pub(crate) fn binaries_if_built() -> Option<PathBuf> {
    let folder = folder().ok()?;
    PROGRAMS.iter().all(|program| folder.join(program).exists()).then_some(folder)
}

/// Builds the control plane once per content of its go.mod and go.sum.
fn build() -> Result<PathBuf> {
    if let Some(folder) = binaries_if_built() {
        return Ok(folder);
    }
    let folder = folder()?;
    std::fs::create_dir_all(&folder)?;
    say!("building the Kubernetes control plane (7 to 10 minutes, once)");
    let status = Command::new("go")
        .args(["build", "-p", "2", "-trimpath"])
        .arg("-ldflags=-s -w -X=k8s.io/component-base/version.gitVersion=v1.36.2")
        .arg("-o")
        .arg(&folder)
        .args(PROGRAMS.map(|program| format!("k8s.io/kubernetes/cmd/{program}")))
        .env("CGO_ENABLED", "0")
        .current_dir(reference::root().join("reference/kubernetes"))
        .status()
        .context("cannot run go")?;
    if !status.success() {
        bail!("building the control plane failed");
    }
    Ok(folder)
}

/// A running control plane; it ends when dropped.
pub(crate) struct ControlPlane {
    state: PathBuf,
}

impl ControlPlane {
    /// Starts the API server and etcd, and with `all` the controller manager and the scheduler.
    pub(crate) fn start(binaries: &Path, state: &Path, all: bool) -> Result<Self> {
        let plane = ControlPlane { state: state.to_owned() };
        let port = free_port()?;
        let status = Command::new("bash")
            .arg(reference::root().join("reference/kubernetes/start.sh"))
            .arg(binaries)
            .arg(state)
            .arg(port.to_string())
            .args(all.then_some("all"))
            .status()
            .context("cannot run bash")?;
        if !status.success() {
            bail!("the real control plane does not start");
        }
        Ok(plane)
    }

    /// Its administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.state.join("kubeconfig")
    }

    /// The ids of its processes.
    pub(crate) fn processes(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.state.join("pids")).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // Whatever has ended by itself needs no ending.
        drop(Command::new("kill").arg("-9").args(self.processes()).status());
    }
}

/// A port that is free with the two after it, which etcd uses.
fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let first = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        let port = first.local_addr()?.port();
        let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        if port < u16::MAX - 2 && free(port + 1) && free(port + 2) {
            return Ok(port);
        }
    }
    bail!("no three free ports in a row")
}

/// Plays the conformance transcripts against a real API server and against ours: both must answer as
/// recorded; then the cases of controllers, against a whole real control plane and against ours; then the
/// platform's tests against the real one. With `--record` what the real ones do is written into the cases
/// instead. All parts are played, whatever the ones before found.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let missing = [("go", "version"), ("etcd", "--version"), ("openssl", "version"), ("curl", "--version")]
        .into_iter()
        .filter(|(program, argument)| Command::new(program).arg(argument).output().is_err())
        .map(|(program, _)| program)
        .collect::<Vec<_>>();
    if !missing.is_empty() {
        if std::env::var_os("CI").is_some() {
            bail!("the reference suite must run in CI; missing on this machine: {}", missing.join(", "));
        }
        say!("SKIPPED: the reference suite needs {} on the PATH", missing.join(", "));
        return Ok(());
    }
    let binaries = build()?;
    let record = arguments.contains(&"--record");
    let mut failed = Vec::new();
    let mut part = |name: &str, outcome: Result<()>| {
        if let Err(error) = outcome {
            say!("FAILED: {name}: {error:#}");
            failed.push(name.to_owned());
        }
    };
    for suite in [Suite::Answers, Suite::Controllers] {
        let shown = suite.shown();
        let directory = tempfile::tempdir()?;
        let plane = ControlPlane::start(&binaries, directory.path(), suite == Suite::Controllers)?;
        say!("{} {shown} on the real control plane", if record { "recording" } else { "playing" });
        part(&format!("{shown} on the real control plane"), play(suite, Some(&plane.kubeconfig()), record));
        if suite == Suite::Answers && !record {
            say!("functions on the real API server");
            part("functions on the real API server", functions(&plane));
        }
        drop(plane);
        if !record {
            say!("playing {shown} on ours");
            part(&format!("{shown} on ours"), play(suite, None, false));
        }
    }
    if !failed.is_empty() {
        bail!("other than recorded: {}", failed.join("; "));
    }
    Ok(())
}

/// The platform's own tests with the real API server in place of ours: one after the other, for they share it.
fn functions(plane: &ControlPlane) -> Result<()> {
    let tokens = std::fs::read_to_string(plane.state.join("tokens.csv"))?;
    let token = tokens.split(',').next().unwrap_or_default().to_owned();
    let kubeconfig = std::fs::read_to_string(plane.kubeconfig())?;
    let server = kubeconfig.split("server: \"").nth(1).and_then(|rest| rest.split('"').next());
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--quiet", "--package", "wheelhouse-platform", "--test", "it", "documents::"])
        .args(["--", "--test-threads=1", "--nocapture"])
        .env("KUBERNETES_TEST_SERVER", server.context("the kubeconfig names no server")?)
        .env("KUBERNETES_TEST_TOKEN", token)
        .env("KUBERNETES_TEST_AUTHORITY", plane.state.join("certs/apiserver.crt"))
        .current_dir(reference::root())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("functions do not come up on the real API server");
    }
    Ok(())
}

/// One of the two suites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suite {
    /// What the API server answers.
    Answers,
    /// What controllers and scheduler make of objects.
    Controllers,
}

impl Suite {
    fn shown(self) -> &'static str {
        match self {
            Suite::Answers => "the transcripts",
            Suite::Controllers => "the cases of controllers",
        }
    }

    /// The test, and the variable that names the cluster it plays on.
    fn test(self) -> (&'static str, &'static str) {
        match self {
            Suite::Answers => ("answers_are_those", "CONFORMANCE_KUBECONFIG"),
            Suite::Controllers => ("controllers_do", "CONFORMANCE_CONTROLLERS_KUBECONFIG"),
        }
    }
}

fn play(suite: Suite, kubeconfig: Option<&Path>, record: bool) -> Result<()> {
    let (test, variable) = suite.test();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["test", "--quiet", "--package", "wheelhouse-local-apiserver", "--test", "conformance"])
        .args(["--", "--nocapture", "--include-ignored", test])
        .current_dir(reference::root());
    if let Some(kubeconfig) = kubeconfig {
        command.env(variable, kubeconfig);
    }
    if record {
        command.env("CONFORMANCE_RECORD", "1");
    }
    if !command.status().context("cannot run cargo")?.success() {
        bail!("{} came out otherwise than recorded", suite.shown());
    }
    Ok(())
}
