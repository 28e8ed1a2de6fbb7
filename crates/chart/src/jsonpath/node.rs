/// A step of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// `{…}`: steps, each on what the one before gave.
    Steps(Vec<Node>),
    /// Text outside of braces, or quoted within.
    Text(Vec<u8>),
    /// `.name`
    Field(String),
    /// `[from:to:step]`
    Slice(Slice),
    /// `[?(left operator right)]`
    Filter { left: Vec<Node>, operator: String, right: Vec<Node> },
    /// `[?(path)]`
    Exists(Vec<Node>),
    /// A number.
    Int(i64),
    /// A number with a point.
    Float(f64),
    /// `true`, `false`
    Bool(bool),
    /// `.*`
    Wildcard,
    /// `..`
    Recursive,
    /// `[0,'a']`
    Union(Vec<Vec<Node>>),
    /// `range`, `end`, or what is neither.
    Word(String),
}

/// The bounds of a slice; none where they are not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    /// Whether there is one index only, which `to` follows.
    pub(super) is_index: bool,
    pub(super) step: Option<i64>,
}
