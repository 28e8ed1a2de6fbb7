use std::time::SystemTime;

/// What an entry of an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    /// Symbolic or hard.
    Link,
    /// PAX records for the next entry.
    Attributes,
    /// PAX records for all entries; they change nothing here.
    GlobalAttributes,
    /// The next entry's name, where it does not fit the header.
    LongName,
    /// The next entry's link target, where it does not fit the header.
    LongLink,
    /// A device, a sparse file or something unknown.
    Other(u8),
}

/// An entry of an archive, with what extensions say about it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) size: u64,
    pub(super) modified: Option<SystemTime>,
}
