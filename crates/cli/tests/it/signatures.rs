//! Signed charts. The keys are those of the tests of `wheelhouse-provenance`.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use crate::support::Workspace;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../provenance/tests/it/keys");
const FINGERPRINT: &str = "20DABFCFA87A0A05F5BCC3FC9D71230383489B65";

/// A workspace with a chart and keyrings: `all.gpg`, `plain.gpg`, `nist.gpg`.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n");
    workspace.write("web/templates/a.yaml", "a: 1\n");
    let key = |name: &str| fs::read(PathBuf::from(KEYS).join(format!("{name}.gpg"))).unwrap();
    for name in ["plain", "nist", "locked"] {
        fs::write(workspace.path(&format!("{name}.gpg")), key(name)).unwrap();
    }
    let all = ["plain", "nist", "locked", "gone"].map(key).concat();
    fs::write(workspace.path("all.gpg"), all).unwrap();
    workspace
}

const SIGN: &str = "package web --sign --keyring all.gpg --key";

fn signed(workspace: &Workspace, key: &str) {
    workspace.check(
        &format!("{SIGN} {key}"),
        "exit 0\nSuccessfully packaged chart and saved it to: DIR/web-1.2.3.tgz\n",
    );
}

#[test]
fn a_signed_chart_is_verified() {
    let workspace = workspace();
    signed(&workspace, "plain@");
    let provenance = workspace.read("web-1.2.3.tgz.prov");
    assert!(
        provenance.starts_with(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\napiVersion: v2\nname: web\nversion: 1.2.3\n\n...\n\
             files:\n  web-1.2.3.tgz: sha256:"
        ),
        "{provenance}"
    );
    let digest = provenance.split("sha256:").nth(1).unwrap().lines().next().unwrap();
    workspace.check(
        "verify web-1.2.3.tgz --keyring plain.gpg",
        &format!(
            "exit 0\nSigned by: Plain Key <plain@example.org>\nUsing Key With Fingerprint: {FINGERPRINT}\n\
             Chart Hash Verified: sha256:{digest}\n"
        ),
    );
    workspace.check(
        "template web-1.2.3.tgz --verify --keyring all.gpg",
        "exit 0\n---\n# Source: web/templates/a.yaml\na: 1\n",
    );
    workspace.check(
        "show chart web-1.2.3.tgz --verify --keyring all.gpg",
        "exit 0\napiVersion: v2\nname: web\nversion: 1.2.3\n\n",
    );
}

#[test]
fn the_keyring_is_gnupgs_if_none_is_named() {
    let mut workspace = workspace();
    signed(&workspace, "Nist");
    fs::create_dir_all(workspace.path(".gnupg")).unwrap();
    fs::copy(workspace.path("nist.gpg"), workspace.path(".gnupg/pubring.gpg")).unwrap();
    let (home, keys) = (workspace.path(""), workspace.path("keys"));
    workspace.variable("HOME", home.to_str().unwrap());
    assert!(
        workspace.run("verify web-1.2.3.tgz").starts_with("exit 0\nSigned by: Nist Key <nist@example.org>\n")
    );
    workspace.variable("GNUPGHOME", keys.to_str().unwrap());
    workspace.check(
        "verify web-1.2.3.tgz",
        "exit 1\nError: failed to load keyring: open DIR/keys/pubring.gpg: no such file or directory\n",
    );
}

#[test]
fn what_cannot_be_verified_is_refused() {
    let workspace = workspace();
    signed(&workspace, "plain@");
    for what in ["verify", "template --verify", "show chart --verify"] {
        let refused = |rest: &str, message: &str| {
            let message = match what {
                "verify" => message.replace("DIR/", ""),
                _ => message.to_owned(),
            };
            workspace.check(&format!("{what} {rest}"), &format!("exit 1\nError: {message}\n"));
        };
        refused("web --keyring all.gpg", "unpacked charts cannot be verified");
        refused("all.gpg --keyring all.gpg", "chart must be a tgz file");
        refused("web-1.2.3.tgz --keyring nist.gpg", "openpgp: signature made by unknown entity");
        refused(
            "web-1.2.3.tgz --keyring web/Chart.yaml",
            "failed to load keyring: openpgp: invalid data: tag byte does not have MSB set",
        );
        refused(
            "web-1.2.3.tgz --keyring none.gpg",
            "failed to load keyring: open none.gpg: no such file or directory",
        );
        fs::copy(workspace.path("web-1.2.3.tgz"), workspace.path("bare.tgz")).unwrap();
        refused(
            "bare.tgz --keyring all.gpg",
            "could not load provenance file DIR/bare.tgz.prov: stat DIR/bare.tgz.prov: no such file or directory",
        );
        fs::copy(workspace.path("web-1.2.3.tgz.prov"), workspace.path("bare.tgz.prov")).unwrap();
        refused(
            "bare.tgz --keyring all.gpg",
            "provenance does not contain a SHA for a file named \"bare.tgz\"",
        );
        fs::remove_file(workspace.path("bare.tgz.prov")).unwrap();
    }
    let provenance = workspace.read("web-1.2.3.tgz.prov");
    workspace.write("web-1.2.3.tgz.prov", &provenance.replace("version: 1.2.3", "version: 1.2.4"));
    workspace.check(
        "verify web-1.2.3.tgz --keyring all.gpg",
        "exit 1\nError: openpgp: invalid signature: RSA verification failure\n",
    );
    workspace.write("web-1.2.3.tgz.prov", "a: b\n");
    workspace.check("verify web-1.2.3.tgz --keyring all.gpg", "exit 1\nError: signature block not found\n");
    workspace.write("web-1.2.3.tgz.prov", &provenance);
    fs::write(workspace.path("web-1.2.3.tgz"), "another").unwrap();
    let refused = workspace.run("verify web-1.2.3.tgz --keyring all.gpg");
    assert!(
        refused.starts_with("exit 1\nError: sha256 sum does not match for web-1.2.3.tgz: \"sha256:"),
        "{refused}"
    );
    workspace.check(
        "verify none.tgz --keyring all.gpg",
        "exit 1\nError: stat none.tgz: no such file or directory\n",
    );
    workspace.check(
        "verify",
        "exit 1\nError: \"helm verify\" requires 1 argument\n\nUsage:  helm verify PATH [flags]\n",
    );
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let workspace = workspace();
    let refused = |line: &str, message: &str| {
        workspace.check(line, &format!("exit 1\nError: {message}\n"));
    };
    refused("package web --sign", "--key is required for signing a package");
    refused("package web --sign --key a --keyring=", "--keyring is required for signing a package");
    refused(&format!("{SIGN} example.org"), "more than one key contain the id \"example.org\"");
    refused(&format!("{SIGN} nobody"), "private key not found");
    refused(
        &format!("{SIGN} Gone"),
        "provided key is not a private key. Try providing a keyring with secret keys",
    );
    refused("package web --sign --key a --keyring none.gpg", "open none.gpg: no such file or directory");
    refused(&format!("{SIGN} plain@ --passphrase-file none"), "open none: no such file or directory");
    workspace.write("empty", "");
    refused(&format!("{SIGN} Locked --passphrase-file empty"), "EOF");
    workspace.write("wrong", "open says me\n");
    refused(
        &format!("{SIGN} Locked --passphrase-file wrong"),
        "openpgp: invalid data: private key checksum failure",
    );
    assert!(!workspace.path("web-1.2.3.tgz.prov").exists());
}

#[test]
fn a_locked_key_is_unlocked_once_for_several_charts() {
    let workspace = workspace();
    workspace.write("api/Chart.yaml", "apiVersion: v2\nname: api\nversion: 0.1.0\n");
    workspace.write("passphrase", "open sesame\r\nand more\n");
    let expect = "exit 0\nSuccessfully packaged chart and saved it to: DIR/web-1.2.3.tgz\n\
                  Successfully packaged chart and saved it to: DIR/api-0.1.0.tgz\n";
    workspace.check(&format!("{SIGN} Locked api --passphrase-file passphrase"), expect);
    let words: Vec<&str> =
        "package web api --sign --keyring all.gpg --key Locked --passphrase-file -".split(' ').collect();
    assert_eq!(workspace.run_words(&words, "open sesame\n"), expect);
    for archive in ["web-1.2.3.tgz", "api-0.1.0.tgz"] {
        let verified = workspace.run(&format!("verify {archive} --keyring locked.gpg"));
        assert!(verified.starts_with("exit 0\nSigned by: Locked Key <locked@example.org>\n"), "{verified}");
    }
    // Nobody sits at a terminal here.
    workspace.check(
        &format!("{SIGN} Locked"),
        "exit 1\nPassword for key \"Locked Key <locked@example.org>\" >  \nError: inappropriate ioctl for device\n",
    );
}
