//! `explain`: where a field of a rendered object comes from, or what a rule of the policy says.

use wheelhouse_chart::{Compat, LoadOptions};
use wheelhouse_objects::{Node, Object, read_document};
use wheelhouse_policy::Rule;
use wheelhouse_render::{Location, RenderedChart, Renderer};
use wheelhouse_source::{Diagnostic, Excerpt, Severity};

use super::Failure;
use crate::arguments::{ChartPathOptions, Explain};
use crate::charts;
use crate::printer::Printer;
use crate::rendering::Rendering;
use crate::settings::Settings;

/// Explains a rule, or a field.
pub(super) fn run(options: &Explain, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    if options.all {
        let cards: Vec<String> = wheelhouse_policy::catalogue().map(card).collect();
        printer.data(cards.join("\n"));
        return Ok(());
    }
    match options.arguments.as_slice() {
        [rule] => explain_rule(rule, printer),
        [chart, object, path] => explain_field(options, (chart, object, path), settings, printer),
        _ => Err(Failure::new(
            "explain takes a rule (WH-012), or a chart, KIND/NAME and a path (spec.replicas)",
        )),
    }
}

fn explain_rule(id: &str, printer: Printer) -> Result<(), Failure> {
    let Some(rule) = wheelhouse_policy::rule(id) else {
        let known = wheelhouse_policy::catalogue().flat_map(|rule| [rule.id, rule.slug]);
        let upper = id.to_ascii_uppercase();
        let wanted = if upper.starts_with("WH-") { upper.as_str() } else { id };
        let near = wheelhouse_policy::nearest(wanted, known);
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let mut failure = Failure::new(format!("there is no rule {id}{near} (explain --all prints them)"));
        failure.exit_code = 2;
        return Err(failure);
    };
    printer.data(card(rule));
    Ok(())
}

/// A rule's card.
fn card(rule: &Rule) -> String {
    let later =
        rule.upcoming.map(|level| format!(", {level} once upcoming rules are enforced")).unwrap_or_default();
    let protects = if rule.protects_platform { "; holds under every policy" } else { "" };
    let authority = wheelhouse_check::format::authority(rule);
    format!(
        "{} {}\nlevel:  {}{later}{protects}\nsource: {authority}\nreason: {}\nfix:    {}\n",
        rule.id, rule.slug, rule.level, rule.reason, rule.fix
    )
}

fn explain_field(
    options: &Explain,
    (chart, object, path): (&str, &str, &str),
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let rendered = traced(options, chart, settings, printer)?;
    let found = find(&rendered, object)?;
    let node = at_path(&found.root, path).ok_or_else(|| {
        Failure::new(format!("{object} has no field {path}; it has {}", fields(&found.root)))
    })?;
    let keys: Vec<&str> = path
        .split('.')
        .map(|key| key.split('[').next().unwrap_or_default())
        .filter(|key| !key.is_empty())
        .collect();
    let Some(origin) = rendered.provenance(found.file, node.span, &keys) else {
        return Err(Failure::new(format!("nothing is known of where {path} comes from")));
    };
    let message = format!("{object} {path} = {}", node.shown());
    let texts: Vec<(String, &Location)> = std::iter::once(&origin.template)
        .chain(&origin.stack)
        .map(|location| (location.source.to_str_lossy().into_owned(), location))
        .collect();
    let mut excerpts = texts.iter().map(|(text, location)| Excerpt {
        file: &location.file,
        text,
        span: location.span,
        label: "",
    });
    let primary = excerpts.next();
    let related = excerpts.map(|excerpt| ("included from here", excerpt)).collect();
    let values: Vec<String> = origin
        .values
        .iter()
        .map(|value| match &value.mark {
            Some(mark) => format!("{} is set at {mark}", value.path),
            None => format!("{} is set nowhere", value.path),
        })
        .collect();
    let diagnostic = Diagnostic {
        severity: Severity::Info,
        id: "",
        message: &message,
        primary,
        related,
        help: &values.join("; "),
    };
    printer.data(diagnostic.render(printer.colours_data()));
    Ok(())
}

fn traced(
    options: &Explain,
    chart: &str,
    settings: &Settings,
    printer: Printer,
) -> Result<RenderedChart, Failure> {
    let compat = Compat::V4;
    let path = charts::locate(chart, &ChartPathOptions::default(), settings, printer)?;
    let values = charts::user_values(&options.values, compat, true)?;
    let chart = charts::load(&path, LoadOptions { compat, trace: true, ..LoadOptions::default() }, printer)?;
    let capabilities = charts::offline_capabilities(&options.kube_version, &[], compat)?;
    let rendering = Rendering::traced("release-name", "default", values, capabilities);
    let mut warnings = Vec::new();
    let result = Renderer::new(compat).release(chart, &rendering.request(), &mut warnings);
    charts::tell(&warnings, compat, printer);
    result.map_err(Failure::from_pipeline)
}

/// The rendered object `KIND/NAME`, its letters in any case.
fn find(rendered: &RenderedChart, wanted: &str) -> Result<Object, Failure> {
    let manifests = match &rendered.manifests {
        Ok(manifests) => manifests,
        Err(error) => return Err(Failure::from_manifest(error, rendered)),
    };
    let all = manifests.manifests.iter().chain(manifests.hooks.iter().map(|hook| &hook.manifest));
    let mut names = Vec::new();
    for manifest in all {
        let name = format!("{}/{}", manifest.head.kind, manifest.head.name);
        if name.eq_ignore_ascii_case(wanted) {
            let root = read_document(rendered.text(manifest), manifest.span.start)?;
            return Ok(Object::new(root, manifest.file));
        }
        names.push(name);
    }
    Err(Failure::new(format!("the chart renders no {wanted}; it renders {}", names.join(", "))))
}

/// `spec.containers[0].image`; a dot inside a key is written `\.`.
fn at_path<'n>(root: &'n Node, path: &str) -> Option<&'n Node> {
    path.replace("\\.", "\u{0}").split('.').try_fold(root, |node, part| {
        let part = part.replace('\u{0}', ".");
        let (key, rest) = part.split_once('[').unwrap_or((&part, ""));
        let node = if key.is_empty() { Some(node) } else { node.get(key) }?;
        rest.split('[').filter(|index| !index.is_empty()).try_fold(node, |node, index| {
            node.items().get(index.trim_end_matches(']').parse::<usize>().ok()?)
        })
    })
}

fn fields(root: &Node) -> String {
    root.entries().iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>().join(", ")
}
