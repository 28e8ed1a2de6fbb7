use std::io::Write;
use std::time::{Duration, SystemTime};

use flate2::{Compression, GzBuilder};

use super::tar::{BLOCK, Block};

/// A file to be put into an archive.
pub(crate) struct ArchiveFile<'a> {
    /// The path, chart name first.
    pub(crate) path: String,
    pub(crate) data: &'a [u8],
    pub(crate) modified: SystemTime,
}

/// Writes a gzipped tar file as Go's writers do: the same tar bytes, no time in the gzip header,
/// and Helm's mark in its extra field.
///
/// # Errors
/// Memory is the only output, so there are none in practice; they are those of the compressor.
pub(crate) fn write_archive(files: &[ArchiveFile<'_>], extra: &[u8]) -> std::io::Result<Vec<u8>> {
    const UNKNOWN_SYSTEM: u8 = 255;
    let mut output = GzBuilder::new()
        .extra(extra)
        .comment("Helm")
        .operating_system(UNKNOWN_SYSTEM)
        .write(Vec::new(), Compression::default());
    for file in files {
        write_file(&mut output, file)?;
    }
    output.write_all(&[0; 2 * BLOCK])?;
    output.finish()
}

const MODE: u64 = 0o644;
const NAME_LENGTH: usize = 100;
const PREFIX_LENGTH: usize = 155;
/// The largest numbers that fit the header's octal fields.
const MAX_OCTAL_12: u64 = 0o77_777_777_777;

fn write_file(output: &mut impl Write, file: &ArchiveFile<'_>) -> std::io::Result<()> {
    let size = file.data.len() as u64;
    let modified = seconds(file.modified);
    let split = split_path(&file.path);
    // What the header has no room for goes into extended attributes, and then a long path does too.
    let is_time_out = modified.is_negative() || modified.unsigned_abs() > MAX_OCTAL_12;
    let (prefix, name) = match split {
        Some(split) if !is_time_out => split,
        _ => ("", file.path.as_str()),
    };
    let mut records = Vec::new();
    if is_time_out {
        records.push(record("mtime", &modified.to_string()));
    }
    if !name.is_ascii() || name.len() > NAME_LENGTH {
        records.push(record("path", name));
    }
    let ascii_name: String = name.chars().filter(char::is_ascii).collect();
    if !records.is_empty() {
        let records = records.concat();
        let (directory, last) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let parts = [directory, "PaxHeaders.0", last];
        let path = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
        let path: String = path.chars().filter(char::is_ascii).take(NAME_LENGTH).collect();
        let mut header = Header { kind: b'x', name: path.trim_end_matches('/'), ..Header::default() };
        header.size = records.len() as u64;
        write_entry(output, &header.block(), records.as_bytes())?;
    }
    let header = Header {
        name: &ascii_name,
        prefix,
        kind: b'0',
        mode: MODE,
        size,
        modified: u64::try_from(modified).unwrap_or(0),
        has_device: true,
    };
    write_entry(output, &header.block(), file.data)
}

fn write_entry(output: &mut impl Write, header: &Block, data: &[u8]) -> std::io::Result<()> {
    output.write_all(header)?;
    output.write_all(data)?;
    let padding = data.len().wrapping_neg() % BLOCK;
    output.write_all([0; BLOCK].get(..padding).unwrap_or_default())
}

#[derive(Default)]
struct Header<'a> {
    name: &'a str,
    prefix: &'a str,
    kind: u8,
    mode: u64,
    size: u64,
    modified: u64,
    /// Whether the device numbers are written out, which Go does for files only.
    has_device: bool,
}

impl Header<'_> {
    fn block(&self) -> Block {
        let mut block = [0; BLOCK];
        let mut put = |start: usize, length: usize, bytes: &[u8]| {
            for (to, from) in block.iter_mut().skip(start).take(length).zip(bytes) {
                *to = *from;
            }
        };
        put(0, NAME_LENGTH, self.name.as_bytes());
        put(100, 8, octal(7, self.mode).as_bytes());
        put(108, 8, octal(7, 0).as_bytes());
        put(116, 8, octal(7, 0).as_bytes());
        put(124, 12, octal(11, self.size).as_bytes());
        put(136, 12, octal(11, self.modified).as_bytes());
        put(148, 8, b"        ");
        put(156, 1, &[self.kind]);
        put(257, 8, b"ustar\x0000");
        if self.has_device {
            put(329, 8, octal(7, 0).as_bytes());
            put(337, 8, octal(7, 0).as_bytes());
        }
        put(345, PREFIX_LENGTH, self.prefix.as_bytes());
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let sum = format!("{}\0 ", octal(6, sum));
        for (to, from) in block.iter_mut().skip(148).zip(sum.bytes()) {
            *to = from;
        }
        block
    }
}

/// Octal digits; a number that does not fit is written as zero, its true value being elsewhere.
fn octal(width: usize, value: u64) -> String {
    let text = format!("{value:0width$o}");
    if text.len() > width { "0".repeat(width) } else { text }
}

/// The directory and the name that fit the header's fields, if some do.
fn split_path(path: &str) -> Option<(&str, &str)> {
    if !path.is_ascii() {
        return None;
    }
    if path.len() <= NAME_LENGTH {
        return Some(("", path));
    }
    let head = path.get(..path.len().min(PREFIX_LENGTH + 1))?;
    let slash = head.rfind('/').filter(|slash| *slash > 0)?;
    let (prefix, name) = (path.get(..slash)?, path.get(slash + 1..)?);
    (!name.is_empty() && name.len() <= NAME_LENGTH).then_some((prefix, name))
}

/// An extended attribute: `LENGTH KEY=VALUE\n`, the length counting itself.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + rest.to_string().len();
    if rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n")
}

/// Seconds since 1970, rounded to the nearest.
fn seconds(time: SystemTime) -> i64 {
    let half = Duration::from_millis(500);
    let rounded = time.checked_add(half).unwrap_or(time);
    match rounded.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration();
            let whole = before.as_secs() + u64::from(before.subsec_nanos() > 0);
            i64::try_from(whole).map_or(i64::MIN, |seconds| -seconds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ArchiveLimits, read_archive};
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let long = format!("chart/{}/{}", "d".repeat(120), "f".repeat(90));
        let longer = format!("chart/{}", "x".repeat(300));
        let paths = ["chart/Chart.yaml", long.as_str(), longer.as_str(), "chart/templates/é.yaml"];
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_600);
        let old = SystemTime::UNIX_EPOCH - Duration::from_secs(10);
        let files: Vec<_> = paths
            .iter()
            .enumerate()
            .map(|(index, path)| ArchiveFile {
                path: (*path).to_owned(),
                data: path.as_bytes(),
                modified: if index == 0 { time } else { old },
            })
            .collect();
        let archive = write_archive(&files, b"").unwrap();
        assert_eq!(archive, write_archive(&files, b"").unwrap(), "the same bytes each time");
        let read = read_archive(&archive, ArchiveLimits::default()).unwrap();
        let names: Vec<_> = read.iter().map(|file| format!("chart/{}", file.name)).collect();
        assert_eq!(names, paths);
        assert!(read.iter().zip(paths).all(|(file, path)| *file.data == *path.as_bytes()));
        assert_eq!(read[0].modified, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_001)));
        assert_eq!(read[1].modified, Some(old));
    }

    #[test]
    fn a_record_counts_its_own_length() {
        assert_eq!(record("path", &"a".repeat(90)).len(), 99);
        for length in 0..200 {
            let record = record("path", &"a".repeat(length));
            assert!(record.starts_with(&format!("{} ", record.len())), "{record}");
        }
    }
}
