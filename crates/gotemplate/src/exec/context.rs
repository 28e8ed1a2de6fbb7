//! What functions may ask of the engine.

use std::any::Any;

use super::engine::{Engine, Texts};
use super::{Operand, Output};
use crate::error::LimitReached;
use crate::function::{CallError, Context};
use crate::strconv::quote;
use crate::template_set::Template;
use crate::trace::{CallKind, OriginId};
use crate::value::{GoString, Value};

/// What templates print for nothing, which `tpl` takes out of its result.
const NO_VALUE: &[u8] = b"<no value>";

impl Context for Engine<'_> {
    fn charge_steps(&mut self, steps: u64) -> Result<(), CallError> {
        self.take_steps(steps).map_err(CallError::Limit)
    }

    fn charge_bytes(&mut self, bytes: usize) -> Result<(), CallError> {
        self.meter.bytes(bytes).map_err(CallError::Limit)
    }

    fn bytes_left(&self) -> usize {
        self.meter.bytes_left()
    }

    fn stack_left(&self) -> usize {
        self.stack.left()
    }

    fn execute_template(&mut self, name: &str, data: Value) -> Result<GoString, CallError> {
        let template = self.open_include(name.as_bytes())?;
        let dot = self.piped_dot(data);
        let result = self.run_apart(&template, dot, CallKind::Include);
        self.close_include();
        result.map(|output| self.text_of(output))
    }

    fn execute_text(&mut self, text: &GoString, data: Value) -> Result<GoString, CallError> {
        // Even a text that was read before is looked through to find it again.
        self.charge_steps(text.as_bytes().len() as u64 / 32)?;
        // What is read is kept, with its source.
        if text.len() > LARGE_TEXT {
            self.charge_bytes(text.len())?;
        }
        let limits = self.options.limits;
        if self.texts.count >= limits.nested_texts {
            return Err(CallError::Limit(LimitReached::Depth { limit: limits.nested_texts.into() }));
        }
        let name = self.scope.name();
        let unparsed = |error: crate::error::ParseError| CallError::Wrapped {
            text: format!("cannot parse template {}", quote(text.as_bytes())),
            cause: Box::new(CallError::Parse(Box::new(error.named(&name.to_str_lossy())))),
        };
        let parsed = self.parser.parse_within(text, self.stack).map_err(unparsed)?;
        let (inner, template) = self.scope.within(&parsed).map_err(unparsed)?;
        let Some(template) = template else { return Ok(GoString::default()) };
        let outside = self.texts;
        let nodes = outside.nodes.saturating_add(parsed.arena().len());
        if nodes > limits.text_nodes {
            return Err(CallError::Limit(LimitReached::Nodes { limit: limits.text_nodes }));
        }
        self.texts = Texts { count: outside.count + 1, nodes };
        let outer = std::mem::replace(&mut self.scope, inner);
        let dot = self.piped_dot(data);
        if let Some(tracer) = &mut self.tracer {
            let before = tracer.arguments.len().checked_sub(2);
            tracer.text = before.and_then(|at| tracer.arguments.get(at)).copied().unwrap_or_default();
        }
        let result = self.run_apart(&template, dot, CallKind::Text);
        if let Some(tracer) = &mut self.tracer {
            tracer.text = OriginId::NONE;
        }
        self.scope = outer;
        self.texts = outside;
        match result {
            Ok(mut output) => {
                output.remove(NO_VALUE);
                Ok(self.text_of(output))
            }
            Err(error) => Err(CallError::Wrapped {
                text: format!("error during tpl function execution for {}", self.quoted(text, &error)),
                cause: Box::new(error),
            }),
        }
    }

    fn environment(&self) -> &dyn Any {
        self.options.environment
    }
}

/// A text given to `tpl` that is larger than this is charged for in bytes.
const LARGE_TEXT: usize = 64 << 10;

impl Engine<'_> {
    /// The text that failed in `tpl`, as its error shows it: whole, as in Go, unless that would take
    /// the memory. Each text around it is told too, and each error is written several times on its way
    /// out. Errors of limits are not Go's: they show the beginning.
    fn quoted(&mut self, text: &GoString, error: &CallError) -> String {
        const BEGINNING: usize = 1000;
        const WRITTEN: usize = 8;
        let fits = |engine: &mut Self| {
            error.limit().is_none() && engine.charge_bytes(text.len().saturating_mul(WRITTEN)).is_ok()
        };
        if text.len() <= BEGINNING || fits(self) {
            return quote(text.as_bytes());
        }
        format!("{}...", quote(text.as_bytes().get(..BEGINNING).unwrap_or_default()))
    }

    /// Looks up a template to include and notes that it is open.
    pub(super) fn open_include(&mut self, name: &[u8]) -> Result<Template, CallError> {
        let most = self.options.limits.same_include as usize;
        let is_open = |open: &&GoString| open.as_bytes() == name;
        // Fewer open includes than the limit cannot hold one name more often.
        if self.included.len() > most && self.included.iter().filter(is_open).count() > most {
            let name = String::from_utf8_lossy(name);
            return Err(CallError::Wrapped {
                text: format!("rendering template has a nested reference name: {name}"),
                cause: Box::new(CallError::message("unable to execute template")),
            });
        }
        let template = self.named(name)?;
        self.included.push(template.name.clone());
        Ok(template)
    }

    pub(super) fn close_include(&mut self) {
        self.included.pop();
    }

    /// The dot of a template a function runs: the function's last argument.
    fn piped_dot(&self, data: Value) -> Operand {
        let mut dot = Operand::concrete(data);
        if let Some(tracer) = &self.tracer {
            dot.origin = tracer.arguments.last().copied().unwrap_or_default();
        }
        dot
    }

    /// An output as a string; a traced run will know it again.
    fn text_of(&mut self, output: Output) -> GoString {
        let text = GoString::from(output.bytes);
        if let (Some(tracer), Some(pieces)) = (&mut self.tracer, output.pieces) {
            tracer.know(&text, pieces);
        }
        text
    }
}
