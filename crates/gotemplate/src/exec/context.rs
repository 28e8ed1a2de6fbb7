//! What functions may ask of the engine.

use std::any::Any;

use super::engine::Engine;
use crate::error::LimitReached;
use crate::function::{CallError, Context};
use crate::strconv::quote;
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

    fn execute_template(&mut self, name: &str, data: Value) -> Result<GoString, CallError> {
        let open = self.included.get(name.as_bytes()).copied().unwrap_or(0);
        if open > self.options.limits.same_include {
            return Err(CallError::Wrapped {
                text: format!("rendering template has a nested reference name: {name}"),
                cause: Box::new(CallError::message("unable to execute template")),
            });
        }
        self.check_depth()?;
        let key = GoString::from(name);
        self.included.insert(key.clone(), open + 1);
        let result = self.run_named(name.as_bytes(), data);
        self.included.insert(key, open);
        result.map(|output| GoString::from(output.bytes))
    }

    fn execute_text(&mut self, text: &GoString, data: Value) -> Result<GoString, CallError> {
        self.check_depth()?;
        let name = self.scope.name();
        let unparsed = |error: crate::error::ParseError| CallError::Wrapped {
            text: format!("cannot parse template {}", quote(text.as_bytes())),
            cause: Box::new(CallError::Parse(Box::new(error.named(&name.to_str_lossy())))),
        };
        let parsed = self.parser.parse_within(text, self.stack).map_err(unparsed)?;
        let (inner, template) = self.scope.within(&parsed).map_err(unparsed)?;
        let Some(template) = template else { return Ok(GoString::default()) };
        let outer = std::mem::replace(&mut self.scope, inner);
        let result = self.run_apart(&template, data);
        self.scope = outer;
        match result {
            Ok(output) => Ok(GoString::from(without(output.bytes, NO_VALUE))),
            Err(error) => Err(CallError::Wrapped {
                text: format!("error during tpl function execution for {}", quote(text.as_bytes())),
                cause: Box::new(error),
            }),
        }
    }

    fn environment(&self) -> &dyn Any {
        self.options.environment
    }
}

impl Engine<'_> {
    fn check_depth(&self) -> Result<(), CallError> {
        let limits = self.options.limits;
        if self.depth >= limits.depth {
            return Err(CallError::Limit(LimitReached::Depth { limit: limits.depth }));
        }
        Ok(())
    }
}

/// The text without every occurrence of `needle`.
fn without(text: Vec<u8>, needle: &[u8]) -> Vec<u8> {
    let mut found = memchr::memmem::find_iter(&text, needle).peekable();
    if found.peek().is_none() {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in found {
        out.extend_from_slice(text.get(from..at).unwrap_or_default());
        from = at + needle.len();
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    out
}
