//! The platform's own changes: whether the chart stands them.

use wheelhouse_policy::{Additions, BrokenChart, InstanceFacts, Intake, Level, Noted, try_changes};
use wheelhouse_render::RenderedChart;

use super::Notes;
use crate::located::in_chart_file;

/// Tells what the changes that every instance gets would break: such a chart is refused, never changed.
pub(crate) fn hold(notes: &mut Notes<'_>, rendered: &RenderedChart, intake: &Intake) {
    if let Err(BrokenChart { rule, message }) =
        try_changes(&intake.objects, &Additions::of(InstanceFacts::default()))
    {
        let noted = Noted {
            message: format!("the platform's change would break the chart: {message}"),
            level: Some(Level::Error),
            ..Noted::default()
        };
        notes.add(rule, noted, in_chart_file(&rendered.chart, "name"));
    }
}
