//! A chart under more values than those given: under each of its `ci/*-values.yaml`, and with each
//! value flipped that a template branches on.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use wheelhouse_chart::values::{Data, Mark, Node, Table, ValueSource, merge_user_values, read_values};
use wheelhouse_chart::{Chart, Warning};
use wheelhouse_gotemplate::trace::{Key, Origin};
use wheelhouse_gotemplate::{GoString, Value};
use wheelhouse_policy::{Level, Noted};
use wheelhouse_render::{BranchSite, RenderedChart, Renderer, Request};

use crate::check::{CheckRequest, Checked, NotRendered, check_chart};
use crate::located::{Located, PlaceInChart};
use crate::notes::Notes;
use crate::notes::values::places;

/// Most renders of one chart.
const MOST_RUNS: usize = 128;

/// A chart checked under many values.
#[derive(Debug)]
pub struct AllValues {
    /// The check under the values given; its findings are those of all value sets, each once.
    pub checked: Checked,
    /// The value sets beside those given: `ci/gpu-values.yaml`, `debug=true`.
    pub sets: Vec<String>,
    /// Value sets under which the chart does not render, with the reason.
    pub failed: Vec<(String, String)>,
    /// Which branches ran.
    pub coverage: Coverage,
}

/// Which branches of the templates ran: each `if`, `with` and `range` has two sides.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Sides there are.
    pub sides: usize,
    /// Sides that ran under some values.
    pub ran: usize,
    /// Sides that never ran: the branch, and whether it is its block (or what is passed over).
    pub missed: Vec<(PlaceInChart, bool)>,
}

/// Checks a chart under the values given and under all that its own files suggest.
///
/// # Errors
/// When the chart does not render with the values given.
pub fn check_all_values(
    renderer: &Renderer,
    chart: &Chart,
    request: &Request<'_>,
    check_request: &CheckRequest,
    warnings: &mut Vec<Warning>,
) -> Result<AllValues, Box<NotRendered>> {
    let mut checked = check_chart(renderer, chart.clone(), request, check_request, warnings)?;
    let mut fleet = Fleet::new(renderer, &checked);
    fleet.observe(&checked.rendered);
    fleet.queue_flips(&checked.rendered, &BTreeMap::new());
    for (name, table) in ci_values(chart, request.values, &mut fleet.failed) {
        let under = Request { values: &table, ..*request };
        match check_chart(renderer, chart.clone(), &under, check_request, &mut Vec::new()) {
            Ok(other) => {
                fleet.observe(&other.rendered);
                fleet.queue_flips(&other.rendered, &BTreeMap::new());
                fleet.add_as_they_are(other.findings, &name);
            }
            Err(refused) => fleet.add_as_they_are(refused.findings, &name),
        }
        fleet.sets.push(name);
    }
    let mut runs = 0;
    while let Some(flips) = fleet.waiting.pop_front() {
        runs += 1;
        if runs > MOST_RUNS || request.checkpoint.is_some_and(|checkpoint| checkpoint().is_err()) {
            break;
        }
        let name = shown(&flips);
        let table = with_flips(request.values, &flips);
        let under = Request { values: &table, ..*request };
        match check_chart(renderer, chart.clone(), &under, check_request, &mut Vec::new()) {
            Ok(other) => {
                fleet.observe(&other.rendered);
                fleet.queue_flips(&other.rendered, &flips);
                fleet.add_hidden(other.findings, &name, check_request);
            }
            // Made-up values may be of a kind the template cannot use; only the author's are findings.
            Err(refused) => fleet.failed.push((name.clone(), refused.error.to_string())),
        }
        fleet.sets.push(name);
    }
    let coverage = fleet.coverage();
    let Fleet { found, sets, failed, .. } = fleet;
    checked.findings.extend(found);
    Ok(AllValues { checked, sets, failed, coverage })
}

/// Values by path that are set otherwise.
type Flips = BTreeMap<Vec<String>, Flip>;

/// A made-up value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Flip {
    Bool(bool),
    Text(String),
    Number(i32),
    /// A list of one text.
    OneItem,
    NoItem,
    /// A table with one text.
    OneEntry,
}

impl Flip {
    fn data(&self) -> Data {
        let text = |text: &str| Node::new(Data::String(GoString::from(text)), Mark::default());
        match self {
            Flip::Bool(value) => Data::Bool(*value),
            Flip::Text(value) => Data::String(GoString::from(value.as_str())),
            Flip::Number(value) => Data::Float(f64::from(*value)),
            Flip::OneItem => Data::List(vec![text("x")]),
            Flip::NoItem => Data::List(Vec::new()),
            Flip::OneEntry => Data::Table(Table::from_iter([("x", text("x"))])),
        }
    }

    fn shown(&self) -> String {
        match self {
            Flip::Bool(value) => value.to_string(),
            Flip::Text(value) => format!("\"{value}\""),
            Flip::Number(value) => value.to_string(),
            Flip::OneItem => "[x]".to_owned(),
            Flip::NoItem => "[]".to_owned(),
            Flip::OneEntry => "{x: x}".to_owned(),
        }
    }
}

fn shown(flips: &Flips) -> String {
    flips
        .iter()
        .map(|(path, flip)| format!("{}={}", path.join("."), flip.shown()))
        .collect::<Vec<_>>()
        .join(",")
}

fn with_flips(values: &Table, flips: &Flips) -> Table {
    let mut table = values.clone();
    for (path, flip) in flips {
        put(&mut table, path, flip.data());
    }
    table
}

fn put(table: &mut Table, path: &[String], data: Data) {
    let Some((key, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        table.insert(key.as_str(), Node::new(data, Mark::default()));
        return;
    }
    if table.get(key.as_str()).and_then(|node| node.data.as_table()).is_none() {
        table.insert(key.as_str(), Node::new(Data::Table(Table::new()), Mark::default()));
    }
    if let Some(Node { data: Data::Table(inner), .. }) = table.get_mut(key.as_str()) {
        put(inner, rest, data);
    }
}

/// The chart's own value files for tests, under the user's values.
fn ci_values(chart: &Chart, user: &Table, failed: &mut Vec<(String, String)>) -> Vec<(String, Table)> {
    let mut found = Vec::new();
    for file in &chart.contents().raw {
        if !file.name.starts_with("ci/") || !file.name.ends_with("-values.yaml") {
            continue;
        }
        let source = Arc::new(ValueSource::ValuesFile { path: file.name.clone() });
        match read_values(&file.data, Some(&source), wheelhouse_chart::Compat::V4) {
            Ok(mut table) => {
                merge_user_values(&mut table, user.clone());
                found.push((file.name.clone(), table));
            }
            Err(error) => failed.push((file.name.clone(), error.to_string())),
        }
    }
    found
}

struct Fleet<'r> {
    renderer: &'r Renderer,
    found: Vec<Located>,
    sets: Vec<String>,
    failed: Vec<(String, String)>,
    waiting: VecDeque<Flips>,
    tried: HashSet<(Vec<String>, Flip)>,
    known: HashSet<FindingKey>,
    sites: HashMap<(String, usize, usize), Vec<String>>,
    ran: BTreeSet<(String, usize, usize, bool)>,
    sources: HashMap<String, GoString>,
}

/// What makes two findings the same, whatever the values.
type FindingKey = (&'static str, String, String, Option<(String, usize, usize)>);

fn key(located: &Located) -> FindingKey {
    let place = located.place().map(|place| (place.file, place.line, place.column));
    (located.finding.rule.id, located.finding.object.clone(), located.finding.path.clone(), place)
}

impl<'r> Fleet<'r> {
    fn new(renderer: &'r Renderer, checked: &Checked) -> Self {
        Fleet {
            renderer,
            found: Vec::new(),
            sets: Vec::new(),
            failed: Vec::new(),
            waiting: VecDeque::new(),
            tried: HashSet::new(),
            known: checked.findings.iter().map(key).collect(),
            sites: HashMap::new(),
            ran: BTreeSet::new(),
            sources: HashMap::new(),
        }
    }

    /// Notes which branches there are and which ran.
    fn observe(&mut self, rendered: &RenderedChart) {
        for site in self.renderer.branch_sites(&rendered.chart).unwrap_or_default() {
            let BranchSite { file, span, constants } = site;
            self.sites.insert((file, span.start, span.end), constants);
        }
        let Some(trace) = &rendered.trace else { return };
        for branch in &trace.branches {
            let Some(frame) = trace.frame(branch.frame) else { continue };
            let file = frame.file().to_string();
            for (side, ran) in [(true, branch.taken), (false, branch.passed)] {
                if ran {
                    self.ran.insert((file.clone(), branch.span.start, branch.span.end, side));
                }
            }
            self.sources.entry(file).or_insert_with(|| frame.source().clone());
        }
    }

    /// For each value that a branch depended on: the same values with that one otherwise.
    fn queue_flips(&mut self, rendered: &RenderedChart, flips: &Flips) {
        let Some(trace) = &rendered.trace else { return };
        let places = places(&rendered.values);
        for branch in &trace.branches {
            let constants = trace.frame(branch.frame).and_then(|frame| {
                self.sites.get(&(frame.file().to_string(), branch.span.start, branch.span.end)).cloned()
            });
            for id in branch.conditions.iter().flat_map(|condition| trace.lookups(*condition)) {
                let Some(Origin::Lookup { container, key: Key::Name(name), .. }) = trace.origin(id) else {
                    continue;
                };
                let Some(place) = places.get(container) else { continue };
                let path: Vec<String> = place.iter().cloned().chain([name.to_string()]).collect();
                let current = value_at(rendered, &path);
                for flip in alternatives(current.as_ref(), constants.as_deref().unwrap_or_default()) {
                    if flips.contains_key(&path) || !self.tried.insert((path.clone(), flip.clone())) {
                        continue;
                    }
                    let mut next = flips.clone();
                    next.insert(path.clone(), flip);
                    self.waiting.push_back(next);
                }
            }
        }
    }

    /// Findings under values that the author wrote: told as they are.
    fn add_as_they_are(&mut self, findings: Vec<Located>, under: &str) {
        for located in findings {
            if self.known.insert(key(&located)) {
                self.found.push(Located { under: Some(under.to_owned()), ..located });
            }
        }
    }

    /// Findings under values that were made up (WH-206).
    fn add_hidden(&mut self, findings: Vec<Located>, under: &str, check_request: &CheckRequest) {
        let mut notes = Notes::new(&check_request.policy);
        for located in findings {
            // Made-up values are overrides that nobody wrote.
            let is_about_values = matches!(located.finding.rule.id, "WH-203" | "WH-205" | "WH-007");
            if located.finding.level == Level::Info || is_about_values || !self.known.insert(key(&located)) {
                continue;
            }
            let finding = located.finding;
            let noted = Noted {
                object: finding.object,
                path: finding.path,
                message: finding.message,
                fix: Some(finding.fix),
                also: std::iter::once(finding.rule.id).chain(finding.also).collect(),
                place: finding.place,
                level: None,
            };
            notes.add("WH-206", noted, located.provenance);
        }
        self.found.extend(
            notes.found.into_iter().map(|located| Located { under: Some(under.to_owned()), ..located }),
        );
    }

    fn coverage(&self) -> Coverage {
        let mut coverage = Coverage { sides: self.sites.len() * 2, ..Coverage::default() };
        let mut sites: Vec<&(String, usize, usize)> = self.sites.keys().collect();
        sites.sort();
        for (file, start, end) in sites {
            for side in [true, false] {
                if self.ran.contains(&(file.clone(), *start, *end, side)) {
                    coverage.ran += 1;
                } else {
                    let source = self.sources.get(file).cloned().unwrap_or_default();
                    let span = wheelhouse_source::Span::new(*start, *end);
                    let location = wheelhouse_render::Location { file: file.clone(), source, span };
                    coverage.missed.push((PlaceInChart::of(&location), side));
                }
            }
        }
        coverage
    }
}

fn value_at(rendered: &RenderedChart, path: &[String]) -> Option<Value> {
    path.iter().try_fold(Value::Map(rendered.values.clone()), |value, key| match value {
        Value::Map(map) => map.get(key.as_str()),
        _ => None,
    })
}

/// Other values that may send a branch the other way.
fn alternatives(current: Option<&Value>, constants: &[String]) -> Vec<Flip> {
    match current {
        None | Some(Value::Nil) => {
            let texts = constants.iter().map(|text| Flip::Text(text.clone()));
            if constants.is_empty() { vec![Flip::Bool(true)] } else { texts.collect() }
        }
        Some(Value::Bool(value)) => vec![Flip::Bool(!value)],
        Some(Value::String(text)) => {
            let mut flips: Vec<Flip> = constants
                .iter()
                .filter(|constant| constant.as_bytes() != text.as_bytes())
                .map(|constant| Flip::Text(constant.clone()))
                .collect();
            let other = if text.is_empty() { "x" } else { "" };
            flips.push(Flip::Text(other.to_owned()));
            flips
        }
        Some(Value::Int64(0)) => vec![Flip::Number(1)],
        Some(Value::Float64(number)) if *number == 0.0 => vec![Flip::Number(1)],
        Some(Value::Int64(_) | Value::Float64(_)) => vec![Flip::Number(0)],
        Some(Value::List(list)) if list.is_empty() => vec![Flip::OneItem],
        Some(Value::List(_)) => vec![Flip::NoItem],
        Some(Value::Map(map)) if map.is_empty() => vec![Flip::OneEntry],
        _ => Vec::new(),
    }
}
