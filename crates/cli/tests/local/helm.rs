//! Real Helm against the cluster.

use std::process::Command;

use crate::cluster::{IMAGE, Namespace, Outcome, READY_WHEN_LISTENING, deployment, service};

fn helm(namespace: &Namespace<'_>, program: &str, line: &str) -> Outcome {
    let folder = namespace.cluster.folder().join("helm");
    Command::new(program)
        .args(line.split_whitespace())
        .args(["--namespace", &namespace.name])
        .env("KUBECONFIG", format!("{}/kubeconfig", namespace.cluster.state()))
        .env("HELM_CACHE_HOME", folder.join("cache"))
        .env("HELM_CONFIG_HOME", folder.join("config"))
        .env("HELM_DATA_HOME", folder.join("data"))
        .output()
        .unwrap()
        .into()
}

pub(crate) fn helm_installs_upgrades_and_uninstalls(namespace: &Namespace<'_>) {
    let Ok(program) = std::env::var("WHEELHOUSE_HELM") else {
        eprintln!("SKIPPED: WHEELHOUSE_HELM names no Helm");
        return;
    };
    let chart = namespace.cluster.folder().join("chart");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(chart.join(name), text).unwrap();
    write("Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    write("values.yaml", "replicas: 1\n");
    write("templates/NOTES.txt", "up with {{ .Values.replicas }}\n");
    let name = "{{ .Release.Name }}";
    write(
        "templates/all.yaml",
        &format!(
            "{}{}
apiVersion: batch/v1
kind: Job
metadata: {{name: before, annotations: {{helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-delete-policy: 'before-hook-creation,hook-succeeded'}}}}
spec:
  template:
    spec: {{restartPolicy: Never, containers: [{{name: main, image: {IMAGE}, args: [echo, before]}}]}}
",
            deployment(name, "{{ .Values.replicas }}", "serve 8080", READY_WHEN_LISTENING),
            service(name),
        ),
    );
    let ok = |line: &str| {
        let outcome = helm(namespace, &program, line);
        assert_eq!(outcome.code, 0, "helm {line}: {}{}", outcome.out, outcome.err);
        outcome.out
    };
    let path = chart.to_str().unwrap();
    assert!(ok(&format!("install mine {path} --wait --timeout 5m")).contains("up with 1"));
    assert_eq!(namespace.ok("get deployment mine -o jsonpath={.status.readyReplicas}"), "1");
    ok(&format!("upgrade mine {path} --set replicas=2 --wait --timeout 5m"));
    assert_eq!(namespace.ok("get deployment mine -o jsonpath={.status.readyReplicas}"), "2");
    ok("rollback mine 1 --wait --timeout 5m");
    assert_eq!(namespace.ok("get deployment mine -o jsonpath={.spec.replicas}"), "1");
    let listed: serde_json::Value = serde_json::from_str(&ok("list -o json")).unwrap();
    assert_eq!((&listed[0]["revision"], &listed[0]["status"]), (&"3".into(), &"deployed".into()));
    ok("uninstall mine --wait --timeout 5m");
    namespace.until("pods,deployments,services", ".items", "[]");
}
