//! `--profile`: what each template of a render cost.

use serde_json::json;
use wheelhouse_gotemplate::TemplateCost;

use crate::arguments::ProfileFormat;
use crate::table::table;

/// The costs as a table, or as JSON; the dearest template first.
pub(crate) fn report(costs: &[TemplateCost], format: ProfileFormat) -> String {
    match format {
        ProfileFormat::Table => as_table(costs),
        ProfileFormat::Json => as_json(costs),
    }
}

fn as_table(costs: &[TemplateCost]) -> String {
    let mut rows = vec![["TEMPLATE", "CALLS", "OWN MS", "TOTAL MS", "STEPS", "BYTES"].map(ToOwned::to_owned)];
    rows.extend(costs.iter().map(|cost| {
        [
            cost.name.clone(),
            cost.calls.to_string(),
            format!("{:.3}", cost.own_time.as_secs_f64() * 1e3),
            format!("{:.3}", cost.total_time.as_secs_f64() * 1e3),
            cost.steps.to_string(),
            cost.bytes.to_string(),
        ]
    }));
    table(&rows, 0)
}

fn as_json(costs: &[TemplateCost]) -> String {
    let rows = costs.iter().map(|cost| {
        json!({
            "template": cost.name,
            "calls": cost.calls,
            "ownMicroseconds": microseconds(cost.own_time),
            "totalMicroseconds": microseconds(cost.total_time),
            "steps": cost.steps,
            "bytes": cost.bytes,
        })
    });
    json!({ "templates": rows.collect::<Vec<_>>() }).to_string()
}

fn microseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_row_for_each_template() {
        let cost = TemplateCost {
            name: "c/templates/a.yaml".to_owned(),
            calls: 2,
            own_time: Duration::from_micros(1500),
            total_time: Duration::from_micros(2500),
            steps: 7,
            bytes: 9,
        };
        assert_eq!(
            as_table(std::slice::from_ref(&cost)),
            "TEMPLATE          \tCALLS\tOWN MS\tTOTAL MS\tSTEPS\tBYTES\nc/templates/a.yaml\t2    \t1.500 \t2.500   \t7    \t9    "
        );
        assert_eq!(
            as_json(&[cost]),
            r#"{"templates":[{"template":"c/templates/a.yaml","calls":2,"ownMicroseconds":1500,"totalMicroseconds":2500,"steps":7,"bytes":9}]}"#
        );
    }
}
