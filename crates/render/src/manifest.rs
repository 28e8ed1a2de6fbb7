//! From rendered files to manifests and hooks, in the order in which Helm installs them.

use std::collections::BTreeMap;

use wheelhouse_chart::Compat;
use wheelhouse_gotemplate::Pieces;
use wheelhouse_objects::{KindOrder, Node, Reading, RepeatedKey};
use wheelhouse_source::Span;

use crate::head::{Head, HeadError};
use crate::split::{documents, trim_start};

/// A rendered file.
#[derive(Clone, Debug)]
pub struct RenderedFile {
    /// `chart/templates/deployment.yaml`
    pub name: String,
    /// What the template gave.
    pub text: Vec<u8>,
    /// Where each byte comes from, if places were recorded.
    pub pieces: Option<Pieces>,
}

/// A document to install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Index of its file.
    pub file: usize,
    /// Where it stands in its file.
    pub span: Span,
    /// Its head.
    pub head: Head,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookEvent {
    /// `pre-install`
    PreInstall,
    /// `post-install`
    PostInstall,
    /// `pre-delete`
    PreDelete,
    /// `post-delete`
    PostDelete,
    /// `pre-upgrade`
    PreUpgrade,
    /// `post-upgrade`
    PostUpgrade,
    /// `pre-rollback`
    PreRollback,
    /// `post-rollback`
    PostRollback,
    /// `test`, or `test-success` of old charts
    Test,
}

impl HookEvent {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "pre-install" => HookEvent::PreInstall,
            "post-install" => HookEvent::PostInstall,
            "pre-delete" => HookEvent::PreDelete,
            "post-delete" => HookEvent::PostDelete,
            "pre-upgrade" => HookEvent::PreUpgrade,
            "post-upgrade" => HookEvent::PostUpgrade,
            "pre-rollback" => HookEvent::PreRollback,
            "post-rollback" => HookEvent::PostRollback,
            "test" | "test-success" => HookEvent::Test,
            _ => return None,
        })
    }
}

/// A document that runs at some point of a release's life instead of being part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The document.
    pub manifest: Manifest,
    /// When it runs.
    pub events: Vec<HookEvent>,
    /// Hooks of one event run from the lowest weight to the highest.
    pub weight: i64,
    /// `helm.sh/hook-delete-policy`, in small letters.
    pub delete_policies: Vec<String>,
    /// `helm.sh/hook-output-log-policy`, in small letters.
    pub output_log_policies: Vec<String>,
}

/// All documents of a render, sorted out.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// What is installed, in order.
    pub manifests: Vec<Manifest>,
    /// What runs as hooks, in the order of their kinds.
    pub hooks: Vec<Hook>,
    /// The texts of hook annotations that name an unknown event: their objects are dropped.
    pub unknown_hooks: Vec<String>,
    /// Those objects: neither installed nor run.
    pub dropped: Vec<Manifest>,
    /// The documents as trees, by file and start, if places were recorded: whoever asks where fields
    /// come from reads them all.
    pub trees: BTreeMap<(usize, usize), Tree>,
}

/// A document with the places of its fields.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Its root; null for an empty document.
    pub root: Node,
    /// Keys that stand more than once in their mapping.
    pub repeats: Vec<RepeatedKey>,
}

/// A rendered document that is no manifest: `YAML parse error on FILE: …`.
#[derive(Clone, Debug, thiserror::Error)]
#[error("YAML parse error on {file}: {message}")]
pub struct ManifestError {
    /// The file's name.
    pub file: String,
    /// What Go's readers say.
    pub message: String,
    /// Index of the file.
    pub index: usize,
    /// Offset in the file of the line the reader stopped at; of the document's start where that line
    /// is not known.
    pub offset: Option<usize>,
}

/// Sorts out the documents of rendered files. Files are taken in the order of their names.
///
/// # Errors
/// For the first document whose head cannot be read.
pub fn manifests(
    files: &[RenderedFile],
    compat: Compat,
    keep_trees: bool,
) -> Result<Manifests, ManifestError> {
    let mut sorted: Vec<usize> = (0..files.len()).collect();
    sorted.sort_by_key(|index| files.get(*index).map(|file| file.name.as_str()));
    let mut result = Manifests::default();
    for index in sorted {
        let Some(file) = files.get(index) else { continue };
        let base = file.name.rsplit('/').next().unwrap_or_default();
        if base.starts_with('_') || trim_start(&file.text).is_empty() {
            continue;
        }
        for span in documents(&file.text, compat) {
            let document = file.text.get(span.range()).unwrap_or_default();
            let refused = |error: HeadError| ManifestError {
                file: file.name.clone(),
                message: error.message,
                index,
                offset: Some(span.start + error.line.map_or(0, |line| line_start(document, line))),
            };
            let head = if keep_trees {
                let reading = Reading::of(document).map_err(|error| refused(HeadError::of(&error)))?;
                let head = Head::of_value(reading.value(), compat).map_err(refused)?;
                let mut repeats = Vec::new();
                let root = reading.into_node(span.start, &mut repeats);
                result.trees.insert((index, span.start), Tree { root, repeats });
                head
            } else {
                Head::parse(document, compat).map_err(refused)?
            };
            result.add(Manifest { file: index, span, head });
        }
    }
    let order = match compat {
        Compat::V4 => KindOrder::Install,
        Compat::V3 => KindOrder::InstallV3,
    };
    result.manifests.sort_by(|left, right| order.compare(&left.head.kind, &right.head.kind));
    result.hooks.sort_by(|left, right| order.compare(&left.manifest.head.kind, &right.manifest.head.kind));
    Ok(result)
}

fn line_start(text: &[u8], line: usize) -> usize {
    wheelhouse_source::LineIndex::new(text).line_range(line).map_or(0, |range| range.start)
}

impl Manifests {
    fn add(&mut self, manifest: Manifest) {
        let annotations = &manifest.head.annotations;
        let Some(types) = annotations.get("helm.sh/hook") else {
            self.manifests.push(manifest);
            return;
        };
        let events: Option<Vec<HookEvent>> =
            types.split(',').map(|event| HookEvent::parse(&event.trim().to_lowercase())).collect();
        let Some(events) = events else {
            self.unknown_hooks.push(types.clone());
            self.dropped.push(manifest);
            return;
        };
        let list = |key: &str| -> Vec<String> {
            annotations
                .get(key)
                .map(|text| text.split(',').map(|part| part.trim().to_lowercase()).collect())
                .unwrap_or_default()
        };
        self.hooks.push(Hook {
            events,
            weight: annotations
                .get("helm.sh/hook-weight")
                .and_then(|weight| weight.parse().ok())
                .unwrap_or(0),
            delete_policies: list("helm.sh/hook-delete-policy"),
            output_log_policies: list("helm.sh/hook-output-log-policy"),
            manifest,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> RenderedFile {
        RenderedFile { name: name.to_owned(), text: text.as_bytes().to_vec(), pieces: None }
    }

    fn names(manifests: &[Manifest]) -> Vec<&str> {
        manifests.iter().map(|manifest| manifest.head.name.as_str()).collect()
    }

    #[test]
    fn documents_come_by_kind_then_file_then_place() {
        let files = [
            file(
                "c/templates/b.yaml",
                "kind: Service\nmetadata: {name: s1}\n---\nkind: ConfigMap\nmetadata: {name: c1}\n",
            ),
            file("c/templates/a.yaml", "kind: ConfigMap\nmetadata: {name: c0}\n"),
            file("c/templates/_x.yaml", "kind: Namespace\nmetadata: {name: partial}\n"),
            file("c/templates/empty.yaml", " \n\n"),
        ];
        assert_eq!(names(&manifests(&files, Compat::V4, false).unwrap().manifests), ["c0", "c1", "s1"]);
    }

    #[test]
    fn a_hook_with_an_unknown_event_is_dropped() {
        let hook = |events: &str| {
            file(
                "c/templates/h.yaml",
                &format!(
                    "kind: Job\nmetadata: {{name: j, annotations: {{helm.sh/hook: \"{events}\", helm.sh/hook-weight: \"-5\"}}}}\n"
                ),
            )
        };
        let found = manifests(&[hook(" Pre-Install,test-success")], Compat::V4, false).unwrap();
        assert_eq!(found.hooks[0].events, [HookEvent::PreInstall, HookEvent::Test]);
        assert_eq!(found.hooks[0].weight, -5);
        let dropped = manifests(&[hook("pre-install,crd-install")], Compat::V4, false).unwrap();
        assert!(dropped.hooks.is_empty() && dropped.manifests.is_empty());
        assert_eq!(dropped.unknown_hooks, ["pre-install,crd-install"]);
    }

    #[test]
    fn a_broken_document_names_its_file() {
        let files = [file("c/templates/a.yaml", "a: 1\n---\nb: [\n")];
        let error = manifests(&files, Compat::V4, false).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("YAML parse error on c/templates/a.yaml: error converting YAML to JSON: yaml: ")
        );
        assert_eq!(error.index, 0);
    }
}
