use std::collections::BTreeMap;

use wheelhouse_goyaml::{NodeId, Tree};

use crate::Error;
use crate::fields::{entries, field, is_null, is_null_or_empty, value_of};

/// What a resource says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Its kind; empty if there is none.
    pub kind: String,
    /// Its annotations as text, a null as the empty one.
    pub annotations: BTreeMap<String, String>,
}

impl Meta {
    /// Reads a resource's head. A null has an empty one.
    ///
    /// # Errors
    /// [`Error::MissingMetadata`] if none of `apiVersion`, `kind`, and of `metadata` `name`,
    /// `namespace`, `labels` and `annotations` says anything.
    pub fn of(tree: &Tree, id: NodeId) -> Result<Self, Error> {
        let mut meta = Meta::default();
        if is_null(tree, id) {
            return Ok(meta);
        }
        let said =
            |id: NodeId, name: &str| field(tree, id, name).filter(|value| !is_null_or_empty(tree, *value));
        let kind = said(id, "kind");
        if let Some(kind) = kind {
            value_of(tree, kind).clone_into(&mut meta.kind);
        }
        let mut says_anything = kind.is_some() || said(id, "apiVersion").is_some();
        if let Some(metadata) = said(id, "metadata") {
            says_anything |=
                ["name", "namespace", "labels"].iter().any(|name| said(metadata, name).is_some());
            if let Some(annotations) = said(metadata, "annotations") {
                says_anything = true;
                meta.annotations = texts_of(tree, annotations);
            }
        }
        if says_anything { Ok(meta) } else { Err(Error::MissingMetadata) }
    }
}

/// The fields of a mapping as texts; the first of equal keys counts.
fn texts_of(tree: &Tree, id: NodeId) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    if tree.get(id).is_some_and(|node| node.kind == wheelhouse_goyaml::NodeKind::Mapping) {
        for (key, value) in entries(tree, id) {
            texts.entry(key.to_owned()).or_insert_with(|| value_of(tree, value).to_owned());
        }
    }
    texts
}
