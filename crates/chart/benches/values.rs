//! How long values take: from their texts, and coalesced over many charts.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wheelhouse_chart::values::{Coalescer, Origins, ValuesFlags, read_values};
use wheelhouse_chart::{Chart, Compat, File, LoadOptions, load_files};

/// Values of a chart: nested tables and lists, a hundred keys.
fn values(seed: usize) -> String {
    let mut text = String::from("global: {region: eu, registry: registry.example}\n");
    for group in 0..10 {
        text.push_str(&format!("group{group}:\n"));
        for key in 0..10 {
            text.push_str(&format!(
                "  key{key}: {{enabled: true, number: {}, name: \"value {key}\", list: [a, b, {{c: d}}]}}\n",
                seed + key
            ));
        }
    }
    text
}

fn umbrella(subcharts: usize) -> Chart {
    let chart_file = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n");
    let mut parent = values(0);
    let mut files = Vec::new();
    for number in 0..subcharts {
        let name = format!("sub{number}");
        parent.push_str(&format!("{name}: {{group1: {{key1: {{enabled: false}}}}, group2: null}}\n"));
        files.push(File::new(format!("charts/{name}/Chart.yaml"), chart_file(&name).as_bytes()));
        files.push(File::new(format!("charts/{name}/values.yaml"), values(number).as_bytes()));
    }
    files.push(File::new("Chart.yaml", chart_file("umbrella").as_bytes()));
    files.push(File::new("values.yaml", parent.as_bytes()));
    load_files(files, LoadOptions::default(), &mut Vec::new()).unwrap()
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("values");
    let text = values(1);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read", |bencher| {
        bencher.iter(|| read_values(black_box(text.as_bytes()), None, Compat::V4).unwrap());
    });
    group.finish();

    let mut group = criterion.benchmark_group("coalesce");
    let set = ["sub1.group1.key1.number=5", "group3.key2.list[1]=x"].map(str::to_owned).to_vec();
    let flags = ValuesFlags { set, ..ValuesFlags::default() };
    let user = flags.merge(Compat::V4, false, &mut |path| Err(path.to_owned())).unwrap();
    for subcharts in [1, 50] {
        let chart = umbrella(subcharts);
        group.bench_function(format!("{subcharts} subcharts"), |bencher| {
            bencher.iter(|| {
                let mut origins = Origins::off();
                let mut warnings = Vec::new();
                Coalescer::new(Compat::V4, &mut origins, &mut warnings).coalesce(&chart, &user).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(values_benches, benches);
criterion_main!(values_benches);
