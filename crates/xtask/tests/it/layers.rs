use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The layer of each crate: imports point down, or within a layer to what is listed below.
const LAYERS: &[(&str, u8)] = &[
    ("source", 0),
    ("compat", 0),
    ("semver", 0),
    ("goregex", 0),
    ("gotime", 0),
    ("gocrypto", 0),
    ("gotemplate", 1),
    ("goyaml", 1),
    ("kyaml", 1),
    ("sprig", 1),
    ("chart", 1),
    ("render", 1),
    ("lint", 1),
    ("objects", 1),
    ("policy", 1),
    ("functions", 1),
    ("check", 1),
    ("provenance", 1),
    ("tls", 2),
    ("cluster", 2),
    ("registry", 2),
    ("store", 2),
    ("local-apiserver", 2),
    ("local-controllers", 2),
    ("local-node", 2),
    ("image", 2),
    ("inference-server", 2),
    ("controlplane", 3),
    ("gateway", 3),
    ("agent", 3),
    ("platform", 4),
    ("local", 4),
    ("cli", 4),
    ("xtask", 4),
    ("fuzzing", 4),
];

/// Libraries that reach outside the process: not for layers 0 and 1.
const OUTSIDE: &[&str] =
    &["tokio", "axum", "hyper", "rustls", "reqwest", "rusqlite", "kube", "getrandom", "tempfile", "clap"];

/// Crate → the crates it imports (not only in tests), ours without the common prefix.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let short = |name: &str| name.strip_prefix("wheelhouse-").unwrap_or(name).to_owned();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let imports = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| short(dependency["name"].as_str().unwrap()))
                .collect();
            (short(package["name"].as_str().unwrap()), imports)
        })
        .collect()
}

fn layer(name: &str) -> Option<u8> {
    LAYERS.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer)
}

#[test]
fn every_crate_has_a_layer_and_imports_point_down() {
    for (name, imports) in imports() {
        let own = layer(&name).unwrap_or_else(|| panic!("{name} has no layer in the table"));
        for import in imports {
            if let Some(other) = layer(&import) {
                assert!(other <= own, "{name} (layer {own}) imports {import} (layer {other})");
            }
        }
    }
}

#[test]
fn engines_reach_nothing_outside_the_process() {
    for (name, imports) in imports() {
        if layer(&name).is_some_and(|layer| layer <= 1) {
            for library in OUTSIDE {
                assert!(!imports.contains(*library), "{name} imports {library}");
            }
        }
    }
}

#[test]
fn the_local_cluster_and_the_services_meet_only_over_the_kubernetes_api() {
    let imports = imports();
    let is_local = |name: &str| name.starts_with("local-");
    let is_service = |name: &str| layer(name) == Some(3);
    for (name, imports) in &imports {
        for import in imports {
            assert!(!(is_local(name) && is_local(import)), "{name} imports {import}");
            assert!(!(is_local(name) && is_service(import)), "{name} imports {import}");
            assert!(!(is_service(name) && is_local(import)), "{name} imports {import}");
        }
    }
}
