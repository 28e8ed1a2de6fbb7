//! How long it takes to render and check a chart of three hundred objects, and the rules alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::time::{Duration, SystemTime};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use wheelhouse_chart::values::Table;
use wheelhouse_chart::{Chart, Compat, File, LoadOptions, load_files};
use wheelhouse_check::{CheckRequest, Checked, check_chart, format};
use wheelhouse_gotemplate::Limits;
use wheelhouse_policy::{Additions, Facts, FunctionFacts, check, mutate};
use wheelhouse_render::{Capabilities, Operation, Release, Renderer, Request};
use wheelhouse_sprig::{Environment, Host};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Less than the main thread has.
const STACK: usize = 4 << 20;

struct NoHost;

impl Host for NoHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

fn chart_files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/chart-300");
    let read = |name: &str| File::new(name, &std::fs::read(root.join(name)).unwrap());
    [
        "Chart.yaml",
        "values.yaml",
        "templates/_helpers.tpl",
        "templates/configmap.yaml",
        "templates/deployment.yaml",
        "templates/service.yaml",
    ]
    .into_iter()
    .map(read)
    .collect()
}

fn load(files: Vec<File>) -> Chart {
    load_files(files, LoadOptions { trace: true, ..LoadOptions::default() }, &mut Vec::new()).unwrap()
}

fn check_request() -> CheckRequest {
    CheckRequest {
        function: Some(FunctionFacts {
            service_name: "mini-service-0".to_owned(),
            inference_port: Some(8000),
            ..FunctionFacts::default()
        }),
        ..CheckRequest::default()
    }
}

fn checked(renderer: &Renderer, chart: Chart) -> Checked {
    let release = Release {
        name: "mini-service".to_owned(),
        namespace: "mini-service".to_owned(),
        revision: 1,
        operation: Operation::Install,
    };
    let environment = Environment::new(Box::new(NoHost), Compat::V4);
    let request = Request {
        values: &Table::default(),
        release: &release,
        capabilities: &Capabilities::default(),
        environment: &environment,
        limits: Limits { stack: STACK, ..Limits::default() },
        checkpoint: None,
        skip_schema_validation: false,
        trace: true,
        clock: None,
        lenient: false,
    };
    check_chart(renderer, chart, &request, &check_request(), &mut Vec::new()).unwrap()
}

fn benches(criterion: &mut Criterion) {
    let renderer = Renderer::new(Compat::V4);
    let chart = load(chart_files());
    let outcome = checked(&renderer, chart.clone());
    assert!(outcome.counted == 300 && !outcome.refused());
    let facts = Facts {
        function: check_request().function,
        namespace: "mini-service".to_owned(),
        ..Facts::default()
    };

    let mut group = criterion.benchmark_group("chart of 300 objects");
    group.bench_function("load", |bencher| {
        bencher.iter_batched(chart_files, load, BatchSize::SmallInput);
    });
    group.bench_function("render and check", |bencher| {
        bencher.iter_batched(|| chart.clone(), |chart| checked(&renderer, chart), BatchSize::SmallInput);
    });
    group.bench_function("human output", |bencher| {
        bencher.iter(|| format::human(&outcome.findings, outcome.counted, format::Shown::default()));
    });
    group.throughput(Throughput::Elements(300));
    group.bench_function("rules", |bencher| bencher.iter(|| check(&outcome.intake, &facts)));
    group.bench_function("changes", |bencher| {
        bencher.iter_batched(
            || outcome.intake.objects.clone(),
            |mut objects| mutate(&mut objects, &Additions::default()).unwrap(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group! {
    name = check_benches;
    config = Criterion::default().sample_size(30).measurement_time(Duration::from_secs(5));
    targets = benches
}
criterion_main!(check_benches);
