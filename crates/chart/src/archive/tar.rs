use std::io::{ErrorKind, Read};
use std::time::{Duration, SystemTime};

use super::entry::{Entry, Kind};
use super::header::Header;
use super::pax::Attributes;
use crate::Error;

/// Bytes of a block; everything in a tar file is padded to blocks.
pub(super) const BLOCK: usize = 512;
pub(super) type Block = [u8; BLOCK];

/// Bytes an extension (a long name, PAX records) may have, as in Go.
const MAX_EXTENSION: u64 = 1 << 20;

/// Reads the entries of a tar stream one after the other.
pub(super) struct TarReader<R> {
    input: R,
    /// Bytes of the stream that may still be read.
    bytes_left: u64,
    /// Bytes of the current entry and its padding that were not read yet.
    entry_left: u64,
    padding: u64,
    too_large: Error,
}

impl<R: Read> TarReader<R> {
    /// `too_large` is the error past `max_bytes` of stream.
    pub(super) fn new(input: R, max_bytes: u64, too_large: Error) -> Self {
        TarReader { input, bytes_left: max_bytes, entry_left: 0, padding: 0, too_large }
    }

    /// The next entry that is no extension; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Error> {
        let mut attributes = Attributes::default();
        let mut long_name = None;
        loop {
            self.skip(self.entry_left)?;
            self.skip_padding()?;
            let Some(block) = self.header_block()? else { return Ok(None) };
            let header = Header::parse(&block).ok_or(Error::InvalidTarHeader)?;
            self.start(header.size, header.kind);
            match header.kind {
                Kind::Attributes => {
                    let records = self.extension()?;
                    attributes = Attributes::parse(&records).ok_or(Error::InvalidTarHeader)?;
                }
                Kind::GlobalAttributes => {
                    let records = self.extension()?;
                    Attributes::parse(&records).ok_or(Error::InvalidTarHeader)?;
                    attributes = Attributes::default();
                    long_name = None;
                }
                Kind::LongName => {
                    let mut name = self.extension()?;
                    name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
                    long_name = Some(name).filter(|name| !name.is_empty());
                }
                Kind::LongLink => {
                    self.extension()?;
                }
                _ => return Ok(Some(self.entry(header, attributes, long_name))),
            }
        }
    }

    /// The content of the current entry, which has `size` bytes.
    pub(super) fn content(&mut self, size: u64) -> Result<Vec<u8>, Error> {
        let length = usize::try_from(size).map_err(|_| self.too_large.clone())?;
        let mut content = vec![0; length];
        self.fill(&mut content)?;
        self.entry_left = 0;
        Ok(content)
    }

    fn entry(&mut self, header: Header, attributes: Attributes, long_name: Option<Vec<u8>>) -> Entry {
        let kind = if attributes.is_sparse { Kind::Other(b'S') } else { header.kind };
        let size = attributes.size.unwrap_or(header.size);
        self.start(size, kind);
        let name = long_name.or(attributes.path).unwrap_or(header.name);
        let modified = attributes.modified.unwrap_or((header.modified, Duration::ZERO));
        Entry {
            name: String::from_utf8_lossy(&name).into_owned(),
            kind,
            size: self.entry_left,
            modified: to_system_time(modified),
        }
    }

    fn start(&mut self, size: u64, kind: Kind) {
        // Links, directories and devices have no content, whatever their header says.
        let has_content = !matches!(kind, Kind::Link | Kind::Directory | Kind::Other(b'3' | b'4' | b'6'));
        self.entry_left = if has_content { size } else { 0 };
        self.padding = self.entry_left.wrapping_neg() % BLOCK as u64;
    }

    fn extension(&mut self) -> Result<Vec<u8>, Error> {
        if self.entry_left > MAX_EXTENSION {
            return Err(Error::InvalidTarHeader);
        }
        self.content(self.entry_left)
    }

    /// The next header; `None` behind the last one.
    fn header_block(&mut self) -> Result<Option<Block>, Error> {
        let Some(block) = self.block()? else { return Ok(None) };
        if block.iter().any(|byte| *byte != 0) {
            return Ok(Some(block));
        }
        match self.block()? {
            Some(block) if block.iter().any(|byte| *byte != 0) => Err(Error::InvalidTarHeader),
            _ => Ok(None),
        }
    }

    /// A whole block, or nothing where the stream ends.
    fn block(&mut self) -> Result<Option<Block>, Error> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(rest)? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(Error::UnexpectedEnd),
                count => filled += count,
            }
        }
        Ok(Some(block))
    }

    fn fill(&mut self, mut buffer: &mut [u8]) -> Result<(), Error> {
        while !buffer.is_empty() {
            match self.read(buffer)? {
                0 => return Err(Error::UnexpectedEnd),
                count => buffer = buffer.get_mut(count..).unwrap_or_default(),
            }
        }
        Ok(())
    }

    fn skip(&mut self, mut count: u64) -> Result<(), Error> {
        let mut scratch = [0; 16 * BLOCK];
        while count > 0 {
            let wanted = usize::try_from(count).unwrap_or(usize::MAX).min(scratch.len());
            match self.read(scratch.get_mut(..wanted).unwrap_or_default())? {
                0 => return Err(Error::UnexpectedEnd),
                read => count -= read as u64,
            }
        }
        self.entry_left = 0;
        Ok(())
    }

    /// Skips padding; it may be missing at the very end.
    fn skip_padding(&mut self) -> Result<(), Error> {
        let padding = std::mem::take(&mut self.padding);
        match self.skip(padding) {
            Err(Error::UnexpectedEnd) => Ok(()),
            result => result,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            match self.input.read(buffer) {
                Ok(count) => {
                    self.bytes_left =
                        self.bytes_left.checked_sub(count as u64).ok_or_else(|| self.too_large.clone())?;
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::from_gzip(&error)),
            }
        }
    }
}

fn to_system_time((seconds, beyond): (i64, Duration)) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let whole = match seconds < 0 {
        true => SystemTime::UNIX_EPOCH.checked_sub(distance)?,
        false => SystemTime::UNIX_EPOCH.checked_add(distance)?,
    };
    whole.checked_add(beyond)
}
