use std::time::{Duration, SystemTime};

use wheelhouse_chart::values::Table;
use wheelhouse_chart::{Compat, File, LoadOptions, load_files};
use wheelhouse_gotemplate::Limits;
use wheelhouse_render::{Capabilities, PipelineError, Release, RenderedChart, Renderer, Request};
use wheelhouse_sprig::{Compatibility, Environment, Host};

/// Stack of the thread that renders, and what evaluation may use of it.
const STACK: usize = 256 << 20;

/// A host whose clock stands still and whose randomness repeats.
#[derive(Debug)]
pub(crate) struct FixedHost;

impl Host for FixedHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        for (index, byte) in buffer.iter_mut().enumerate() {
            *byte = u8::try_from(index % 251).unwrap();
        }
    }
}

/// A chart `c` of some files beside Chart.yaml.
pub(crate) fn chart(files: &[(&str, &str)]) -> Vec<File> {
    let chart_file = File::new("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 0.1.0\n");
    std::iter::once(chart_file)
        .chain(files.iter().map(|(name, text)| File::new(*name, text.as_bytes())))
        .collect()
}

/// Renders a chart of some files; gives what `with` makes of the result.
pub(crate) fn render<T: Send + 'static>(
    files: Vec<File>,
    limits: Limits,
    with: impl FnOnce(Result<RenderedChart, PipelineError>) -> T + Send + 'static,
) -> T {
    render_with(files, limits, false, with)
}

/// Renders a chart of some files and records places.
pub(crate) fn traced<T: Send + 'static>(
    files: Vec<File>,
    limits: Limits,
    with: impl FnOnce(&RenderedChart) -> T + Send + 'static,
) -> T {
    render_with(files, limits, true, move |result| with(&result.unwrap()))
}

fn render_with<T: Send + 'static>(
    files: Vec<File>,
    limits: Limits,
    trace: bool,
    with: impl FnOnce(Result<RenderedChart, PipelineError>) -> T + Send + 'static,
) -> T {
    let run = move || {
        let options = LoadOptions { trace, ..LoadOptions::default() };
        let chart = load_files(files, options, &mut Vec::new()).unwrap();
        let environment = Environment::new(Box::new(FixedHost), Compatibility::V4);
        let release = Release { name: "r".into(), namespace: "ns".into(), revision: 1, is_upgrade: false };
        let request = Request {
            values: &Table::new(),
            release: &release,
            capabilities: &Capabilities::default(),
            environment: &environment,
            limits: Limits { stack: STACK - (8 << 20), ..limits },
            checkpoint: None,
            trace,
        };
        with(Renderer::new(Compat::V4).release(chart, &request, &mut Vec::new()))
    };
    std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap()
}

/// The text of one rendered file, or the error's text.
pub(crate) fn text_of(files: Vec<File>, name: &'static str) -> Result<String, String> {
    render(files, Limits::default(), move |result| match result {
        Ok(rendered) => {
            let file = rendered.files.iter().find(|file| file.name == name).unwrap();
            Ok(String::from_utf8_lossy(&file.text).into_owned())
        }
        Err(error) => Err(error.to_string()),
    })
}
