//! Keyrings on disk, the time, and OpenPGP.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use wheelhouse_chart::Chart;
use wheelhouse_provenance::{Keyring, Verification, verify as verify_signature};

use super::passphrase;
use crate::arguments::Package;
use crate::commands::Failure;
use crate::filesystem::{read, write};
use crate::printer::Printer;

/// Reads a keyring.
pub(super) fn load(path: &Path) -> Result<Keyring, Failure> {
    parsed(path).map_err(|failure| Failure::new(format!("failed to load keyring: {}", failure.message)))
}

fn parsed(path: &Path) -> Result<Keyring, Failure> {
    Ok(Keyring::parse(&read(path)?)?)
}

/// Holds an archive against its provenance file; gives what Helm tells about the signer.
pub(super) fn verify(
    keys: &Keyring,
    archive: &[u8],
    provenance: &[u8],
    file_name: &str,
) -> Result<String, Failure> {
    Ok(told(&verify_signature(keys, archive, provenance, file_name, now())?))
}

fn told(verification: &Verification) -> String {
    let mut text = String::new();
    for name in &verification.identities {
        // Writing to a text does not fail.
        let _ = writeln!(text, "Signed by: {name}");
    }
    text.push_str("Using Key With Fingerprint: ");
    for byte in &verification.fingerprint {
        let _ = write!(text, "{byte:02X}");
    }
    let _ = write!(text, "\nChart Hash Verified: {}\n", verification.digest);
    text
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

/// What is kept while several charts are signed: a passphrase is asked for or read once.
#[derive(Debug, Default)]
pub(crate) struct Signing {
    passphrase: Option<Vec<u8>>,
}

impl Signing {
    /// Writes the provenance file beside an archive. `chart` reads the archive's chart, whose metadata is signed
    /// with it.
    pub(crate) fn sign(
        &mut self,
        options: &Package,
        archive: &Path,
        chart: impl FnOnce(&[u8]) -> Result<Chart, Failure>,
        printer: Printer,
    ) -> Result<(), Failure> {
        let options = &options.signing;
        let keys = parsed(&super::keyring(options.keyring.as_ref()))?;
        let chosen = keys.choose(&options.key)?;
        if !options.passphrase_file.is_empty() && self.passphrase.is_none() {
            self.passphrase = Some(passphrase::from_file(&options.passphrase_file)?);
        }
        let signer = chosen.unlock(|name| match &self.passphrase {
            Some(passphrase) => Ok(passphrase.clone()),
            None => passphrase::ask(name, printer),
        })?;
        let content = read(archive)
            .map_err(|error| Failure::new(format!("failed to load chart for signing: {error}")))?;
        let chart = chart(&content).map_err(|failure| {
            Failure::new(format!("failed to load chart for signing: {}", failure.message))
        })?;
        let metadata = chart.metadata.to_yaml()?;
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)?;
        let signed = signer.sign(&content, &super::base_name(archive), &metadata, now(), &salt)?;
        Ok(write(&PathBuf::from(format!("{}.prov", archive.display())), signed.as_bytes())?)
    }
}
