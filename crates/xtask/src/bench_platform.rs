//! `cargo xtask bench-platform [FUNCTIONS]`: the control plane with many functions, as one process over loopback.

use crate::measure::{median, percentile_99};
use crate::output::{print_row, say};
use crate::reference;
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Connections that create at the same time.
const CREATORS: usize = 16;
/// Calls of each kind that are measured.
const CALLS: usize = 300;

/// Measures the binary of the release profile, which is built first.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let functions: usize =
        arguments.first().map_or(Ok(10_000), |text| text.parse().context("not a number"))?;
    let service = Service::start(&build()?)?;
    say!("resident with nothing: {:.1} MB", service.resident()? as f64 / 1e6);
    let started = Instant::now();
    let paths = service.create(functions)?;
    let rate = functions as f64 / started.elapsed().as_secs_f64();
    print_row!("{functions} functions created by {CREATORS} callers: {rate:.0}/s");

    let mut connection = service.connect()?;
    print_row!("{:<44}{:>12}{:>12}   bar of p99", "", "p50", "p99");
    let mut row = |title: &str, bar: &str, call: &mut dyn FnMut(usize) -> (String, usize)| -> Result<()> {
        let mut times = Vec::with_capacity(CALLS);
        for number in 0..CALLS {
            let (path, at_least) = call(number);
            let begun = Instant::now();
            let body = connection.call("GET", &path, None)?;
            times.push(begun.elapsed());
            if body.len() < at_least {
                bail!("{path} answered {} bytes", body.len());
            }
        }
        let milliseconds = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
        print_row!(
            "{title:<44}{:>12}{:>12}   {bar}",
            milliseconds(median(&times)),
            milliseconds(percentile_99(&times))
        );
        Ok(())
    };
    let some = |number: usize| paths.get(number * 7_919 % paths.len().max(1)).cloned().unwrap_or_default();
    row("a function found by its id", "50 ms", &mut |number| (some(number), 100))?;
    row("a page of 100 from anywhere", "50 ms", &mut |number| {
        let cursor = some(number).rsplit('/').next().unwrap_or_default().to_owned();
        (format!("/v2/nvcf/functions?limit=100&cursor={cursor}"), 10)
    })?;
    row("all of them in one answer", "50 ms", &mut |_| ("/v2/nvcf/functions".to_owned(), functions * 200))?;
    row("all ids in one answer", "50 ms", &mut |_| ("/v2/nvcf/functions/ids".to_owned(), functions * 36))?;
    print_row!("resident with {functions} functions: {:.1} MB", service.resident()? as f64 / 1e6);
    Ok(())
}

fn build() -> Result<PathBuf> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet", "--package", "wheelhouse-cli"])
        .current_dir(reference::root())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("building the binary failed");
    }
    Ok(reference::target_directory().join("release/wheelhouse"))
}

/// `serve`, running.
struct Service {
    child: Child,
    address: String,
    token: String,
    _state: tempfile::TempDir,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Service {
    fn start(program: &PathBuf) -> Result<Self> {
        let state = tempfile::tempdir()?;
        let anywhere = "127.0.0.1:0";
        let mut child = Command::new(program)
            .args(["serve", "--output=json", "--listen", anywhere, "--listen-grpc", anywhere])
            .args(["--listen-registry", anywhere, "--state"])
            .arg(state.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let document: Value = serde_json::from_str(&line).context("`serve` did not say where it is")?;
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let address = text("server").trim_start_matches("http://").to_owned();
        Ok(Self { child, address, token: text("token"), _state: state })
    }

    fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kilobytes * 1024)
    }

    fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        let head = format!("Host: api.{}\r\nAuthorization: Bearer {}\r\n", self.address, self.token);
        Ok(Connection { stream: BufReader::new(stream), head })
    }

    /// Creates functions on several connections; gives their paths.
    fn create(&self, count: usize) -> Result<Vec<String>> {
        let each = count.div_ceil(CREATORS);
        std::thread::scope(|scope| {
            let creators: Vec<_> = (0..CREATORS)
                .map(|creator| {
                    let connection = self.connect();
                    let mine = (creator * each..count.min((creator + 1) * each)).collect::<Vec<_>>();
                    scope.spawn(move || -> Result<Vec<String>> {
                        let mut connection = connection?;
                        mine.into_iter().map(|number| create_one(&mut connection, number)).collect()
                    })
                })
                .collect();
            let mut paths = Vec::with_capacity(count);
            for creator in creators {
                match creator.join() {
                    Ok(created) => paths.extend(created?),
                    Err(_) => bail!("a creator panicked"),
                }
            }
            Ok(paths)
        })
    }
}

fn create_one(connection: &mut Connection, number: usize) -> Result<String> {
    let body = json!({
        "name": format!("function-{number}"), "inferenceUrl": "/v1/infer", "inferencePort": 8000,
        "containerImage": "example.com/team/server:1.0", "description": "one of many", "tags": ["bench:1"],
        "containerEnvironment": [{ "key": "A", "value": "1" }],
    });
    let created = connection.call("POST", "/v2/nvcf/functions", Some(&body.to_string()))?;
    let created: Value = serde_json::from_slice(&created)?;
    let id = |name: &str| {
        let id = created.pointer(&format!("/function/{name}")).and_then(Value::as_str);
        id.map(str::to_owned).with_context(|| created.to_string())
    };
    Ok(format!("/v2/nvcf/functions/{}/versions/{}", id("id")?, id("versionId")?))
}

/// HTTP/1.1 by hand, so that the caller costs next to nothing.
struct Connection {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Connection {
    fn call(&mut self, method: &str, path: &str, body: Option<&str>) -> Result<Vec<u8>> {
        let body = body.unwrap_or_default();
        let request =
            format!("{method} {path} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{body}", self.head, body.len());
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.trim().to_owned();
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        if !status.contains(" 200 ") {
            bail!("{method} {path}: {status}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(answer)
    }
}
