//! Reference programs as test tools. Real Helm: built from the pinned modules under `reference/`, then compared with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::compare_helm::{self, Compat};
use crate::corpus;
use crate::output::say;
use crate::{reference_plugins, reference_signatures};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap_or_else(|_| PathBuf::from("."))
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Builds both Helms if need be, and compares every chart of the repository and the generated
/// corpus with each; with `--all` also lints them, and adds the odd charts. Without Go it says so and skips, except in CI where the suite must run.
pub(crate) fn helm(arguments: &[&str]) -> Result<()> {
    if Command::new("go").arg("version").output().is_err() {
        if std::env::var_os("CI").is_some() {
            bail!("the reference suite must run in CI, and there is no Go on this machine");
        }
        say!("SKIPPED: the reference suite needs Go to build Helm, and there is no `go` on the PATH");
        return Ok(());
    }
    let ours = build_ours()?;
    let mut different = 0;
    for compat in [Compat::V4, Compat::V3] {
        let theirs = build_helm(compat)?;
        let work = tempfile::tempdir()?;
        let mut cases = corpus::repository_charts(&root())?;
        cases.extend(corpus::generated(work.path())?);
        if arguments.contains(&"--all") {
            cases.extend(corpus::odd(&work.path().join("odd"))?);
        } else {
            cases.retain(|case| !case.arguments.iter().any(|argument| argument == "lint"));
        }
        say!("comparing {} charts with Helm {}", cases.len(), compat.version());
        different += compare_helm::compare_all(&ours, &theirs, compat, &cases, 1)?;
        if compat == Compat::V4 {
            different += reference_signatures::compare(&ours, &theirs)?;
            different += reference_plugins::compare(&ours, &theirs, &cases)?;
        }
    }
    if different > 0 {
        bail!("{different} chart(s) differ from real Helm");
    }
    Ok(())
}

/// Builds the `wheelhouse` binary in release mode and gives its path.
pub(crate) fn build_ours() -> Result<PathBuf> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet", "--package", "wheelhouse-cli"])
        .current_dir(root())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("building wheelhouse failed");
    }
    Ok(target_directory().join("release/wheelhouse"))
}

/// Builds the pinned Helm once per content of its go.mod and go.sum, and gives its path.
pub(crate) fn build_helm(compat: Compat) -> Result<PathBuf> {
    let (folder, package) = match compat {
        Compat::V4 => ("helm4", "helm.sh/helm/v4/cmd/helm"),
        Compat::V3 => ("helm3", "helm.sh/helm/v3/cmd/helm"),
    };
    let module = root().join("reference").join(folder);
    let digest = module_digest(folder)?;
    let binary = target_directory().join("reference/bin").join(format!("{folder}-{digest}"));
    if !binary.exists() {
        say!("building {package} (a minute or two, once)");
        let status = Command::new("go")
            .args(["build", "-p", "2", "-trimpath", "-ldflags", "-s -w", "-o"])
            .arg(&binary)
            .arg(package)
            .env("CGO_ENABLED", "0")
            .current_dir(&module)
            .status()
            .context("cannot run go")?;
        if !status.success() {
            bail!("building {package} failed");
        }
    }
    Ok(binary)
}

/// The pinned versions of a module under `reference/` as a short digest.
pub(crate) fn module_digest(folder: &str) -> Result<String> {
    let module = root().join("reference").join(folder);
    let mut hash = Sha256::new();
    for file in ["go.mod", "go.sum"] {
        hash.update(std::fs::read(module.join(file)).with_context(|| format!("reference/{folder}/{file}"))?);
    }
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}
