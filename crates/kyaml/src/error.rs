use wheelhouse_goyaml::NodeKind;

/// What can go wrong. `Display` gives kyaml's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A document is not YAML.
    #[error("MalformedYAMLError: {0}")]
    Malformed(wheelhouse_goyaml::Error),
    /// Something but a comment after `---`.
    #[error("invalid document separator: {0}")]
    Separator(String),
    /// A node is not of the kind needed.
    #[error("wrong node kind: expected {} but got {}: node contents:\n{contents}", .expected.name(), .found.name())]
    WrongKind {
        /// What it would have to be.
        expected: NodeKind,
        /// What it is.
        found: NodeKind,
        /// The node as YAML.
        contents: String,
    },
    /// A resource has no JSON form.
    #[error("{0}")]
    Json(wheelhouse_goyaml::Error),
    /// A document with neither apiVersion nor kind nor metadata.
    #[error("missing Resource metadata")]
    MissingMetadata,
}
