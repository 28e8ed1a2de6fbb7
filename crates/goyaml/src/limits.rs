/// How much a reader may take in before it answers with an error.
///
/// Go's own limits (10,000 nested levels, the ratio of aliased nodes) hold besides these and keep
/// their texts; these are ours, for input that Go would swallow at any price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of input, and bytes of text once aliases are followed.
    pub max_bytes: usize,
    /// Levels of nesting, aliases followed. Reading, comparing and dropping a value recurse this
    /// deep, so it is also what keeps the stack safe.
    pub max_depth: usize,
    /// Nodes, every alias counted as often as it is followed.
    pub max_nodes: usize,
}

impl Limits {
    /// The largest input any limit allows: offsets are kept in 32 bits.
    pub(crate) const MOST_BYTES: usize = u32::MAX as usize - 16;
}

impl Default for Limits {
    /// 64 MiB, 1,000 levels, 2 million nodes: many times any real chart, and a repository index
    /// of 20 MB.
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_depth: 1_000, max_nodes: 2_000_000 }
    }
}

/// Which of our own limits was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::max_bytes`](Limits::max_bytes)
    Bytes,
    /// [`Limits::max_depth`](Limits::max_depth)
    Depth,
    /// [`Limits::max_nodes`](Limits::max_nodes)
    Nodes,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Limit::Bytes => "bytes",
            Limit::Depth => "levels of nesting",
            Limit::Nodes => "nodes",
        })
    }
}
