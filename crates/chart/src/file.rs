use std::sync::Arc;
use std::time::SystemTime;

/// A file of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path below the chart's directory, with slashes.
    pub name: String,
    /// The content, without a leading byte order mark.
    pub data: Arc<[u8]>,
    /// When it was last changed, if that is known.
    pub modified: Option<SystemTime>,
}

impl File {
    /// A file of unknown age; a byte order mark at its start is dropped, as all of Helm's loaders do.
    #[must_use]
    pub fn new(name: impl Into<String>, data: &[u8]) -> Self {
        let data = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
        File { name: name.into(), data: data.into(), modified: None }
    }

    /// The same file with its age.
    #[must_use]
    pub fn modified_at(self, modified: SystemTime) -> Self {
        File { modified: Some(modified), ..self }
    }

    /// The content as text, each invalid sequence replaced by U+FFFD.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.data)
    }
}
