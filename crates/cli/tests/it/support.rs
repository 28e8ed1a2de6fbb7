#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A directory of its own, and the binary run in it.
pub(crate) struct Workspace {
    directory: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Workspace { directory: TempDir::new().unwrap(), variables: Vec::new() }
    }

    /// Sets a variable for the commands to come.
    pub(crate) fn variable(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.directory.path().join(below)
    }

    /// Writes a file, its directories with it.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Every file below a directory, sorted.
    pub(crate) fn files(&self, below: &str) -> Vec<String> {
        fn walk(directory: &Path, root: &Path, files: &mut Vec<String>) {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, files);
                } else {
                    files.push(path.strip_prefix(root).unwrap().display().to_string());
                }
            }
        }
        let mut files = Vec::new();
        walk(&self.path(below), &self.path(below), &mut files);
        files.sort();
        files
    }

    /// Runs the binary with words parted by spaces: exit code, stdout, stderr, this directory's
    /// path shown as `DIR`.
    pub(crate) fn run(&self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.run_words(&words, "")
    }

    /// The same with words as they are and something on standard input.
    pub(crate) fn run_words(&self, words: &[&str], input: &str) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wheelhouse"))
            .args(words)
            .current_dir(self.directory.path())
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may have ended already.
        let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let real = self.directory.path().canonicalize().unwrap().display().to_string();
        let shown = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.replace(&real, "DIR").replace(&self.directory.path().display().to_string(), "DIR")
        };
        format!("exit {}\n{}{}", output.status.code().unwrap(), shown(&output.stdout), shown(&output.stderr))
    }

    /// Takes a variable away again.
    pub(crate) fn without(&mut self, name: &str) {
        self.variables.retain(|(known, _)| *known != name);
    }

    /// Runs the binary and holds what it prints against what is expected.
    pub(crate) fn check(&self, line: &str, expect: &str) {
        assert_eq!(self.run(line), expect, "{line}");
    }
}
