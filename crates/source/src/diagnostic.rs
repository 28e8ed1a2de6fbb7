//! Something to tell about a place in a text, and the one way it is shown.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something is wrong.
    Error,
    /// Something may be wrong.
    Warning,
    /// Something to know.
    Info,
}

/// A place in a text, with what to say about it.
#[derive(Clone, Debug)]
pub struct Excerpt<'a> {
    /// The text's name: `web/templates/deployment.yaml`.
    pub file: &'a str,
    /// The whole text.
    pub text: &'a str,
    /// The bytes to point at.
    pub span: Span,
    /// What to say about them; may be empty.
    pub label: &'a str,
}

/// Something to tell, in the form compilers use.
#[derive(Clone, Debug)]
pub struct Diagnostic<'a> {
    /// How bad it is.
    pub severity: Severity,
    /// A rule's id; empty for none.
    pub id: &'a str,
    /// One sentence.
    pub message: &'a str,
    /// The place it is about.
    pub primary: Option<Excerpt<'a>>,
    /// Other places: how one got there, where a value came from.
    pub related: Vec<(&'a str, Excerpt<'a>)>,
    /// What to do about it; empty for nothing.
    pub help: &'a str,
}

impl Diagnostic<'_> {
    /// The diagnostic as lines of text, with colours for a terminal or without.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let mut title = level.primary_title(self.message);
        if !self.id.is_empty() {
            title = title.id(self.id);
        }
        let mut groups = vec![match &self.primary {
            Some(excerpt) => Group::with_title(title).element(snippet(excerpt)),
            None => Group::with_title(title),
        }];
        for (text, excerpt) in &self.related {
            groups.push(Group::with_title(Level::NOTE.secondary_title(*text)).element(snippet(excerpt)));
        }
        if !self.help.is_empty() {
            groups.push(Group::with_title(Level::HELP.secondary_title(self.help)));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = renderer.render(&groups);
        // A newline at the end, so that diagnostics can follow each other.
        let _ = writeln!(text);
        text
    }
}

fn snippet<'a>(excerpt: &Excerpt<'a>) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let end = excerpt.text.len();
    let span = excerpt.span.start.min(end)..excerpt.span.end.min(end);
    // Only the lines around the place: the renderer reads all it is given.
    let (start, line) = window_start(excerpt.text, span.start);
    let stop = window_end(excerpt.text, span.end);
    let text = excerpt.text.get(start..stop).unwrap_or_default();
    let inside = on_boundaries(text, span.start - start, span.end - start);
    let mut annotation = AnnotationKind::Primary.span(inside);
    if !excerpt.label.is_empty() {
        annotation = annotation.label(excerpt.label);
    }
    Snippet::source(text).path(excerpt.file).line_start(line).annotation(annotation)
}

/// Offset and number of the line that holds `at`.
fn window_start(text: &str, at: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    (start, line)
}

fn window_end(text: &str, at: usize) -> usize {
    let after = text.as_bytes().get(at..).unwrap_or_default();
    after.iter().position(|byte| *byte == b'\n').map_or(text.len(), |found| at + found)
}

fn on_boundaries(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let down = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = down(start.min(text.len()));
    let end = down(end.min(text.len()));
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_with_a_caret_and_how_one_got_there() {
        let text = "a\n{{ include \"x\" . }}\nb\n";
        let inner = "{{ .Values.nope.x }}\n";
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            id: "",
            message: "nil pointer",
            primary: Some(Excerpt { file: "c/_x.tpl", text: inner, span: Span::new(3, 17), label: "here" }),
            related: vec![(
                "included from",
                Excerpt { file: "c/a.yaml", text, span: Span::new(5, 18), label: "" },
            )],
            help: "set it",
        };
        let expected = "\
error: nil pointer
 --> c/_x.tpl:1:4
  |
1 | {{ .Values.nope.x }}
  |    ^^^^^^^^^^^^^^ here
  |
note: included from
 --> c/a.yaml:2:4
  |
2 | {{ include \"x\" . }}
  |    ^^^^^^^^^^^^^
help: set it
";
        assert_eq!(diagnostic.render(false), expected);
    }

    #[test]
    fn places_outside_the_text_do_not_matter() {
        let diagnostic = Diagnostic {
            severity: Severity::Warning,
            id: "WH-001",
            message: "m",
            primary: Some(Excerpt { file: "f", text: "é", span: Span::new(1, 99), label: "" }),
            related: Vec::new(),
            help: "",
        };
        assert!(diagnostic.render(false).starts_with("warning[WH-001]: m\n"));
    }
}
