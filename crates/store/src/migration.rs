//! Schema steps: each applied once, in order, remembered with a checksum of its text.

use crate::Error;
use crate::credential::hex;
use aws_lc_rs::digest;
use std::collections::BTreeMap;

/// A schema step: its number and its SQL.
pub(crate) type Step = (u32, &'static str);

/// A step that still has to be applied.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) number: u32,
    pub(crate) text: &'static str,
    pub(crate) checksum: String,
}

/// The steps a database lacks, given those it remembers (number and checksum).
///
/// # Errors
/// When the database has a step this program does not know, or knows with another text.
pub(crate) fn pending(applied: &BTreeMap<u32, String>, steps: &[Step]) -> Result<Vec<Pending>, Error> {
    if let Some(number) = applied.keys().find(|number| !steps.iter().any(|(known, _)| known == *number)) {
        return Err(Error::MigrationUnknown { number: *number });
    }
    let mut pending = Vec::new();
    for (number, text) in steps {
        let checksum = hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        match applied.get(number) {
            Some(known) if *known == checksum => {}
            Some(_) => return Err(Error::MigrationChanged { number: *number }),
            None => pending.push(Pending { number: *number, text, checksum }),
        }
    }
    Ok(pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(steps: &[Step]) -> BTreeMap<u32, String> {
        let pending = pending(&BTreeMap::new(), steps).unwrap();
        pending.into_iter().map(|step| (step.number, step.checksum)).collect()
    }

    #[test]
    fn only_missing_steps_are_pending() {
        let known = applied(&[(1, "a")]);
        let missing = pending(&known, &[(1, "a"), (2, "b")]).unwrap();
        assert_eq!(missing.iter().map(|step| step.number).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_changed_step_is_refused() {
        let known = applied(&[(1, "a")]);
        assert!(matches!(pending(&known, &[(1, "b")]), Err(Error::MigrationChanged { number: 1 })));
    }

    #[test]
    fn a_step_of_a_newer_program_is_refused() {
        let known = applied(&[(1, "a"), (2, "b")]);
        assert!(matches!(pending(&known, &[(1, "a")]), Err(Error::MigrationUnknown { number: 2 })));
    }
}
