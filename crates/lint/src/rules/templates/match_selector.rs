use wheelhouse_gotemplate::strconv::quote;

use crate::documents::DocumentHead;

/// What keeps pods says which: Helm looks for the words anywhere in the file.
///
/// # Errors
/// When they are not there.
pub fn check_match_selector(head: &DocumentHead, file: &[u8]) -> Result<(), String> {
    let keeps_pods = matches!(head.kind.as_str(), "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet");
    let has = |word: &[u8]| file.windows(word.len()).any(|window| window == word);
    if !keeps_pods || has(b"matchLabels") || has(b"matchExpressions") {
        return Ok(());
    }
    Err(format!(
        "a {} must contain matchLabels or matchExpressions, and {} does not",
        head.kind,
        quote(head.name.as_bytes())
    ))
}
