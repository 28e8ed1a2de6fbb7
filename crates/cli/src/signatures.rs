//! Signed charts: provenance files beside archives, made and checked with the user's keyrings.

use std::path::{Path, PathBuf};

use crate::commands::Failure;
use crate::filesystem::{go_error, read};

#[cfg(feature = "provenance")]
mod passphrase;
#[cfg(feature = "provenance")]
mod pgp;
#[cfg(not(feature = "provenance"))]
mod without;

#[cfg(feature = "provenance")]
use pgp as backend;
#[cfg(not(feature = "provenance"))]
use without as backend;

pub(crate) use backend::Signing;

/// Whether signatures of charts that are fetched are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verify {
    /// They are not even fetched.
    #[default]
    Never,
    /// They are fetched where there are any, and not looked at.
    Later,
    /// They are held against the archive where there are any.
    IfPossible,
    /// There must be one, by a key of the keyring.
    Always,
}

/// The file of keys: the one that is named, or GnuPG's own.
pub(crate) fn keyring(named: Option<&String>) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name);
    match (named, variable("GNUPGHOME")) {
        (Some(named), _) => PathBuf::from(named),
        (None, Some(home)) => Path::new(&home).join("pubring.gpg"),
        (None, None) => Path::new(&variable("HOME").unwrap_or_default()).join(".gnupg/pubring.gpg"),
    }
}

/// Checks the archive at a path against the provenance file beside it; gives what Helm tells about the signer.
///
/// # Errors
/// In Helm's words: what is no archive, has no provenance file, or was not signed by a key of the keyring.
pub(crate) fn verify_file(path: &Path, keyring: &Path) -> Result<String, Failure> {
    let status = path.metadata().map_err(|error| go_error("stat", path, &error))?;
    if status.is_dir() {
        return Err(Failure::new("unpacked charts cannot be verified"));
    }
    require_archive(path)?;
    let provenance = PathBuf::from(format!("{}.prov", path.display()));
    provenance.metadata().map_err(|error| {
        let error = go_error("stat", &provenance, &error);
        Failure::new(format!("could not load provenance file {}: {error}", provenance.display()))
    })?;
    let keys = backend::load(keyring)?;
    let failed = |what: &str, error: std::io::Error| Failure::new(format!("failed to read {what}: {error}"));
    let archive = read(path).map_err(|error| failed("chart archive", error))?;
    let provenance = read(&provenance).map_err(|error| failed("provenance file", error))?;
    backend::verify(&keys, &archive, &provenance, &base_name(path))
}

/// Checks an archive that was fetched under a file name against its provenance file.
///
/// # Errors
/// As [`verify_file`].
pub(crate) fn verify_fetched(
    file_name: &str,
    archive: &[u8],
    provenance: &[u8],
    keyring: &Path,
) -> Result<String, Failure> {
    require_archive(Path::new(file_name))?;
    backend::verify(&backend::load(keyring)?, archive, provenance, file_name)
}

fn require_archive(path: &Path) -> Result<(), Failure> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tgz")) {
        return Ok(());
    }
    Err(Failure::new("chart must be a tgz file"))
}

fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
