//! Real Helm pushes to the embedded registry and pulls from it. Skipped, with a word, where there is no Helm: set
//! `WHEELHOUSE_HELM` to its path.

use crate::harness::Harness;
use std::path::Path;
use std::process::Command;
use wheelhouse_functions::chart_reference::ChartReference;
use wheelhouse_registry::server::Access;

fn helm(binary: &str, home: &Path, arguments: &[&str]) -> String {
    let output = Command::new(binary)
        .args(arguments)
        .current_dir(home)
        .env("HELM_CONFIG_HOME", home.join("config"))
        .env("HELM_CACHE_HOME", home.join("cache"))
        .env("HELM_DATA_HOME", home.join("data"))
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "helm {arguments:?}: {text}");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_helm_pushes_and_pulls() {
    let Ok(binary) = std::env::var("WHEELHOUSE_HELM") else {
        eprintln!("skipped: WHEELHOUSE_HELM does not name a helm binary");
        return;
    };
    let harness = Harness::start(Access::None).await;
    let home = tempfile::tempdir().unwrap();
    let host = harness.host.clone();
    let root = home.path().to_owned();
    tokio::task::spawn_blocking(move || {
        helm(&binary, &root, &["create", "inference-test"]);
        helm(&binary, &root, &["package", "inference-test", "--version", "1.2.3"]);
        helm(&binary, &root, &["registry", "login", &host, "-u", "pusher", "-p", "secret", "--plain-http"]);
        let to = format!("oci://{host}/team/charts");
        helm(&binary, &root, &["push", "inference-test-1.2.3.tgz", &to, "--plain-http"]);
        std::fs::rename(root.join("inference-test-1.2.3.tgz"), root.join("pushed.tgz")).unwrap();
        let from = format!("oci://{host}/team/charts/inference-test");
        helm(&binary, &root, &["pull", &from, "--version", "1.2.3", "--plain-http"]);
        let same = std::fs::read(root.join("inference-test-1.2.3.tgz")).unwrap()
            == std::fs::read(root.join("pushed.tgz")).unwrap();
        assert!(same);
        // Without a version, Helm asks for the tags.
        std::fs::remove_file(root.join("inference-test-1.2.3.tgz")).unwrap();
        helm(&binary, &root, &["pull", &from, "--plain-http"]);
        assert!(root.join("inference-test-1.2.3.tgz").exists());
    })
    .await
    .unwrap();
    let text = format!("oci://{}/team/charts/inference-test-1.2.3.tgz", harness.host);
    let reference = ChartReference::parse(&text).unwrap();
    let pulled = harness.client().fetch_chart(&reference, &[harness.login("puller")]).await.unwrap();
    assert_eq!(pulled.bytes, std::fs::read(home.path().join("pushed.tgz")).unwrap());
}
