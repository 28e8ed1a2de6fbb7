//! `check`: hold a chart against the policy of the platform.

use wheelhouse_chart::{Compat, LoadOptions};
use wheelhouse_check::{CheckRequest, Checked, check_chart, format};
use wheelhouse_functions::engine::RELEASE_NAME;
use wheelhouse_functions::instance_type::InstanceType;
use wheelhouse_policy::{
    Additions, DeploymentFacts, ExtraKind, FunctionFacts, Machines, Policy, PolicyName, mutate,
};
use wheelhouse_render::{Operation, Release, Renderer, Request};

use super::Failure;
use crate::arguments::{Check, CheckFormat};
use crate::charts;
use crate::printer::Printer;
use crate::settings::Settings;

/// The exit code when the chart could not be checked at all.
const COULD_NOT_CHECK: u8 = 2;

/// Checks and prints. Exit 0 for a chart that is accepted, 1 for one that is refused, 2 for one
/// that could not be checked.
pub(super) fn run(options: &Check, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let checked = checked(options, settings, printer).map_err(|mut failure| {
        failure.exit_code = COULD_NOT_CHECK;
        failure
    })?;
    let (checked, reference) = checked;
    let values = checked.rendered.chart.contents().raw.iter().find(|file| file.name == "values.yaml");
    let values = values.map(|file| file.text().into_owned()).unwrap_or_default();
    match options.format {
        CheckFormat::Human => {
            printer.data(format::human(&checked.findings, checked.counted, &values, printer.colours_data()));
        }
        CheckFormat::Json => printer.data(pretty(&format::json(&checked.findings, checked.counted))),
        CheckFormat::Sarif => printer.data(pretty(&format::sarif(&checked.findings))),
        CheckFormat::Junit => printer.data(format::junit(&checked.findings)),
        CheckFormat::Github => printer.data(format::github(&checked.findings, &reference)),
    }
    if options.show_mutations {
        show_mutations(&checked, printer)?;
    }
    if checked.refused() { Err(Failure { exit_code: 1, ..Failure::new("") }) } else { Ok(()) }
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

fn checked(options: &Check, settings: &Settings, printer: Printer) -> Result<(Checked, String), Failure> {
    let [reference] = options.arguments.as_slice() else {
        return Err(Failure::new(
            "\"wheelhouse check\" requires 1 argument\n\nUsage:  wheelhouse check CHART [flags]",
        ));
    };
    let compat = Compat::V4;
    let path = charts::locate(reference, &options.chart_path, settings, printer)?;
    let values = charts::user_values(&options.values, compat, true)?;
    let chart = charts::load(&path, LoadOptions { compat, trace: true, ..LoadOptions::default() }, printer)?;
    let capabilities = charts::offline_capabilities(&options.kube_version, &[], compat)?;
    let request = check_request(options, &capabilities.kube_version.minor)?;
    let release = Release {
        name: RELEASE_NAME.to_owned(),
        namespace: "mini-service".to_owned(),
        revision: 1,
        operation: Operation::Install,
    };
    let environment = charts::environment(compat, false);
    let deadline = charts::deadline();
    let render = Request {
        values: &values,
        release: &release,
        capabilities: &capabilities,
        environment: &environment,
        limits: charts::limits(),
        checkpoint: Some(&deadline),
        skip_schema_validation: false,
        trace: true,
        clock: None,
    };
    let mut warnings = Vec::new();
    let result = check_chart(&Renderer::new(compat), chart, &render, &request, &mut warnings);
    charts::tell(&warnings, compat, printer);
    let checked = result.map_err(Failure::from_pipeline)?;
    if let Err(error) = &checked.rendered.manifests {
        return Err(Failure::from_manifest(error, &checked.rendered));
    }
    Ok((checked, reference.clone()))
}

fn check_request(options: &Check, minor: &str) -> Result<CheckRequest, Failure> {
    let machines = match &options.instance_type {
        None => None,
        Some(name) => {
            let parsed = name.parse::<InstanceType>()?;
            Some(Machines {
                instance_type: name.clone(),
                gpus_per_node: i64::from(parsed.gpus_per_node()),
                nodes: i64::from(parsed.nodes()),
            })
        }
    };
    let extra_kinds = options.extra_kind.iter().map(|text| extra_kind(text)).collect::<Result<_, _>>()?;
    let function = options.service.as_ref().map(|service| FunctionFacts {
        service_name: service.clone(),
        inference_port: options.port,
        ..FunctionFacts::default()
    });
    let name = if options.policy == "unrestricted" { PolicyName::Unrestricted } else { PolicyName::Default };
    Ok(CheckRequest {
        function,
        deployment: machines.map(|machines| DeploymentFacts { machines: Some(machines) }),
        policy: Policy {
            name,
            extra_kinds,
            enforce_upcoming: options.enforce_upcoming,
            kubernetes_minor: minor.parse().unwrap_or(Policy::default().kubernetes_minor),
        },
    })
}

/// `GROUP/VERSION/KIND`, or `VERSION/KIND` of the core group.
fn extra_kind(text: &str) -> Result<ExtraKind, Failure> {
    let parts: Vec<&str> = text.split('/').collect();
    let (group, version, kind) = match parts.as_slice() {
        [group, version, kind] => (*group, *version, *kind),
        [version, kind] => ("", *version, *kind),
        _ => return Err(Failure::new(format!("extra kind \"{text}\" is not GROUP/VERSION/KIND"))),
    };
    Ok(ExtraKind { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() })
}

fn show_mutations(checked: &Checked, printer: Printer) -> Result<(), Failure> {
    let mut objects = checked.intake.objects.clone();
    let ledger = mutate(&mut objects, &Additions::default())?;
    let mut text = String::new();
    for hook in &checked.intake.hooks {
        text.push_str(&format!("WH-015 {hook}: dropped\n"));
    }
    for definition in &checked.intake.definitions {
        text.push_str(&format!("WH-016 {definition}: dropped\n"));
    }
    for change in &ledger.changes {
        text.push_str(&format!("{} {} {}\n", change.rule, change.object, change.path));
        for (sign, value) in [('-', &change.before), ('+', &change.after)] {
            if let Some(value) = value {
                text.push_str(&format!("  {sign} {value}\n"));
            }
        }
    }
    printer.data(text);
    Ok(())
}
