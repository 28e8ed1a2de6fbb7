use std::sync::OnceLock;
use std::time::{Duration, Instant};

use wheelhouse_chart::values::Table;
use wheelhouse_chart::{Compat, File, LoadOptions, load_files};
use wheelhouse_gotemplate::Limits;
use wheelhouse_gotemplate::error::LimitReached;
use wheelhouse_render::{Capabilities, Operation, PipelineError, Release, RenderedChart, Renderer, Request};

use crate::host::environment;

/// Reads the user's values; given whether their places are kept.
pub(crate) type UserValues<'a> = dyn Fn(bool) -> Option<Table> + 'a;

/// Renders a chart with and without recording places, under small limits, and asserts that this
/// makes no difference. Charts that do not load are none of the caller's concern.
pub(crate) fn render_both_ways(files: &[File], user: &UserValues<'_>, compat: Compat) {
    let plain = render(files, user, compat, false);
    let traced = render(files, user, compat, true);
    match (plain, traced) {
        (Some(Ok(plain)), Some(Ok(traced))) => {
            assert_eq!(texts(&plain), texts(&traced), "tracing changes the output");
        }
        (Some(Err(plain)), Some(Err(traced))) => {
            // A limit may be reached at another place: tracing takes stack of its own.
            if limit(&plain).is_none() && limit(&traced).is_none() {
                assert_eq!(plain.to_string(), traced.to_string(), "tracing changes the error");
            }
        }
        (Some(Err(error)), Some(Ok(_))) | (Some(Ok(_)), Some(Err(error))) => {
            assert!(limit(&error).is_some(), "only one way fails: {error}");
        }
        (plain, traced) => assert_eq!(plain.is_some(), traced.is_some(), "tracing changes what loads"),
    }
}

/// The rendered files, without the addresses that printing a pointer shows: no two runs share them.
fn texts(rendered: &RenderedChart) -> Vec<(&str, String)> {
    let files = rendered.files.iter().chain(&rendered.notes);
    files.map(|file| (file.name.as_str(), without_addresses(&file.text))).collect()
}

fn without_addresses(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut parts = text.split("0x");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str("0x");
        kept.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_hexdigit()));
    }
    kept
}

fn limit(error: &PipelineError) -> Option<LimitReached> {
    match error {
        PipelineError::Render(error) => error.limit,
        _ => None,
    }
}

/// The parser keeps texts it has seen, within bounds.
fn renderer(compat: Compat) -> &'static Renderer {
    static V4: OnceLock<Renderer> = OnceLock::new();
    static V3: OnceLock<Renderer> = OnceLock::new();
    let kept = if compat == Compat::V4 { &V4 } else { &V3 };
    kept.get_or_init(|| Renderer::new(compat))
}

fn render(
    files: &[File],
    user: &UserValues<'_>,
    compat: Compat,
    trace: bool,
) -> Option<Result<RenderedChart, PipelineError>> {
    let options = LoadOptions { compat, trace, ..LoadOptions::default() };
    let chart = load_files(files.to_vec(), options, &mut Vec::new()).ok()?;
    let user = user(trace)?;
    let started = Instant::now();
    let deadline = || match started.elapsed() > Duration::from_secs(5) {
        true => Err(LimitReached::Time { limit_ms: 5000 }),
        false => Ok(()),
    };
    let release = Release {
        name: "release".into(),
        namespace: "default".into(),
        revision: 1,
        operation: Operation::Install,
    };
    let request = Request {
        values: &user,
        release: &release,
        capabilities: &Capabilities::offline(compat),
        environment: &environment(),
        limits: Limits { steps: 100_000, bytes: 2 << 20, stack: 1 << 20, ..Limits::default() },
        checkpoint: Some(&deadline),
        skip_schema_validation: false,
        trace,
        clock: None,
        lenient: false,
    };
    Some(renderer(compat).release(chart, &request, &mut Vec::new()))
}
