//! Compressed header blocks. Both sides begin with a dictionary of words that are frequent in headers.

use std::collections::BTreeMap;
use std::io;

use flate2::{Decompress, FlushDecompress};

/// The words of the dictionary, in the order of the SPDY/3 draft; each goes with its length before it.
const WORDS: [&str; 65] = [
    "options",
    "head",
    "post",
    "put",
    "delete",
    "trace",
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "connection",
    "content-base",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "location",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "retry-after",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "method",
    "get",
    "status",
    "200 OK",
    "version",
    "HTTP/1.1",
    "url",
    "public",
    "set-cookie",
    "keep-alive",
    "origin",
];

/// What follows the words: codes, dates and values, run together.
const TAIL: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 \
Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not \
Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov \
Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,\
application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8\
charset=iso-8859-1,utf-,*,enq=0.";

fn dictionary() -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in WORDS {
        bytes.extend(u32::try_from(word.len()).unwrap_or_default().to_be_bytes());
        bytes.extend(word.bytes());
    }
    bytes.extend(TAIL.bytes());
    bytes
}

/// Unpacks the header blocks of one connection, which form one compressed stream.
pub(super) struct Inflater {
    stream: Decompress,
    begun: bool,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self { stream: Decompress::new(false), begun: false }
    }

    fn inflate(&mut self, input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        let mut part = [0_u8; 4_096];
        let mut rest = input;
        loop {
            let (before_in, before_out) = (self.stream.total_in(), self.stream.total_out());
            self.stream.decompress(rest, &mut part, FlushDecompress::Sync).map_err(io::Error::other)?;
            let taken = usize::try_from(self.stream.total_in() - before_in).unwrap_or_default();
            let made = usize::try_from(self.stream.total_out() - before_out).unwrap_or_default();
            output.extend_from_slice(part.get(..made).unwrap_or_default());
            rest = rest.get(taken..).unwrap_or_default();
            if made < part.len() && (rest.is_empty() || (taken == 0 && made == 0)) {
                return Ok(());
            }
            if output.len() > super::LONGEST {
                return Err(io::Error::other("a header block is too long"));
            }
        }
    }

    /// The headers of a block.
    pub(super) fn headers(&mut self, block: &[u8]) -> io::Result<BTreeMap<String, String>> {
        let mut block = block;
        if !self.begun {
            self.begun = true;
            // The dictionary is what the stream may refer back to: it is fed in as if it had been sent
            // uncompressed. Then come two bytes of the stream's head and four that name the dictionary.
            let words = dictionary();
            let length = u16::try_from(words.len()).unwrap_or_default();
            let mut stored = vec![0];
            stored.extend(length.to_le_bytes());
            stored.extend((!length).to_le_bytes());
            stored.extend(&words);
            self.inflate(&stored, &mut Vec::new())?;
            let has_dictionary = block.get(1).is_some_and(|flags| flags & 0x20 != 0);
            block = block.get(if has_dictionary { 6 } else { 2 }..).unwrap_or_default();
        }
        let mut plain = Vec::new();
        self.inflate(block, &mut plain)?;
        parse(&plain).ok_or_else(|| io::Error::other("a header block is broken"))
    }
}

fn parse(block: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut rest = block;
    let mut take = |count: usize| -> Option<&[u8]> {
        let (taken, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(taken)
    };
    let number =
        |bytes: &[u8]| -> Option<usize> { usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok() };
    let count = number(take(4)?)?;
    let mut headers = BTreeMap::new();
    for _ in 0..count {
        let length = number(take(4)?)?;
        let name = String::from_utf8_lossy(take(length)?).into_owned();
        let length = number(take(4)?)?;
        let value = String::from_utf8_lossy(take(length)?).into_owned();
        headers.insert(name, value);
    }
    Some(headers)
}

/// A block of no headers, not compressed; the first of a connection carries the stream's head.
pub(super) fn empty_block(first: bool) -> Vec<u8> {
    let mut block = if first { vec![0x78, 0x01] } else { Vec::new() };
    // A stored part of four bytes: the number of headers, which is zero. Then an empty one, which is how a
    // compressor says that all of it is there.
    block.extend([0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0]);
    block.extend([0, 0, 0, 0xff, 0xff]);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The checksum by which zlib names a dictionary.
    fn adler(bytes: &[u8]) -> u32 {
        let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65_521;
            (a, (b + a) % 65_521)
        });
        b << 16 | a
    }

    #[test]
    fn the_dictionary_is_the_one_of_the_draft() {
        let words = dictionary();
        assert_eq!((words.len(), adler(&words)), (1_423, 0xe3c6_a7c2));
    }

    #[test]
    fn blocks_that_were_stored_are_read() {
        let mut body = 1_u32.to_be_bytes().to_vec();
        for text in ["streamtype", "data"] {
            body.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
            body.extend(text.bytes());
        }
        let length = u16::try_from(body.len()).unwrap();
        let mut block = vec![0x78, 0x20, 0xe3, 0xc6, 0xa7, 0xc2, 0];
        block.extend(length.to_le_bytes());
        block.extend((!length).to_le_bytes());
        block.extend(&body);
        let headers = Inflater::new().headers(&block).unwrap();
        assert_eq!(headers.get("streamtype").map(String::as_str), Some("data"));
        assert!(Inflater::new().headers(&[0x78, 1, 9, 9, 9]).is_err());
    }
}
