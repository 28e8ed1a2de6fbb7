//! The server as a process of its own, which can be killed: this test program, started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use tokio_util::sync::CancellationToken;
use wheelhouse_local_apiserver::Options;

use crate::client::Door;

const STATE: &str = "LOCAL_APISERVER_CHILD_STATE";

/// A server process; killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) state: PathBuf,
}

impl Process {
    /// Starts a server over a state directory and waits until it answers.
    pub(crate) fn start(state: &Path) -> Self {
        Self::start_with(Command::new(std::env::current_exe().unwrap()), state)
    }

    /// The same with no file growing beyond this many kilobytes, as on a disk that is full.
    pub(crate) fn start_limited(state: &Path, kilobytes: u64) -> Self {
        let mut shell = Command::new("bash");
        // Writing on gives an error then, instead of the signal that would end the process.
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"")]);
        shell.arg(std::env::current_exe().unwrap());
        Self::start_with(shell, state)
    }

    fn start_with(mut command: Command, state: &Path) -> Self {
        // the kubeconfig is written last: its presence says that the server listens
        let _ = std::fs::remove_file(state.join("kubeconfig"));
        let child = command
            .args(["--ignored", "--exact", "child::server_process", "--test-threads", "1"])
            .env(STATE, state)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut process = Process { child, state: state.to_owned() };
        let started = Instant::now();
        while !state.join("kubeconfig").exists() {
            assert!(process.child.try_wait().unwrap().is_none(), "the server ended at once");
            assert!(started.elapsed() < Duration::from_secs(120), "the server does not come up");
            std::thread::sleep(Duration::from_millis(5));
        }
        process
    }

    /// Where it listens.
    pub(crate) fn door(&self) -> Door {
        let text = std::fs::read_to_string(self.state.join("kubeconfig")).unwrap();
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap();
            line.trim().to_owned()
        };
        let authority =
            base64::engine::general_purpose::STANDARD.decode(value("certificate-authority-data:")).unwrap();
        let address = value("server:").trim_start_matches("https://").parse().unwrap();
        Door::new(address, &value("token:"), &String::from_utf8(authority).unwrap())
    }

    /// The memory it holds.
    pub(crate) fn resident_megabytes(&self) -> usize {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap();
        text.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096 / 1_000_000
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test: what [`Process`] runs.
#[test]
#[ignore = "the server process of other tests"]
fn server_process() {
    let Some(state) = std::env::var_os(STATE) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let server = Options::new(state).build().await.unwrap();
        server.run(CancellationToken::new()).await;
    });
}
