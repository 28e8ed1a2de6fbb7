//! Chart archives: gzipped tar files, read within limits and written reproducibly.

mod content_type;
mod entry;
mod header;
mod limits;
mod pax;
mod read;
mod tar;
mod write;

pub use content_type::check_is_archive;
pub use limits::{ArchiveLimits, MAX_CHART_SIZE, MAX_FILE_SIZE};
pub use read::read_archive;

pub(crate) use limits::Budget;
pub(crate) use read::read_archive_within;
pub(crate) use write::{ArchiveFile, write_archive};
