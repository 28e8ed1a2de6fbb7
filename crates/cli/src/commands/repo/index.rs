//! `repo index`: the index of a directory of archives.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use wheelhouse_chart::{LoadOptions, load_archive_file};
use wheelhouse_goyaml::json::{Format, to_json};
use wheelhouse_goyaml::json_to_yaml;
use wheelhouse_registry::Digest;

use super::{Failure, exactly};
use crate::arguments::RepoIndex;
use crate::filesystem::{absolute, go_error, read, write};
use crate::output::{items, text};
use crate::printer::Printer;
use crate::remote::{Index, resolve, sort};

/// Writes `index.yaml` into the directory.
pub(super) fn run(options: &RepoIndex, printer: Printer) -> Result<(), Failure> {
    exactly("repo index [DIR]", &options.arguments, 1)?;
    let directory = absolute(Path::new(options.arguments.first().map(String::as_str).unwrap_or_default()));
    let now = Timestamp::now().to_string();
    let mut entries: Map<String, Value> = Map::new();
    for archive in archives(&directory)? {
        add(&mut entries, &archive, &directory, &options.url, &now)?;
    }
    if !options.merge.is_empty() {
        let merged = Path::new(&options.merge);
        if merged.exists() {
            let known = Index::parse(&read(merged)?, &options.merge, printer)
                .map_err(|failure| Failure::new(format!("merge failed: {}", failure.message)))?;
            merge(&mut entries, &known);
        }
    }
    for versions in entries.values_mut() {
        if let Some(versions) = versions.as_array_mut() {
            sort(versions);
        }
    }
    let index = json!({ "apiVersion": "v1", "generated": now, "entries": entries });
    let content = if options.json {
        format!("{index:#}").into_bytes()
    } else {
        json_to_yaml(index.to_string().as_bytes())?
    };
    Ok(write(&directory.join("index.yaml"), &content)?)
}

/// The archives in a directory and in its directories.
fn archives(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let list = |directory: &Path| -> Result<Vec<PathBuf>, Failure> {
        let entries = fs::read_dir(directory).map_err(|error| go_error("open", directory, &error))?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
        paths.sort();
        Ok(paths)
    };
    let is_archive = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "tgz");
    let top = list(directory)?;
    let mut found: Vec<PathBuf> = top.iter().filter(|path| is_archive(path)).cloned().collect();
    for below in top.iter().filter(|path| path.is_dir()) {
        found.extend(list(below)?.into_iter().filter(is_archive));
    }
    Ok(found)
}

fn add(
    entries: &mut Map<String, Value>,
    archive: &Path,
    directory: &Path,
    url: &str,
    now: &str,
) -> Result<(), Failure> {
    let content = read(archive)?;
    let loaded =
        load_archive_file(&archive.to_string_lossy(), &content, LoadOptions::default(), &mut Vec::new());
    // What is no chart is no entry.
    let Ok(chart) = loaded else { return Ok(()) };
    let below = archive.strip_prefix(directory).unwrap_or(archive).to_string_lossy().into_owned();
    let mut entry: Map<String, Value> =
        serde_json::from_slice(&to_json(&chart.metadata, Format::default())?)?;
    let address = if url.is_empty() { below } else { resolve(url, &below) };
    entry.insert("urls".to_owned(), json!([address]));
    entry.insert("created".to_owned(), now.into());
    let digest = Digest::of(&content).to_string();
    entry.insert("digest".to_owned(), digest.trim_start_matches("sha256:").into());
    let versions = entries.entry(chart.name().to_owned()).or_insert_with(|| json!([]));
    if let Some(versions) = versions.as_array_mut() {
        versions.push(Value::Object(entry));
    }
    Ok(())
}

/// Adds the versions of another index that are not there.
fn merge(entries: &mut Map<String, Value>, known: &Index) {
    let others = known.document.get("entries").and_then(Value::as_object);
    for (name, versions) in others.into_iter().flatten() {
        let own = entries.entry(name.clone()).or_insert_with(|| json!([]));
        for version in items(versions, "") {
            let there =
                items(own, "").iter().any(|known| text(known, "/version") == text(version, "/version"));
            if let (false, Some(own)) = (there, own.as_array_mut()) {
                own.push(version.clone());
            }
        }
    }
}
