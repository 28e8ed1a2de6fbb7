//! How fast YAML is read and written: a repository index of some 4 MB, and a values file.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wheelhouse_goyaml::{Document, Limits, ReadOptions, json, read, to_yaml, to_yaml_pretty};

/// A repository index with as many chart versions as asked for, about 560 bytes each.
fn index(versions: usize) -> String {
    let mut text = String::from("apiVersion: v1\nentries:\n");
    for number in 0..versions {
        if number % 40 == 0 {
            let _ = writeln!(text, "  chart-{}:", number / 40);
        }
        let _ = write!(
            text,
            "  - annotations:\n      category: Database\n      licenses: Apache-2.0\n    apiVersion: v2\n    appVersion: {}.{}.{}\n    created: \"2026-05-{:02}T10:11:12.123456789Z\"\n    dependencies:\n    - name: common\n      repository: https://charts.example.com/stable\n      tags:\n      - common\n      version: 2.x.x\n    description: A chart that deploys service number {number} with replicas, metrics and backups\n    digest: {:064x}\n    keywords:\n    - database\n    - sql\n    - 'replication'\n    maintainers:\n    - email: team@example.com\n      name: Example Team\n    name: chart-{}\n    urls:\n    - https://charts.example.com/stable/chart-{number}.tgz\n    version: 1.{}.{}\n",
            number % 9,
            number % 31,
            number % 17,
            number % 28 + 1,
            number * 7919,
            number / 40,
            number / 10,
            number % 10,
        );
    }
    text.push_str("generated: \"2026-05-01T10:11:12Z\"\n");
    text
}

fn benches(criterion: &mut Criterion) {
    let limits = Limits::default();
    let options = ReadOptions::default();
    let text = index(5800);
    let value = read(text.as_bytes(), &options).unwrap();

    let mut group = criterion.benchmark_group("index");
    group.sample_size(20).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("nodes", |bencher| {
        bencher.iter(|| Document::parse(black_box(text.as_bytes()), &limits).unwrap());
    });
    group.bench_function("read", |bencher| {
        bencher.iter(|| read(black_box(text.as_bytes()), &options).unwrap());
    });
    group.bench_function("to_yaml", |bencher| bencher.iter(|| to_yaml(black_box(&value)).unwrap()));
    group.bench_function("to_yaml_pretty", |bencher| {
        bencher.iter(|| to_yaml_pretty(black_box(&value)).unwrap());
    });
    group.bench_function("to_json", |bencher| {
        bencher.iter(|| json::to_json(black_box(&value), json::Format::default()).unwrap());
    });
    group.finish();

    let small = index(10);
    let small_value = read(small.as_bytes(), &options).unwrap();
    let mut group = criterion.benchmark_group("values");
    group.throughput(Throughput::Bytes(small.len() as u64));
    group.bench_function("read", |bencher| {
        bencher.iter(|| read(black_box(small.as_bytes()), &options).unwrap());
    });
    group.bench_function("to_yaml", |bencher| bencher.iter(|| to_yaml(black_box(&small_value)).unwrap()));
    group.finish();
}

criterion_group!(yaml, benches);
criterion_main!(yaml);
