//! `search hub`: charts that a hub knows.

use serde_json::{Value, json};
use wheelhouse_sprig::url::hostname;

use super::{Failure, print_list};
use crate::arguments::{ListFormat, SearchHub};
use crate::output::{items, printable, text};
use crate::printer::Printer;
use crate::remote::search_hub;
use crate::table::table;

/// A chart, as a hub tells of it.
struct Found {
    url: String,
    version: String,
    app_version: String,
    description: String,
    repository: String,
    repository_url: String,
}

impl Found {
    fn new(endpoint: &str, entry: &Value) -> Self {
        let package = text(entry, "/artifactHub/packageUrl");
        Found {
            url: if package.is_empty() {
                format!("{endpoint}/charts/{}", text(entry, "/id"))
            } else {
                package
            },
            version: text(entry, "/relationships/latestChartVersion/data/version"),
            app_version: text(entry, "/relationships/latestChartVersion/data/app_version"),
            description: text(entry, "/attributes/description"),
            repository: text(entry, "/attributes/repo/name"),
            repository_url: text(entry, "/attributes/repo/url"),
        }
    }
}

/// Asks the hub and prints what it finds.
pub(super) fn run(options: &SearchHub, printer: Printer) -> Result<(), Failure> {
    let endpoint = &options.endpoint;
    let host = hostname(endpoint.as_bytes()).and_then(|host| match host.is_empty() {
        true => Err("no hostname provided".to_owned()),
        false => Ok(host),
    });
    host.map_err(|problem| Failure::new(format!("unable to create connection to {endpoint:?}: {problem}")))?;
    let answer = search_hub(endpoint, &options.arguments.join(" ")).map_err(|failure| {
        Failure::new(format!("unable to perform search against {endpoint:?}")).with_advice(failure.message)
    })?;
    let charts: Vec<Found> =
        items(&answer, "/data").iter().map(|entry| Found::new(endpoint, entry)).collect();
    if charts.is_empty() && options.fail_on_no_result {
        return Err(Failure::new("no results found"));
    }
    let list = || charts.iter().map(element).collect::<Vec<_>>();
    match options.output {
        ListFormat::Table if charts.is_empty() => printer.data("No results found\n"),
        ListFormat::Table => printer.data(format!("{}\n", rows(&charts, options))),
        format => print_list(list(), format, printer)?,
    }
    Ok(())
}

fn element(chart: &Found) -> Value {
    json!({
        "url": chart.url,
        "version": chart.version,
        "app_version": chart.app_version,
        "description": chart.description,
        "repository": { "url": chart.repository_url, "name": chart.repository },
    })
}

fn rows(charts: &[Found], options: &SearchHub) -> String {
    const HEADS: [&str; 5] = ["URL", "CHART VERSION", "APP VERSION", "DESCRIPTION", "REPO URL"];
    let mut rows = vec![HEADS.map(str::to_owned)];
    rows.extend(charts.iter().map(|chart| {
        [&chart.url, &chart.version, &chart.app_version, &chart.description, &chart.repository_url]
            .map(|cell| printable(cell))
    }));
    match options.list_repo_url {
        true => table(&rows, options.max_col_width),
        false => {
            let narrow: Vec<[String; 4]> = rows
                .into_iter()
                .map(|[url, version, app, description, _]| [url, version, app, description])
                .collect();
            table(&narrow, options.max_col_width)
        }
    }
}
