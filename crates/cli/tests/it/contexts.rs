#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::Workspace;

fn workspace() -> Workspace {
    let mut workspace = Workspace::new();
    let home = workspace.path("home").display().to_string();
    workspace.variable("HOME", &home);
    workspace
}

#[test]
fn contexts_are_kept_chosen_and_removed() {
    let workspace = workspace();
    assert_eq!(workspace.run("context list"), "exit 0\n\tNAME\tSERVER\tTOKEN\tFUNCTION\n");
    let set = |name: &str, server: &str| {
        let words = ["context", "set", name, "--server", server, "--token-stdin"];
        workspace.run_words(&words, "nvapi-secret-of-the-test\n")
    };
    assert_eq!(set("one", "http://127.0.0.1:1"), "exit 0\ncontext \"one\" is kept and in use\n");
    assert_eq!(set("two", "https://example.org"), "exit 0\ncontext \"two\" is kept and in use\n");
    insta::assert_snapshot!("contexts", workspace.run("context list"));
    insta::assert_snapshot!("contexts-json", workspace.run("context list -o json"));
    workspace.check("context use one", "exit 0\ncontext \"one\" is in use\n");
    assert!(workspace.run("context list").contains("*\tone"));
    workspace.check(
        "context use three",
        "exit 1\nError: there is no context \"three\"\n  why: DIR/home/.config/wheelhouse/contexts.json knows: one, two\n  \
         fix: `wheelhouse context set three --server URL`\n",
    );
    workspace.check("context delete one", "exit 0\ncontext \"one\" is removed\n");
    assert!(!workspace.run("context list").contains("one"));
}

#[test]
fn only_its_owner_reads_the_file_of_contexts() {
    let workspace = workspace();
    workspace
        .run_words(&["context", "set", "one", "--server", "http://127.0.0.1:1", "--token-stdin"], "secret");
    let file = workspace.path("home/.config/wheelhouse/contexts.json");
    let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(workspace.run("doctor").contains("FAIL"), "{}", workspace.run("doctor"));
    let mended = workspace.run("doctor --fix");
    assert!(mended.contains("had mode 0644, now 0600"), "{mended}");
    assert_eq!(mode(), 0o600);
}

#[test]
fn a_token_is_for_its_own_server() {
    let workspace = workspace();
    let set = ["context", "set", "one", "--server", "http://127.0.0.1:1"];
    workspace.run_words(&[&set[..], &["--token-stdin"]].concat(), "secret");
    // Another server is not sent it, not even after the context is moved there.
    let told = "exit 3\nError: there is no token for http://127.0.0.1:2\n  fix: set WHEELHOUSE_TOKEN, or keep one with \
        `wheelhouse context set NAME --server URL --token-stdin`\n";
    workspace.check("function list --server http://127.0.0.1:2", told);
    workspace
        .check("context set one --server http://127.0.0.1:2", "exit 0\ncontext \"one\" is kept and in use\n");
    workspace.check("function list", told);
}

#[test]
fn a_broken_file_of_contexts_is_not_quoted() {
    let workspace = workspace();
    workspace
        .write("home/.config/wheelhouse/contexts.json", "{\"contexts\": {\"one\": {\"token\": secret}}}");
    workspace.check(
        "context list",
        "exit 1\nError: DIR/home/.config/wheelhouse/contexts.json is not a file of contexts (line 1, column 32)\n",
    );
}
