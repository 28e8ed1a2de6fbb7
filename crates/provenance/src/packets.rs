//! A row of OpenPGP packets: where each ends, and what it holds.
//!
//! Unknown packets that may be passed over are; so are those that use what is not supported.

use pgp::packet::{PacketHeader, PublicKey, PublicSubkey, SecretKey, SecretSubkey, UserId};
use pgp::types::{KeyDetails as _, PublicParams, Tag};

use crate::Error;
use crate::armor::Block;
use crate::signature::Signature;

/// A packet.
pub(crate) enum Packet {
    Signature(Box<Signature>),
    PublicKey(Box<PublicKey>),
    SecretKey(Box<SecretKey>),
    PublicSubkey(Box<PublicSubkey>),
    SecretSubkey(Box<SecretSubkey>),
    UserId(UserId),
    /// What says nothing about keys and signatures.
    Other,
}

/// Reads packets one after the other.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// What comes after the bytes, where that is not the end.
    fault: Option<&'a Error>,
    /// A packet that was given back.
    waiting: Option<Packet>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes, fault: None, waiting: None }
    }

    pub(crate) fn of_block(block: &'a Block) -> Self {
        Reader { rest: &block.bytes, fault: block.fault.as_ref(), waiting: None }
    }

    /// Gives a packet back: it is the next one.
    pub(crate) fn unread(&mut self, packet: Packet) {
        self.waiting = Some(packet);
    }

    /// The next packet; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Packet>, Error> {
        if let Some(packet) = self.waiting.take() {
            return Ok(Some(packet));
        }
        while !self.rest.is_empty() {
            let (tag, body) = self.raw()?;
            match parse(tag, &body) {
                Ok(Some(packet)) => return Ok(Some(packet)),
                Ok(None) | Err(Error::Unsupported(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.fault.map_or(Ok(None), |fault| Err(fault.clone()))
    }

    /// The type of the next packet, by number, and its body.
    fn raw(&mut self) -> Result<(u8, Vec<u8>), Error> {
        let first = self.octet()?;
        if first & 0x80 == 0 {
            return Err(Error::Structural("tag byte does not have MSB set".to_owned()));
        }
        if first & 0x40 == 0 {
            let tag = (first & 0x3f) >> 2;
            let length = match first & 3 {
                0 => self.number(1)?,
                1 => self.number(2)?,
                2 => self.number(4)?,
                _ => self.rest.len(),
            };
            return Ok((tag, self.take(length)?.to_vec()));
        }
        let mut body = Vec::new();
        loop {
            let length = match self.octet()? {
                short @ 0..192 => usize::from(short),
                long @ 192..224 => (usize::from(long) - 192) * 256 + usize::from(self.octet()?) + 192,
                255 => self.number(4)?,
                part => {
                    let length = 1 << (part & 0x1f);
                    body.extend(self.take(length)?);
                    continue;
                }
            };
            body.extend(self.take(length)?);
            return Ok((first & 0x3f, body));
        }
    }

    fn octet(&mut self) -> Result<u8, Error> {
        let (octet, rest) = self.rest.split_first().ok_or_else(|| self.cut_short())?;
        self.rest = rest;
        Ok(*octet)
    }

    fn number(&mut self, octets: usize) -> Result<usize, Error> {
        (0..octets).try_fold(0, |number: usize, _| Ok(number << 8 | usize::from(self.octet()?)))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            self.rest = &[];
            return Err(self.cut_short());
        };
        self.rest = rest;
        Ok(taken)
    }

    fn cut_short(&self) -> Error {
        self.fault.cloned().unwrap_or(Error::Truncated)
    }
}

/// Reads a packet's body; nothing if it is to be passed over.
fn parse(tag: u8, body: &[u8]) -> Result<Option<Packet>, Error> {
    let header = |tag: Tag| {
        let length = u32::try_from(body.len()).map_err(|_| Error::Truncated)?;
        Ok::<_, Error>(PacketHeader::new_fixed(tag, length))
    };
    let wrong = |error: pgp::errors::Error| Error::Structural(error.to_string());
    Ok(Some(match tag {
        2 => Packet::Signature(Box::new(Signature::parse(body)?)),
        5 => {
            known_key(body)?;
            let key = SecretKey::try_from_reader(header(Tag::SecretKey)?, body).map_err(wrong)?;
            known_parameters(key.public_key().public_params())?;
            Packet::SecretKey(Box::new(key))
        }
        6 => {
            known_key(body)?;
            let key = PublicKey::try_from_reader(header(Tag::PublicKey)?, body).map_err(wrong)?;
            known_parameters(key.public_params())?;
            Packet::PublicKey(Box::new(key))
        }
        7 => {
            known_key(body)?;
            let key = SecretSubkey::try_from_reader(header(Tag::SecretSubkey)?, body).map_err(wrong)?;
            known_parameters(key.public_key().public_params())?;
            Packet::SecretSubkey(Box::new(key))
        }
        14 => {
            known_key(body)?;
            let key = PublicSubkey::try_from_reader(header(Tag::PublicSubkey)?, body).map_err(wrong)?;
            known_parameters(key.public_params())?;
            Packet::PublicSubkey(Box::new(key))
        }
        13 => Packet::UserId(UserId::try_from_reader(header(Tag::UserId)?, body).map_err(wrong)?),
        // Markers, trust, and what came later and may be passed over.
        10 | 12 | 40.. => return Ok(None),
        1 | 3 | 4 | 8 | 9 | 11 | 17 | 18 | 20 | 21 => Packet::Other,
        other => return Err(Error::CriticalPacket(other)),
    }))
}

/// Refuses keys of versions and algorithms that go-crypto does not know.
fn known_key(body: &[u8]) -> Result<(), Error> {
    let [version, _, _, _, _, rest @ ..] = body else { return Err(Error::Truncated) };
    match version {
        4 | 6 => {}
        5 => {
            return Err(Error::Unsupported(
                "support for parsing v5 entities is disabled; build with `-tags v5` if needed".to_owned(),
            ));
        }
        other => return Err(Error::Unsupported(format!("public key version {other}"))),
    }
    match rest.first() {
        Some(1..=3 | 16..=19 | 22 | 25..=28) => Ok(()),
        Some(other) => Err(Error::Unsupported(format!("public key type: {other}"))),
        None => Err(Error::Truncated),
    }
}

/// Refuses curves that nobody knows.
fn known_parameters(parameters: &PublicParams) -> Result<(), Error> {
    match parameters {
        PublicParams::Unknown { .. } => Err(Error::Unsupported("unknown oid".to_owned())),
        _ => Ok(()),
    }
}
