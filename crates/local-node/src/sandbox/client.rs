//! The node's end of a sandbox.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio as ProcessStdio;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

use super::protocol::{Address, Exit, FILES, Reply, Request, Root, Setup};

/// How many requests may wait.
const WAITING: usize = 64;

/// What can go wrong with a sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The process could not be started.
    #[error("cannot start the sandbox process")]
    Start(#[source] io::Error),
    /// It ended, or was killed.
    #[error("the sandbox process has ended")]
    Gone,
    /// It could not do what was asked.
    #[error("{0}")]
    Refused(String),
}

/// The standard files of a process.
#[derive(Debug)]
pub struct Stdio {
    /// Standard input.
    pub stdin: OwnedFd,
    /// Standard output.
    pub stdout: OwnedFd,
    /// Standard error.
    pub stderr: OwnedFd,
}

/// A process that was started in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// Its id on the host.
    pub pid: i32,
}

type Ask = (Request, Option<Stdio>, oneshot::Sender<Result<Option<i32>, SandboxError>>);

/// A running sandbox; dropping the last handle ends it with all its containers.
#[derive(Debug, Clone)]
pub struct Sandbox {
    asks: mpsc::Sender<Ask>,
    pid: i32,
}

impl Sandbox {
    /// Starts a sandbox. `exits` is told of every process that ends in it, and is closed when the
    /// sandbox itself has ended.
    ///
    /// # Errors
    /// If the process cannot be started.
    pub fn start(command: &[OsString], log: &Path, exits: mpsc::Sender<Exit>) -> Result<Self, SandboxError> {
        let (ours, theirs) = StdUnixStream::pair().map_err(SandboxError::Start)?;
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(log).map_err(SandboxError::Start)?;
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| SandboxError::Start(io::Error::other("no sandbox command is set")))?;
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .stdin(ProcessStdio::from(OwnedFd::from(theirs)))
            .stdout(ProcessStdio::null())
            .stderr(ProcessStdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .map_err(SandboxError::Start)?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).ok_or(SandboxError::Gone)?;
        ours.set_nonblocking(true).map_err(SandboxError::Start)?;
        let socket = UnixStream::from_std(ours).map_err(SandboxError::Start)?;
        let (asks, waiting) = mpsc::channel(WAITING);
        tokio::spawn(serve(socket, child, waiting, exits));
        Ok(Self { asks, pid })
    }

    /// The process, in whose namespaces the pod lives.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    async fn ask(&self, request: Request, files: Option<Stdio>) -> Result<Option<i32>, SandboxError> {
        let (answer, answered) = oneshot::channel();
        self.asks.send((request, files, answer)).await.map_err(|_| SandboxError::Gone)?;
        answered.await.map_err(|_| SandboxError::Gone)?
    }

    async fn started(&self, request: Request, files: Stdio) -> Result<Started, SandboxError> {
        let pid = self.ask(request, Some(files)).await?;
        pid.map(|pid| Started { pid })
            .ok_or_else(|| SandboxError::Refused("no process was started".to_owned()))
    }

    /// Makes the namespaces.
    ///
    /// # Errors
    /// If the machine refuses, with its reason.
    pub async fn set_up(&self, setup: Setup) -> Result<(), SandboxError> {
        self.ask(Request::Setup(setup), None).await.map(drop)
    }

    /// Gives the pod's network its address; the device `eth0` must be in the namespace.
    ///
    /// # Errors
    /// If the machine refuses, with its reason.
    pub async fn set_address(&self, address: Address) -> Result<(), SandboxError> {
        self.ask(Request::Address(address), None).await.map(drop)
    }

    /// Mounts a container's root filesystem.
    ///
    /// # Errors
    /// If the machine refuses, with its reason.
    pub async fn mount(&self, root: Root) -> Result<(), SandboxError> {
        self.ask(Request::Mount(root), None).await.map(drop)
    }

    /// Runs a container from its bundle.
    ///
    /// # Errors
    /// If the container cannot be made or its program cannot be started.
    pub async fn run(
        &self,
        id: &str,
        bundle: &Path,
        console: Option<PathBuf>,
        files: Stdio,
    ) -> Result<Started, SandboxError> {
        let request = Request::Run { id: id.to_owned(), bundle: bundle.to_owned(), console };
        self.started(request, files).await
    }

    /// Runs a command in a container.
    ///
    /// # Errors
    /// If the container does not run or the program cannot be started.
    pub async fn exec(
        &self,
        id: &str,
        args: Vec<String>,
        console: Option<PathBuf>,
        files: Stdio,
    ) -> Result<Started, SandboxError> {
        self.started(Request::Exec { id: id.to_owned(), args, console }, files).await
    }

    /// Sends a signal to a process that was started here; nothing happens if it has ended.
    ///
    /// # Errors
    /// If the sandbox is gone.
    pub async fn signal(&self, pid: i32, signal: i32) -> Result<(), SandboxError> {
        self.ask(Request::Signal { pid, signal }, None).await.map(drop)
    }

    /// Removes what is left of a container.
    ///
    /// # Errors
    /// If something cannot be removed.
    pub async fn delete(&self, id: &str, bundle: &Path) -> Result<(), SandboxError> {
        self.ask(Request::Delete { id: id.to_owned(), bundle: bundle.to_owned() }, None).await.map(drop)
    }
}

/// Carries requests to the process and its words back, until there is nobody left to ask.
async fn serve(
    socket: UnixStream,
    mut child: Child,
    mut asks: mpsc::Receiver<Ask>,
    exits: mpsc::Sender<Exit>,
) {
    let mut pending: VecDeque<oneshot::Sender<Result<Option<i32>, SandboxError>>> = VecDeque::new();
    let mut buffer: Vec<u8> = Vec::new();
    loop {
        tokio::select! {
            ask = asks.recv() => {
                let Some((request, files, answer)) = ask else { break };
                match send(&socket, &request, files).await {
                    Ok(()) => pending.push_back(answer),
                    Err(_) => break,
                }
            }
            ready = socket.readable() => {
                if ready.is_err() || !read(&socket, &mut buffer) {
                    break;
                }
                while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = buffer.drain(..=end).collect();
                    let said = match serde_json::from_slice(&line) {
                        Ok(Reply::Exited(exit)) => {
                            let _ = exits.send(exit).await;
                            continue;
                        }
                        Ok(Reply::Done { pid }) => Ok(pid),
                        Ok(Reply::Failed { message }) => Err(SandboxError::Refused(message)),
                        Err(error) => Err(SandboxError::Refused(error.to_string())),
                    };
                    if let Some(answer) = pending.pop_front() {
                        let _ = answer.send(said);
                    }
                }
            }
        }
    }
    // Closing the socket tells the process to clean up; give it a moment before the kill on drop.
    drop(socket);
    let _ = tokio::time::timeout(std::time::Duration::from_secs(10), child.wait()).await;
}

/// Reads what is there; false at the end.
fn read(socket: &UnixStream, buffer: &mut Vec<u8>) -> bool {
    let mut part = [0_u8; 16 * 1024];
    match socket.try_read(&mut part) {
        Ok(0) => false,
        Ok(count) => {
            buffer.extend_from_slice(part.get(..count).unwrap_or_default());
            true
        }
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}

/// Writes one request; its files go along with the first byte.
async fn send(socket: &UnixStream, request: &Request, files: Option<Stdio>) -> io::Result<()> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    let mut files = files.map(|files| [files.stdin, files.stdout, files.stderr]);
    let mut sent = 0;
    while sent < line.len() {
        socket.writable().await?;
        let rest = line.get(sent..).unwrap_or_default();
        let result = socket.try_io(Interest::WRITABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            let borrowed = files.as_ref().map(|files| files.each_ref().map(|file| file.as_fd()));
            if let Some(borrowed) = &borrowed {
                ancillary.push(SendAncillaryMessage::ScmRights(borrowed));
            }
            Ok(sendmsg(socket, &[io::IoSlice::new(rest)], &mut ancillary, SendFlags::NOSIGNAL)?)
        });
        match result {
            Ok(count) => {
                sent += count;
                files = None;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
