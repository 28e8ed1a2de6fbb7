use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use flate2::{Compress, Compression, FlushCompress};

use super::{Input, place};

/// A header of a tar file of `size` bytes.
fn header(name: &str, size: u64) -> Vec<u8> {
    let size = format!("{size:011o}");
    let build = |sum: &str| {
        let fields: [(&str, usize); 8] = [
            (name, 100),
            ("0000644", 8),
            ("", 16),
            (&size, 12),
            ("00000000000", 12),
            (sum, 8),
            ("0", 101),
            ("ustar\x0000", 255),
        ];
        let mut header = Vec::with_capacity(512);
        for (text, width) in fields {
            let end = header.len() + width;
            header.extend_from_slice(text.as_bytes());
            header.resize(end, 0);
        }
        header
    };
    let sum: u32 = build("        ").iter().map(|byte| u32::from(*byte)).sum();
    build(&format!("{sum:06o}\0 "))
}

/// What comes first, compressed, then `mebibytes` of zeros: a compressed block is made once and
/// repeated.
fn bomb(first: &[u8], mebibytes: usize) -> Result<Vec<u8>> {
    let mut archive = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut compress = Compress::new(Compression::best(), false);
    let mut block = |input: &[u8]| -> Result<Vec<u8>> {
        let mut output = Vec::with_capacity(input.len() / 8 + 4096);
        compress.compress_vec(input, &mut output, FlushCompress::Full)?;
        Ok(output)
    };
    archive.extend(block(first)?);
    let zeros = block(&vec![0; 1 << 20])?;
    (0..mebibytes).for_each(|_| archive.extend_from_slice(&zeros));
    Ok(archive)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// A file of a tar archive, filled up to whole blocks.
fn file(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, content.len() as u64);
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// Writes every archive below a directory.
pub(super) fn write(work: &Path) -> Result<Vec<Input>> {
    let chart = file("c/Chart.yaml", b"apiVersion: v2\nname: c\nversion: 1.0.0\n");
    let with = |entries: Vec<u8>| [chart.clone(), entries].concat();
    let large: Vec<u8> =
        (0..30).flat_map(|number| file(&format!("c/f{number}"), &vec![0; 4 << 20])).collect();
    let empty: Vec<u8> = (0..60_000).flat_map(|number| header(&format!("c/{number}"), 0)).collect();
    let mut nested = gzip(&with(vec![0; 1024]))?;
    for _ in 0..60 {
        nested = gzip(&with(file("c/charts/c-1.0.0.tgz", &nested)))?;
    }
    let archives = [
        ("ten gigabytes in a file", bomb(&with(header("c/values.yaml", (8 << 30) - 1)), 10_240)?, "larger"),
        ("a hundred mebibytes", gzip(&with(large))?, "larger"),
        ("sixty thousand files", gzip(&with(empty))?, "50000"),
        ("sixty charts in charts", nested, "50"),
    ];
    let mut inputs = Vec::new();
    for (name, archive, expected) in archives {
        let path = place(work, name)?.join("c-1.0.0.tgz");
        fs::write(&path, archive)?;
        inputs.push(Input { name, path, expected });
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_block_with_its_sum() {
        let block = header("c/Chart.yaml", 7);
        assert_eq!(block.len(), 512);
        let text = String::from_utf8_lossy(&block);
        assert!(
            text.starts_with("c/Chart.yaml\0")
                && text.contains("00000000007\0")
                && text.contains("ustar\x0000")
        );
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        let written = u32::from_str_radix(text.get(148..154).unwrap_or_default(), 8).unwrap_or_default();
        let own: u32 = text.get(148..156).unwrap_or_default().bytes().map(u32::from).sum();
        assert_eq!(sum - own + 8 * 32, written);
    }
}
