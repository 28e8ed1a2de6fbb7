//! Any bytes as a chart archive, gzipped or as the tar inside: a chart that loads packs, and what
//! was packed loads again.

use std::io::Write as _;
use std::time::SystemTime;

use flate2::Compression;
use flate2::write::GzEncoder;
use wheelhouse_chart::archive::ArchiveLimits;
use wheelhouse_chart::{Compat, LoadOptions, Stamp, load_archive, load_archive_file, package};

pub(crate) fn run(input: &[u8]) {
    load(input);
    if !input.starts_with(b"\x1f\x8b") {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        if encoder.write_all(input).is_ok()
            && let Ok(archive) = encoder.finish()
        {
            load(&archive);
        }
    }
}

fn load(archive: &[u8]) {
    let limits = ArchiveLimits { chart_size: 1 << 20, file_size: 256 << 10, ..ArchiveLimits::default() };
    let options = LoadOptions { limits, ..LoadOptions::default() };
    drop(load_archive_file("c.tgz", archive, options, &mut Vec::new()));
    let Ok(chart) = load_archive(archive, options, &mut Vec::new()) else { return };
    let Ok(packed) = package(&chart, Compat::V4, Stamp::Fixed(SystemTime::UNIX_EPOCH)) else { return };
    let again = package(&chart, Compat::V4, Stamp::Fixed(SystemTime::UNIX_EPOCH));
    assert_eq!(again.as_ref(), Ok(&packed), "packing is not reproducible");
    let options = LoadOptions::default();
    let loaded = load_archive(&packed.archive, options, &mut Vec::new());
    assert!(loaded.is_ok(), "what was packed does not load: {:?}", loaded.err());
}
