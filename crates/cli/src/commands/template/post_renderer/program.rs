//! Helm 3's post-renderers: any program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Ending, pipe_through};
use crate::arguments::InstallOptions;
use crate::commands::Failure;
use crate::filesystem::{absolute, go_error};

/// A program that reads manifests and writes others.
#[derive(Debug)]
pub(in crate::commands::template) struct Program {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Program {
    /// The program the flags name, if they name one.
    pub(super) fn find(options: &InstallOptions) -> Result<Option<Self>, Failure> {
        let mut found = None;
        for name in super::names(options) {
            match look_path(name) {
                Ok(path) => found = Some(absolute(&path)),
                Err(problem) => {
                    let problem = format!("unable to find binary at {name}: exec: {name:?}: {problem}");
                    return Err(super::refusal(name, &problem));
                }
            }
        }
        Ok(found.map(|program| Program { program, arguments: options.post_renderer_args.clone() }))
    }

    /// What the program makes of manifests.
    pub(in crate::commands::template) fn run(&self, manifests: &[u8]) -> Result<Vec<u8>, Failure> {
        let failed = |stderr: &[u8], reason: String| {
            Failure::new(format!(
                "error while running post render on files: error while running command {}. error output:\n{}: {reason}",
                self.program.display(),
                String::from_utf8_lossy(stderr),
            ))
        };
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        let output = pipe_through(command, manifests)
            .map_err(|error| failed(b"", go_error("fork/exec", &self.program, &error).to_string()))?;
        match output.ending {
            Ending::Success => Ok(output.stdout),
            Ending::Code(code) => Err(failed(&output.stderr, format!("exit status {code}"))),
            Ending::Signal(signal) => Err(failed(&output.stderr, format!("signal: {signal}"))),
        }
    }
}

/// Where a program is: as named if the name has a slash, else in `PATH`.
pub(super) fn look_path(name: &str) -> Result<PathBuf, String> {
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
