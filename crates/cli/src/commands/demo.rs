//! `demo`: a chart from nothing to a package, with what the platform would refuse.

use std::path::Path;
use std::time::Instant;

use wheelhouse_chart::{Compat, LoadOptions, Stamp, package};
use wheelhouse_check::{CheckRequest, Checked, check_chart, format};
use wheelhouse_functions::engine::RELEASE_NAME;
use wheelhouse_policy::{FunctionFacts, Level};
use wheelhouse_render::{Release, Renderer, Request};

use super::{Failure, create};
use crate::arguments::{Demo, ValueOptions};
use crate::charts;
use crate::filesystem::write;
use crate::printer::Printer;

const NAME: &str = "hello";
const SERVICE: &str = "entrypoint";
const PORT: i64 = 8000;

/// What the demo puts into the chart for the platform to refuse.
const BROKEN: &str = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: {{ .Release.Name }}-agent\nspec:\n  \
    template:\n    spec:\n      hostPID: {{ .Values.debug }}\n";

/// Runs the demo in a folder of its own, which is removed unless it is to be kept.
pub(super) fn run(options: &Demo, printer: Printer) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("wheelhouse-demo-").tempdir()?;
    let chart = folder.path().join(NAME);
    let step = |title: &str| printer.talk(&format!("\n== {title}"));

    step("create a chart for a function");
    create::scaffold(&chart, true, printer)?;
    printer.talk(&format!("   {}", chart.display()));

    step("render it");
    let start = Instant::now();
    let checked = checked(&chart, printer)?;
    let manifests =
        checked.rendered.manifests.as_ref().map(|found| found.manifests.len()).unwrap_or_default();
    printer.talk(&format!("   {manifests} manifests in {:.1} ms", start.elapsed().as_secs_f64() * 1e3));

    step("hold it against the platform's policy");
    printer.talk(&format!("   {}", verdict(&checked)));

    step("put something into it that the platform refuses");
    write(&chart.join("templates/agent.yaml"), BROKEN.as_bytes())?;
    write(&chart.join("values.yaml"), values_with_debug(&chart)?.as_bytes())?;
    let broken = self::checked(&chart, printer)?;
    let values = std::fs::read_to_string(chart.join("values.yaml"))?;
    let worst: Vec<_> = broken
        .findings
        .iter()
        .filter(|located| located.finding.object.starts_with("DaemonSet/"))
        .filter(|located| located.finding.level != Level::Info)
        .take(2)
        .cloned()
        .collect();
    printer.data(format::human(&worst, broken.counted, &values, printer.colours_data()));
    if !broken.refused() {
        return Err(Failure::new("the broken chart was accepted"));
    }

    step("mend it and pack it");
    std::fs::remove_file(chart.join("templates/agent.yaml"))?;
    let mended = charts::load(&chart, LoadOptions::default(), printer)?;
    let packed = package(&mended, Compat::V4, Stamp::Own(std::time::SystemTime::now()))?;
    let path = folder.path().join(&packed.file_name);
    write(&path, &packed.archive)?;
    printer.talk(&format!("   {} ({} bytes)", packed.file_name, packed.archive.len()));

    if options.keep {
        printer.talk(&format!("\nkept in {}", folder.keep().display()));
    }
    Ok(())
}

fn verdict(checked: &Checked) -> String {
    let counts = format::Counts::of(&checked.findings);
    let word = if checked.refused() { "refused" } else { "accepted" };
    format!(
        "{word}: {} object(s), {} error(s), {} warning(s), {} note(s)",
        checked.counted, counts.errors, counts.warnings, counts.infos
    )
}

fn values_with_debug(chart: &Path) -> Result<String, Failure> {
    Ok(format!("{}\ndebug: true\n", std::fs::read_to_string(chart.join("values.yaml"))?.trim_end()))
}

fn checked(path: &Path, printer: Printer) -> Result<Checked, Failure> {
    let compat = Compat::V4;
    let values = charts::user_values(&ValueOptions::default(), compat, true)?;
    let chart = charts::load(path, LoadOptions { compat, trace: true, ..LoadOptions::default() }, printer)?;
    let capabilities = charts::offline_capabilities("", &[], compat)?;
    let release = Release {
        name: RELEASE_NAME.to_owned(),
        namespace: RELEASE_NAME.to_owned(),
        revision: 1,
        is_upgrade: false,
    };
    let environment = charts::environment(compat, false);
    let deadline = charts::deadline();
    let request = Request {
        values: &values,
        release: &release,
        capabilities: &capabilities,
        environment: &environment,
        limits: charts::limits(),
        checkpoint: Some(&deadline),
        skip_schema_validation: false,
        trace: true,
    };
    let function = FunctionFacts {
        service_name: SERVICE.to_owned(),
        inference_port: Some(PORT),
        inference_url: "/infer".to_owned(),
        ..FunctionFacts::default()
    };
    let check = CheckRequest { function: Some(function), ..CheckRequest::default() };
    check_chart(&Renderer::new(compat), chart, &request, &check, &mut Vec::new())
        .map_err(Failure::from_pipeline)
}
