//! Programs that change manifests. Helm 3 runs any program; Helm 4 runs plugins, which are not
//! supported here.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use wheelhouse_chart::Compat;

use super::Failure;
use crate::arguments::InstallOptions;
use crate::filesystem::{absolute, go_error};

/// A program that reads manifests and writes others.
#[derive(Debug)]
pub(super) struct PostRenderer {
    program: PathBuf,
    arguments: Vec<String>,
}

impl PostRenderer {
    /// The program the flags name, if they name one.
    pub(super) fn find(options: &InstallOptions, compat: Compat) -> Result<Option<Self>, Failure> {
        let names: Vec<&String> = options.post_renderer.iter().filter(|name| !name.is_empty()).collect();
        let Some(first) = names.first() else { return Ok(None) };
        let refuse = |name: &str, problem: String| {
            Err(Failure::new(format!("invalid argument {name:?} for \"--post-renderer\" flag: {problem}")))
        };
        if compat == Compat::V4 {
            // Helm 4 has plugins for this, and there are none here.
            return refuse(first, format!("plugin: {{Name:{first} Type:postrenderer/v1}} not found"));
        }
        let mut found = None;
        for name in names {
            match look_path(name) {
                Ok(path) => found = Some(absolute(&path)),
                Err(problem) => {
                    return refuse(
                        name,
                        format!("unable to find binary at {name}: exec: {name:?}: {problem}"),
                    );
                }
            }
        }
        Ok(found.map(|program| PostRenderer { program, arguments: options.post_renderer_args.clone() }))
    }

    /// What the program makes of manifests.
    pub(super) fn run(&self, manifests: &[u8]) -> Result<Vec<u8>, Failure> {
        let failed = |stderr: &[u8], reason: String| {
            Failure::new(format!(
                "error while running post render on files: error while running command {}. error output:\n{}: {reason}",
                self.program.display(),
                String::from_utf8_lossy(stderr),
            ))
        };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(b"", go_error("fork/exec", &self.program, &error).to_string()))?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A program need not read all that it is given.
                drop(stdin.map(|mut stdin| stdin.write_all(manifests)));
            });
            child.wait_with_output()
        })?;
        match (output.status.code(), output.status.signal()) {
            (Some(0), _) => Ok(output.stdout),
            (Some(code), _) => Err(failed(&output.stderr, format!("exit status {code}"))),
            (None, signal) => Err(failed(&output.stderr, format!("signal: {}", signal.unwrap_or_default()))),
        }
    }
}

/// Where a program is: as named if the name has a slash, else in `PATH`.
fn look_path(name: &str) -> Result<PathBuf, String> {
    if name.contains('/') {
        return check_executable(Path::new(name)).map(|()| PathBuf::from(name));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| check_executable(candidate).is_ok())
        .ok_or_else(|| "executable file not found in $PATH".to_owned())
}

fn check_executable(path: &Path) -> Result<(), String> {
    let metadata = fs::metadata(path).map_err(|error| go_error("stat", path, &error).to_string())?;
    if metadata.is_dir() {
        return Err("is a directory".to_owned());
    }
    match metadata.permissions().mode() & 0o111 {
        0 => Err("permission denied".to_owned()),
        _ => Ok(()),
    }
}
