//! Charts with something odd in each, from `data/odd-charts.json`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::{Case, write};

#[derive(Deserialize)]
struct OddChart {
    name: String,
    /// Texts by path.
    files: BTreeMap<String, String>,
    /// Flags of each run of `template`.
    runs: Vec<Vec<String>>,
    /// Whether it is linted too.
    lint: bool,
}

/// Writes the charts, and gives the runs to compare.
pub(crate) fn odd(folder: &Path) -> Result<Vec<Case>> {
    let charts: Vec<OddChart> =
        serde_json::from_str(include_str!("../../data/odd-charts.json")).context("odd-charts.json")?;
    let mut cases = Vec::new();
    for chart in charts {
        let path = folder.join(&chart.name);
        for (file, text) in &chart.files {
            write(&path.join(file), text)?;
        }
        for flags in chart.runs {
            let mut case = Case::chart(&path);
            case.name = format!("{} {}", chart.name, flags.join(" "));
            case.chart = None;
            case.arguments.extend(flags);
            cases.push(case);
        }
        if chart.lint {
            cases.push(Case::lint(&path));
        }
    }
    Ok(cases)
}
