/// How many bytes a chart's files may have together, uncompressed: 100 MiB, as in Helm.
pub const MAX_CHART_SIZE: u64 = 100 << 20;
/// How many bytes a file of a chart may have: 5 MiB, as in Helm.
pub const MAX_FILE_SIZE: u64 = 5 << 20;

/// What a chart archive may hold. The first two are Helm's, the others ours: Helm reads headers,
/// links and archives in archives at any price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Bytes of all files of one archive.
    pub chart_size: u64,
    /// Bytes of one file.
    pub file_size: u64,
    /// Bytes of the uncompressed archive beside its files: headers, padding, directories.
    pub overhead: u64,
    /// Entries of one archive.
    pub entries: usize,
    /// Bytes of a path.
    pub path_length: usize,
    /// Bytes of all files of an archive and of the archives in it.
    pub total_size: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        ArchiveLimits {
            chart_size: MAX_CHART_SIZE,
            file_size: MAX_FILE_SIZE,
            overhead: 32 << 20,
            entries: 50_000,
            path_length: 4096,
            total_size: 160 << 20,
        }
    }
}

/// What is left of the limits that hold for an archive together with those in it.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: ArchiveLimits,
    pub(crate) total_left: u64,
}

impl Budget {
    pub(crate) fn new(limits: ArchiveLimits) -> Self {
        Budget { limits, total_left: limits.total_size }
    }
}
