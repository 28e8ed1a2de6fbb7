//! Everything of one machine, run by the binary, and called as users call it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use wheelhouse_image::{Image, Program};
use wheelhouse_registry::{Blob, Client, Login, Options, Target};

const BINARY: &str = env!("CARGO_BIN_EXE_wheelhouse");
/// The exit code where there can be no containers.
pub(crate) const NO_CONTAINERS: i32 = 6;
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Whether a program is there; says so where it is not.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("SKIPPED: there is no {program}");
    }
    found
}

/// A state folder with ports of its own; the platform on it may come and go.
pub(crate) struct Machine {
    folder: tempfile::TempDir,
    ports: [u16; 3],
    running: Option<Child>,
    /// A cluster of its own process, for `serve` and an agent beside it.
    apart: Option<Apart>,
    pub(crate) token: String,
}

/// What runs beside the platform where it is not one process.
struct Apart {
    cluster: Child,
    kubeconfig: PathBuf,
    agent: Option<Child>,
}

impl Drop for Apart {
    fn drop(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            let _gone = agent.kill();
            let _ended = agent.wait();
        }
        let _gone = kill_process(pid(&self.cluster), Signal::TERM);
        let _ended = self.cluster.wait();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _gone = kill_process(pid(&child), Signal::TERM);
            let _ended = child.wait();
        }
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

impl Machine {
    /// Starts everything; nothing where there can be no containers, which is said.
    pub(crate) fn start(nodes: u32) -> Option<Self> {
        // Taken all at once, so that they differ.
        let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = listeners.map(|listener| listener.local_addr().unwrap().port());
        let folder = tempfile::Builder::new().prefix("wheelhouse-test-").tempdir().unwrap();
        let mut machine = Machine { folder, ports, running: None, apart: None, token: String::new() };
        machine.up(nodes).then_some(machine)
    }

    /// Starts cluster, platform and agent as three processes; nothing where there can be no containers.
    pub(crate) fn start_apart() -> Option<Self> {
        let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = listeners.map(|listener| listener.local_addr().unwrap().port());
        let folder = tempfile::Builder::new().prefix("wheelhouse-test-").tempdir().unwrap();
        let mut cluster = Command::new(BINARY)
            .args(["local", "up", "--output=json", "--gpu=L40=1", "--listen=127.0.0.1:0", "--state"])
            .arg(folder.path().join("cluster"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(cluster.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(document) = serde_json::from_str::<Value>(&line) else {
            assert_eq!(cluster.wait().unwrap().code(), Some(NO_CONTAINERS), "`local up` failed");
            eprintln!("SKIPPED: this machine cannot run containers");
            return None;
        };
        let kubeconfig = PathBuf::from(document["kubeconfig"].as_str().unwrap());
        let apart = Some(Apart { cluster, kubeconfig, agent: None });
        let mut machine = Machine { folder, ports, running: None, apart, token: String::new() };
        assert!(machine.up(0));
        machine.start_agent();
        Some(machine)
    }

    /// Starts the agent of a cluster that runs apart.
    pub(crate) fn start_agent(&mut self) {
        let scopes = json!({ "authorizations": { "policies": [{ "scopes": ["admin:nvca-cluster"] }] } });
        let key = self.call("POST", "/v1/keys", &scopes);
        let apart = self.apart.as_mut().unwrap();
        let agent = Command::new(BINARY)
            .args(["agent", "--server", &format!("http://127.0.0.1:{}", self.ports[0])])
            .arg("--kubeconfig")
            .arg(&apart.kubeconfig)
            .env("WHEELHOUSE_AGENT_TOKEN", key["value"].as_str().unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        apart.agent = Some(agent);
    }

    /// Ends the agent as `kill -9` does.
    pub(crate) fn kill_agent(&mut self) {
        let mut agent = self.apart.as_mut().unwrap().agent.take().unwrap();
        agent.kill().unwrap();
        agent.wait().unwrap();
    }

    /// Ends the processes of a function's containers as `kill -9` does.
    pub(crate) fn kill_containers(&self, function: &str) {
        let mark = format!("NVCF_FUNCTION_ID={function}");
        let mut killed = 0;
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(id) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
            // A process may end while it is looked at.
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
                let _ended = kill_process(Pid::from_raw(id).unwrap(), Signal::KILL);
                killed += 1;
            }
        }
        assert!(killed > 0, "no process of function {function} was found");
    }

    /// Starts the platform on what is in the folder.
    pub(crate) fn up(&mut self, nodes: u32) -> bool {
        let [api, grpc, registry] = self.ports.map(|port| format!("127.0.0.1:{port}"));
        let mut command = Command::new(BINARY);
        match self.apart {
            Some(_) => command.arg("serve"),
            None => command.args(["up", "--gpu=L40=1"]).arg(format!("--nodes={nodes}")),
        };
        let mut child = command
            .arg("--output=json")
            .args([
                format!("--listen={api}"),
                format!("--listen-grpc={grpc}"),
                format!("--listen-registry={registry}"),
            ])
            .arg("--state")
            .arg(self.folder.path())
            .env("WHEELHOUSE_CONFIG_HOME", self.config())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let code = child.wait().unwrap().code();
            assert_eq!(code, Some(NO_CONTAINERS), "`up` failed");
            eprintln!("SKIPPED: this machine cannot run containers");
            return false;
        }
        self.running = Some(child);
        let document: Value = serde_json::from_str(&line).unwrap();
        eprintln!("up: {}", document.get("timings").unwrap_or(&Value::Null));
        match document["token"].as_str() {
            Some(token) => self.token = token.to_owned(),
            None => assert!(!self.token.is_empty(), "the first start makes a token"),
        }
        true
    }

    /// Ends the process by a signal and waits until it is gone.
    pub(crate) fn end(&mut self, signal: Signal) {
        let mut child = self.running.take().unwrap();
        kill_process(pid(&child), signal).unwrap();
        let begun = Instant::now();
        let status = child.wait().unwrap();
        eprintln!("ended by {signal:?} after {:?}: {status}", begun.elapsed());
    }

    /// Where contexts are kept: `up` leaves one there.
    fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Runs another command as in another shell: it knows of the platform what `up` left. Gives exit code, output
    /// and what was said.
    pub(crate) fn wheelhouse(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let output =
            Command::new(BINARY).args(words).env("WHEELHOUSE_CONFIG_HOME", self.config()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    pub(crate) fn registry(&self) -> String {
        format!("127.0.0.1:{}", self.ports[2])
    }

    /// Runs a shell command with the documents' variables set; gives what it printed.
    pub(crate) fn shell(&self, script: &str, more: &[(&str, &str)]) -> String {
        let output = Command::new("bash")
            .args(["-c", script])
            .env("GATEWAY_ADDR", format!("127.0.0.1:{}", self.ports[0]))
            .env("NVCF_TOKEN", &self.token)
            .env("REGISTRY", self.registry())
            .env("REPOSITORY", "team")
            .envs(more.iter().copied())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let script = format!(
            "curl -s -X {method} \"http://$GATEWAY_ADDR{path}\" -H \"Host: api.$GATEWAY_ADDR\" \
             -H \"Authorization: Bearer $NVCF_TOKEN\" -H 'Content-Type: application/json' -d \"$BODY\""
        );
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.shell(&script, &[("BODY", &body)]);
        serde_json::from_str(&answer).unwrap_or(Value::String(answer))
    }

    /// Pushes an example chart, its image taken from this registry, and the image if `image` is asked for.
    pub(crate) fn push(&self, chart: &str, change: impl Fn(String) -> String, image: bool) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(chart);
        let copy = self.folder.path().join("charts").join(chart);
        copy_folder(&source, &copy);
        let values = copy.join("values.yaml");
        let text = fs::read_to_string(&values).unwrap();
        let repository = format!("{}/team/inference-server", self.registry());
        fs::write(&values, change(text.replace("localhost/inference-server", &repository))).unwrap();
        let packed = self.folder.path().join("packed");
        fs::create_dir_all(&packed).unwrap();
        let output = Command::new(BINARY).arg("package").arg(&copy).arg("-d").arg(&packed).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let file = fs::read_dir(&packed)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(chart))
            .unwrap();
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let version = stem.rsplit_once('-').unwrap().1.to_owned();
        let archive = fs::read(&file).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let host = self.registry();
            let mut options = Options::default();
            options.policy.private_hosts.push(host.clone());
            options.policy.plain_hosts.push(host.clone());
            let auth = base64::engine::general_purpose::STANDARD.encode(format!("user:{}", self.token));
            let logins = [Login { host: host.clone(), auth }];
            let client = Client::new(options);
            let repository = format!("team/charts/{chart}");
            let target = Target { host: &host, repository: &repository, tag: &version, logins: &logins };
            let metadata = json!({ "name": chart, "version": version });
            client.push_chart(&target, &metadata, archive.into(), BTreeMap::new()).await.unwrap();
            if image {
                let image = server_image();
                let blob = |layer: &wheelhouse_image::Layer| Blob::new(layer.media_type, layer.bytes.clone());
                let target = Target { repository: "team/inference-server", tag: "1.0", ..target };
                let layers = image.layers().iter().map(blob).collect();
                let pushed = client.push(&target, blob(image.config()), layers, BTreeMap::new()).await;
                assert_eq!(pushed.unwrap().digest.to_string(), image.digest());
            }
        });
    }

    /// Waits until a version has a status; gives the version.
    pub(crate) fn until(&self, path: &str, status: &str) -> Value {
        let begun = Instant::now();
        loop {
            let seen = self.call("GET", path, &Value::Null);
            if seen["function"]["status"] == status {
                return seen["function"].clone();
            }
            let deployment = path.replacen("/functions/", "/deployments/functions/", 1);
            assert!(
                begun.elapsed() < PATIENCE && seen["function"]["status"] != "ERROR",
                "never {status}: {seen} {}",
                self.call("GET", &deployment, &Value::Null)
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until something is so.
    pub(crate) fn eventually<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "never: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The image of the example server, made of the binary as the demo makes it.
fn server_image() -> Image {
    let program = Program {
        executable: PathBuf::from(BINARY),
        path: "/usr/bin/wheelhouse".to_owned(),
        arguments: vec!["inference-server".to_owned()],
        ports: vec![8001],
        labels: Vec::new(),
    };
    Image::of_program(&program).unwrap()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
