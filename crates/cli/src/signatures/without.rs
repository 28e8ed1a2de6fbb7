//! A binary that was built without OpenPGP.

use std::path::Path;

use wheelhouse_chart::Chart;

use crate::arguments::Package;
use crate::commands::Failure;
use crate::printer::Printer;

/// No keys can be read.
pub(super) struct Keys;

fn refused() -> Failure {
    Failure::new("this binary knows nothing of signatures: it was built without the feature `provenance`")
}

pub(super) fn load(_: &Path) -> Result<Keys, Failure> {
    Err(refused())
}

pub(super) fn verify(_: &Keys, _: &[u8], _: &[u8], _: &str) -> Result<String, Failure> {
    Err(refused())
}

/// Signs nothing.
#[derive(Debug, Default)]
pub(crate) struct Signing;

impl Signing {
    pub(crate) fn sign(
        &mut self,
        _: &Package,
        _: &Path,
        _: impl FnOnce(&[u8]) -> Result<Chart, Failure>,
        _: Printer,
    ) -> Result<(), Failure> {
        Err(refused())
    }
}
