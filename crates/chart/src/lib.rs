//! Charts and values as Helm 4.2.4 (or 3.21.4, by [`Compat`]) sees them.
//!
//! - [`load_files`], [`load_archive`], [`load_directory`]: charts with their subcharts.
//! - [`package`]: charts into archives.
//! - [`values`]: values files and flags, coalescing, and where each value comes from.
//! - [`strvals`]: the grammar of `--set` and its relatives.
//! - [`jsonpath`]: JSONPath templates of `show values`.
//! - [`metadata`]: Chart.yaml, Chart.lock and their rules.
//! - [`dependencies`]: which subcharts take part, and what they export.
//! - [`schema`]: the checks of values.schema.json.
//! - [`archive`]: `.tgz` files, read within limits and written reproducibly.
//! - [`mod@ignore`]: the rules of `.helmignore`.
//!
//! The crate does no I/O: files come in as bytes, and what needs a directory or a clock asks
//! through a value or a small trait.

pub mod archive;
pub mod dependencies;
pub mod ignore;
pub mod jsonpath;
pub mod metadata;
pub mod schema;
pub mod strvals;
pub mod values;

mod chart;
mod error;
mod file;
mod loader;
mod package;
mod text;
mod warning;

pub use chart::{Chart, Contents, Crd};
pub use dependencies::{check_dependencies, is_compatible_range, process_dependencies};
pub use error::Error;
pub use file::File;
pub use loader::{
    ChartDirectory, FileKind, FileStatus, LinkPolicy, LoadOptions, load_archive, load_archive_file,
    load_directory, load_files,
};
pub use metadata::{Dependency, Lock, Maintainer, Metadata};
pub use package::{Package, Stamp, package};
pub use warning::{Warning, log_line};
pub use wheelhouse_compat::Compat;
