//! As much of SPDY/3.1 as `kubectl port-forward` speaks: streams with headers, data, and their ends.
//! There is no flow control, as in the clients.

mod headers;

use std::collections::BTreeMap;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use headers::Inflater;

const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GO_AWAY: u16 = 7;
/// The flag of a sender's last frame on a stream.
const FIN: u8 = 1;
/// The longest frame.
const LONGEST: usize = 1 << 20;

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// A new stream with its headers.
    Open(u32, BTreeMap<String, String>),
    /// Bytes of a stream.
    Data(u32, Vec<u8>),
    /// The client sends no more on a stream.
    End(u32),
    /// The client gives a stream up.
    Reset(u32),
    /// Are you there?
    Ping([u8; 4]),
    /// The client is done.
    GoAway,
    /// Nothing that matters here.
    Other,
}

/// The reading half of a connection.
pub(super) struct Reader<R> {
    inner: R,
    inflater: Inflater,
    /// A frame that ends its stream is two frames here.
    ended: Option<u32>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, inflater: Inflater::new(), ended: None }
    }

    /// The next frame; nothing at the end of the connection.
    pub(super) async fn next(&mut self) -> io::Result<Option<Frame>> {
        if let Some(stream) = self.ended.take() {
            return Ok(Some(Frame::End(stream)));
        }
        let mut head = [0_u8; 8];
        match self.inner.read_exact(&mut head).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let [a, b, c, d, flags, x, y, z] = head;
        let length = usize::try_from(u32::from_be_bytes([0, x, y, z])).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err(io::Error::other("a frame is too long"));
        }
        let mut body = vec![0; length];
        self.inner.read_exact(&mut body).await?;
        let number = |from: usize| -> Option<u32> {
            let bytes: [u8; 4] = body.get(from..from + 4)?.try_into().ok()?;
            Some(u32::from_be_bytes(bytes) & 0x7fff_ffff)
        };
        if a & 0x80 == 0 {
            let stream = u32::from_be_bytes([a, b, c, d]);
            if flags & FIN != 0 {
                self.ended = Some(stream);
            }
            return Ok(Some(Frame::Data(stream, body)));
        }
        let short = || io::Error::other("a frame is too short");
        Ok(Some(match u16::from_be_bytes([c, d]) {
            SYN_STREAM => {
                let stream = number(0).ok_or_else(short)?;
                let block = body.get(10..).ok_or_else(short)?;
                let headers = self.inflater.headers(block)?;
                if flags & FIN != 0 {
                    self.ended = Some(stream);
                }
                Frame::Open(stream, headers)
            }
            RST_STREAM => Frame::Reset(number(0).ok_or_else(short)?),
            PING => Frame::Ping(body.get(..4).and_then(|id| id.try_into().ok()).ok_or_else(short)?),
            GO_AWAY => Frame::GoAway,
            _ => Frame::Other,
        }))
    }
}

/// The writing half of a connection.
pub(super) struct Writer<W> {
    inner: W,
    /// The stream of compressed headers begins only once.
    begun: bool,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, begun: false }
    }

    async fn frame(&mut self, head: [u8; 4], flags: u8, body: &[u8]) -> io::Result<()> {
        let [_, x, y, z] = u32::try_from(body.len()).unwrap_or_default().to_be_bytes();
        let [a, b, c, d] = head;
        let mut bytes = vec![a, b, c, d, flags, x, y, z];
        bytes.extend_from_slice(body);
        self.inner.write_all(&bytes).await?;
        self.inner.flush().await
    }

    async fn control(&mut self, kind: u16, body: &[u8]) -> io::Result<()> {
        let [c, d] = kind.to_be_bytes();
        self.frame([0x80, 3, c, d], 0, body).await
    }

    /// Accepts a stream, with no headers.
    pub(super) async fn accept(&mut self, stream: u32) -> io::Result<()> {
        let mut body = stream.to_be_bytes().to_vec();
        body.extend(headers::empty_block(!self.begun));
        self.begun = true;
        self.control(SYN_REPLY, &body).await
    }

    /// Sends bytes; an empty last frame ends the stream.
    pub(super) async fn data(&mut self, stream: u32, data: &[u8], last: bool) -> io::Result<()> {
        self.frame(stream.to_be_bytes(), if last { FIN } else { 0 }, data).await
    }

    /// Answers a ping.
    pub(super) async fn pong(&mut self, id: [u8; 4]) -> io::Result<()> {
        self.control(PING, &id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_are_read() {
        let mut bytes = vec![0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 9];
        bytes.extend([0, 0, 0, 3, 1, 0, 0, 2, b'h', b'i']);
        bytes.extend([0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 5]);
        bytes.extend([0x80, 3, 0, 9, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 5]);
        let mut reader = Reader::new(&bytes[..]);
        let mut all = Vec::new();
        while let Some(frame) = reader.next().await.unwrap() {
            all.push(frame);
        }
        let expected = [
            Frame::Ping([0, 0, 0, 9]),
            Frame::Data(3, b"hi".to_vec()),
            Frame::End(3),
            Frame::Reset(3),
            Frame::Other,
        ];
        assert_eq!(all, expected);
    }

    #[tokio::test]
    async fn broken_frames_are_refused() {
        for bytes in [&[0x80, 3, 0, 1, 0, 0, 0, 2, 0, 0][..], &[0, 0, 0, 1, 0, 0xff, 0xff, 0xff]] {
            assert!(Reader::new(bytes).next().await.is_err());
        }
    }
}
