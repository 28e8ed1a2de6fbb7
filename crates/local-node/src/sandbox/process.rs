//! The sandbox process.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libcontainer::container::Container;
use libcontainer::container::builder::ContainerBuilder;
use libcontainer::syscall::syscall::SyscallType;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, poll};
use serde_json::Value;

use super::control::Control;
use super::mounts;
use super::protocol::{Exit, FILES, Reply, Request};
use crate::network::inside;
use crate::seccomp::Confined;

/// The sandbox of one pod: runs until the node closes its end of the socket, which is standard input.
///
/// Call this before any thread has been started.
#[must_use]
pub fn main() -> ExitCode {
    let socket = match io::stdin().as_fd().try_clone_to_owned() {
        Ok(socket) => UnixStream::from(socket),
        Err(_) => return ExitCode::FAILURE,
    };
    match Process::start(socket).and_then(|mut process| process.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the sandbox failed");
            ExitCode::FAILURE
        }
    }
}

struct Process {
    control: Control,
    signals: SignalFd,
    state: PathBuf,
    layers: PathBuf,
    /// Running processes: init processes of containers with the container, and commands without.
    children: HashMap<i32, Option<String>>,
}

impl Process {
    fn start(socket: UnixStream) -> io::Result<Self> {
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGCHLD);
        mask.thread_block()?;
        let signals = SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Self {
            control: Control::new(socket),
            signals,
            state: PathBuf::new(),
            layers: PathBuf::new(),
            children: HashMap::new(),
        })
    }

    fn run(&mut self) -> io::Result<()> {
        loop {
            let (asked, ended) = {
                let mut ready =
                    [PollFd::new(&self.control, PollFlags::IN), PollFd::new(&self.signals, PollFlags::IN)];
                match poll(&mut ready, None) {
                    Ok(_) | Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
                let [control, signals] = ready;
                (!control.revents().is_empty(), !signals.revents().is_empty())
            };
            if ended {
                while let Ok(Some(_)) = self.signals.read_signal() {}
                self.reap()?;
            }
            if asked {
                if !self.control.receive()? {
                    self.kill_all();
                    return Ok(());
                }
                while let Some(request) = self.control.next() {
                    let reply = match request {
                        Ok(request) => {
                            self.answer(request).unwrap_or_else(|message| Reply::Failed { message })
                        }
                        Err(error) => Reply::Failed { message: error.to_string() },
                    };
                    self.control.say(&reply)?;
                    // A child may have ended while we were busy with another.
                    self.reap()?;
                }
            }
        }
    }

    fn answer(&mut self, request: Request) -> Result<Reply, String> {
        let text = |error: io::Error| error.to_string();
        match request {
            Request::Setup(setup) => {
                mounts::set_up(&setup).map_err(text)?;
                self.state = setup.state;
                self.layers = setup.layers;
            }
            Request::Address(address) => inside::configure(&address).map_err(text)?,
            Request::Mount(root) => mounts::mount_root(&root, &self.layers).map_err(text)?,
            Request::Run { id, bundle, console } => {
                let files = self.control.files().ok_or("no files came with the request")?;
                let pid = self.run_container(&id, &bundle, console, files)?;
                self.children.insert(pid, Some(id));
                return Ok(Reply::Done { pid: Some(pid) });
            }
            Request::Exec { id, args, console } => {
                let files = self.control.files().ok_or("no files came with the request")?;
                let pid = self.execute(&id, args, console, files)?;
                self.children.insert(pid, None);
                return Ok(Reply::Done { pid: Some(pid) });
            }
            Request::Signal { pid, signal } => {
                if self.children.contains_key(&pid) {
                    let signal = Signal::try_from(signal).map_err(|error| error.to_string())?;
                    kill(Pid::from_raw(pid), signal).map_err(|error| error.to_string())?;
                }
            }
            Request::Delete { id, bundle } => {
                let container = Container::load(self.state.join(&id));
                let deleted = container.and_then(|mut container| container.delete(true));
                mounts::unmount_root(&bundle);
                deleted.map_err(chain)?;
            }
        }
        Ok(Reply::Done { pid: None })
    }

    fn builder(
        &self,
        id: &str,
        console: Option<PathBuf>,
        files: [OwnedFd; FILES],
    ) -> Result<ContainerBuilder, String> {
        let [stdin, stdout, stderr] = files;
        let terminal = console.is_some();
        let builder = ContainerBuilder::new(id.to_owned(), SyscallType::default())
            .with_root_path(&self.state)
            .map_err(chain)?
            .with_console_socket(console)
            .with_executor(Confined);
        // With a terminal the files are the terminal's, which libcontainer makes.
        Ok(if terminal { builder } else { builder.with_stdin(stdin).with_stdout(stdout).with_stderr(stderr) })
    }

    fn run_container(
        &self,
        id: &str,
        bundle: &Path,
        console: Option<PathBuf>,
        files: [OwnedFd; FILES],
    ) -> Result<i32, String> {
        let mut container = self
            .builder(id, console, files)?
            .as_init(bundle)
            .with_systemd(false)
            .with_detach(true)
            .build()
            .map_err(chain)?;
        let pid = container.pid().map(|pid| pid.as_raw()).ok_or("the container has no process")?;
        if let Err(error) = container.start() {
            let _ = container.delete(true);
            return Err(chain(error));
        }
        Ok(pid)
    }

    fn execute(
        &self,
        id: &str,
        args: Vec<String>,
        console: Option<PathBuf>,
        files: [OwnedFd; FILES],
    ) -> Result<i32, String> {
        let description = self.describe(id, args, console.is_some())?;
        let started = self
            .builder(id, console, files)?
            .as_tenant()
            .with_process(Some(&description))
            .with_detach(true)
            .build()
            .map(|pid| pid.as_raw())
            .map_err(chain);
        let _ = std::fs::remove_file(&description);
        started
    }

    /// Writes down what a command is: it runs as the container's own program does (its user, folder, variables
    /// and rights), but for its words and its terminal.
    fn describe(&self, id: &str, args: Vec<String>, terminal: bool) -> Result<PathBuf, String> {
        let container = Container::load(self.state.join(id)).map_err(chain)?;
        let text = |error: io::Error| error.to_string();
        let config = std::fs::read(container.bundle().join("config.json")).map_err(text)?;
        let config: Value = serde_json::from_slice(&config).map_err(|error| error.to_string())?;
        let mut process = config.get("process").cloned().ok_or("the container has no process")?;
        crate::json::set(&mut process, &["args"], args.into());
        crate::json::set(&mut process, &["terminal"], terminal.into());
        let path = self.state.join(format!("{id}.exec.json"));
        std::fs::write(&path, process.to_string()).map_err(text)?;
        Ok(path)
    }

    /// Tells of all children that have ended.
    fn reap(&mut self) -> io::Result<()> {
        loop {
            let (pid, code, signal) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, code, None),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, 128 + signal as i32, Some(signal as i32)),
                Ok(WaitStatus::StillAlive) | Err(_) => return Ok(()),
                Ok(_) => continue,
            };
            // Processes that libcontainer used on the way are none of ours.
            let Some(container) = self.children.remove(&pid.as_raw()) else { continue };
            let out_of_memory =
                container.is_some_and(|id| crate::cgroup::was_out_of_memory(&self.state.join(id)));
            self.control.say(&Reply::Exited(Exit { pid: pid.as_raw(), code, signal, out_of_memory }))?;
        }
    }

    /// The node is gone: nothing of the pod may stay behind.
    fn kill_all(&mut self) {
        for (pid, container) in &self.children {
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
            if let Some(id) = container
                && let Ok(mut container) = Container::load(self.state.join(id))
            {
                let _ = waitpid(Pid::from_raw(*pid), None);
                let _ = container.delete(true);
            }
        }
    }
}

/// An error with all its causes, for the pod's status.
fn chain(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}
