//! Where manifests go: to one text, of which parts may be chosen, or to files.

use std::fs;
use std::path::Path;

use wheelhouse_chart::Compat;
use wheelhouse_render::{documents, path_matches, trim_space};

use super::Failure;
use crate::arguments::Template;
use crate::filesystem::{create_directories, go_error};
use crate::printer::Printer;

/// Adds a manifest to a text.
pub(super) fn append(text: &mut Vec<u8>, name: &str, content: &[u8]) {
    text.extend_from_slice(format!("---\n# Source: {name}\n").as_bytes());
    text.extend_from_slice(content);
    text.push(b'\n');
}

/// A text without the white space around it, and one line break.
pub(super) fn trimmed(text: &[u8]) -> Vec<u8> {
    let mut trimmed = trim_space(text).to_vec();
    trimmed.push(b'\n');
    trimmed
}

/// The documents of the templates that `--show-only` names; an error names the first pattern that
/// none has.
pub(super) fn chosen(text: &[u8], patterns: &[String], compat: Compat) -> Result<Vec<u8>, String> {
    let mut chosen = Vec::new();
    let spans = documents(text, compat);
    for pattern in patterns {
        let mut missing = true;
        for span in &spans {
            let document = text.get(span.range()).unwrap_or_default();
            if source_of(document).is_some_and(|path| path_matches(pattern, &path)) {
                missing = false;
                chosen.extend_from_slice(b"---\n");
                chosen.extend_from_slice(document);
                chosen.push(b'\n');
            }
        }
        if missing {
            return Err(format!("could not find template {pattern} in chart"));
        }
    }
    Ok(chosen)
}

/// The path after the chart's name in `# Source: chart/templates/x.yaml`.
fn source_of(document: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(document);
    let (_, rest) = text.split_once("# Source: ")?;
    let line = rest.lines().next()?;
    line.split_once('/').map(|(_, path)| path.to_owned())
}

/// Collects manifests into one text, or writes them to files.
pub(super) struct Sink<'a> {
    options: &'a Template,
    directory: String,
    hook_directory: String,
    written: Vec<String>,
    printer: Printer,
    /// The text so far.
    pub(super) text: Vec<u8>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(options: &'a Template, release_name: &str, printer: Printer) -> Self {
        let directory = options.output_dir.clone();
        let hook_directory =
            if options.release_name { format!("{directory}/{release_name}") } else { directory.clone() };
        Sink { options, directory, hook_directory, written: Vec::new(), printer, text: Vec::new() }
    }

    pub(super) fn add(&mut self, name: &str, content: &[u8], is_hook: bool) -> Result<(), Failure> {
        if self.options.output_dir.is_empty() {
            append(&mut self.text, name, content);
            return Ok(());
        }
        let is_crd = name.contains("/crds/");
        let directory = if is_crd { &self.directory } else { &self.hook_directory };
        let path = format!("{directory}/{name}");
        let again = self.written.contains(&path) || (is_hook && Path::new(&path).exists());
        write_to_file(&path, name, content, again)?;
        self.printer.data(format!("wrote {path}\n"));
        self.written.push(path);
        Ok(())
    }
}

fn write_to_file(path: &str, name: &str, content: &[u8], again: bool) -> Result<(), Failure> {
    let path = Path::new(path);
    if let Some(parent) = path.parent() {
        create_directories(parent)?;
    }
    let mut text = Vec::new();
    append(&mut text, name, content);
    let mut open = fs::OpenOptions::new();
    let file = if again { open.append(true) } else { open.write(true).create(true).truncate(true) };
    let mut file = file.open(path).map_err(|error| go_error("open", path, &error))?;
    std::io::Write::write_all(&mut file, &text).map_err(|error| go_error("write", path, &error))?;
    Ok(())
}
