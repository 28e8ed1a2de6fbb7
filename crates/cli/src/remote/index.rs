//! `index.yaml`: which charts a repository has.

use serde_json::{Map, Value};
use wheelhouse_goyaml::{ReadOptions, yaml_to_json};
use wheelhouse_semver::{Constraints, Version};

use crate::commands::Failure;
use crate::output::{items, printable, text};
use crate::printer::Printer;

/// An index, its versions sorted, the newest first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Index {
    /// The whole document.
    pub document: Map<String, Value>,
}

/// A version of a chart in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub version: String,
    /// The first address it can be fetched from; relative ones start at the repository.
    pub url: Option<String>,
    /// Hexadecimal SHA-256 of the archive, maybe with `sha256:`.
    pub digest: String,
}

impl Index {
    /// Reads an index: strictly, as duplicate keys would hide charts. Entries that are no charts are
    /// left out with a warning.
    pub(crate) fn parse(content: &[u8], source: &str, printer: Printer) -> Result<Self, Failure> {
        if content.is_empty() {
            return Err(Failure::new("empty index.yaml file"));
        }
        let mut document: Map<String, Value> = match serde_json::from_slice(content) {
            Ok(document) => document,
            Err(_) => {
                let options = ReadOptions { strict: true, ..ReadOptions::default() };
                serde_json::from_slice(&yaml_to_json(content, &options)?)?
            }
        };
        if let Some(entries) = document.get_mut("entries").and_then(Value::as_object_mut) {
            for (name, versions) in entries.iter_mut() {
                let Some(versions) = versions.as_array_mut() else { continue };
                versions.retain(|version| {
                    let wrong = wrong(version);
                    if let Some(wrong) = wrong {
                        let shown = text(version, "/version");
                        printer.talk(&printable(&format!(
                            "level=WARN msg=\"skipping loading invalid entry for chart \\\"{name}\\\" \\\"{shown}\\\" from {source}: {wrong}\""
                        )));
                    }
                    wrong.is_none()
                });
                sort(versions);
            }
        }
        if document.get("apiVersion").and_then(Value::as_str).unwrap_or_default().is_empty() {
            return Err(Failure::new("no API version specified"));
        }
        Ok(Index { document })
    }

    /// The names of its charts.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let entries = self.document.get("entries").and_then(Value::as_object);
        entries.into_iter().flat_map(|entries| entries.keys().map(String::as_str))
    }

    /// The version of a chart that is asked for: exactly, else the newest a range allows.
    pub(crate) fn get(&self, name: &str, wanted: &str) -> Result<Entry, Failure> {
        let versions = self.document.get("entries").and_then(|entries| entries.get(name));
        let versions = versions.ok_or_else(|| Failure::new("no chart name found"))?;
        let versions = items(versions, "");
        if versions.is_empty() {
            return Err(Failure::new("no chart version found"));
        }
        let range = Constraints::parse(if wanted.is_empty() { "*" } else { wanted })?;
        let exact = versions.iter().find(|version| !wanted.is_empty() && text(version, "/version") == wanted);
        let fits = |version: &&Value| {
            Version::parse(&text(version, "/version")).is_ok_and(|version| range.check(&version))
        };
        let found = exact.or_else(|| versions.iter().find(fits));
        let found =
            found.ok_or_else(|| Failure::new(format!("no chart version found for {name}-{wanted}")))?;
        Ok(Entry::of(found))
    }

    /// Every version of a chart, the newest first.
    pub(crate) fn versions(&self, name: &str) -> Option<Vec<Entry>> {
        let versions = self.document.get("entries")?.get(name)?;
        Some(items(versions, "").iter().map(Entry::of).collect())
    }
}

impl Entry {
    fn of(version: &Value) -> Self {
        Entry {
            version: text(version, "/version"),
            url: items(version, "/urls").first().and_then(Value::as_str).map(ToOwned::to_owned),
            digest: text(version, "/digest"),
        }
    }
}

/// Sorts versions, the newest first; what is no version comes last.
pub(crate) fn sort(versions: &mut [Value]) {
    versions.sort_by(|left, right| {
        let version = |value: &Value| Version::parse(&text(value, "/version")).ok();
        version(right).cmp(&version(left))
    });
}

/// What makes an entry no chart.
fn wrong(version: &Value) -> Option<&'static str> {
    if !version.is_object() {
        return Some("empty entry");
    }
    let name = text(version, "/name");
    if name.is_empty() {
        return Some("validation: chart.metadata.name is required");
    }
    if name.contains(['/', '\\']) || matches!(name.as_str(), "." | "..") {
        return Some("validation: chart.metadata.name is invalid");
    }
    let number = text(version, "/version");
    if number.is_empty() {
        return Some("validation: chart.metadata.version is required");
    }
    if Version::parse(&number).is_err() {
        return Some("validation: chart.metadata.version is invalid");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.0.0, urls: [web-1.0.0.tgz]}\n  \
        - {name: web, version: 1.10.0, urls: ['https://other/web-1.10.0.tgz'], digest: abc}\n  - null\n  \
        - {name: ../web, version: 9.0.0}\n  - {name: web, version: 2.0.0-rc.1}\n";

    #[test]
    fn versions_are_chosen() {
        let printer = Printer::from_environment();
        let index = Index::parse(INDEX.as_bytes(), "here", printer).unwrap();
        assert_eq!(index.names().collect::<Vec<_>>(), ["web"]);
        for (wanted, found) in
            [("", "1.10.0"), ("1.0.0", "1.0.0"), ("<1.5", "1.0.0"), (">0.0.0-0", "2.0.0-rc.1")]
        {
            assert_eq!(index.get("web", wanted).unwrap().version, found, "{wanted}");
        }
        let error = |name: &str, wanted: &str| index.get(name, wanted).unwrap_err().message;
        assert_eq!(error("nothing", ""), "no chart name found");
        assert_eq!(error("web", ">9"), "no chart version found for web->9");
        let error = |text: &str| Index::parse(text.as_bytes(), "here", printer).unwrap_err().message;
        assert_eq!(error(""), "empty index.yaml file");
        assert_eq!(error("entries: {}"), "no API version specified");
        assert!(error("apiVersion: v1\nentries:\n  a: []\n  a: []\n").contains("already set"));
    }
}
