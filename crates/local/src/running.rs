//! A cluster that some process runs on a state directory, seen from outside.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use wheelhouse_cluster::{Access, Cluster};

use crate::error::Error;

/// The file that the running process holds a lock on; its number is in it.
const LOCK: &str = "pid";
/// The file in which the running process says what it is.
const RECORD: &str = "running.json";

/// What a running cluster says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The process.
    pub pid: u32,
    /// The address of the API.
    pub server: String,
    /// The file for `kubectl`.
    pub kubeconfig: PathBuf,
    /// The nodes' names.
    pub nodes: Vec<String>,
    /// The time from the start to the first answer of the API, in milliseconds.
    pub api_ready_ms: Option<u64>,
    /// The time from the start until all nodes were ready, in milliseconds.
    pub nodes_ready_ms: Option<u64>,
}

/// Holds a state directory for this process.
#[derive(Debug)]
pub(crate) struct Hold {
    _lock: File,
    state: PathBuf,
}

impl Hold {
    /// Makes the directory if it is not there, and takes it for this process.
    pub(crate) fn take(state: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(state).map_err(Error::state(state))?;
        let state = std::fs::canonicalize(state).map_err(Error::state(state))?;
        let path = state.join(LOCK);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Error::state(&path))?;
        match file.try_lock() {
            Ok(()) => {
                let _ = std::fs::remove_file(state.join(RECORD));
                file.set_len(0)
                    .and_then(|()| writeln!(&file, "{}", std::process::id()))
                    .map_err(Error::state(&path))?;
                Ok(Self { _lock: file, state })
            }
            Err(TryLockError::WouldBlock) => {
                let pid = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
                Err(Error::AlreadyRunning { state, pid })
            }
            Err(TryLockError::Error(source)) => Err(Error::State { path, source }),
        }
    }

    /// The directory's full path.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// Says what this process runs.
    pub(crate) fn tell(&self, running: &Running) -> Result<(), Error> {
        let path = self.state.join(RECORD);
        let draft = self.state.join(format!("{RECORD}.new"));
        let bytes = serde_json::to_vec_pretty(running).unwrap_or_default();
        std::fs::write(&draft, bytes)
            .and_then(|()| std::fs::rename(&draft, &path))
            .map_err(Error::state(&path))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.state.join(RECORD));
    }
}

impl Running {
    /// The cluster that runs on a state directory; nothing if none does, or while it starts.
    #[must_use]
    pub fn on(state: &Path) -> Option<Self> {
        if is_held(state) { Self::record(state) } else { None }
    }

    fn record(state: &Path) -> Option<Self> {
        let bytes = std::fs::read(state.join(RECORD)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// A client of its API, with all rights.
    ///
    /// # Errors
    /// If the keys in the state directory cannot be read.
    pub fn client(&self, state: &Path) -> Result<Cluster, Error> {
        let read = |name: &str| {
            let path = state.join(name);
            std::fs::read_to_string(&path).map_err(Error::state(&path))
        };
        let authority = read("ca.crt")?.into_bytes();
        Ok(Cluster::new(&Access::with_token(&self.server, Some(authority), read("admin.token")?.trim()))?)
    }

    /// Asks the process to stop, and waits until it has. Where that takes longer than `patience`, the
    /// process is killed; its pods end with it.
    ///
    /// # Errors
    /// If the process may not be signalled, or does not go even so.
    pub fn stop(&self, state: &Path, patience: Duration) -> Result<(), Error> {
        self.signal(state, Signal::TERM)?;
        if wait_until_free(state, patience) {
            return Ok(());
        }
        self.signal(state, Signal::KILL)?;
        let last = Duration::from_secs(5);
        if wait_until_free(state, last) {
            return Ok(());
        }
        Err(Error::Late { what: format!("process {} still runs", self.pid), after: patience + last })
    }

    fn signal(&self, state: &Path, signal: Signal) -> Result<(), Error> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| Error::NotRunning(state.to_owned()))?;
        match kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => {
                Err(Error::State { path: format!("process {}", self.pid).into(), source: error.into() })
            }
        }
    }
}

/// Whether some process has the directory.
fn is_held(state: &Path) -> bool {
    let Ok(file) = File::open(state.join(LOCK)) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Waits until no process has the directory; false if that takes longer.
fn wait_until_free(state: &Path, patience: Duration) -> bool {
    let Ok(file) = File::open(state.join(LOCK)) else { return true };
    let (sender, freed) = std::sync::mpsc::channel();
    // The kernel lets go of the lock when the process ends, however it ends.
    std::thread::spawn(move || sender.send(file.lock_shared().is_ok()));
    freed.recv_timeout(patience).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_has_a_directory_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Running::on(folder.path()), None);
        let hold = Hold::take(folder.path()).unwrap();
        assert_eq!(Running::on(folder.path()), None, "it has not said anything yet");
        let running = Running {
            pid: std::process::id(),
            server: "https://127.0.0.1:1".into(),
            kubeconfig: folder.path().join("kubeconfig"),
            nodes: vec!["local-1".into()],
            api_ready_ms: Some(1),
            nodes_ready_ms: None,
        };
        hold.tell(&running).unwrap();
        assert_eq!(Running::on(folder.path()), Some(running));
        let again = Hold::take(folder.path()).unwrap_err();
        assert!(matches!(again, Error::AlreadyRunning { pid: Some(pid), .. } if pid == std::process::id()));
        drop(hold);
        assert_eq!(Running::on(folder.path()), None);
    }
}
