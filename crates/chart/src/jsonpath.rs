//! JSONPath templates as Kubernetes' command-line tools take them: `{.a.b[0]}`,
//! `{range .items[*]}{.name}{"\n"}{end}`, `{.l[?(@.x=="y")].z}`.

mod compare;
mod evaluate;
mod node;
mod parse;

use wheelhouse_goyaml::Value;

use node::Node;
pub use parse::ParseError;

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    /// Texts and actions, one after the other.
    nodes: Vec<Node>,
}

impl JsonPath {
    /// Parses a template.
    ///
    /// # Errors
    /// When it is malformed, in the words of the Kubernetes client library.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse::parse(text).map(|nodes| JsonPath { nodes })
    }

    /// What the template gives for a value; nothing if a field that it names is missing, or if
    /// it asks of a value what only another type has.
    #[must_use]
    pub fn apply(&self, value: &Value) -> Option<Vec<u8>> {
        evaluate::evaluate(&self.nodes, value)
    }
}
