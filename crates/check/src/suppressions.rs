//! Suppressions in the chart's own files: a comment that takes a finding out, with a reason and a
//! day until which it holds.
//!
//! ```text
//! # wheelhouse:allow WH-140 until=2027-01-31 reason="the sidecar is measured first"
//! {{- /* wheelhouse:allow WH-140,WH-141 object=Deployment/web until=2027-01-31 reason="…" */}}
//! ```
//!
//! On a line of its own it speaks of the next line of code and of what is indented below that; at
//! the end of a line, of that line and what is indented below. It holds for findings whose template
//! line, one of the includes that led there, or the line of values.yaml that gave the value lies
//! there. Rules that protect the platform cannot be suppressed, and the platform itself does not
//! read suppressions.

use jiff::civil::Date;
use wheelhouse_chart::Chart;
use wheelhouse_gotemplate::GoString;
use wheelhouse_policy::{Noted, Policy, Rule, rule};
use wheelhouse_render::{Location, Provenance};
use wheelhouse_source::{LineIndex, Span};

use crate::located::{Located, PlaceInChart};
use crate::notes::Notes;

const MARKER: &str = "wheelhouse:allow";

/// Findings, sorted by whether they are suppressed.
#[derive(Debug, Default)]
pub struct Suppressed {
    /// What is told, with what is to be said of the suppressions themselves.
    pub kept: Vec<Located>,
    /// What is not told.
    pub suppressed: Vec<Located>,
}

/// Takes out the findings that the chart's files suppress today.
#[must_use]
pub fn suppress(findings: Vec<Located>, chart: &Chart, today: Date, policy: &Policy) -> Suppressed {
    let mut comments = Vec::new();
    read_chart(chart, "", &mut comments);
    let mut result = Suppressed::default();
    for located in findings {
        let holder = comments.iter_mut().find(|comment| comment.holds(today) && comment.covers(&located));
        match holder {
            Some(comment) => {
                comment.is_used = true;
                result.suppressed.push(located);
            }
            None => result.kept.push(located),
        }
    }
    let mut notes = Notes::new(policy);
    for comment in &comments {
        comment.tell(today, chart, &mut notes);
    }
    result.kept.extend(notes.found);
    result
}

/// One comment.
struct Comment {
    file: String,
    source: GoString,
    span: Span,
    /// The lines it speaks of, from 1.
    lines: std::ops::RangeInclusive<usize>,
    rules: Vec<&'static Rule>,
    object: Option<String>,
    until: Option<Date>,
    problem: Option<String>,
    is_used: bool,
}

impl Comment {
    fn holds(&self, today: Date) -> bool {
        self.problem.is_none() && self.until.is_some_and(|until| today <= until)
    }

    fn covers(&self, located: &Located) -> bool {
        let finding = &located.finding;
        let names = |id: &str| self.rules.iter().any(|rule| rule.id == id);
        let is_named = names(finding.rule.id) || finding.also.iter().any(|id| names(id));
        if !is_named || finding.rule.protects_platform {
            return false;
        }
        if self.object.as_ref().is_some_and(|object| *object != finding.object) {
            return false;
        }
        let Some(provenance) = &located.provenance else { return false };
        let at = |location: &Location| {
            let place = PlaceInChart::of(location);
            place.file == self.file && self.lines.contains(&place.line)
        };
        at(&provenance.template)
            || provenance.stack.iter().any(at)
            || provenance.values.iter().filter_map(|value| value.mark.as_ref()).any(|mark| {
                let file = mark.source().map(ToString::to_string);
                file.as_deref() == Some(self.file.as_str()) && self.lines.contains(&(mark.line() as usize))
            })
    }

    /// What is to be said of the comment itself.
    fn tell(&self, today: Date, chart: &Chart, notes: &mut Notes<'_>) {
        let names = || self.rules.iter().map(|rule| rule.id).collect::<Vec<_>>().join(", ");
        let (rule, message) = match (&self.problem, self.until) {
            (Some(problem), _) => ("WH-210", format!("the suppression does not hold: {problem}")),
            (None, Some(until)) if until < today => {
                ("WH-211", format!("the suppression of {} ended on {until}", names()))
            }
            (None, _) if !self.is_used => ("WH-212", format!("there is no {} here to suppress", names())),
            _ => return,
        };
        let template = Location {
            file: format!("{}/{}", chart.name(), self.file),
            source: self.source.clone(),
            span: self.span,
        };
        let place = Provenance { template, stack: Vec::new(), values: Vec::new() };
        notes.add(rule, Noted { message, ..Noted::default() }, Some(place));
    }
}

/// The comments of a chart's templates and default values, and those of its subcharts.
fn read_chart(chart: &Chart, path: &str, found: &mut Vec<Comment>) {
    let contents = chart.contents();
    let values = contents.raw.iter().filter(|file| file.name == "values.yaml");
    for file in contents.templates.iter().chain(values) {
        let text = file.text();
        if text.contains(MARKER) {
            read_file(&format!("{path}{}", file.name), &text, found);
        }
    }
    for subchart in chart.dependencies() {
        read_chart(subchart, &format!("{path}charts/{}/", subchart.name()), found);
    }
}

fn read_file(file: &str, text: &str, found: &mut Vec<Comment>) {
    let index = LineIndex::new(text.as_bytes());
    let lines: Vec<&str> = text.lines().collect();
    let source = GoString::from(text);
    for (number, line) in (1_usize..).zip(&lines) {
        let Some(column) = line.find(MARKER) else { continue };
        let (before, directive) = line.split_at(column);
        let directive = directive.trim_end().trim_end_matches("}}").trim_end_matches('-');
        let directive = directive.trim_end().trim_end_matches("*/").trim_end();
        let start = index.line_range(number).map_or(0, |range| range.start) + column;
        let is_alone = before.chars().all(|letter| letter.is_whitespace() || "#{-/*".contains(letter));
        let first = if is_alone { next_code(&lines, number) } else { number };
        let mut comment = Comment {
            file: file.to_owned(),
            source: source.clone(),
            span: Span::new(start, start + directive.len()),
            lines: first..=last_below(&lines, first),
            rules: Vec::new(),
            object: None,
            until: None,
            problem: None,
            is_used: false,
        };
        if let Err(problem) = comment.read(directive.get(MARKER.len()..).unwrap_or_default()) {
            comment.problem = Some(problem);
        }
        found.push(comment);
    }
}

fn is_code(line: &str) -> bool {
    let line = line.trim_start();
    let is_comment =
        line.starts_with('#') || ["{{/*", "{{- /*", "{{-/*"].iter().any(|start| line.starts_with(start));
    !line.is_empty() && !is_comment
}

/// The first line of code after a line; the line itself if there is none. Lines count from 1.
fn next_code(lines: &[&str], after: usize) -> usize {
    (after + 1..)
        .zip(lines.iter().skip(after))
        .find(|(_, line)| is_code(line))
        .map_or(after, |(number, _)| number)
}

/// The last line of what is indented below a line.
fn last_below(lines: &[&str], first: usize) -> usize {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some(own) = first.checked_sub(1).and_then(|index| lines.get(index)).map(|line| indent(line)) else {
        return first;
    };
    let mut last = first;
    for (number, line) in (first + 1..).zip(lines.iter().skip(first)) {
        // Control lines of templates stand at any column.
        if line.trim().is_empty() || line.trim_start().starts_with("{{") {
            continue;
        }
        if indent(line) <= own {
            break;
        }
        last = number;
    }
    last
}

impl Comment {
    /// Reads `RULE[,RULE] [object=…] until=… reason="…"`.
    fn read(&mut self, text: &str) -> Result<(), String> {
        let mut words = words(text).into_iter();
        let rules = words.next().ok_or("it names no rule")?;
        for id in rules.split(',') {
            let rule = rule(id).ok_or_else(|| format!("there is no rule {id}"))?;
            if rule.protects_platform {
                return Err(format!("{} protects the platform and cannot be suppressed", rule.id));
            }
            self.rules.push(rule);
        }
        let mut reason = String::new();
        for word in words {
            match word.split_once('=') {
                Some(("until", day)) => {
                    let parsed = day_of(day);
                    self.until = Some(parsed.ok_or_else(|| format!("\"{day}\" is not a day (YYYY-MM-DD)"))?);
                }
                Some(("reason", text)) => reason = text.trim().to_owned(),
                Some(("object", object)) => self.object = Some(object.to_owned()),
                _ => return Err(format!("\"{word}\" is not object=, until= or reason=")),
            }
        }
        if reason.is_empty() {
            return Err("it gives no reason".to_owned());
        }
        self.until.map(|_| ()).ok_or_else(|| "it has no last day (until=YYYY-MM-DD)".to_owned())
    }
}

/// A day as `YYYY-MM-DD` and nothing else; `None` for days there are not.
fn day_of(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok())?
}

/// Words, where double quotes keep spaces together and go away.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut is_quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            letter if letter.is_whitespace() && !is_quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => word.push(letter),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
