//! Terminals: libcontainer makes one in the container and sends our end over a socket.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::fs::File;
use tokio::io::Interest;
use tokio::net::UnixListener;

/// How long the terminal may take to come.
const DEADLINE: Duration = Duration::from_secs(10);

/// A socket on which a terminal is awaited.
#[derive(Debug)]
pub(crate) struct Console {
    listener: UnixListener,
    path: PathBuf,
}

/// Our end of a terminal.
#[derive(Debug)]
pub(crate) struct Terminal(Arc<OwnedFd>);

impl Console {
    /// Listens in a folder.
    pub(crate) fn listen(folder: &Path) -> io::Result<Self> {
        // The path of a socket is short by law; a folder of our own under the temporary one is.
        let digest = crate::image::digest_of(folder.as_os_str().as_encoded_bytes());
        let name = digest.get(7..27).unwrap_or_default();
        let path = std::env::temp_dir().join(format!("wheelhouse-{}-{name}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        Ok(Self { listener: UnixListener::bind(&path)?, path })
    }

    /// Where to send the terminal.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for the terminal.
    pub(crate) async fn accept(self) -> io::Result<Terminal> {
        tokio::time::timeout(DEADLINE, self.receive()).await?
    }

    async fn receive(&self) -> io::Result<Terminal> {
        let (stream, _) = self.listener.accept().await?;
        loop {
            stream.readable().await?;
            let got = stream.try_io(Interest::READABLE, || {
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                let mut ancillary = RecvAncillaryBuffer::new(&mut space);
                let mut name = [0_u8; 4_096];
                recvmsg(
                    stream.as_fd(),
                    &mut [io::IoSliceMut::new(&mut name)],
                    &mut ancillary,
                    RecvFlags::CMSG_CLOEXEC,
                )?;
                let files = ancillary.drain().find_map(|message| match message {
                    RecvAncillaryMessage::ScmRights(mut files) => files.next(),
                    _ => None,
                });
                Ok(files)
            });
            match got {
                Ok(Some(file)) => return Ok(Terminal(Arc::new(file))),
                Ok(None) => return Err(io::Error::other("no terminal came")),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Terminal {
    /// One more handle on the terminal: what is written inside is read from it, and what is typed is
    /// written to it.
    pub(crate) fn file(&self) -> io::Result<File> {
        Ok(File::from_std(self.0.try_clone()?.into()))
    }

    /// The terminal itself, for its size.
    pub(crate) fn descriptor(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.0)
    }
}

/// Sets a terminal's size.
pub(crate) fn resize(terminal: &OwnedFd, width: u16, height: u16) {
    let size = rustix::termios::Winsize { ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
    if let Err(error) = rustix::termios::tcsetwinsize(terminal, size) {
        tracing::debug!(%error, "a terminal's size was not set");
    }
}
