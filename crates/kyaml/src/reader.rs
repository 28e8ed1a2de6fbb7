use std::borrow::Cow;

use memchr::memmem;
use wheelhouse_goyaml::{Limits, NodeId, Tree};

use crate::Error;
use crate::annotations::{internal, set_annotation};
use crate::fields::{field, is_null};
use crate::meta::Meta;

/// Reads the resources of a text into `tree`, each with its number among them as an annotation
/// that [`write_all`](crate::write_all) takes away again. Documents without content are left out;
/// a single `List` with `items` stands for these.
///
/// # Errors
/// A document is not YAML or no mapping, or something but a comment stands after `---`.
pub fn read_all(tree: &mut Tree, text: &[u8]) -> Result<Vec<NodeId>, Error> {
    let text = without_carriage_returns(text);
    let documents = split_documents(&text)?;
    let single = documents.len() == 1;
    let limits = Limits::default();
    let mut resources = Vec::new();
    let mut index = 0;
    for document in documents {
        let Some(id) = tree.read_document(document, &limits).map_err(Error::Malformed)? else { continue };
        if is_null(tree, id) {
            continue;
        }
        note_index(tree, id, index)?;
        let kind = Meta::of(tree, id).unwrap_or_default().kind;
        let is_list = single && matches!(kind.as_str(), "List" | "ResourceList");
        let items = field(tree, id, "items");
        if is_list && (items.is_some() || field(tree, id, "functionConfig").is_some()) {
            let items = items.and_then(|items| tree.get(items));
            resources.extend(items.map(|items| items.content.as_slice()).unwrap_or_default());
            continue;
        }
        resources.push(id);
        index += 1;
    }
    Ok(resources)
}

/// Notes the number of a resource, and makes the old and new forms of what other readers noted
/// the same.
fn note_index(tree: &mut Tree, id: NodeId, index: usize) -> Result<(), Error> {
    if let Ok(meta) = Meta::of(tree, id) {
        for (old, new) in [
            (internal::OLD_PATH, internal::PATH),
            (internal::OLD_INDEX, internal::INDEX),
            (internal::OLD_ID, internal::ID),
        ] {
            let text = |key: &str| meta.annotations.get(key).map_or("", String::as_str);
            match (text(old), text(new)) {
                ("", "") => {}
                ("", value) => set_annotation(tree, id, old, value)?,
                (value, "") => set_annotation(tree, id, new, value)?,
                _ => {}
            }
        }
    }
    let index = index.to_string();
    set_annotation(tree, id, internal::OLD_INDEX, &index)?;
    set_annotation(tree, id, internal::INDEX, &index)
}

fn without_carriage_returns(text: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(text, b"\r\n").is_none() {
        return Cow::Borrowed(text);
    }
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = memmem::find(rest, b"\r\n") {
        let (before, after) = rest.split_at_checked(place).unwrap_or((rest, &[]));
        result.extend_from_slice(before);
        rest = after.get(1..).unwrap_or_default();
    }
    result.extend_from_slice(rest);
    Cow::Owned(result)
}

/// The documents between lines that begin with `---`; each but the last ends with a line break.
fn split_documents(text: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let mut documents = Vec::new();
    if text.is_empty() {
        return Ok(documents);
    }
    let mut start = 0;
    // The line break at the end of a separator cannot begin another.
    while let Some((before, end)) = find_separator(text, start) {
        let said = text.get(before + 4..end).unwrap_or_default();
        let said = String::from_utf8_lossy(said);
        if !said.trim().is_empty() && !said.trim().starts_with('#') {
            return Err(Error::Separator(format!("---{}", said.trim_end())));
        }
        documents.push(text.get(start..=before).unwrap_or_default());
        start = end;
    }
    documents.push(text.get(start..).unwrap_or_default());
    Ok(documents)
}

/// The next `\n---…\n`: where it begins and ends.
fn find_separator(text: &[u8], start: usize) -> Option<(usize, usize)> {
    let before = start + memmem::find(text.get(start..)?, b"\n---")?;
    let line_end = memchr::memchr(b'\n', text.get(before + 1..)?)?;
    Some((before, before + 1 + line_end + 1))
}
