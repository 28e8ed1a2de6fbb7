//! A PostgreSQL server of the test's own, on loopback, thrown away at the end.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// PostgreSQL refuses to run as root; then it runs as this user, who owns nothing else here.
const NOBODY: u32 = 65_534;

/// How long a server may take to come up on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Server {
    binaries: PathBuf,
    directory: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
}

impl Server {
    /// Starts a server; `None`, and says so, where PostgreSQL is not installed (`.ci/run` installs it).
    pub(crate) fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            eprintln!("SKIPPED: PostgreSQL is not installed (Debian: apt-get install postgresql)");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        if root() {
            chown(directory.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut server = Self { binaries, directory, port: port(), process: None };
        let status = server
            .command("initdb")
            .args(["--username", "test", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "-D"])
            .arg(server.data())
            .status()
            .unwrap();
        assert!(status.success(), "initdb failed");
        server.launch();
        Some(server)
    }

    /// Starts the server process on what is in the directory, and waits until it listens.
    ///
    /// It gives up at once, and is started again, while the children of a killed one still hold its memory.
    pub(crate) fn launch(&mut self) {
        let started = Instant::now();
        while !self.listens() {
            assert!(started.elapsed() < PATIENCE, "PostgreSQL does not start");
            if self.process.as_mut().is_none_or(|process| process.try_wait().unwrap().is_some()) {
                let mut command = self.command("postgres");
                command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
                command.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
                self.process = Some(command.spawn().unwrap());
            }
            #[allow(clippy::disallowed_methods, reason = "there is nothing to wait on but its port")]
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether it answers a request for TLS, which it does (with a refusal) from its first moment of service.
    fn listens(&self) -> bool {
        const REQUEST_FOR_TLS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
        let answer = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(&REQUEST_FOR_TLS)?;
            stream.read_exact(&mut [0])
        });
        answer.is_ok()
    }

    /// Kills the server process, as a crash would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://test@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Waits until the server answers.
    pub(crate) async fn client(&self) -> tokio_postgres::Client {
        let started = Instant::now();
        loop {
            match tokio_postgres::connect(&self.url("postgres"), tokio_postgres::NoTls).await {
                Ok((client, connection)) => {
                    tokio::spawn(connection);
                    return client;
                }
                Err(error) => assert!(started.elapsed() < PATIENCE, "{error:?}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes an empty database and gives its address.
    pub(crate) async fn database(&self, name: &str) -> String {
        self.client().await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        self.url(name)
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that is free, and that no outgoing connection is given while the server is down: below those the kernel
/// chooses from. No two servers of one process are given the same.
fn port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    (0..2_000)
        .map(|_| first + GIVEN.fetch_add(1, Ordering::Relaxed))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap()
}

fn root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// Where the server's programs are: on the path, or where Debian puts them (the newest version).
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    places.extend(versions.into_iter().rev());
    places.into_iter().find(|place| is_file(&place.join("initdb")) && is_file(&place.join("postgres")))
}

fn is_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}
