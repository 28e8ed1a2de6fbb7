//! A cluster that the real binary runs in the background, and the image its pods run.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use wheelhouse_image::{Image, Program};

use crate::eventually;

/// How long pods may take, with all scenarios at once on a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// The image of all test pods.
pub(crate) const IMAGE: &str = "test/guest:1";

pub(crate) struct Cluster {
    folder: TempDir,
    options: Vec<String>,
}

pub(crate) struct Namespace<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) name: String,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            out: text(&output.stdout),
            err: text(&output.stderr),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

pub(crate) fn wheelhouse(arguments: &[&str]) -> Outcome {
    Command::new(env!("CARGO_BIN_EXE_wheelhouse")).args(arguments).output().unwrap().into()
}

/// The program inside test containers, built once, static.
fn guest() -> &'static Path {
    static GUEST: OnceLock<PathBuf> = OnceLock::new();
    GUEST.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local-node/tests/guest/guest.rs");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest");
        let time = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
        if time(&target) <= time(&source) {
            let draft = target.with_extension(std::process::id().to_string());
            let built = Command::new("rustc")
                .args(["--edition=2024", "-O", "-Ctarget-feature=+crt-static", "-Cstrip=symbols", "-o"])
                .arg(&draft)
                .arg(&source)
                .status()
                .unwrap();
            assert!(built.success(), "the guest program does not build");
            std::fs::rename(draft, &target).unwrap();
        }
        target
    })
}

/// The same for images.
pub(crate) fn program() -> Program {
    Program {
        executable: guest().to_owned(),
        path: "/guest".to_owned(),
        arguments: vec![],
        ports: vec![],
        labels: vec![],
    }
}

impl Cluster {
    /// Starts a cluster with the test image in it; says why not where it cannot be.
    pub(crate) fn start(options: &[&str]) -> Option<Self> {
        if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
            eprintln!("SKIPPED: kubectl is not installed");
            return None;
        }
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let cluster = Self { folder: tempfile::tempdir().unwrap(), options };
        let archive = cluster.folder.path().join("guest.tar");
        let mut file = std::fs::File::create(&archive).unwrap();
        Image::of_program(&program()).unwrap().write_archive(IMAGE, &mut file).unwrap();
        let state = cluster.state();
        // Before the cluster has ever run.
        let loaded = wheelhouse(&["local", "load", "--state", &state, archive.to_str().unwrap()]);
        assert_eq!((loaded.code, &*loaded.out), (0, "docker.io/test/guest:1\n"), "{}", loaded.err);
        cluster.up().then_some(cluster)
    }

    /// Starts the process; false where the machine forbids containers.
    fn up(&self) -> bool {
        let state = self.state();
        let mut arguments = vec!["local", "up", "--detach", "--listen=127.0.0.1:0", "--state", &state];
        arguments.extend(self.options.iter().map(String::as_str));
        let up = wheelhouse(&arguments);
        if up.code == 6 {
            eprintln!("SKIPPED: {}", up.err);
            return false;
        }
        assert_eq!(up.code, 0, "{}", up.err);
        eprintln!("{}", up.err.trim_end());
        assert_eq!(up.out, format!("export KUBECONFIG={state}/kubeconfig\n"));
        true
    }

    /// Kills the process outright and starts it anew.
    pub(crate) fn kill_and_start(&self) {
        let pid = std::fs::read_to_string(Path::new(&self.state()).join("pid")).unwrap();
        let killed = Command::new("kill").args(["-9", pid.trim()]).status().unwrap();
        assert!(killed.success());
        // The kernel takes a moment to end it.
        eventually("the process has ended", PATIENCE, || {
            let status = wheelhouse(&["local", "status", "--state", &self.state()]);
            if status.code == 3 { Ok(()) } else { Err(status.out) }
        });
        assert!(self.up());
    }

    pub(crate) fn state(&self) -> String {
        // The path as the kernel knows it, which is what the cluster tells.
        let folder = self.folder.path().canonicalize().unwrap();
        folder.join("state").to_str().unwrap().to_owned()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A namespace that is there already.
    pub(crate) fn again(&self, name: &str) -> Namespace<'_> {
        Namespace { cluster: self, name: name.to_owned() }
    }

    pub(crate) fn namespace(&self, name: &str) -> Namespace<'_> {
        let namespace = self.again(name);
        let created = namespace.kubectl(&["create", "namespace", name], "");
        assert_eq!(created.code, 0, "{created:?}");
        namespace
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let state = self.state();
        let down = wheelhouse(&["local", "down", "--state", &state]);
        if std::thread::panicking() {
            eprintln!("{}", std::fs::read_to_string(Path::new(&state).join("local.log")).unwrap_or_default());
            return;
        }
        assert_eq!(down.code, 0, "{}", down.err);
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
        assert!(!mounts.contains(&state), "mounts are left behind:\n{mounts}");
    }
}

impl Namespace<'_> {
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("kubectl");
        command
            .args(["--kubeconfig", &format!("{}/kubeconfig", self.cluster.state())])
            .arg("--cache-dir")
            .arg(self.cluster.folder().join("cache"))
            .args(["--namespace", &self.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn kubectl(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut child = self.command().args(arguments).spawn().unwrap();
        // Commands that read nothing may have closed it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap().into()
    }

    /// The same where input and output are long: neither waits for the other.
    pub(crate) fn stream(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut child = self.command().args(arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(input.as_bytes()).unwrap());
            child.wait_with_output().unwrap().into()
        })
    }

    /// Runs a command on a terminal; nothing where none can be made.
    pub(crate) fn terminal(&self, line: &str) -> Option<String> {
        let command = self.command();
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<&str> = words.map(|word| word.to_str().unwrap()).collect();
        let output = Command::new("script")
            .args(["-q", "-e", "-c", &format!("{} {line}", words.join(" ")), "/dev/null"])
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let outcome = Outcome::from(output);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        Some(outcome.out)
    }

    /// Runs a command of words parted by spaces, which must succeed, and gives its output.
    pub(crate) fn ok(&self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let outcome = self.kubectl(&words, "");
        assert_eq!(outcome.code, 0, "kubectl {line}: {}{}", outcome.out, outcome.err);
        outcome.out
    }

    pub(crate) fn apply(&self, manifest: &str) {
        let outcome = self.kubectl(&["apply", "-f", "-"], manifest);
        assert_eq!(outcome.code, 0, "{}{}\n{manifest}", outcome.out, outcome.err);
    }

    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("{line} -o json"))).unwrap()
    }

    /// Applies a pod that runs the guest with these words; `more` is further YAML of its spec.
    pub(crate) fn pod(&self, name: &str, words: &str, more: &str) {
        let arguments = serde_json::to_string(&words.split_whitespace().collect::<Vec<_>>()).unwrap();
        self.apply(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  labels: {{app: {name}}}\nspec:\n  \
             terminationGracePeriodSeconds: 1\n  restartPolicy: Never\n{}  containers:\n  - name: main\n    \
             image: {IMAGE}\n    args: {arguments}\n",
            indented(more, 2)
        ));
    }

    /// Waits until something is so, as `kubectl wait` puts it.
    pub(crate) fn wait(&self, condition: &str, what: &str) {
        self.ok(&format!("wait --for={condition} {what} --timeout={}s", PATIENCE.as_secs()));
    }

    /// Waits until a pod has ended well and gives its log.
    pub(crate) fn log_of(&self, pod: &str) -> String {
        self.wait("jsonpath={.status.phase}=Succeeded", &format!("pod/{pod}"));
        self.ok(&format!("logs {pod}"))
    }

    /// Waits until an event of a pod has this reason and a text in its message.
    pub(crate) fn until_told(&self, pod: &str, reason: &str, text: &str) {
        eventually(&format!("{reason} of {pod}: {text}"), PATIENCE, || {
            let events = self.json(&format!("get events --field-selector involvedObject.name={pod}"));
            let found =
                events["items"].as_array().unwrap().iter().any(|event| {
                    event["reason"] == reason && event["message"].as_str().unwrap().contains(text)
                });
            if found { Ok(()) } else { Err(events["items"].to_string()) }
        });
    }

    /// Waits until a JSONPath of an object gives a text.
    pub(crate) fn until(&self, what: &str, path: &str, expected: &str) {
        self.until_it(what, path, |found| found == expected);
    }

    pub(crate) fn until_it(&self, what: &str, path: &str, good: impl Fn(&str) -> bool) {
        eventually(&format!("{what} {path}"), PATIENCE, || {
            let outcome = self.kubectl(&["get", what, "-o", &format!("jsonpath={{{path}}}")], "");
            if outcome.code == 0 && good(&outcome.out) {
                Ok(())
            } else {
                Err(format!("{}{}", outcome.out, outcome.err))
            }
        });
    }

    /// What a failed scenario left, for the reader of the test's output.
    pub(crate) fn explain(&self) {
        for line in ["get all,pvc,endpointslices -o wide", "describe pods", "get events"] {
            let outcome = self.kubectl(&line.split(' ').collect::<Vec<_>>(), "");
            eprintln!("--- {}: {line}\n{}{}", self.name, outcome.out, outcome.err);
        }
    }
}

/// A Deployment that runs the guest with these words; `more` is further YAML of its container.
pub(crate) fn deployment(name: &str, replicas: &str, words: &str, more: &str) -> String {
    let arguments = serde_json::to_string(&words.split_whitespace().collect::<Vec<_>>()).unwrap();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels: {{app: {name}}}\nspec:\n  \
         replicas: {replicas}\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    \
         metadata: {{labels: {{app: {name}}}}}\n    spec:\n      terminationGracePeriodSeconds: 0\n      \
         containers:\n      - name: main\n        image: {IMAGE}\n        args: {arguments}\n{}---\n",
        indented(more, 8)
    )
}

/// A Service in front of a Deployment of this name, whose pods listen on 8080.
pub(crate) fn service(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: {name}}}, \
         ports: [{{port: 80, targetPort: 8080}}]}}\n---\n"
    )
}

/// YAML of a container that is ready when it listens.
pub(crate) const READY_WHEN_LISTENING: &str = "readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}";

/// Each line moved to the right.
pub(crate) fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}
