//! What Helm 4 does around a post-renderer: rendered files go to it as one stream of documents,
//! each with the name of its file as an annotation, and come back as files by that annotation.

use std::collections::BTreeMap;

use wheelhouse_chart::Compat;
use wheelhouse_goyaml::{NodeId, Tree};
use wheelhouse_kyaml::{Error as ResourceError, Meta, clear_annotation, read_all, set_annotation, write_all};

use crate::manifest::RenderedFile;
use crate::split::{documents, trim_start};

/// The annotation that names a document's file on its way through the post-renderer.
const FILE_NAME: &str = "postrenderer.helm.sh/postrender-filename";

/// Why files could not be handed over or taken back. `Display` gives Helm's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostRenderError {
    /// A rendered document is not YAML.
    #[error("error merging manifests: parsing {file}: {problem}")]
    Parsing {
        /// Its file.
        file: String,
        /// What is wrong.
        problem: ResourceError,
    },
    /// A rendered document cannot have annotations.
    #[error("error merging manifests: annotating {file}: {problem}")]
    Annotating {
        /// Its file.
        file: String,
        /// What is wrong.
        problem: ResourceError,
    },
    /// The stream could not be written.
    #[error("error merging manifests: writing merged docs: {0}")]
    Writing(ResourceError),
    /// What the post-renderer wrote is not YAML.
    #[error("error while parsing post rendered output: error parsing YAML: {0}")]
    Output(ResourceError),
    /// A document of the output says nothing of itself.
    #[error("error while parsing post rendered output: getting metadata: {0}")]
    Metadata(ResourceError),
    /// A document of the output cannot have annotations.
    #[error("error while parsing post rendered output: clearing filename annotation: {0}")]
    Clearing(ResourceError),
    /// A file could not be written again.
    #[error("error while parsing post rendered output: re-writing {file}: {problem}")]
    Rewriting {
        /// The file.
        file: String,
        /// What is wrong.
        problem: ResourceError,
    },
}

/// The stream a post-renderer is given: the documents of the files, by the names of these.
/// Partials and blank files are left out.
///
/// # Errors
/// A document is not YAML, or no mapping.
pub fn merge_files(files: &[RenderedFile]) -> Result<Vec<u8>, PostRenderError> {
    let mut sorted: Vec<&RenderedFile> = files.iter().collect();
    sorted.sort_by_key(|file| file.name.as_str());
    let mut tree = Tree::new();
    let mut merged = Vec::new();
    for file in sorted {
        let base = file.name.rsplit('/').next().unwrap_or_default();
        if base.starts_with('_') || trim_start(&file.text).is_empty() {
            continue;
        }
        for span in documents(&file.text, Compat::V4) {
            let document = file.text.get(span.range()).unwrap_or_default();
            let resources = read_all(&mut tree, document)
                .map_err(|problem| PostRenderError::Parsing { file: file.name.clone(), problem })?;
            for resource in resources {
                set_annotation(&mut tree, resource, FILE_NAME, &file.name)
                    .map_err(|problem| PostRenderError::Annotating { file: file.name.clone(), problem })?;
                merged.push(resource);
            }
        }
    }
    write_all(&mut tree, &merged).map_err(PostRenderError::Writing)
}

/// The files a post-renderer's output stands for, by name. A document that does not say which
/// file it is of gets one of its own.
///
/// # Errors
/// The output is not YAML, or a document of it is no resource.
pub fn split_output(output: &[u8]) -> Result<Vec<RenderedFile>, PostRenderError> {
    let mut tree = Tree::new();
    let resources = read_all(&mut tree, output).map_err(PostRenderError::Output)?;
    let mut files: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
    for (index, resource) in resources.into_iter().enumerate() {
        let mut meta = Meta::of(&tree, resource).map_err(PostRenderError::Metadata)?;
        let file = meta
            .annotations
            .remove(FILE_NAME)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| format!("generated-by-postrender-{index}.yaml"));
        clear_annotation(&mut tree, resource, FILE_NAME).map_err(PostRenderError::Clearing)?;
        files.entry(file).or_default().push(resource);
    }
    files
        .into_iter()
        .map(|(name, resources)| match write_all(&mut tree, &resources) {
            Ok(text) => Ok(RenderedFile { name, text, pieces: None }),
            Err(problem) => Err(PostRenderError::Rewriting { file: name, problem }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> RenderedFile {
        RenderedFile { name: name.to_owned(), text: text.as_bytes().to_vec(), pieces: None }
    }

    fn merged(files: &[RenderedFile]) -> String {
        merge_files(files).map_or_else(|error| error.to_string(), |text| String::from_utf8(text).unwrap())
    }

    fn split(output: &str) -> String {
        match split_output(output.as_bytes()) {
            Ok(files) => files
                .iter()
                .map(|file| format!("# {}\n{}", file.name, String::from_utf8_lossy(&file.text)))
                .collect(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn files_go_out_as_documents_and_come_back() {
        let files = [
            file("c/templates/b.yaml", "# of b\nkind: B\n---\nkind: C # of c\nmetadata:\n    name: c\n"),
            file("c/templates/a.yaml", "---\nkind: A\nlist:\n  - x\n"),
            file("c/templates/_partial.tpl", "not: seen"),
            file("c/templates/blank.yaml", "\n  \n"),
        ];
        let stream = merged(&files);
        assert_eq!(
            stream,
            "kind: A\nlist:\n- x\nmetadata:\n  annotations:\n    postrenderer.helm.sh/postrender-filename: 'c/templates/a.yaml'\n\
             ---\n# of b\nkind: B\nmetadata:\n  annotations:\n    postrenderer.helm.sh/postrender-filename: 'c/templates/b.yaml'\n\
             ---\nkind: C # of c\nmetadata:\n  name: c\n  annotations:\n    postrenderer.helm.sh/postrender-filename: 'c/templates/b.yaml'\n"
        );
        assert_eq!(
            split(&stream),
            "# c/templates/a.yaml\nkind: A\nlist:\n- x\n\
             # c/templates/b.yaml\n# of b\nkind: B\n---\nkind: C # of c\nmetadata:\n  name: c\n"
        );
    }

    #[test]
    fn a_document_of_no_file_gets_its_own() {
        assert_eq!(
            split("kind: A\n---\nkind: B\n"),
            "# generated-by-postrender-0.yaml\nkind: A\n# generated-by-postrender-1.yaml\nkind: B\n"
        );
    }

    #[test]
    fn what_cannot_go_through_is_refused_in_helms_words() {
        assert_eq!(
            merged(&[file("c/templates/a.yaml", "a: 1\n---\nb: [\n")]),
            "error merging manifests: parsing c/templates/a.yaml: MalformedYAMLError: yaml: line 1: did not find expected node content"
        );
        assert_eq!(
            merged(&[file("c/templates/a.yaml", "kind: List\nitems: [a]\n")]),
            "error merging manifests: annotating c/templates/a.yaml: wrong node kind: expected MappingNode but got ScalarNode: node contents:\na\n"
        );
        assert_eq!(
            split("a: [\n"),
            "error while parsing post rendered output: error parsing YAML: MalformedYAMLError: yaml: line 1: did not find expected node content"
        );
        assert_eq!(
            split("kind: List\nitems: [{a: 1}]\n"),
            "error while parsing post rendered output: getting metadata: missing Resource metadata"
        );
    }
}
