//! Signed charts, across programs: what one signs the other must verify, and both must refuse the same in the same
//! words.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::output::say;
use crate::reference::root;

/// The keys of the tests of `wheelhouse-provenance`, those that sign first.
const KEYS: [&str; 7] = ["plain", "ed", "nist", "cert", "locked", "short", "gone"];

/// Names that stand for one key each; all but the fourth may sign.
const SIGNERS: [&str; 5] = ["plain@", "Edward", "Nist Key <nist@example.org>", "Cert", "Locked"];

/// What must be refused, or at least done alike, once `ours/` and `theirs/` hold a signed archive.
const ALIKE: &[&str] = &[
    "verify",
    "verify a b",
    "verify web",
    "verify none.tgz",
    "verify all.gpg",
    "verify bare.tgz --keyring all.gpg",
    "verify renamed.tgz --keyring all.gpg",
    "verify changed.tgz --keyring all.gpg",
    "verify theirs/web-1.2.3.tgz --keyring none.gpg",
    "verify theirs/web-1.2.3.tgz --keyring web",
    "verify theirs/web-1.2.3.tgz --keyring web/Chart.yaml",
    "verify theirs/web-1.2.3.tgz --keyring cut.gpg",
    "verify theirs/web-1.2.3.tgz --keyring empty.gpg",
    "verify theirs/web-1.2.3.tgz --keyring gone.gpg",
    "template theirs/web-1.2.3.tgz --verify --keyring all.gpg",
    "template theirs/web-1.2.3.tgz --verify --keyring nist.gpg",
    "template web --verify --keyring all.gpg",
    "show chart ours/web-1.2.3.tgz --verify --keyring all.gpg",
    "show all ours/web-1.2.3.tgz --verify --keyring nist.gpg",
    "package web --sign --keyring all.gpg",
    "package web --sign --keyring= --key a",
    "package web --sign --keyring all.gpg --key nobody",
    "package web --sign --keyring all.gpg --key example.org",
    "package web --sign --keyring all.gpg --key Gone",
    "package web --sign --keyring none.gpg --key a",
    "package web --sign --keyring web/Chart.yaml --key a",
    "package web --sign --keyring all.gpg --key Locked",
    "package web --sign --keyring all.gpg --key Locked --passphrase-file none",
    "package web --sign --keyring all.gpg --key Locked --passphrase-file empty.gpg",
    "package web --sign --keyring all.gpg --key Locked --passphrase-file web/Chart.yaml",
    "package web --sign --keyring all.gpg --key Locked --passphrase-file -",
];

/// Exit code, stdout and stderr of a program in a folder.
fn run(program: &Path, folder: &Path, words: &[&str]) -> Result<String> {
    let output = Command::new(program).args(words).current_dir(folder).output().context("cannot run")?;
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    Ok(format!("exit {}\n{stdout}{stderr}", output.status.code().unwrap_or(-1)))
}

fn write_files(work: &Path) -> Result<()> {
    let keys = root().join("crates/provenance/tests/it/keys");
    let mut all = Vec::new();
    for key in KEYS {
        let file = format!("{key}.gpg");
        let bytes = fs::read(keys.join(&file)).with_context(|| file.clone())?;
        fs::write(work.join(file), &bytes)?;
        all.extend(bytes);
    }
    fs::write(work.join("all.gpg"), &all)?;
    fs::write(work.join("cut.gpg"), all.get(..100).unwrap_or_default())?;
    fs::write(work.join("empty.gpg"), "")?;
    fs::write(work.join("passphrase"), "open sesame\n")?;
    fs::create_dir_all(work.join("web/templates"))?;
    let metadata = "apiVersion: v2\ndescription: '- a: b'\nkeywords:\n- a\n- b\nname: web\nversion: 1.2.3\n";
    fs::write(work.join("web/Chart.yaml"), metadata)?;
    Ok(fs::write(work.join("web/templates/a.yaml"), "a: 1\n")?)
}

/// Signs and verifies with both; gives how many runs were not alike.
pub(crate) fn compare(ours: &Path, theirs: &Path) -> Result<usize> {
    let work = tempfile::tempdir()?;
    let work = work.path();
    write_files(work)?;
    let mut different = 0;
    let mut alike = |words: &[&str]| -> Result<()> {
        let [our, their] = [run(ours, work, words)?, run(theirs, work, words)?];
        if our != their {
            different += 1;
            say!("{}\n  ours: {our}\n  Helm: {their}", words.join(" "));
        }
        Ok(())
    };
    for signer in SIGNERS {
        for (program, folder) in [(ours, "ours"), (theirs, "theirs")] {
            let options = ["--keyring", "all.gpg", "--passphrase-file", "passphrase", "-d", folder];
            run(program, work, &[&["package", "web", "--sign", "--key", signer], &options[..]].concat())?;
            let archive = format!("{folder}/web-1.2.3.tgz");
            for keyring in ["all.gpg", "nist.gpg"] {
                alike(&["verify", &archive, "--keyring", keyring])?;
            }
        }
    }
    fs::copy(work.join("ours/web-1.2.3.tgz"), work.join("bare.tgz"))?;
    fs::copy(work.join("ours/web-1.2.3.tgz"), work.join("renamed.tgz"))?;
    let provenance = fs::read_to_string(work.join("ours/web-1.2.3.tgz.prov"))?;
    fs::write(work.join("renamed.tgz.prov"), &provenance)?;
    fs::write(work.join("changed.tgz"), "another archive")?;
    fs::write(work.join("changed.tgz.prov"), provenance.replace("name: web", "name: wet"))?;
    for line in ALIKE {
        alike(&line.split(' ').collect::<Vec<_>>())?;
    }
    let runs = SIGNERS.len() * 4 + ALIKE.len();
    say!("{} of {runs} runs with signed charts identical", runs - different);
    Ok(different)
}
