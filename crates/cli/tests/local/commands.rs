//! The commands themselves, with a cluster that needs no rights.

use std::net::TcpListener;

use serde_json::Value;

use crate::cluster::wheelhouse;

#[test]
fn the_commands_tell_what_is_and_exit_accordingly() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().canonicalize().unwrap().join("state").to_str().unwrap().to_owned();
    let local = |words: &[&str]| {
        let all: Vec<&str> =
            ["local", words[0], "--state", &state].iter().chain(&words[1..]).copied().collect();
        wheelhouse(&all)
    };
    for command in ["status", "kubeconfig"] {
        let outcome = local(&[command]);
        assert_eq!((outcome.code, outcome.out.as_str()), (3, ""), "{command}");
        assert!(outcome.err.contains("start one with `wheelhouse local up`"), "{}", outcome.err);
    }
    let down = local(&["down"]);
    assert_eq!((down.code, down.err), (0, format!("no cluster runs on {state}\n")));

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for detach in ["--detach=true", "--detach=false"] {
        let refused = local(&["up", "--api-only", "--listen", &address, detach]);
        assert_eq!(refused.code, 5, "{}", refused.err);
        assert!(refused.err.contains("something else listens there already"), "{}", refused.err);
    }
    let refused = local(&["up", "--api-only", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    let refused = local(&["up", "--gpu", "L40S"]);
    assert!(refused.err.contains("is not MODEL=COUNT"), "{}", refused.err);

    let up = local(&["up", "--api-only", "--detach", "--listen=127.0.0.1:0", "--output=json"]);
    assert_eq!(up.code, 0, "{}", up.err);
    let told: Value = serde_json::from_str(&up.out).unwrap();
    assert!(told["server"].as_str().unwrap().starts_with("https://127.0.0.1:"), "{told}");
    assert!(up.err.contains("API ready in "), "{}", up.err);
    for detach in ["--detach=true", "--detach=false"] {
        let again = local(&["up", "--api-only", "--listen=127.0.0.1:0", detach]);
        assert_eq!(again.code, 4, "{}", again.err);
        assert!(again.err.contains(&format!("(process {})", told["pid"])), "{}", again.err);
    }
    let status: Value = serde_json::from_str(&local(&["status", "--output", "json"]).out).unwrap();
    assert_eq!(status["running"], told);
    assert_eq!(local(&["kubeconfig", "--path"]).out, format!("{state}/kubeconfig\n"));
    assert!(local(&["kubeconfig"]).out.contains(told["server"].as_str().unwrap()));
    let reset = local(&["reset", "--yes"]);
    assert_eq!(reset.code, 4, "{}", reset.err);

    let down = local(&["down", "-o", "json"]);
    assert_eq!((down.code, down.out), (0, format!("{{\"stopped\":{}}}\n", told["pid"])), "{}", down.err);
    assert_eq!(local(&["status"]).code, 3);
    // Nobody can answer, so nothing is removed.
    let reset = local(&["reset"]);
    assert_eq!(reset.code, 1, "{}", reset.err);
    assert!(std::path::Path::new(&state).exists());
    let reset = local(&["reset", "--yes"]);
    assert_eq!(reset.code, 0, "{}", reset.err);
    assert!(!std::path::Path::new(&state).exists());
    // What is not ours is left alone.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("letter"), "dear").unwrap();
    let reset = wheelhouse(&["local", "reset", "--yes", "--state", other.to_str().unwrap()]);
    assert_eq!(reset.code, 1, "{}", reset.err);
    assert!(other.join("letter").exists());
}

#[test]
fn a_broken_archive_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("image.tar");
    std::fs::write(&archive, "this is no archive").unwrap();
    let state = folder.path().join("state");
    let load = |archive: &str| wheelhouse(&["local", "load", "--state", state.to_str().unwrap(), archive]);
    for archive in [archive.to_str().unwrap(), "/nowhere.tar"] {
        let loaded = load(archive);
        assert_eq!(loaded.code, 1, "{}", loaded.err);
        assert!(loaded.err.contains(archive), "{}", loaded.err);
    }
}
