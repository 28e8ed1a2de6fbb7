//! The real `kubectl` against the server.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::Running;

struct Kubectl {
    server: Running,
}

struct Outcome {
    out: String,
    err: String,
    ok: bool,
}

impl Kubectl {
    /// Starts a server; `None` on a machine without `kubectl`.
    fn start() -> Option<Self> {
        if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
            println!("skipped: kubectl is not installed");
            return None;
        }
        Some(Kubectl { server: Running::start() })
    }

    fn run(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut child = Command::new("kubectl")
            .args(["--kubeconfig", self.server.kubeconfig().to_str().unwrap()])
            .args(["--cache-dir", self.server.directory.path().join("cache").to_str().unwrap()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Outcome {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            ok: output.status.success(),
        }
    }

    /// Runs a command that must succeed and gives its output.
    fn ok(&self, arguments: &[&str], input: &str) -> String {
        let outcome = self.run(arguments, input);
        assert!(outcome.ok, "kubectl {arguments:?}: {}{}", outcome.out, outcome.err);
        outcome.out
    }
}

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: c, image: 'nginx:1.27', ports: [{containerPort: 80}]}
";

#[test]
fn create_get_apply_and_delete() {
    let Some(kubectl) = Kubectl::start() else { return };
    assert_eq!(kubectl.ok(&["apply", "-f", "-"], DEPLOYMENT), "deployment.apps/web created\n");
    assert_eq!(kubectl.ok(&["apply", "-f", "-"], DEPLOYMENT), "deployment.apps/web unchanged\n");
    let changed = DEPLOYMENT.replace("1.27", "1.28");
    assert_eq!(kubectl.ok(&["apply", "-f", "-"], &changed), "deployment.apps/web configured\n");
    let image =
        "jsonpath={.spec.template.spec.containers[0].image} {.metadata.generation} {.spec.strategy.type}";
    assert_eq!(kubectl.ok(&["get", "deploy", "web", "-o", image], ""), "nginx:1.28 2 RollingUpdate");
    assert_eq!(kubectl.ok(&["delete", "deploy", "web"], ""), "deployment.apps \"web\" deleted\n");
    assert!(!kubectl.run(&["get", "deploy", "web"], "").ok);
}

#[test]
fn strict_validation_names_unknown_fields() {
    let Some(kubectl) = Kubectl::start() else { return };
    let wrong = DEPLOYMENT.replace("replicas: 2", "replicaz: 2");
    let outcome = kubectl.run(&["create", "-f", "-"], &wrong);
    assert!(!outcome.ok);
    assert!(outcome.err.contains("unknown field \"spec.replicaz\""), "{}", outcome.err);
}

#[test]
fn explain_knows_the_fields() {
    let Some(kubectl) = Kubectl::start() else { return };
    let out = kubectl.ok(&["explain", "deployment.spec.strategy"], "");
    assert!(out.contains("rollingUpdate") && out.contains("FIELD: strategy <DeploymentStrategy>"), "{out}");
    assert!(out.contains("How pods are replaced: RollingUpdate or Recreate."), "{out}");
    let out = kubectl.ok(&["explain", "pod"], "");
    assert!(out.contains("Containers that run together on one node"), "{out}");
}
