//! YAML and JSON exactly as Helm's Go libraries read and write them.
//!
//! Helm reads YAML with `sigs.k8s.io/yaml` 1.6: go-yaml **v2**, then Go's JSON. It writes it the
//! other way round, but for `toYamlPretty`, which is go-yaml **v3** alone. The texts of errors,
//! with their odd line numbers, are part of what charts depend on and are matched too.
//!
//! Reading:
//! - [`Document`]: one document as [`Node`]s, each with its place in the text.
//! - [`read`], [`read_map`], [`read_list`]: text to [`Value`] in one step; [`load_values`] for
//!   values files, [`split_values`] for their documents.
//! - [`ReadOptions`], [`Limits`]: strictness, integers, and how much may be read.
//!
//! Writing:
//! - [`to_yaml`], [`to_yaml_pretty`], [`json_to_yaml`], [`yaml_to_json`].
//! - [`Encode`] and [`Sink`]: how other crates' values are written without a copy.
//! - [`json`]: Go's `encoding/json`.
//!
//! Changing:
//! - [`Tree`] and [`TreeWriter`]: go-yaml **v3**'s nodes, which keep comments and styles.

mod base64;
mod chars;
mod decode;
mod document;
mod emit;
mod encode;
mod error;
mod float;
mod go_quote;
pub mod json;
mod json_error;
mod key_order;
mod limits;
mod parser;
mod resolve;
mod scanner;
mod source_text;
mod text;
mod tree;
mod unicode;
mod value;
mod values;

pub use decode::ReadOptions;
pub use document::{Document, Entries, Items, Kind, Node};
pub use emit::{TreeWriter, json_to_yaml, to_yaml, to_yaml_pretty};
pub use encode::{Encode, Sink, encode_map, encode_seq};
pub use error::{DuplicateKey, Error, Place, Problem};
pub use key_order::KeyOrder;
pub use limits::{Limit, Limits};
pub use scanner::Style;
pub use tree::{NodeId, NodeKind, NodeStyle, ScalarStyle, Tree, TreeNode};
pub use value::{Map, Value};
pub use values::{
    ValuesDocument, ValuesDocuments, load_values, merge_maps, read, read_list, read_map, split_values,
    yaml_to_json,
};
