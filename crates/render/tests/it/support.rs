use std::cell::Cell;
use std::time::{Duration, SystemTime};

use wheelhouse_chart::values::ValuesFlags;
use wheelhouse_chart::{Compat, File, LoadOptions, load_files};
use wheelhouse_gotemplate::Limits;
use wheelhouse_render::{Capabilities, Operation, PipelineError, Release, RenderedChart, Renderer, Request};
use wheelhouse_sprig::{Environment, Host};

/// Stack of the thread that renders, and what evaluation may use of it.
const STACK: usize = 256 << 20;

/// A host whose clock stands still and whose randomness is the same in every run.
#[derive(Debug)]
pub(crate) struct FixedHost(Cell<u64>);

impl Host for FixedHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    /// SplitMix64: keys are searched for until a prime is found, so that the bytes must not repeat.
    fn fill_random(&self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0.set(self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
            let mut mixed = self.0.get();
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (mixed ^ (mixed >> 31)).to_le_bytes()[0];
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
    render_with(files, None, limits, false, with)
}

/// Renders a chart of some files and records places.
pub(crate) fn traced<T: Send + 'static>(
    files: Vec<File>,
    limits: Limits,
    with: impl FnOnce(&RenderedChart) -> T + Send + 'static,
) -> T {
    render_with(files, None, limits, true, move |result| with(&result.unwrap()))
}

fn render_with<T: Send + 'static>(
    files: Vec<File>,
    values: Option<String>,
    limits: Limits,
    trace: bool,
    with: impl FnOnce(Result<RenderedChart, PipelineError>) -> T + Send + 'static,
) -> T {
    let run = move || {
        let options = LoadOptions { trace, ..LoadOptions::default() };
        let chart = load_files(files, options, &mut Vec::new()).unwrap();
        let flags = ValuesFlags { json: values.into_iter().collect(), ..ValuesFlags::default() };
        let mut no_file = |path: &str| Err(path.to_owned());
        let user = flags.merge(Compat::V4, trace, &mut no_file).unwrap();
        let environment = Environment::new(Box::new(FixedHost(Cell::new(1))), Compat::V4);
        let release = Release {
            name: "test-release".into(),
            namespace: "ns".into(),
            revision: 1,
            operation: Operation::Install,
        };
        let request = Request {
            values: &user,
            release: &release,
            capabilities: &Capabilities::default(),
            environment: &environment,
            limits: Limits { stack: STACK - (8 << 20), ..limits },
            checkpoint: None,
            skip_schema_validation: false,
            trace,
            clock: None,
            lenient: false,
        };
        with(Renderer::new(Compat::V4).release(chart, &request, &mut Vec::new()))
    };
    std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap()
}

/// The text of one rendered file, or the error's text; `values` is a JSON object.
pub(crate) fn text_with(
    files: Vec<File>,
    values: Option<String>,
    name: &'static str,
) -> Result<String, String> {
    render_with(files, values, Limits::default(), false, move |result| match result {
        Ok(rendered) => {
            let file = rendered.files.iter().find(|file| file.name == name).unwrap();
            Ok(String::from_utf8_lossy(&file.text).into_owned())
        }
        Err(error) => Err(error.to_string()),
    })
}

/// The text of one rendered file, or the error's text.
pub(crate) fn text_of(files: Vec<File>, name: &'static str) -> Result<String, String> {
    text_with(files, None, name)
}
