use crate::scanner::{Mark, Style};
use crate::text::Text;

/// What stands before a node: `&anchor` and `!tag`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Properties {
    pub(crate) anchor: Option<Text>,
    /// The tag in full (`tag:yaml.org,2002:int`).
    pub(crate) tag: Option<String>,
}

/// A step through a document.
#[derive(Clone, Debug)]
pub(crate) enum EventKind {
    StreamStart,
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(Text),
    /// `implicit`: the tag is to be found from the text.
    Scalar {
        text: Text,
        style: Style,
        implicit: bool,
        properties: Option<Box<Properties>>,
    },
    SequenceStart {
        style: Style,
        properties: Option<Box<Properties>>,
    },
    SequenceEnd,
    MappingStart {
        style: Style,
        properties: Option<Box<Properties>>,
    },
    MappingEnd,
}

/// An event and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) kind: EventKind,
    pub(crate) start: Mark,
    pub(crate) end: Mark,
}
