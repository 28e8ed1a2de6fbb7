use wheelhouse_chart::Compat;
use wheelhouse_goyaml::{ReadOptions, Value, read};

use crate::documents::{Decoder, DocumentHead, Texts};

const POLICY: &str = "helm.sh/resource-policy";
const METADATA: &str = "struct { Annotations map[string]string }";

/// Items of a `List` do not ask to be kept: only whole documents are looked at when resources are
/// deleted. Of several documents in a file, the first is looked at.
///
/// # Errors
/// When one asks, or the list's items are not such.
pub fn check_list_annotations(head: &DocumentHead, file: &[u8], compat: Compat) -> Result<(), String> {
    if head.kind != "List" {
        return Ok(());
    }
    let options = ReadOptions { keep_integers: true, ..ReadOptions::default() };
    let kept = read(file, &options)
        .map_err(|error| error.to_string())
        .and_then(has_kept_items)
        .map_err(|problem| format!("unable to parse YAML: {problem}"))?;
    if !kept {
        return Ok(());
    }
    let word = match compat {
        Compat::V4 => "annotation",
        Compat::V3 => "Annotation",
    };
    Err(format!("{word} '{POLICY}' within List objects are ignored"))
}

fn has_kept_items(list: Value) -> Result<bool, String> {
    let item_type = format!("struct {{ Metadata {METADATA} }}");
    let mut decoder = Decoder::new(Texts::FromScalars);
    let mut is_kept = false;
    for (key, value) in decoder.object(list, &format!("value of type struct {{ Items []{item_type} }}")) {
        if key.to_lowercase() != "items" {
            continue;
        }
        let items = match value {
            Value::Seq(items) => items,
            Value::Null => continue,
            other => {
                decoder.mismatch(&other, &format!("struct field .Items of type []{item_type}"));
                continue;
            }
        };
        for item in items {
            is_kept |= item_is_kept(&mut decoder, item, &item_type);
        }
    }
    decoder.finish().map(|()| is_kept)
}

fn item_is_kept(decoder: &mut Decoder, item: Value, item_type: &str) -> bool {
    let mut is_kept = false;
    for (key, value) in decoder.object(item, &format!("struct field .Items of type {item_type}")) {
        if key.to_lowercase() != "metadata" {
            continue;
        }
        for (key, value) in decoder.object(value, &format!("struct field .Items.Metadata of type {METADATA}"))
        {
            if key.to_lowercase() != "annotations" {
                continue;
            }
            let field = "struct field .Items.Metadata.Annotations of type";
            for (name, value) in decoder.object(value, &format!("{field} map[string]string")) {
                decoder.text(&value, &mut String::new(), &format!("{field} string"));
                is_kept |= name == POLICY;
            }
        }
    }
    is_kept
}
