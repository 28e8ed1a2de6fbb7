use std::collections::BTreeSet;

use wheelhouse_check::fix::{TextEdit, edit_of};
use wheelhouse_check::{Checked, Located, Suppressed};
use wheelhouse_policy::Level;
use wheelhouse_source::quantity;

use super::overlay::Overlay;
use super::{Failure, Session};

/// Most edits of one run.
const MOST_EDITS: usize = 500;

/// What was edited.
pub(super) struct Fixed {
    /// A sentence for people.
    pub(super) told: String,
    /// The edits as a unified diff.
    pub(super) diff: String,
}

/// Makes one edit after the other, and keeps those after which the finding is gone and no other has
/// come.
pub(super) fn fix(
    session: &mut Session<'_>,
    overlay: &mut Overlay,
    mut checked: Checked,
    mut findings: Vec<Located>,
) -> Result<Fixed, Failure> {
    let directory = session.directory()?.to_owned();
    let mut given_up: BTreeSet<(String, usize, usize, String)> = BTreeSet::new();
    let mut done: Vec<String> = Vec::new();
    'next: for _ in 0..MOST_EDITS {
        for located in
            findings.iter().filter(|located| located.finding.level != Level::Info || is_plain(located))
        {
            let Some(edit) = edit_of(located, &checked) else { continue };
            let key = (edit.file.clone(), edit.span.start, edit.span.end, edit.text.clone());
            if given_up.contains(&key) {
                continue;
            }
            let label =
                format!("{} {} {}", located.finding.rule.id, located.finding.object, located.finding.path);
            match attempt(session, overlay, &directory, &edit, findings.len(), errors(&findings))? {
                Some((next, after, suppressed)) => {
                    (*overlay, checked, findings) = (next, after, suppressed);
                    // Offsets have moved: what was given up is tried anew in its new place.
                    done.push(label);
                    continue 'next;
                }
                None => {
                    given_up.insert(key);
                }
            }
        }
        break;
    }
    let files = overlay.files().count();
    let mut diff = String::new();
    for (file, text) in overlay.files() {
        let before = Overlay::default().text(&directory, file)?;
        let lines = similar::TextDiff::from_lines(&before, text);
        let (old, new) = (format!("a/{file}"), format!("b/{file}"));
        diff.push_str(&lines.unified_diff().header(&old, &new).to_string());
    }
    let mut told = format!("fixed {} in {}", quantity(done.len(), "finding"), quantity(files, "file"));
    for label in done {
        told.push_str(&format!("\n  {}", label.trim_end()));
    }
    Ok(Fixed { told, diff })
}

/// Wishes that are removed anyway may go from the chart too.
fn is_plain(located: &Located) -> bool {
    matches!(located.finding.rule.id, "WH-171" | "WH-172" | "WH-173")
}

fn errors(findings: &[Located]) -> usize {
    findings.iter().filter(|located| located.finding.level == Level::Error).count()
}

/// The chart with one more edit, if it is the better for it.
fn attempt(
    session: &mut Session<'_>,
    overlay: &Overlay,
    directory: &std::path::Path,
    edit: &TextEdit,
    findings_before: usize,
    errors_before: usize,
) -> Result<Option<(Overlay, Checked, Vec<Located>)>, Failure> {
    let before = overlay.text(directory, &edit.file)?;
    let Some(after) = edit.apply(&before) else { return Ok(None) };
    let mut next = overlay.clone();
    next.set(&edit.file, after);
    // An edit after which the chart cannot be checked is no fix.
    let Ok((checked, Suppressed { kept, .. })) = session.checked_quietly(&next) else { return Ok(None) };
    let is_better = kept.len() < findings_before && errors(&kept) <= errors_before;
    Ok(is_better.then_some((next, checked, kept)))
}
