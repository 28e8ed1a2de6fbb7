//! Chart directories, through the eyes of a made-up file system.

use std::collections::BTreeMap;
use std::io;

use wheelhouse_chart::{
    Chart, ChartDirectory, Compat, Error, FileKind, FileStatus, LinkPolicy, LoadOptions, Warning,
    load_directory,
};

/// A directory in memory: paths with what is there. A link is a text that starts with `->`.
struct Memory(BTreeMap<&'static str, &'static str>);

impl Memory {
    fn new(entries: &[(&'static str, &'static str)]) -> Self {
        Memory(entries.iter().copied().collect())
    }

    /// The path with links in it followed.
    fn real(&self, path: &str) -> String {
        for (link, target) in self.0.iter().filter_map(|(path, text)| Some((*path, text.strip_prefix("->")?)))
        {
            if let Some(rest) =
                path.strip_prefix(link).filter(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                return self.real(&format!("{target}{rest}"));
            }
        }
        path.to_owned()
    }

    fn status_of(&self, path: &str) -> io::Result<FileStatus> {
        let status = |kind, size: usize| Ok(FileStatus { kind, size: size as u64, modified: None });
        match self.0.get(path) {
            Some(text) if text.starts_with("->") => status(FileKind::Link, 0),
            Some(&"(socket)") => status(FileKind::Irregular, 0),
            Some(&"(large)") => status(FileKind::File, 6 << 20),
            Some(text) => status(FileKind::File, text.len()),
            None if self.0.keys().any(|known| known.starts_with(&format!("{path}/"))) => {
                status(FileKind::Directory, 0)
            }
            None => Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("lstat /{path}: no such file or directory"),
            )),
        }
    }
}

impl ChartDirectory for Memory {
    fn list(&mut self, path: &str) -> io::Result<Vec<String>> {
        let path = self.real(path);
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut names: Vec<String> = self
            .0
            .keys()
            .filter_map(|known| known.strip_prefix(&prefix))
            .map(|rest| rest.split('/').next().unwrap_or_default().to_owned())
            .collect();
        names.dedup();
        names.reverse();
        Ok(names)
    }

    fn status(&mut self, path: &str) -> io::Result<FileStatus> {
        let real = match path.rsplit_once('/') {
            Some((directory, name)) => format!("{}/{name}", self.real(directory)),
            None => path.to_owned(),
        };
        self.status_of(&real)
    }

    fn resolve(&mut self, path: &str) -> io::Result<(String, FileStatus)> {
        let real = self.real(path);
        self.status_of(&real).map(|status| (format!("/abs/{real}"), status))
    }

    fn read(&mut self, path: &str) -> io::Result<Vec<u8>> {
        let real = self.real(path);
        self.0.get(real.as_str()).map(|text| text.as_bytes().to_vec()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("open /abs/{path}: no such file or directory"))
        })
    }

    fn absolute(&self, path: &str) -> String {
        format!("/abs/{path}")
    }
}

const CHART: (&str, &str) = ("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n");

fn load(
    entries: &[(&'static str, &'static str)],
    options: LoadOptions,
) -> (Result<Chart, Error>, Vec<Warning>) {
    let mut warnings = Vec::new();
    (load_directory(&mut Memory::new(entries), options, &mut warnings), warnings)
}

fn names(chart: &Chart) -> Vec<&str> {
    chart.contents().raw.iter().map(|file| file.name.as_str()).collect()
}

#[test]
fn directories_are_read_in_order_and_without_what_is_ignored() {
    let (chart, _) = load(
        &[
            CHART,
            (".helmignore", "*.bak\nsecret/\n"),
            ("a/z", ""),
            ("a.txt", ""),
            ("b.bak", ""),
            ("secret/x", ""),
            ("templates/.hidden", ""),
            ("templates/x.yaml", ""),
        ],
        LoadOptions::default(),
    );
    // A directory comes where its name sorts, before what merely starts with its name.
    assert_eq!(names(&chart.unwrap()), [".helmignore", "Chart.yaml", "a/z", "a.txt", "templates/x.yaml"]);
}

#[test]
fn links_are_followed_and_told() {
    let entries = [
        CHART,
        ("shared/values.yaml", "a: 1"),
        ("values.yaml", "->shared/values.yaml"),
        ("more", "->shared"),
    ];
    let (chart, warnings) = load(&entries, LoadOptions::default());
    let chart = chart.unwrap();
    assert_eq!(names(&chart), ["Chart.yaml", "more/values.yaml", "shared/values.yaml", "values.yaml"]);
    assert!(chart.values().contains("a"));
    assert_eq!(
        warnings[0].line(Compat::V4),
        "level=INFO msg=\"found symbolic link in path. Contents of linked file included and used\" path=/abs/more resolved=/abs/shared"
    );
    let refuse = LoadOptions { links: LinkPolicy::Refuse, ..LoadOptions::default() };
    assert_eq!(load(&entries, refuse).0.unwrap_err().to_string(), "cannot load symbolic link /abs/more");
}

#[test]
fn what_cannot_be_read_is_told() {
    for (entry, expected) in [
        (("sock", "(socket)"), "cannot load irregular file /abs/sock as it has file mode type bits set"),
        (
            ("dir/large.bin", "(large)"),
            "chart file \"large.bin\" is larger than the maximum file size 5242880",
        ),
        (
            ("gone", "->nowhere"),
            "error evaluating symlink /abs/gone: lstat /nowhere: no such file or directory",
        ),
        ((".helmignore", "a/**"), "double-star (**) syntax is not supported"),
        (("loop/x", "->loop"), "directories nest deeper than 100 levels"),
    ] {
        let (result, _) = load(&[CHART, entry], LoadOptions::default());
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_directory_without_chart_file_fails_in_each_helms_words() {
    let entries = [("values.yaml", "")];
    assert_eq!(
        load(&entries, LoadOptions::default()).0.unwrap_err().to_string(),
        "unable to detect chart at /abs/Chart.yaml: open /abs/Chart.yaml: no such file or directory"
    );
    let v3 = LoadOptions { compat: Compat::V3, ..LoadOptions::default() };
    assert_eq!(load(&entries, v3).0.unwrap_err().to_string(), "Chart.yaml file is missing");
    let future = [("Chart.yaml", "apiVersion: v9")];
    assert_eq!(load(&future, LoadOptions::default()).0.unwrap_err().to_string(), "unsupported chart version");
    for (next, expected) in [
        ("apiVersion: v3\nname: a\nversion: 1.0.0", "invalid chart apiVersion"),
        (
            "apiVersion: v3\nname: a/../b\nversion: 1.0.0",
            "validation: chart.metadata.name \"a/../b\" is invalid",
        ),
    ] {
        let entries = [("Chart.yaml", next)];
        assert_eq!(load(&entries, LoadOptions::default()).0.unwrap_err().to_string(), expected);
    }
}
