//! `search`: charts in the repositories that were added, as Helm finds and ranks them, and in hubs.

mod hub;

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};
use wheelhouse_chart::log_line;
use wheelhouse_goregex::Regex;
use wheelhouse_goyaml::json_to_yaml;
use wheelhouse_semver::{Constraints, Version};

use super::Failure;
use crate::arguments::{ListFormat, Search, SearchAction, SearchRepo};
use crate::filesystem::read;
use crate::output::{items, printable, text};
use crate::printer::Printer;
use crate::remote::{Index, Repositories, index_file};
use crate::settings::Settings;
use crate::table::table;

/// Stands between the parts of a line that is searched.
const SEPARATOR: char = '\u{b}';

/// Runs what is asked for.
pub(super) fn run(options: &Search, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    match &options.action {
        SearchAction::Repo(options) => search_repositories(options, settings, printer),
        SearchAction::Hub(options) => hub::run(options, printer),
    }
}

fn search_repositories(options: &SearchRepo, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let charts = all(settings, printer)?;
    let mut found = if options.arguments.is_empty() {
        charts.into_iter().map(|chart| (0, chart)).collect()
    } else {
        matching(charts, &options.arguments.join(" "), options.regexp)?
    };
    found.sort_by(|(left_score, left), (right_score, right)| {
        left_score.cmp(right_score).then_with(|| left.name.cmp(&right.name)).then_with(|| newer(left, right))
    });
    let chosen = in_range(found.into_iter().map(|(_, chart)| chart), options)?;
    if chosen.is_empty() && options.fail_on_no_result {
        return Err(Failure::new("no results found"));
    }
    print(&chosen, options, printer)
}

/// A version of a chart of a repository.
struct Found {
    /// The repository's name and the chart's.
    name: String,
    version: String,
    app_version: String,
    description: String,
    /// What is searched: name, full name, description, keywords.
    line: String,
}

impl Found {
    fn new(repository: &str, key: &str, entry: &Value) -> Self {
        let (name, description) = (text(entry, "/name"), text(entry, "/description"));
        let keywords: Vec<&str> = items(entry, "/keywords").iter().filter_map(Value::as_str).collect();
        let full = format!("{repository}/{name}");
        let parts = [name.as_str(), &full, &description, &keywords.join(" ")];
        Found {
            name: format!("{repository}/{key}"),
            version: text(entry, "/version"),
            app_version: text(entry, "/appVersion"),
            line: parts.join(SEPARATOR.to_string().as_str()),
            description,
        }
    }
}

/// In which part of a line a place is: what is found in the name counts most.
fn score(line: &str, place: usize) -> usize {
    line.match_indices(SEPARATOR).filter(|(end, _)| *end < place).count()
}

/// The newer version first.
fn newer(left: &Found, right: &Found) -> std::cmp::Ordering {
    match (Version::parse(&left.version), Version::parse(&right.version)) {
        (Ok(left), Ok(right)) => right.cmp(&left),
        _ => std::cmp::Ordering::Equal,
    }
}

/// Every version of every chart of the repositories, as their indexes were fetched last.
fn all(settings: &Settings, printer: Printer) -> Result<Vec<Found>, Failure> {
    let file = Repositories::load(settings).ok().flatten().unwrap_or_default();
    if file.repositories.is_empty() {
        return Err(Failure::new("no repositories configured"));
    }
    // Of two entries with one version the later counts.
    let mut charts = BTreeMap::new();
    for known in &file.repositories {
        let path = index_file(settings, &known.name);
        let shown = path.display().to_string();
        let index =
            read(&path).map_err(Failure::from).and_then(|content| Index::parse(&content, &shown, printer));
        let index = match index {
            Ok(index) => index,
            Err(failure) => {
                let attributes = [("repo", known.name.as_str()), ("error", &failure.message)];
                printer.talk(&log_line("WARN", "repo is corrupt or missing", &attributes));
                continue;
            }
        };
        let entries = index.document.get("entries").and_then(Value::as_object);
        for (name, versions) in entries.into_iter().flatten() {
            for entry in items(versions, "") {
                let found = Found::new(&known.name, name, entry);
                charts.insert((found.name.clone(), found.version.clone()), found);
            }
        }
    }
    Ok(charts.into_values().collect())
}

/// The charts whose line has a text or matches an expression, with their scores: the least is best.
fn matching(charts: Vec<Found>, wanted: &str, is_regex: bool) -> Result<Vec<(usize, Found)>, Failure> {
    let lowered = wanted.to_lowercase();
    let regex = if is_regex { Some(Regex::new(wanted)?) } else { None };
    let ranked = charts.into_iter().filter_map(|chart| {
        let score = match &regex {
            Some(regex) => score(&chart.line, regex.find(chart.line.as_bytes())?.start),
            None => {
                let line = chart.line.to_lowercase();
                score(&line, line.find(&lowered)?)
            }
        };
        Some((score, chart))
    });
    Ok(ranked.collect())
}

/// The versions in the range; of each chart the first, unless all are asked for.
fn in_range(charts: impl Iterator<Item = Found>, options: &SearchRepo) -> Result<Vec<Found>, Failure> {
    let range = match (options.version.as_str(), options.devel) {
        ("", true) => ">0.0.0-0",
        ("", false) => ">0.0.0",
        (range, _) => range,
    };
    let range = Constraints::parse(range)
        .map_err(|error| Failure::new(format!("an invalid version/constraint format: {error}")))?;
    let mut named = HashSet::new();
    Ok(charts
        .filter(|chart| {
            let is_wanted = options.versions || !named.contains(&chart.name);
            let fits = is_wanted && Version::parse(&chart.version).is_ok_and(|version| range.check(&version));
            if fits {
                named.insert(chart.name.clone());
            }
            fits
        })
        .collect())
}

fn print(charts: &[Found], options: &SearchRepo, printer: Printer) -> Result<(), Failure> {
    let list = || {
        let list = charts.iter().map(|chart| {
            let Found { name, version, app_version, description, .. } = chart;
            json!({ "name": name, "version": version, "app_version": app_version, "description": description })
        });
        list.collect::<Vec<_>>()
    };
    match options.output {
        ListFormat::Table if charts.is_empty() => printer.data("No results found\n"),
        ListFormat::Table => {
            let mut rows = vec![["NAME", "CHART VERSION", "APP VERSION", "DESCRIPTION"].map(str::to_owned)];
            rows.extend(charts.iter().map(|chart| {
                [&chart.name, &chart.version, &chart.app_version, &chart.description]
                    .map(|cell| printable(cell))
            }));
            printer.data(format!("{}\n", table(&rows, options.max_col_width)));
        }
        format => print_list(list(), format, printer)?,
    }
    Ok(())
}

/// Prints a list as data for programs.
fn print_list(list: Vec<Value>, format: ListFormat, printer: Printer) -> Result<(), Failure> {
    let list = serde_json::to_vec(&list)?;
    if matches!(format, ListFormat::Yaml) {
        printer.data(json_to_yaml(&list)?);
        return Ok(());
    }
    // Go escapes what could end a script element.
    let text = String::from_utf8_lossy(&list).into_owned();
    let escapes = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026")];
    let text = escapes.iter().fold(text, |text, (letter, escape)| text.replace(*letter, escape));
    printer.data(format!("{text}\n"));
    Ok(())
}
