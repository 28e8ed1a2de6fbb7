//! Chart.yaml, Chart.lock and their rules.

mod decode;
mod encode;
mod lock;
mod model;
mod timestamp;
mod validate;

pub use lock::Lock;
pub use model::{API_VERSION_V1, API_VERSION_V2, Dependency, ImportValue, Maintainer, Metadata};
pub use timestamp::Timestamp;

pub(crate) use decode::{Strictness, api_version};
