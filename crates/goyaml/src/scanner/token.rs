use crate::text::Text;

/// A point in the scanned text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes before it.
    pub(crate) offset: u32,
    /// Line breaks before it.
    pub(crate) line: u32,
    /// Characters before it on its line.
    pub(crate) column: u32,
}

impl Mark {
    /// The offset as an index.
    pub(crate) fn index(self) -> usize {
        self.offset as usize
    }

    /// The later of two marks.
    pub(crate) fn max_by_offset(self, other: Mark) -> Mark {
        if other.offset > self.offset { other } else { self }
    }
}

/// How a scalar or collection was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// A bare word.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// `[…]` or `{…}`
    Flow,
}

/// The smallest thing the scanner tells apart.
#[derive(Clone, Debug)]
pub(crate) enum TokenKind {
    StreamStart,
    StreamEnd,
    VersionDirective { major: u8, minor: u8 },
    TagDirective(Box<TagDirective>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(Text),
    Anchor(Text),
    Tag(Box<TagToken>),
    Scalar(Text, Style),
}

/// `%TAG handle prefix`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagDirective {
    pub(crate) handle: String,
    pub(crate) prefix: Vec<u8>,
}

/// `handle!suffix`; an empty handle for `!<suffix>` and `!`. Bytes, as `%FF` escapes need not be
/// UTF-8 beyond their lengths.
#[derive(Clone, Debug)]
pub(crate) struct TagToken {
    pub(crate) handle: String,
    pub(crate) suffix: Vec<u8>,
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: Mark,
    pub(crate) end: Mark,
}
