//! Charts of registries and repositories.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::path::Path;
use std::process::Command;

use crate::platform::Harness;

fn write_chart(harness: &Harness, version: &str) {
    let workspace = &harness.workspace;
    workspace.write("web/Chart.yaml", &format!("apiVersion: v2\nname: web\nversion: {version}\n"));
    workspace.write("web/values.yaml", "who: world\n");
    workspace.write(
        "web/templates/greeting.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Chart.Version }}\ndata:\n  hello: {{ .Values.who }}\n",
    );
}

/// Packs and pushes a chart; gives the registry's base for charts.
fn push(harness: &Harness, version: &str) -> String {
    write_chart(harness, version);
    assert!(harness.workspace.run("package web").starts_with("exit 0"));
    let registry = harness.ready.registry.unwrap().to_string();
    let login = ["registry", "login", &registry, "-u", "me", "--password-stdin"];
    assert_eq!(harness.run_with(&login, &harness.token), "exit 0\nLogin Succeeded");
    let base = format!("oci://{registry}/team/charts");
    let pushed = harness.run(&["push", &format!("web-{version}.tgz"), &base]);
    let tag = version.replace('+', "_");
    assert!(
        pushed.starts_with(&format!("exit 0\nPushed: REGISTRY/team/charts/web:{tag}\nDigest: ")),
        "{pushed}"
    );
    base
}

const RENDERED: &str = "---\n# Source: web/templates/greeting.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  \
    name: VERSION\ndata:\n  hello: WHO\n";

fn rendered(version: &str, who: &str) -> String {
    RENDERED.replace("VERSION", version).replace("WHO", who).trim_end().to_owned()
}

#[test]
fn a_chart_of_a_registry_is_used_like_one_on_disk() {
    let harness = Harness::start();
    push(&harness, "1.0.0");
    push(&harness, "1.1.0-rc.1");
    let base = push(&harness, "1.0.1+build.7");
    let web = format!("{base}/web");
    let template = |more: &[&str]| harness.run(&[&["template", &web][..], more].concat());
    // The newest release; a range; a development version; one version; with values.
    for (more, version) in [
        (&[][..], "1.0.1+build.7"),
        (&["--version", "<1.0.1"], "1.0.0"),
        (&["--devel"], "1.1.0-rc.1"),
        (&["--version", "1.0.0"], "1.0.0"),
    ] {
        let text = template(more);
        assert!(text.contains(&rendered(version, "world")), "{more:?}: {text}");
        assert!(text.contains("Pulled: REGISTRY/team/charts/web:"), "{text}");
    }
    assert!(template(&["--set", "who=you"]).contains("hello: you"));
    let shown = harness.run(&["show", "values", &web]);
    assert!(shown.starts_with("exit 0\nwho: world"), "{shown}");
    assert!(harness.run(&["check", &web]).contains("WH-"));
    let tagged = harness.run(&["show", "chart", &format!("{web}:1.0.0")]);
    assert!(tagged.contains("version: 1.0.0"), "{tagged}");

    // What is not there.
    let missing = template(&["--version", "9.9.9"]);
    assert!(
        missing.starts_with(
            "exit 1\nError: failed to perform \"FetchReference\" on source: REGISTRY/team/charts/web:9.9.9: not found"
        ),
        "{missing}"
    );
    let missing = template(&["--version", ">5"]);
    assert_eq!(missing, "exit 1\nError: could not locate a version matching provided version string >5");
    let mismatch = harness.run(&["template", &format!("{web}:1.0.0"), "--version", "1.0.1"]);
    assert_eq!(mismatch, "exit 1\nError: chart reference and version mismatch: 1.0.1 is not 1.0.0");
}

#[test]
fn pull_writes_what_push_sent() {
    let harness = Harness::start();
    let base = push(&harness, "1.0.0");
    let sent = std::fs::read(harness.workspace.path("web-1.0.0.tgz")).unwrap();
    std::fs::create_dir(harness.workspace.path("down")).unwrap();
    let pulled = harness.run(&["pull", &format!("{base}/web"), "-d", "down"]);
    assert!(
        pulled.starts_with("exit 0\nPulled: REGISTRY/team/charts/web:1.0.0\nDigest: sha256:"),
        "{pulled}"
    );
    assert_eq!(std::fs::read(harness.workspace.path("down/web-1.0.0.tgz")).unwrap(), sent);
    // By the digest that was told.
    let digest = pulled.lines().last().unwrap().strip_prefix("Digest: ").unwrap();
    let by_digest = harness.run(&["show", "chart", &format!("{base}/web@{digest}")]);
    assert!(by_digest.contains("version: 1.0.0"), "{by_digest}");
    // Unpacked, once.
    let untar = ["pull", &format!("{base}/web"), "--untar", "-d", "down"];
    assert!(harness.run(&untar).starts_with("exit 0"));
    assert_eq!(harness.workspace.files("down/web"), ["Chart.yaml", "templates/greeting.yaml", "values.yaml"]);
    let again = harness.run(&untar);
    assert!(again.starts_with("exit 1\n"), "{again}");
    assert!(
        again
            .ends_with("\nError: failed to untar: a file or directory with the name down/web already exists"),
        "{again}"
    );
    // What cannot be pushed.
    let push = |chart: &str, to: &str| harness.run(&["push", chart, to]);
    assert_eq!(push("nothing.tgz", &base), "exit 1\nError: nothing.tgz: no such file");
    assert_eq!(push("web", &base), "exit 1\nError: cannot push directory, must provide chart archive (.tgz)");
    assert_eq!(push("web-1.0.0.tgz", "https://h/x"), "exit 1\nError: scheme \"https\" not supported");
    // Logged out, one may pull and not push.
    let registry = harness.ready.registry.unwrap().to_string();
    let gone = harness.run(&["registry", "logout", &registry]);
    assert_eq!(gone, "exit 0\nRemoving login credentials for REGISTRY");
    let refused = push("web-1.0.0.tgz", &base);
    assert!(refused.starts_with("exit 1\nError: REGISTRY refused the credentials"), "{refused}");
    assert!(refused.contains("wheelhouse registry login"), "{refused}");
    assert!(harness.run(&["show", "chart", &format!("{base}/web")]).starts_with("exit 0"));
    let wrong = harness.run_with(&["registry", "login", &registry, "-u", "me", "--password-stdin"], "wrong");
    assert!(wrong.starts_with("exit 1\nError: authenticating to \"REGISTRY\": "), "{wrong}");
}

#[test]
fn a_chart_of_a_repository_is_used_like_one_on_disk() {
    let harness = Harness::start();
    for version in ["0.1.0", "0.2.0"] {
        write_chart(&harness, version);
        assert!(harness.workspace.run("package web -d repository/charts").starts_with("exit 0"));
    }
    assert_eq!(harness.run(&["repo", "list"]), "exit 0\nno repositories to show");
    assert_eq!(harness.run(&["repo", "index", "repository"]), "exit 0");
    let index = harness.workspace.read("repository/index.yaml");
    assert!(
        index.starts_with("apiVersion: v1\nentries:\n  web:\n  - apiVersion: v2\n    created: "),
        "{index}"
    );
    assert!(index.find("version: 0.2.0").unwrap() < index.find("version: 0.1.0").unwrap());
    let url = harness.serve(&harness.workspace.path("repository"));

    let direct = harness.run(&["template", "web", "--repo", &url, "--version", "0.1.0"]);
    assert!(direct.contains(&rendered("0.1.0", "world")), "{direct}");
    let added = harness.run(&["repo", "add", "own", &url]);
    assert_eq!(added, "exit 0\n\"own\" has been added to your repositories");
    let again = harness.run(&["repo", "add", "own", &url]);
    assert_eq!(again, "exit 0\n\"own\" already exists with the same configuration, skipping");
    let other = harness.run(&["repo", "add", "own", "http://127.0.0.1:1"]);
    assert_eq!(other, "exit 1\nError: repository name (own) already exists, please specify a different name");
    let listed = harness.run(&["repo", "list"]);
    assert_eq!(listed, format!("exit 0\nNAME\tURL\nown \t{url}"));
    let rendered_now = harness.run(&["template", "own/web"]);
    assert!(rendered_now.contains(&rendered("0.2.0", "world")), "{rendered_now}");

    // A new version is seen after an update.
    write_chart(&harness, "0.3.0");
    harness.workspace.run("package web -d repository/charts");
    harness.workspace.run("repo index repository --merge repository/index.yaml");
    assert!(harness.run(&["template", "own/web"]).contains("name: 0.2.0"));
    assert_eq!(
        harness.run(&["repo", "update"]),
        "exit 0\nHang tight while we grab the latest from your chart repositories...\n...Successfully got an update \
         from the \"own\" chart repository\nUpdate Complete. ⎈Happy Helming!⎈"
    );
    assert!(harness.run(&["template", "own/web"]).contains("name: 0.3.0"));
    assert!(harness.run(&["pull", "own/web", "--version", "0.1.0"]).starts_with("exit 0"));
    assert!(harness.workspace.path("web-0.1.0.tgz").exists());

    // What is not there.
    for (words, message) in [
        (
            &["template", "own/nothing"][..],
            "chart \"nothing\" matching  not found in own index. (try 'helm repo update'): no chart name found",
        ),
        (
            &["template", "own/web", "--version", "9"],
            "chart \"web\" matching 9 not found in own index. (try 'helm repo update'): no chart version found for web-9",
        ),
        (&["template", "other/web"], "repo other not found"),
        (
            &["template", "web-of-nothing"],
            "non-absolute URLs should be in form of repo_name/path_to_chart, got: web-of-nothing",
        ),
        (&["repo", "update", "other"], "no repositories found matching 'other'.  Nothing will be updated"),
        (&["repo", "remove", "other"], "no repo named \"other\" found"),
    ] {
        assert_eq!(harness.run(words), format!("exit 1\nError: {message}"), "{words:?}");
    }
    let missing = harness.run(&["template", "nothing", "--repo", &url]);
    assert_eq!(missing, format!("exit 1\nError: chart \"nothing\" not found in {url} repository"));
    let removed = harness.run(&["repo", "remove", "own"]);
    assert_eq!(removed, "exit 0\n\"own\" has been removed from your repositories");
    assert_eq!(harness.run(&["template", "own/web"]), "exit 1\nError: repo own not found");
}

#[test]
fn an_archive_that_is_not_the_indexs_is_refused() {
    let harness = Harness::start();
    write_chart(&harness, "0.1.0");
    harness.workspace.run("package web -d repository");
    harness.workspace.run("repo index repository");
    let url = harness.serve(&harness.workspace.path("repository"));
    assert!(harness.run(&["repo", "add", "own", &url]).starts_with("exit 0"));
    harness.workspace.write("web/values.yaml", "who: somebody else\n");
    harness.workspace.run("package web -d repository");
    let refused = harness.run(&["template", "own/web"]);
    assert!(refused.contains("the archive's digest is sha256:"), "{refused}");
}

fn helm(binary: &str, folder: &Path, words: &[&str]) -> String {
    let output = Command::new(binary)
        .args(words)
        .current_dir(folder)
        .env("HELM_CONFIG_HOME", folder.join("helm/config"))
        .env("HELM_CACHE_HOME", folder.join("helm/cache"))
        .env("HELM_DATA_HOME", folder.join("helm/data"))
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "helm {words:?}: {text}");
    text
}

/// Skipped, with a word, where there is no Helm: set `WHEELHOUSE_HELM` to its path.
#[test]
fn helm_and_we_read_what_the_other_wrote() {
    let Ok(binary) = std::env::var("WHEELHOUSE_HELM") else {
        eprintln!("skipped: WHEELHOUSE_HELM does not name a helm binary");
        return;
    };
    let harness = Harness::start();
    let base = push(&harness, "1.0.0+one");
    let folder = harness.workspace.path("");
    let registry = harness.ready.registry.unwrap().to_string();
    let helm = |words: &[&str]| harness.mask(&helm(&binary, &folder, words));
    std::fs::rename(folder.join("web-1.0.0+one.tgz"), folder.join("ours.tgz")).unwrap();

    // Helm pulls what we pushed, to the byte, and both tell the same of it.
    let theirs = helm(&["pull", &format!("{base}/web"), "--version", "1.0.0+one", "--plain-http"]);
    assert_eq!(
        std::fs::read(folder.join("web-1.0.0+one.tgz")).unwrap(),
        std::fs::read(folder.join("ours.tgz")).unwrap()
    );
    let ours = harness.run(&["pull", &format!("{base}/web"), "--version", "1.0.0+one"]);
    assert_eq!(ours, format!("exit 0\n{theirs}"));

    // We pull what Helm pushed; the manifest is the same one either way.
    let login = ["registry", "login", &registry, "-u", "me", "-p", &harness.token, "--plain-http"];
    helm(&login);
    let theirs = helm(&["push", "ours.tgz", &format!("oci://{registry}/theirs"), "--plain-http"]);
    let again = harness.run(&["push", "ours.tgz", &format!("oci://{registry}/theirs")]);
    assert_eq!(again, format!("exit 0\n{theirs}"), "the same archive gives the same manifest");
    let shown =
        harness.run(&["show", "chart", &format!("oci://{registry}/theirs/web"), "--version", "1.0.0+one"]);
    assert!(shown.contains("version: 1.0.0+one"), "{shown}");

    // Each reads the other's index.
    harness.workspace.run("package web -d repository");
    harness.workspace.run("repo index repository");
    let url = harness.serve(&folder.join("repository"));
    helm(&["repo", "add", "own", &url]);
    let theirs = helm(&["template", "own/web", "--devel"]);
    helm(&["repo", "index", "repository"]);
    assert!(harness.run(&["repo", "add", "own", &url]).starts_with("exit 0"));
    let ours = harness.run(&["template", "own/web", "--devel"]);
    assert_eq!(ours, format!("exit 0\n{theirs}"));
}

#[test]
fn dependencies_come_from_repositories_and_registries() {
    let mut harness = Harness::start();
    harness.workspace.variable("SOURCE_DATE_EPOCH", "1700000000");
    for version in ["0.1.0", "0.2.0", "1.0.0"] {
        write_chart(&harness, version);
        harness.workspace.run("package web -d repository");
    }
    harness.workspace.run("repo index repository");
    let url = harness.serve(&harness.workspace.path("repository"));
    let base = push(&harness, "3.1.0");
    let shop = |web: &str| {
        harness.workspace.write(
            "shop/Chart.yaml",
            &format!(
                "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n- name: web\n  version: \"<1\"\n  \
                 repository: \"{web}\"\n- name: web\n  alias: other\n  version: ^3\n  repository: {base}\n"
            ),
        );
    };
    // By an address nobody gave a name to.
    shop(&url);
    let updated = harness.run(&["dependency", "update", "shop"]);
    let told = format!(
        "exit 0\nGetting updates for unmanaged Helm repositories...\n...Successfully got an update from the \"{url}\" \
         chart repository\nSaving 2 charts\nDownloading web from repo {url}\nDownloading web from repo \
         oci://REGISTRY/team/charts\nPulled: REGISTRY/team/charts/web:3.1.0\nDigest: sha256:"
    );
    assert!(updated.starts_with(&told), "{updated}\n---\n{told}");
    assert!(updated.ends_with("Deleting outdated charts"), "{updated}");
    assert_eq!(harness.workspace.files("shop/charts"), ["web-0.2.0.tgz", "web-3.1.0.tgz"]);
    let lock = harness.workspace.read("shop/Chart.lock");
    assert!(lock.contains("version: 0.2.0") && lock.contains("version: 3.1.0"), "{lock}");
    let built = harness.run(&["dependency", "build", "shop"]);
    assert_eq!(built, format!("exit 1\nError: no repository definition for {url}"));

    // By a name.
    shop("@own");
    let unknown = harness.run(&["dependency", "update", "shop"]);
    assert_eq!(
        unknown,
        "exit 1\nError: no repository definition for @own. Please add them via 'helm repo add'"
    );
    assert!(harness.run(&["repo", "add", "own", &url]).starts_with("exit 0"));
    let built = harness.run(&["dependency", "build", "shop"]);
    assert!(built.contains("Update Complete. ⎈Happy Helming!⎈\nSaving 2 charts\n"), "{built}");
}

#[cfg(feature = "provenance")]
#[test]
fn signatures_go_through_a_registry() {
    let harness = Harness::start();
    let base = push(&harness, "1.0.0");
    let web = format!("{base}/web");
    // Nothing was signed.
    let unsigned = harness.run(&["pull", &web, "--version", "1.0.0", "--prov"]);
    assert!(
        unsigned.ends_with(
            "\nWARNING: Verification not found for oci://REGISTRY/team/charts/web: manifest does not contain minimum \
             number of descriptors (2), descriptors found: 1"
        ),
        "{unsigned}"
    );
    let unsigned = harness.run(&["pull", &web, "--version", "1.0.0", "--verify", "--keyring", "keys.gpg"]);
    assert!(
        unsigned.contains("Error: failed to fetch provenance \"oci://REGISTRY/team/charts/web:1.0.0.prov\""),
        "{unsigned}"
    );
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/../provenance/tests/it/keys/plain.gpg");
    std::fs::copy(key, harness.workspace.path("keys.gpg")).unwrap();
    write_chart(&harness, "1.1.0");
    let packed = harness.workspace.run("package web --sign --key plain@ --keyring keys.gpg");
    assert!(packed.starts_with("exit 0"), "{packed}");
    assert!(harness.run(&["push", "web-1.1.0.tgz", &base]).starts_with("exit 0"));
    std::fs::create_dir(harness.workspace.path("signed")).unwrap();
    let pulled = harness.run(&["pull", &web, "--verify", "--keyring", "keys.gpg", "-d", "signed"]);
    assert!(
        pulled.starts_with("exit 0\nPulled: REGISTRY/team/charts/web:1.1.0\nDigest: sha256:"),
        "{pulled}"
    );
    assert!(
        pulled.contains("\nSigned by: Plain Key <plain@example.org>\nUsing Key With Fingerprint: "),
        "{pulled}"
    );
    assert_eq!(harness.workspace.files("signed"), ["web-1.1.0.tgz", "web-1.1.0.tgz.prov"]);
    let shown = harness.run(&["show", "chart", &web, "--verify", "--keyring", "keys.gpg"]);
    assert!(shown.contains("version: 1.1.0"), "{shown}");
    let refused = harness.run(&["template", &web, "--verify", "--keyring", "web/values.yaml"]);
    assert!(
        refused
            .contains("Error: failed to load keyring: openpgp: invalid data: tag byte does not have MSB set"),
        "{refused}"
    );
}
