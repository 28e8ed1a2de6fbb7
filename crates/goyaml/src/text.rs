/// Text taken from a document: a piece of it as it stands, or a rebuilt one where escapes, folds
/// or indentation had to be taken out.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    /// Bytes `start..end` of the scanned text.
    Slice { start: u32, end: u32 },
    /// A rebuilt text.
    Owned(String),
}

impl Text {
    pub(crate) const EMPTY: Text = Text::Slice { start: 0, end: 0 };

    /// The text itself; `source` is the text it was scanned from.
    #[inline]
    pub(crate) fn get<'t>(&'t self, source: &'t str) -> &'t str {
        match self {
            Text::Slice { start, end } => source.get(*start as usize..*end as usize).unwrap_or_default(),
            Text::Owned(text) => text,
        }
    }
}
