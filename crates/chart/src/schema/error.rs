use crate::text::quote;

/// Why a schema cannot be used, in the words of Helm's validator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CompileError {
    #[error("failing loading {}: {problem}", quote(url))]
    Load { url: String, problem: String },
    #[error("invalid $schema in {}: {problem}", quote(location))]
    InvalidMetaschemaUrl { location: String, problem: String },
    #[error("cycle in resolving $schema in {}", quote(.0))]
    MetaschemaCycle(String),
    #[error("error in parsing id at {}", quote(.0))]
    InvalidId(String),
    #[error("error in parsing anchor at {}", quote(.0))]
    InvalidAnchor(String),
    #[error("draft {} is not supported", quote(.0))]
    UnsupportedDraft(String),
    #[error("invalid json-pointer {}", quote(.0))]
    InvalidPointer(String),
    #[error("json-pointer in {} not found", quote(.0))]
    PointerNotFound(String),
    #[error("anchor in {} not found in schema {}", quote(reference), quote(url))]
    AnchorNotFound { url: String, reference: String },
    #[error("duplicate id {} in {} at {} and {}", quote(id), quote(url), quote(&pointers[0]), quote(&pointers[1]))]
    DuplicateId { id: String, url: String, pointers: [String; 2] },
    #[error("duplicate anchor {} in {} at {} and {}", quote(anchor), quote(url), quote(&pointers[0]), quote(&pointers[1]))]
    DuplicateAnchor { anchor: String, url: String, pointers: [String; 2] },
    #[error("invalid regex {} at {}: {problem}", quote(regex), quote(location))]
    InvalidRegex { regex: String, location: String, problem: String },
    #[error("{} is not valid against metaschema: {problem}", quote(location))]
    Metaschema { location: String, problem: String },
    #[error("the schema has more than {0} subschemas")]
    TooManySchemas(usize),
}
