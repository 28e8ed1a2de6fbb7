//! What a signature says about itself: the subpackets that matter here, read as go-crypto reads them.

use crate::Error;

const SIGN: u8 = 0x02;

/// The subpackets' types, by number.
mod kinds {
    pub(super) const CREATED: u8 = 2;
    pub(super) const EXPIRATION: u8 = 3;
    pub(super) const EXPORTABLE: u8 = 4;
    pub(super) const KEY_EXPIRATION: u8 = 9;
    pub(super) const ISSUER: u8 = 16;
    pub(super) const NOTATION: u8 = 20;
    pub(super) const PRIMARY_USER: u8 = 25;
    pub(super) const KEY_FLAGS: u8 = 27;
    pub(super) const REASON: u8 = 29;
    pub(super) const EMBEDDED: u8 = 32;
    pub(super) const FINGERPRINT: u8 = 33;
    /// Those that may be critical too, and change nothing.
    pub(super) const OTHERS: &[u8] = &[EXPORTABLE, 5, 6, 11, ISSUER, 21, 22, 23, 24, 26, 28, 30, 35, 39];
}

/// What the subpackets of a signature say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    /// When it was made, in seconds since 1970.
    pub(crate) created: Option<u64>,
    /// How long it is valid, in seconds; no end if zero.
    pub(crate) lifetime: u64,
    /// How long the key is valid, in seconds from when the key was made; no end if zero.
    pub(crate) key_lifetime: u64,
    /// The id of the key that made it.
    pub(crate) issuer: Option<Vec<u8>>,
    /// The fingerprint of the key that made it.
    pub(crate) fingerprint: Option<Vec<u8>>,
    /// What the key may be used for, where it is said.
    flags: Option<u8>,
    /// Whether the user id it certifies is the first one.
    pub(crate) is_primary: bool,
    /// Whether the key is taken back because somebody else has it.
    pub(crate) is_compromised: bool,
    /// The first notation that must be understood, and is not.
    pub(crate) unknown_notation: Option<String>,
    /// The signature within: the subkey's own.
    pub(crate) embedded: Option<Vec<u8>>,
}

impl Claims {
    /// Whether it says that the key may sign.
    pub(crate) fn may_sign(&self) -> bool {
        self.flags.is_some_and(|flags| flags & SIGN != 0)
    }

    /// Reads an area of subpackets; what is not hashed tells of issuers only.
    pub(crate) fn read(&mut self, mut area: &[u8], version: u8, hashed: bool) -> Result<(), Error> {
        while let Some((length, rest)) = length(area)? {
            let (packet, after) =
                rest.split_at_checked(length).ok_or_else(|| structural("signature subpacket truncated"))?;
            let [kind, data @ ..] = packet else {
                return Err(structural("zero length signature subpacket"));
            };
            area = after;
            self.subpacket(kind & 0x7f, kind & 0x80 != 0, data, version, hashed)?;
        }
        if self.created.is_none() {
            return Err(structural("no creation time in signature"));
        }
        Ok(())
    }

    fn subpacket(
        &mut self,
        kind: u8,
        critical: bool,
        data: &[u8],
        version: u8,
        hashed: bool,
    ) -> Result<(), Error> {
        if !hashed && !matches!(kind, kinds::ISSUER | kinds::FINGERPRINT | kinds::EMBEDDED) {
            return Ok(());
        }
        match kind {
            kinds::CREATED => {
                self.created = Some(seconds(data, "signature creation time not four bytes")?);
            }
            kinds::EXPIRATION => self.lifetime = seconds(data, "expiration subpacket with bad length")?,
            kinds::EXPORTABLE if data.first() == Some(&0) => {
                return Err(Error::Unsupported("signature with non-exportable certification".to_owned()));
            }
            kinds::KEY_EXPIRATION => {
                self.key_lifetime = seconds(data, "key expiration subpacket with bad length")?;
            }
            kinds::ISSUER if version > 4 && hashed => {
                return Err(structural("issuer subpacket found in v6 key"));
            }
            kinds::ISSUER if data.len() != 8 => return Err(structural("issuer subpacket with bad length")),
            kinds::ISSUER if version <= 4 => self.issuer = Some(data.to_vec()),
            kinds::NOTATION => {
                let name = notation(data)?;
                if critical && self.unknown_notation.is_none() {
                    self.unknown_notation = Some(name);
                }
            }
            kinds::PRIMARY_USER => {
                let [flag] = data else {
                    return Err(structural("primary user id subpacket with bad length"));
                };
                self.is_primary = *flag > 0;
            }
            kinds::KEY_FLAGS => {
                let flags = data.first().copied().unwrap_or_default();
                self.flags = Some(self.flags.unwrap_or_default() | flags);
            }
            kinds::REASON => {
                let reason = data.first().ok_or_else(|| structural("empty revocation reason subpacket"))?;
                self.is_compromised = *reason == 2;
            }
            kinds::EMBEDDED if self.embedded.is_some() => {
                return Err(structural("Cannot have multiple embedded signatures"));
            }
            kinds::EMBEDDED => self.embedded = Some(data.to_vec()),
            kinds::FINGERPRINT => self.fingerprint(data)?,
            other if critical && !kinds::OTHERS.contains(&other) => {
                return Err(Error::Unsupported(format!("unknown critical signature subpacket type {other}")));
            }
            _ => {}
        }
        Ok(())
    }

    fn fingerprint(&mut self, data: &[u8]) -> Result<(), Error> {
        let [version, fingerprint @ ..] = data else {
            return Err(structural("empty issuer fingerprint subpacket"));
        };
        // The id is the end of an old fingerprint, and the start of a new one.
        let id = match (*version >= 5, fingerprint.len()) {
            (true, 32) => fingerprint.get(..8),
            (false, 20) => fingerprint.get(12..),
            _ => return Err(structural("bad fingerprint length")),
        };
        self.issuer = id.map(<[u8]>::to_vec);
        self.fingerprint = Some(fingerprint.to_vec());
        Ok(())
    }
}

fn structural(text: &str) -> Error {
    Error::Structural(text.to_owned())
}

/// The length of the next subpacket, its type included, and what follows; nothing at the end.
fn length(area: &[u8]) -> Result<Option<(usize, &[u8])>, Error> {
    let truncated = || structural("signature subpacket truncated");
    Ok(Some(match area {
        [] => return Ok(None),
        [short @ 0..192, rest @ ..] => (usize::from(*short), rest),
        [255, a, b, c, d, rest @ ..] => {
            let length = u32::from_be_bytes([*a, *b, *c, *d]);
            (usize::try_from(length).map_err(|_| truncated())?, rest)
        }
        [255, ..] => return Err(truncated()),
        [first, second, rest @ ..] => ((usize::from(*first) - 192) * 256 + usize::from(*second) + 192, rest),
        _ => return Err(truncated()),
    }))
}

fn seconds(data: &[u8], wrong: &str) -> Result<u64, Error> {
    let bytes: [u8; 4] = data.try_into().map_err(|_| structural(wrong))?;
    Ok(u64::from(u32::from_be_bytes(bytes)))
}

/// The name of a notation.
fn notation(data: &[u8]) -> Result<String, Error> {
    let wrong = || structural("notation data subpacket with bad length");
    let [_, _, _, _, a, b, c, d, rest @ ..] = data else { return Err(wrong()) };
    let [name, value] = [[*a, *b], [*c, *d]].map(|bytes| usize::from(u16::from_be_bytes(bytes)));
    if rest.len() != name + value {
        return Err(wrong());
    }
    Ok(String::from_utf8_lossy(rest.get(..name).unwrap_or_default()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: &[u8] = &[5, 0x82, 0, 0, 0, 9];

    #[test]
    fn areas_are_read() {
        let mut claims = Claims::default();
        let mut area = CREATED.to_vec();
        area.extend([9, 16, 1, 2, 3, 4, 5, 6, 7, 8]);
        area.extend([2, 27, 3]);
        area.extend([2, 25, 1]);
        area.extend([0xff, 0, 0, 0, 5, 0x89, 0, 0, 1, 0]);
        claims.read(&area, 4, true).unwrap();
        assert_eq!((claims.created, claims.key_lifetime), (Some(9), 256));
        assert_eq!(claims.issuer.as_deref(), Some(&[1, 2, 3, 4, 5, 6, 7, 8][..]));
        assert!(claims.may_sign() && claims.is_primary);
        // A fingerprint names the issuer too; what else is not hashed does not count.
        let mut unhashed = vec![22, 33, 4];
        unhashed.extend(1..=20);
        unhashed.extend([2, 27, 0xff, 3, 0x7f, 1, 2]);
        claims.read(&unhashed, 4, false).unwrap();
        assert_eq!(claims.issuer.as_deref(), Some(&[13, 14, 15, 16, 17, 18, 19, 20][..]));
    }

    #[test]
    fn wrong_areas_are_refused() {
        let check = |added: &[u8], expect: &str| {
            let error = Claims::default().read(&[CREATED, added].concat(), 4, true).unwrap_err();
            assert!(error.to_string().ends_with(expect), "{added:?}: {error}");
        };
        check(&[0], "zero length signature subpacket");
        check(&[3, 27], "signature subpacket truncated");
        check(&[200], "signature subpacket truncated");
        check(&[255, 0, 0], "signature subpacket truncated");
        check(&[255, 255, 255, 255, 255], "signature subpacket truncated");
        check(&[2, 0xff, 1], "unknown critical signature subpacket type 127");
        check(&[2, 2, 1], "signature creation time not four bytes");
        check(&[2, 16, 1], "issuer subpacket with bad length");
        check(&[2, 33, 1], "bad fingerprint length");
        check(&[2, 20, 1], "notation data subpacket with bad length");
        check(&[2, 32, 1, 2, 32, 1], "Cannot have multiple embedded signatures");
        let error = Claims::default().read(&[2, 27, 3], 4, true).unwrap_err();
        assert_eq!(error.to_string(), "openpgp: invalid data: no creation time in signature");
    }
}
