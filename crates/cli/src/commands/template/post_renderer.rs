//! Programs that change manifests. Helm 3 runs any program, on the text it would print; Helm 4
//! runs plugins, on the rendered files before they are sorted.

mod plugin;
mod program;

use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use wheelhouse_chart::Compat;

use crate::arguments::InstallOptions;
use crate::commands::Failure;
use crate::printer::Printer;
use crate::settings::Settings;

use plugin::PostRendererPlugin;
pub(super) use program::Program;

/// What changes manifests.
#[derive(Debug)]
pub(super) enum PostRenderer {
    /// Helm 3's.
    Program(Program),
    /// Helm 4's.
    Plugin(PostRendererPlugin),
}

impl PostRenderer {
    /// What the flags name, if they name anything.
    pub(super) fn find(
        options: &InstallOptions,
        compat: Compat,
        settings: &Settings,
        printer: Printer,
    ) -> Result<Option<Self>, Failure> {
        Ok(match compat {
            Compat::V3 => Program::find(options)?.map(PostRenderer::Program),
            Compat::V4 => PostRendererPlugin::find(options, settings, printer)?.map(PostRenderer::Plugin),
        })
    }
}

/// The values of `--post-renderer`: an empty one says nothing.
fn names(options: &InstallOptions) -> impl Iterator<Item = &String> {
    options.post_renderer.iter().filter(|name| !name.is_empty())
}

fn refusal(name: &str, problem: &str) -> Failure {
    Failure::new(format!("invalid argument {name:?} for \"--post-renderer\" flag: {problem}"))
}

/// How a program ended.
enum Ending {
    Success,
    Code(i32),
    Signal(i32),
}

/// What a program wrote, and how it ended.
struct Piped {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    ending: Ending,
}

/// Runs a program on `input`; it need not read all of it.
fn pipe_through(mut command: Command, input: &[u8]) -> io::Result<Piped> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || drop(stdin.map(|mut stdin| stdin.write_all(input))));
        child.wait_with_output()
    })?;
    let ending = match (output.status.code(), output.status.signal()) {
        (Some(0), _) => Ending::Success,
        (Some(code), _) => Ending::Code(code),
        (None, signal) => Ending::Signal(signal.unwrap_or_default()),
    };
    Ok(Piped { stdout: output.stdout, stderr: output.stderr, ending })
}
