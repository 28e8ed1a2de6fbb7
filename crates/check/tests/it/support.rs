//! Charts in memory, checked.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use wheelhouse_chart::values::{Table, ValueSource, read_values};
use wheelhouse_chart::{Compat, File, LoadOptions, load_files};
use wheelhouse_check::{CheckRequest, Checked, check_chart};
use wheelhouse_gotemplate::Limits;
use wheelhouse_render::{Capabilities, Operation, PipelineError, Release, Renderer, Request};
use wheelhouse_source::LineIndex;
use wheelhouse_sprig::{Environment, Host};

/// Native stack a render may use, and some more for the rest.
const STACK: usize = 64 << 20;

/// A host whose clock stands still and whose randomness is the same in every run.
struct FixedHost(Cell<u64>);

impl Host for FixedHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0.set(self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
            *byte = (self.0.get() >> 56) as u8;
        }
    }
}

/// Why a chart could not be checked.
pub(crate) enum Stop {
    /// The files are no chart, or the user's values no values.
    Load(String),
    /// The chart gives no manifests.
    Pipeline(PipelineError),
}

/// Loads, renders and checks a chart; gives what `with` makes of the result.
pub(crate) fn checked<T: Send + 'static>(
    files: Vec<File>,
    override_text: Option<Vec<u8>>,
    check: CheckRequest,
    with: impl FnOnce(Result<Checked, Stop>) -> T + Send + 'static,
) -> T {
    let run = move || with(check_files(files, override_text, &check));
    std::thread::Builder::new().stack_size(STACK + (8 << 20)).spawn(run).unwrap().join().unwrap()
}

fn check_files(
    files: Vec<File>,
    override_text: Option<Vec<u8>>,
    check: &CheckRequest,
) -> Result<Checked, Stop> {
    let load = |error: wheelhouse_chart::Error| Stop::Load(error.to_string());
    let options = LoadOptions { trace: true, ..LoadOptions::default() };
    let mut warnings = Vec::new();
    let chart = load_files(files, options, &mut warnings).map_err(load)?;
    let source = Arc::new(ValueSource::ValuesFile { path: "override.yaml".to_owned() });
    let values = match override_text {
        Some(text) => read_values(&text, Some(&source), Compat::V4).map_err(load)?,
        None => Table::default(),
    };
    let release = Release {
        name: "mini-service".to_owned(),
        namespace: "mini-service".to_owned(),
        revision: 1,
        operation: Operation::Install,
    };
    let environment = Environment::new(Box::new(FixedHost(Cell::new(1))), Compat::V4);
    let request = Request {
        values: &values,
        release: &release,
        capabilities: &Capabilities::offline(Compat::V4),
        environment: &environment,
        limits: Limits { stack: STACK, steps: 1_000_000, bytes: 16 << 20, ..Limits::default() },
        checkpoint: None,
        skip_schema_validation: false,
        trace: true,
        clock: None,
        lenient: false,
    };
    check_chart(&Renderer::new(Compat::V4), chart, &request, check, &mut warnings)
        .map_err(|refused| Stop::Pipeline(refused.error))
}

/// `templates/a.yaml:3:7` of a place in a template named `chart/templates/a.yaml`.
pub(crate) fn shown_place(file: &str, source: &[u8], offset: usize) -> String {
    let position = LineIndex::new(source).position(offset);
    let file = file.split_once('/').map_or(file, |(_, rest)| rest);
    format!("{file}:{}:{}", position.line, position.column)
}

/// A file or directory below the root of the repository.
pub(crate) fn repository(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(below)
}

/// Every file below a directory, as the files of a chart.
pub(crate) fn files_below(directory: &Path) -> Vec<File> {
    fn walk(directory: &Path, root: &Path, files: &mut Vec<File>) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, root, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                files.push(File::new(name, &std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    walk(directory, directory, &mut files);
    files
}
