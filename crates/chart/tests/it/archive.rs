//! Archives, friendly and hostile.

use std::io::Write;
use std::time::{Duration, Instant, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use wheelhouse_chart::archive::{ArchiveLimits, MAX_FILE_SIZE, read_archive};
use wheelhouse_chart::{Compat, LoadOptions, load_archive, load_archive_file};

/// An entry of a tar file, as hostile as one likes.
struct Entry<'a> {
    name: &'a [u8],
    flag: u8,
    mode: &'a str,
    /// The size the header claims.
    size: u64,
    data: &'a [u8],
}

impl<'a> Entry<'a> {
    fn file(name: &'a str, data: &'a str) -> Self {
        Entry {
            name: name.as_bytes(),
            flag: b'0',
            mode: "0000644",
            size: data.len() as u64,
            data: data.as_bytes(),
        }
    }

    fn of_kind(self, flag: u8) -> Self {
        Entry { flag, ..self }
    }

    fn block(&self) -> [u8; 512] {
        let mut block = [0; 512];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.name[..self.name.len().min(100)]);
        put(100, self.mode.as_bytes());
        put(124, format!("{:011o}", self.size).as_bytes());
        put(136, format!("{:011o}", 1_600_000_000).as_bytes());
        put(148, b"        ");
        put(156, &[self.flag]);
        put(257, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block
    }
}

fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut tar = Vec::new();
    for entry in entries {
        tar.extend(entry.block());
        tar.extend(entry.data);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(entries: &[Entry<'_>]) -> Result<Vec<String>, String> {
    read_archive(&gzip(&tar(entries)), ArchiveLimits::default())
        .map(|files| files.into_iter().map(|file| format!("{}={}", file.name, file.text())).collect())
        .map_err(|error| error.to_string())
}

#[test]
fn files_lose_their_first_directory() {
    let files = read(&[
        Entry::file("chart/", "").of_kind(b'5'),
        Entry::file("chart/Chart.yaml", "a"),
        Entry::file("other/./templates//x.yaml", "b"),
        Entry::file("chart\\charts\\y", "c"),
        Entry::file("chart/dir/", "").of_kind(0),
    ]);
    assert_eq!(files.unwrap(), ["Chart.yaml=a", "templates/x.yaml=b", "charts/y=c"]);
}

#[test]
fn extended_names_are_read() {
    let long = format!("chart/{}", "n".repeat(150));
    let record = format!("{} path={long}\n", long.len() + 10);
    let pax =
        Entry { size: record.len() as u64, data: record.as_bytes(), ..Entry::file("pax", "").of_kind(b'x') };
    let gnu_name = format!("{long}\0");
    let gnu = Entry {
        size: gnu_name.len() as u64,
        data: gnu_name.as_bytes(),
        ..Entry::file("././@LongLink", "").of_kind(b'L')
    };
    for extension in [pax, gnu] {
        let files = read(&[extension, Entry::file("chart/short", "x")]).unwrap();
        assert_eq!(files, [format!("{}=x", "n".repeat(150))]);
    }
    let global = "11 a=bcdef\n";
    let files = read(&[Entry::file("pax_global_header", global).of_kind(b'g'), Entry::file("chart/a", "")]);
    assert_eq!(files.unwrap(), ["a="]);
}

#[test]
fn what_leads_astray_is_refused() {
    for (entry, expected) in [
        (Entry::file("chart/../../etc/passwd", ""), "chart illegally references parent directory"),
        (Entry::file("chart//etc/passwd", ""), "chart illegally contains absolute paths"),
        (Entry::file("/etc/passwd", ""), "chart illegally contains absolute paths"),
        (Entry::file("chart", ""), "chart illegally contains content outside the base directory: \"chart\""),
        (Entry::file("chart/c:/windows", ""), "chart contains illegally named files"),
        (Entry::file("Chart.yaml/x", ""), "chart yaml not in base directory"),
        (Entry::file("chart/link", "").of_kind(b'2'), "chart illegally contains a link: \"chart/link\""),
        (Entry::file("chart/link", "").of_kind(b'1'), "chart illegally contains a link: \"chart/link\""),
        (
            Entry::file("chart/null", "").of_kind(b'3'),
            "chart illegally contains a special file: \"chart/null\"",
        ),
        (
            Entry::file("chart/holes", "").of_kind(b'S'),
            "chart illegally contains a special file: \"chart/holes\"",
        ),
        (Entry { mode: "00x0644", ..Entry::file("chart/a", "") }, "archive/tar: invalid tar header"),
        (Entry::file("", "13 path=a\0b\n").of_kind(b'x'), "archive/tar: invalid tar header"),
    ] {
        assert_eq!(read(&[entry]).unwrap_err(), expected);
    }
    assert_eq!(read(&[]).unwrap_err(), "no files in chart archive");
}

#[test]
fn a_file_given_twice_must_be_the_same() {
    let same = read(&[Entry::file("c/a", "x"), Entry::file("d/a", "x")]);
    assert_eq!(same.unwrap(), ["a=x"]);
    let different = read(&[Entry::file("c/a", "x"), Entry::file("c/./a", "y")]);
    assert_eq!(different.unwrap_err(), "chart contains \"a\" more than once");
}

#[test]
fn damage_is_noticed() {
    let archive = gzip(&tar(&[Entry::file("c/a", &"x".repeat(2000))]));
    let error = |bytes: &[u8]| read_archive(bytes, ArchiveLimits::default()).unwrap_err().to_string();
    assert_eq!(error(b""), "EOF");
    assert_eq!(error(b"this is no gzip file"), "gzip: invalid header");
    assert_eq!(error(&archive[..archive.len() / 2]), "unexpected EOF");
    assert_eq!(error(&gzip(b"too short for a header")), "unexpected EOF");
    assert_eq!(error(&gzip(&[7; 512])), "archive/tar: invalid tar header");
    let cut = gzip(&tar(&[Entry { size: 5000, ..Entry::file("c/a", "short") }]));
    assert_eq!(error(&cut), "unexpected EOF");
}

#[test]
fn size_limits_are_helms() {
    let large = |size: u64| Entry { size, ..Entry::file("c/large", "") };
    assert_eq!(
        read(&[large(MAX_FILE_SIZE + 1)]).unwrap_err(),
        "decompressed chart file \"c/large\" is larger than the maximum file size 5242880"
    );
    assert_eq!(
        read(&[large(200 << 20)]).unwrap_err(),
        "decompressed chart is larger than the maximum size 104857600"
    );
    let small = ArchiveLimits { chart_size: 10, ..ArchiveLimits::default() };
    let archive = gzip(&tar(&[Entry::file("c/a", "123456"), Entry::file("c/b", "1234567")]));
    let error = read_archive(&archive, small).unwrap_err();
    assert_eq!(error.to_string(), "decompressed chart is larger than the maximum size 10");
}

#[test]
fn bombs_end_soon() {
    let started = Instant::now();
    // A header may claim what it likes: nothing is read or reserved for it.
    let claim = Entry { size: 10 << 30, ..Entry::file("c/x", "").of_kind(b'g') };
    assert_eq!(read(&[claim]).unwrap_err(), "archive/tar: invalid tar header");
    let claim = Entry { size: 8_000_000_000, ..Entry::file("c/x", "").of_kind(b'7') };
    assert_eq!(read(&[claim]).unwrap_err(), "decompressed chart is larger than the maximum size 104857600");
    // What is no file's content counts too: here extensions for a file that never comes.
    let filler = format!("1000000 comment={}\n", "x".repeat(1_000_000 - 17));
    let extension =
        || Entry { size: 1_000_000, data: filler.as_bytes(), ..Entry::file("c/x", "").of_kind(b'x') };
    let endless = gzip(&tar(&[extension(), extension(), extension(), extension()]));
    let limits = ArchiveLimits { chart_size: 1 << 20, overhead: 2 << 20, ..ArchiveLimits::default() };
    assert_eq!(
        read_archive(&endless, limits).unwrap_err().to_string(),
        "decompressed chart is larger than the maximum size 1048576"
    );
    let few = ArchiveLimits { entries: 100, ..ArchiveLimits::default() };
    let many: Vec<Entry<'_>> = (0..101).map(|_| Entry::file("c/", "").of_kind(b'5')).collect();
    assert_eq!(
        read_archive(&gzip(&tar(&many)), few).unwrap_err().to_string(),
        "chart has more than 100 files"
    );
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn archives_in_archives_share_a_budget() {
    let filler = "x".repeat(100 << 10);
    let inner = gzip(&tar(&[
        Entry::file("s/Chart.yaml", "name: s\nversion: 1.0.0"),
        Entry::file("s/a", &filler),
        Entry::file("s/b", &filler),
    ]));
    let names: Vec<String> = (0..30).map(|index| format!("p/charts/s{index}.tgz")).collect();
    let mut entries = vec![Entry::file("p/Chart.yaml", "name: p\nversion: 1.0.0")];
    entries.extend(names.iter().map(|name| Entry {
        size: inner.len() as u64,
        data: &inner,
        ..Entry::file(name, "")
    }));
    let archive = gzip(&tar(&entries));
    let limits = ArchiveLimits { total_size: 3 << 20, ..ArchiveLimits::default() };
    let options = LoadOptions { limits, ..LoadOptions::default() };
    let error = load_archive(&archive, options, &mut Vec::new()).unwrap_err();
    assert!(
        error.to_string().ends_with("decompressed chart is larger than the maximum size 3145728"),
        "{error}"
    );
}

#[test]
fn named_archives_fail_in_each_helms_words() {
    let outside = gzip(&tar(&[Entry::file("c/../../x", "")]));
    let load = |content: &[u8], compat| {
        let options = LoadOptions { compat, ..LoadOptions::default() };
        load_archive_file("x.tgz", content, options, &mut Vec::new()).unwrap_err().to_string()
    };
    assert_eq!(load(&outside, Compat::V4), "unable to load chart archive");
    assert_eq!(load(&outside, Compat::V3), "chart illegally references parent directory");
    let no_chart = gzip(&tar(&[Entry::file("c/x", "")]));
    assert_eq!(load(&no_chart, Compat::V4), "unable to detect chart version, no Chart.yaml found");
    assert_eq!(load(&no_chart, Compat::V3), "Chart.yaml file is missing");
    let future = gzip(&tar(&[Entry::file("c/Chart.yaml", "apiVersion: v9\nname: a\nversion: 1.0.0")]));
    assert_eq!(load(&future, Compat::V4), "unsupported chart version");
    assert_eq!(load(b"\x1f\x8b\x08 no", Compat::V4), "unable to load chart archive",);
    assert_eq!(
        load(b"plain", Compat::V4),
        "file 'x.tgz' does not appear to be a gzipped archive; got 'application/octet-stream'"
    );
}

#[test]
fn files_keep_their_age() {
    let files = read_archive(&gzip(&tar(&[Entry::file("c/a", "")])), ArchiveLimits::default()).unwrap();
    assert_eq!(files[0].modified, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000)));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read_archive(&bytes, ArchiveLimits::default());
        let _ = read_archive(&gzip(&bytes), ArchiveLimits::default());
    }

    #[test]
    fn no_change_of_a_good_archive_makes_it_panic(at in 0_usize..3000, byte: u8) {
        let mut tar = tar(&[Entry::file("c/Chart.yaml", "name: a\nversion: 1.0.0"), Entry::file("c/x", "9 a=b\n").of_kind(b'x'), Entry::file("c/b", "x")]);
        let at = at % tar.len();
        tar[at] = byte;
        let _ = load_archive(&gzip(&tar), LoadOptions::default(), &mut Vec::new());
    }
}
