//! Why a chart did not render, in Helm's words and with what we know beyond them.

use wheelhouse_chart::Compat;
use wheelhouse_gotemplate::error::{ExecError, LimitReached, ParseError};
use wheelhouse_gotemplate::{CallError, GoString};
use wheelhouse_source::Span;

/// A chart that did not render.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct RenderError {
    /// Helm's text, byte for byte.
    pub message: String,
    /// The places the error went through, the outermost template first: the include stack.
    pub frames: Vec<Frame>,
    /// The limit that ended the render, if one did.
    pub limit: Option<LimitReached>,
}

/// A place in a template that an error went through.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The template's file: `chart/templates/deployment.yaml`.
    pub file: String,
    /// The file's text.
    pub source: GoString,
    /// The failing node.
    pub span: Span,
    /// What went wrong here.
    pub message: String,
}

impl RenderError {
    /// A template that does not parse: `parse error at (FILE:LINE): …`.
    pub(crate) fn parse(file: &str, error: &ParseError, source: &GoString) -> Self {
        let text = error.to_string();
        let tokens: Vec<&str> = text.split(": ").collect();
        let message = match tokens.as_slice() {
            [_, location, .., last] => format!("parse error at ({location}): {last}"),
            [_, location] => format!("parse error at ({location}): {location}"),
            _ => format!("parse error in ({file}): {text}"),
        };
        let frame = Frame {
            file: file.to_owned(),
            source: source.clone(),
            span: Span::at(error.offset),
            message: error.message.clone(),
        };
        RenderError { message, frames: vec![frame], limit: None }
    }

    /// Templates that are too large together; `file` is the one that was too much.
    pub(crate) fn too_large(file: &str, limit: LimitReached) -> Self {
        RenderError {
            message: format!("parse error at ({file}): {limit}"),
            frames: Vec::new(),
            limit: Some(limit),
        }
    }

    /// A template that failed.
    pub(crate) fn exec(file: &str, error: &CallError, compat: Compat) -> Self {
        let mut frames = Vec::new();
        let mut current = error.template();
        while let Some(exec) = current {
            frames.push(frame(exec));
            current = exec.nested();
        }
        RenderError { message: helm_text(file, error, compat), frames, limit: error.limit() }
    }
}

fn frame(error: &ExecError) -> Frame {
    Frame {
        file: error.template.clone(),
        source: error.source.clone(),
        span: error.span,
        message: error.message.clone(),
    }
}

/// Helm's text of a failed template: the refusal of `fail` and `required` alone; in Helm 4, if the
/// whole chain of errors is made of template errors, one block for each; else Go's text.
fn helm_text(file: &str, error: &CallError, compat: Compat) -> String {
    let text = error.to_string();
    if error.template().is_none() {
        return text;
    }
    let mut tokens = text.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return format!("execution error in ({file}): {text}");
    };
    if let Some(refusal) = wheelhouse_sprig::helm::refusal(rest) {
        return format!("execution error at ({location}): {refusal}");
    }
    match compat {
        Compat::V3 => text,
        Compat::V4 => blocks(error).unwrap_or(text),
    }
}

/// The text of an error and of each error inside it, as Go's `errors.Unwrap` gives them. Each is
/// made when it is asked for: a thousand includes deep, each holds the text of all below. A limit
/// adds no text of its own to that of the template that met it.
fn chain(error: &CallError) -> impl Iterator<Item = String> {
    let errors = std::iter::successors(Some(error), |error| match error {
        CallError::Template(exec) => exec.cause.as_deref(),
        CallError::Wrapped { cause, .. } => Some(cause),
        CallError::Message(_) | CallError::Parse(_) | CallError::Limit(_) => None,
    });
    errors.take_while(|error| !matches!(error, CallError::Limit(_))).map(ToString::to_string)
}

/// One block of Helm 4's text.
#[derive(PartialEq, Eq)]
struct Block {
    location: String,
    executing: String,
    message: String,
}

fn blocks(error: &CallError) -> Option<String> {
    let mut blocks: Vec<Block> = Vec::new();
    for text in chain(error) {
        let block = parse_block(&text)?;
        if blocks.last() != Some(&block) {
            blocks.push(block);
        }
    }
    let mut text = String::new();
    for block in blocks {
        for (part, after) in [(&block.location, "\n  "), (&block.executing, "\n    "), (&block.message, "\n")]
        {
            if !part.is_empty() {
                text.push_str(part);
                text.push_str(after);
            }
        }
    }
    Some(text.trim().to_owned())
}

/// Reads a template error's text the way Helm does, which goes by separators.
fn parse_block(text: &str) -> Option<Block> {
    let rest = text.strip_prefix("template: ")?;
    let block = |location: &str, executing: String, message: &str| Block {
        location: location.to_owned(),
        executing,
        message: message.to_owned(),
    };
    if rest.starts_with("no template ") {
        return Some(block("", String::new(), text));
    }
    let without_next = |message: &str| -> String {
        message.split_once(" template:").map_or(message, |(before, _)| before).to_owned()
    };
    if let Some((location, after)) = rest.split_once(": executing ")
        && let Some(after) = after.strip_prefix('"')
        && let Some((function, after)) = after.split_once('"')
        && let Some(after) = after.strip_prefix(" at <")
        && let Some((node, message)) = after.split_once(">: ")
    {
        let executing = format!("executing \"{function}\" at <{node}>:");
        return Some(block(location, executing, &without_next(message)));
    }
    let (location, message) = rest.rsplit_once(": ")?;
    Some(block(location, String::new(), &without_next(message)))
}
