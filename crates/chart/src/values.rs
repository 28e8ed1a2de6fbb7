//! Values: as they are written, as they are merged, and as templates see them.
//!
//! - [`Table`], [`Node`], [`Data`]: values as files and flags give them, each with its [`Mark`].
//! - [`read_values`], [`ValuesFlags`]: values files, and all values flags of a command.
//! - [`Coalescer`]: how values of the user, of parents and of charts come together into the maps
//!   that templates see.
//! - [`Origins`]: where each entry of those maps was written.

mod coalesce;
mod file;
mod layer;
mod lookup;
mod mark;
mod merge;
mod node;
mod origins;
mod shown;
mod user;

pub use coalesce::{Coalescer, MAX_COALESCED_ENTRIES};
pub use file::read_values;
pub use mark::{Mark, SetFlag, ValueSource};
pub use merge::merge_user_values;
pub use node::{Data, Node, Table};
pub use origins::Origins;
pub use user::ValuesFlags;

pub(crate) use coalesce::Mode;
pub(crate) use file::{from_yaml, from_yaml_at};
pub(crate) use lookup::{table_at, value_at};
pub(crate) use origins::{Nulls, to_map, to_table};
pub(crate) use shown::Shown;

/// The key whose table every subchart shares.
pub const GLOBAL_KEY: &str = "global";

/// How deep values may nest. Go's readers take twenty times as much; no chart comes near either.
pub const MAX_DEPTH: usize = 500;

/// What readers of values take.
pub(crate) fn read_limits() -> wheelhouse_goyaml::Limits {
    wheelhouse_goyaml::Limits { max_depth: MAX_DEPTH, ..wheelhouse_goyaml::Limits::default() }
}
