//! Container logs on disk: one line `TIME STREAM FLAG TEXT` each, as container runtimes write them,
//! turned over when a file gets large.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::broadcast;

/// How large a log file gets.
const LARGEST: u64 = 10 << 20;
/// How many files are kept, the current one included.
const KEPT: u32 = 5;
/// A longer line is cut into parts.
const LONGEST_LINE: usize = 16 * 1024;
/// How many pieces an attached client may lag behind.
const ATTACHED: usize = 256;

/// One of a container's two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

impl Stream {
    fn word(self) -> &'static str {
        match self {
            Self::Out => "stdout",
            Self::Err => "stderr",
        }
    }
}

/// What attached clients see of a container's output.
pub(crate) type Output = broadcast::Sender<(Stream, bytes::Bytes)>;

/// A log that is being written.
#[derive(Debug)]
pub(crate) struct LogWriter {
    path: PathBuf,
    file: File,
    size: u64,
}

impl LogWriter {
    pub(crate) async fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path).await?;
        let size = file.metadata().await?.len();
        Ok(Self { path: path.to_owned(), file, size })
    }

    async fn write(&mut self, stream: Stream, full: bool, text: &[u8]) -> io::Result<()> {
        let stamp = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string();
        let mut line = format!("{stamp} {} {} ", stream.word(), if full { "F" } else { "P" }).into_bytes();
        line.extend_from_slice(text);
        line.push(b'\n');
        self.file.write_all(&line).await?;
        self.file.flush().await?;
        self.size += u64::try_from(line.len()).unwrap_or_default();
        if self.size > LARGEST {
            self.turn_over().await?;
        }
        Ok(())
    }

    /// `log` becomes `log.1`, `log.1` becomes `log.2`, and the oldest goes.
    async fn turn_over(&mut self) -> io::Result<()> {
        for age in (1..KEPT - 1).rev() {
            let _ = tokio::fs::rename(aged(&self.path, age), aged(&self.path, age + 1)).await;
        }
        tokio::fs::rename(&self.path, aged(&self.path, 1)).await?;
        self.file = OpenOptions::new().create(true).append(true).open(&self.path).await?;
        self.size = 0;
        Ok(())
    }
}

fn aged(path: &Path, age: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{age}"));
    name.into()
}

pub(crate) fn output() -> Output {
    broadcast::channel(ATTACHED).0
}

/// Copies both outputs into the log until they end. With a terminal there is only one.
pub(crate) async fn record(
    mut log: LogWriter,
    mut out: impl AsyncRead + Unpin,
    mut err: Option<impl AsyncRead + Unpin>,
    attached: Output,
) {
    let mut lines = [Vec::new(), Vec::new()];
    let mut open = [true, err.is_some()];
    while open.contains(&true) {
        let mut out_part = [0; 8 * 1024];
        let mut err_part = [0; 8 * 1024];
        let (stream, part) = tokio::select! {
            read = out.read(&mut out_part), if open[0] => (Stream::Out, read.map(|count| out_part.get(..count).unwrap_or_default().to_vec())),
            read = async { match &mut err { Some(err) => err.read(&mut err_part).await, None => Ok(0) } }, if open[1] =>
                (Stream::Err, read.map(|count| err_part.get(..count).unwrap_or_default().to_vec())),
        };
        let index = usize::from(stream == Stream::Err);
        // A terminal whose last process has gone reads as an error: it is the end all the same.
        let part = part.unwrap_or_default();
        let [out_line, err_line] = &mut lines;
        let line = if stream == Stream::Out { out_line } else { err_line };
        if part.is_empty() {
            if let Some(open) = open.get_mut(index) {
                *open = false;
            }
            if !line.is_empty() {
                let _ = log.write(stream, false, line).await;
            }
            continue;
        }
        line.extend_from_slice(&part);
        let _ = attached.send((stream, part.into()));
        while let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            let whole: Vec<u8> = line.drain(..=end).collect();
            if let Err(error) = log.write(stream, true, whole.strip_suffix(b"\n").unwrap_or(&whole)).await {
                tracing::warn!(log = %log.path.display(), %error, "a log line was lost");
            }
        }
        while line.len() > LONGEST_LINE {
            let rest = line.split_off(LONGEST_LINE);
            let _ = log.write(stream, false, line).await;
            *line = rest;
        }
    }
}

/// Which part of a log to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) follow: bool,
    pub(crate) tail: Option<usize>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) timestamps: bool,
    pub(crate) limit: Option<usize>,
}

/// One line of a log file as a reader wants it.
pub(crate) fn show(line: &[u8], selection: &Selection) -> Option<Vec<u8>> {
    let mut parts = line.splitn(4, |byte| *byte == b' ');
    let (stamp, _stream, flag, text) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if let Some(since) = selection.since {
        let at: Timestamp = std::str::from_utf8(stamp).ok()?.parse().ok()?;
        if at < since {
            return None;
        }
    }
    let mut out = Vec::with_capacity(line.len());
    if selection.timestamps {
        out.extend_from_slice(stamp);
        out.push(b' ');
    }
    out.extend_from_slice(text);
    if flag == b"F" {
        out.push(b'\n');
    }
    Some(out)
}

/// What is in the log files now, oldest first.
async fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    for age in (1..KEPT).rev() {
        if let Ok(bytes) = tokio::fs::read(aged(path, age)).await {
            all.extend(bytes);
        }
    }
    all.extend(tokio::fs::read(path).await?);
    Ok(all)
}

/// Reads a log into a channel. Following ends when `ended` says that no more will come, or when the
/// reader has gone.
pub(crate) async fn read(
    path: &Path,
    selection: &Selection,
    ended: impl Fn() -> bool,
    to: &tokio::sync::mpsc::Sender<bytes::Bytes>,
) -> io::Result<()> {
    let all = contents(path).await?;
    let mut place = tokio::fs::metadata(path).await?.len();
    let mut lines: Vec<&[u8]> = all
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
        .collect();
    if let Some(tail) = selection.tail {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let mut left = selection.limit.unwrap_or(usize::MAX);
    for line in lines {
        let Some(mut text) = show(line, selection) else { continue };
        text.truncate(left);
        left -= text.len();
        if to.send(text.into()).await.is_err() || left == 0 {
            return Ok(());
        }
    }
    let mut rest = Vec::new();
    while selection.follow && !to.is_closed() {
        let done = ended();
        let length = tokio::fs::metadata(path).await?.len();
        if length < place {
            // Turned over: go on at the beginning of the new file.
            place = 0;
        }
        if length > place {
            let mut file = File::open(path).await?;
            tokio::io::AsyncSeekExt::seek(&mut file, io::SeekFrom::Start(place)).await?;
            place += u64::try_from(file.take(1 << 20).read_to_end(&mut rest).await?).unwrap_or_default();
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let Some(mut text) = show(line.strip_suffix(b"\n").unwrap_or(&line), selection) else {
                    continue;
                };
                text.truncate(left);
                left -= text.len();
                if to.send(text.into()).await.is_err() || left == 0 {
                    return Ok(());
                }
            }
        } else if done {
            return Ok(());
        } else {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(path: &Path, selection: Selection) -> String {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1_000);
        read(path, &selection, || true, &sender).await.unwrap();
        drop(sender);
        let mut text = Vec::new();
        while let Some(part) = receiver.recv().await {
            text.extend_from_slice(&part);
        }
        String::from_utf8(text).unwrap()
    }

    #[tokio::test]
    async fn both_outputs_are_recorded_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/log");
        let writer = LogWriter::open(&path).await.unwrap();
        record(writer, &b"one\ntwo\nno end"[..], Some(&b"bad\n"[..]), output()).await;
        let text = all(&path, Selection::default()).await;
        // Which output is read first is not certain, and `no end` has no line break of its own.
        for part in ["one\n", "two\n", "no end", "bad\n"] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(text.len(), "one\ntwo\nno endbad\n".len(), "{text}");
        assert_eq!(all(&path, Selection { tail: Some(1), ..Selection::default() }).await.lines().count(), 1);
        assert!(all(&path, Selection { timestamps: true, ..Selection::default() }).await.starts_with("20"));
        let future = Timestamp::now() + jiff::SignedDuration::from_secs(60);
        assert_eq!(all(&path, Selection { since: Some(future), ..Selection::default() }).await, "");
        assert_eq!(
            all(&path, Selection { limit: Some(2), follow: true, ..Selection::default() }).await.len(),
            2
        );
    }

    #[tokio::test]
    async fn large_logs_are_turned_over_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut writer = LogWriter::open(&path).await.unwrap();
        for _ in 0..3 {
            writer.size = LARGEST;
            writer.write(Stream::Out, true, b"x").await.unwrap();
        }
        assert!(aged(&path, 3).exists());
        assert_eq!(all(&path, Selection::default()).await, "x\nx\nx\n");
    }

    #[tokio::test]
    async fn very_long_lines_come_in_parts_and_are_joined_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let line = format!("{}\n", "a".repeat(50_000));
        record(LogWriter::open(&path).await.unwrap(), line.as_bytes(), None::<&[u8]>, output()).await;
        assert_eq!(all(&path, Selection::default()).await, line);
    }
}
