//! Archives that try to get out, in or big: the platform's engine refuses each with one sentence.

use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

use flate2::{Compress, Compression, FlushCompress};
use serde_json::Map;
use wheelhouse_check::Engine;
use wheelhouse_functions::engine::{ChartEngine as _, ChartRequest, Level};
use wheelhouse_sprig::Host;

struct NoHost;

impl Host for NoHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

const FILE: u8 = b'0';
const HARD_LINK: u8 = b'1';
const SYMBOLIC_LINK: u8 = b'2';
const DEVICE: u8 = b'3';
const PAX: u8 = b'x';
const LONG_NAME: u8 = b'L';

/// A header of a tar file: name, kind, what a link points to, how long the content says it is.
fn header(name: &str, kind: u8, link: &str, size: u64) -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(124, &format!("{size:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(157, link);
    put(257, "ustar\x0000");
    header[156] = kind;
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn entry(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, kind, link, content.len() as u64).to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str, content: &str) -> Vec<u8> {
    entry(name, FILE, "", content.as_bytes())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A chart and what comes after it, as an archive.
fn chart_and(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = file("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    bytes.extend(file("c/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"));
    entries.iter().for_each(|entry| bytes.extend(entry));
    bytes.resize(bytes.len() + 1024, 0);
    gzip(&bytes)
}

/// What comes first, compressed, then `mebibytes` of zeros: a compressed block of a mebibyte is
/// written once and repeated.
fn bomb(first: &[u8], mebibytes: usize) -> Vec<u8> {
    let mut archive = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut compress = Compress::new(Compression::fast(), false);
    let mut block = |input: &[u8]| {
        let mut output = Vec::with_capacity(input.len() / 8 + 4096);
        compress.compress_vec(input, &mut output, FlushCompress::Full).unwrap();
        output
    };
    archive.extend(block(first));
    let zeros = block(&vec![0; 1 << 20]);
    (0..mebibytes).for_each(|_| archive.extend_from_slice(&zeros));
    archive
}

/// The error that the engine gives for an archive, as `RULE: message`.
fn refusal(archive: &[u8]) -> String {
    let engine = Engine::new(Box::new(|| Box::new(NoHost)), Box::new(|| Box::new(|| Ok(()))));
    let request = ChartRequest {
        chart: archive,
        values: &Map::new(),
        namespace: "instance",
        kubernetes_version: "v1.36.1",
        api_versions: &[],
        service: "",
        inference_port: 80,
        inference_url: "/",
        health_port: 80,
        health_protocol: None,
        instance_type: None,
        policy: &Default::default(),
        reference: None,
        surroundings: None,
    };
    let start = Instant::now();
    let report = engine.check(&request);
    // A debug build on a busy machine; the figures that are promised are measured on the binary.
    assert!(start.elapsed() < Duration::from_secs(60), "took {:?}", start.elapsed());
    let first = report.findings.iter().find(|finding| finding.level == Level::Error).expect("an error");
    format!("{}: {}", first.rule, first.message)
}

fn check(archive: &[u8], expected: &str) {
    let found = refusal(archive);
    assert!(found.contains(expected), "expected {expected:?}, found {found:?}");
}

#[test]
fn what_leaves_the_chart_is_refused() {
    for (name, expected) in [
        ("c/../../etc/passwd", "parent directory"),
        ("/etc/passwd", "absolute"),
        ("c//etc/passwd", "absolute"),
        ("c\\..\\..\\x", "parent directory"),
        ("c/C:/x", "illegally named"),
        ("c/..", "parent directory"),
    ] {
        check(&chart_and(&[file(name, "x")]), expected);
    }
}

#[test]
fn what_is_no_file_is_refused() {
    check(&chart_and(&[entry("c/templates/b.yaml", SYMBOLIC_LINK, "/etc/passwd", b"")]), "link");
    check(&chart_and(&[entry("c/Chart.lock", SYMBOLIC_LINK, "../../.bashrc", b"")]), "link");
    check(&chart_and(&[entry("c/templates/b.yaml", HARD_LINK, "c/Chart.yaml", b"")]), "link");
    check(&chart_and(&[entry("c/templates/zero", DEVICE, "", b"")]), "special file");
}

#[test]
fn what_is_given_twice_is_refused() {
    let other = "apiVersion: v2\nname: other\nversion: 1.0.0\n";
    check(&chart_and(&[file("c/Chart.yaml", other)]), "Chart.yaml");
    check(&chart_and(&[file("other/templates/a.yaml", "kind: Namespace\n")]), "templates/a.yaml");
}

#[test]
fn headers_that_lie_are_refused() {
    let size = |size: u64| {
        let mut bytes = header("c/big", FILE, "", size).to_vec();
        bytes.resize(2048, 0);
        bytes
    };
    check(&chart_and(&[size(10 << 30 & 0o77_777_777_777)]), "");
    check(&chart_and(&[size(6 << 20)]), "c/big");
    let long = format!("{}\0", "x/".repeat(4000));
    check(&chart_and(&[entry("././@LongLink", LONG_NAME, "", long.as_bytes()), file("short", "x")]), "path");
    let record = "30 size=99999999999999999999\n";
    check(&chart_and(&[entry("c/pax", PAX, "", record.as_bytes()), file("c/y", "x")]), "");
}

#[test]
fn what_is_no_archive_is_refused() {
    check(b"", "EOF");
    check(b"apiVersion: v2\n", "gzip");
    check(&gzip(b"apiVersion: v2\n"), "");
    check(&gzip(&file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")), "base directory");
    let whole = chart_and(&[]);
    check(&whole[..whole.len() - 20], "unexpected EOF");
}

#[test]
fn bombs_do_not_go_off() {
    let mut many = Vec::new();
    for number in 0..60_000 {
        many.extend(header(&format!("c/{number}"), FILE, "", 0));
    }
    check(&gzip(&many), "50000");
    check(&bomb(&header("c/values.yaml", FILE, "", (8 << 30) - 1), 64), "104857600");
    // Files of four mebibytes each, until the sum is too large.
    let mut files = Vec::new();
    for number in 0..30 {
        files.extend(header(&format!("c/f{number}"), FILE, "", 4 << 20));
        files.resize(files.len() + (4 << 20), 0);
    }
    check(&gzip(&files), "104857600");
    // Zeros without end after the end.
    check(&bomb(&file("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0-x\n"), 64), "1.0.0-x");
}

#[test]
fn a_subchart_in_a_subchart_in_a_subchart_ends() {
    let mut inner = chart_and(&[]);
    for _ in 0..60 {
        inner = chart_and(&[entry("c/charts/c-1.0.0.tgz", FILE, "", &inner)]);
    }
    check(&inner, "50");
}
