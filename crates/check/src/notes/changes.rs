//! The platform's own changes: whether the chart stands them.

use wheelhouse_policy::{Additions, BrokenChart, Intake, Level, Noted, VariableSource, try_changes};
use wheelhouse_render::RenderedChart;

use super::Notes;
use crate::located::in_chart_file;

/// Tells what the changes that every instance gets would break: such a chart is refused, never changed.
pub(crate) fn hold(notes: &mut Notes<'_>, rendered: &RenderedChart, intake: &Intake) {
    if let Err(BrokenChart { rule, message }) = try_changes(&intake.objects, &usual()) {
        let noted = Noted {
            message: format!("the platform's change would break the chart: {message}"),
            level: Some(Level::Error),
            ..Noted::default()
        };
        notes.add(rule, noted, in_chart_file(&rendered.chart, "name"));
    }
}

/// What pods of every instance get, with words in place of what only an instance has.
fn usual() -> Additions {
    let label = |key: &str| (key.to_owned(), "x".to_owned());
    let field = |key: &str| VariableSource::Field(format!("metadata.labels['{key}']"));
    Additions {
        pull_secrets: vec!["nvcf-pull".to_owned()],
        environment: vec![("NVCF_FUNCTION_ID".to_owned(), field("function-id"))],
        labels: ["function-id", "function-version-id", "nvcf.nvidia.io/instance-id"].map(label).into(),
        service_account: "nvcf-instance".to_owned(),
        tolerations: vec!["nvidia.com/gpu".to_owned()],
        ..Additions::default()
    }
}
