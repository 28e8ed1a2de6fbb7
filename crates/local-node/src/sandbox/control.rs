//! The sandbox's end of the socket: requests with their open files in, replies out. Blocking.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::protocol::{FILES, Reply, Request};

/// The longest request.
const LONGEST: usize = 1 << 20;

pub(super) struct Control {
    socket: UnixStream,
    buffer: Vec<u8>,
    files: VecDeque<OwnedFd>,
}

impl Control {
    pub(super) fn new(socket: UnixStream) -> Self {
        Self { socket, buffer: Vec::new(), files: VecDeque::new() }
    }

    /// Takes in what has come; false when the node has gone.
    pub(super) fn receive(&mut self) -> io::Result<bool> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut part = [0_u8; 16 * 1024];
        let received = recvmsg(
            &self.socket,
            &mut [IoSliceMut::new(&mut part)],
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        )?;
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(files) = message {
                self.files.extend(files);
            }
        }
        if received.bytes == 0 || self.buffer.len() > LONGEST {
            return Ok(false);
        }
        self.buffer.extend_from_slice(part.get(..received.bytes).unwrap_or_default());
        Ok(true)
    }

    /// The next request that has come in full.
    pub(super) fn next(&mut self) -> Option<Result<Request, serde_json::Error>> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        Some(serde_json::from_slice(&line))
    }

    /// The three files that came with a request.
    pub(super) fn files(&mut self) -> Option<[OwnedFd; FILES]> {
        let taken: Vec<OwnedFd> = self.files.drain(..FILES.min(self.files.len())).collect();
        taken.try_into().ok()
    }

    pub(super) fn say(&mut self, reply: &Reply) -> io::Result<()> {
        let mut line = serde_json::to_vec(reply)?;
        line.push(b'\n');
        self.socket.write_all(&line)
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
