//! How evaluation ends early.

use wheelhouse_source::LineIndex;

use super::engine::{Engine, Unit};
use super::tracer::Tracer;
use crate::error::{ExecError, LimitReached};
use crate::function::CallError;
use crate::node::Node;

/// Boxed: errors are rare and results are everywhere.
pub(super) type Fault = Box<ExecError>;

impl Engine<'_> {
    /// An error at the current node.
    #[cold]
    pub(super) fn fault(&self, unit: Unit<'_>, message: impl Into<String>) -> Fault {
        self.fault_because(unit, message.into(), None)
    }

    /// An error of the function called at the current node.
    #[cold]
    pub(super) fn call_fault(&self, unit: Unit<'_>, name: &str, cause: CallError) -> Fault {
        self.fault_because(unit, format!("error calling {name}"), Some(cause))
    }

    #[cold]
    pub(super) fn limit_fault(&self, unit: Unit<'_>, limit: LimitReached) -> Fault {
        self.fault_because(unit, String::new(), Some(CallError::Limit(limit)))
    }

    fn fault_because(&self, unit: Unit<'_>, message: String, cause: Option<CallError>) -> Fault {
        let file = unit.file;
        let source = file.parsed.source();
        let arena = file.parsed.arena();
        let node = arena.get(self.node);
        let position = node.map_or(0, |node| node.position as usize);
        let place = LineIndex::new(source.as_bytes()).position(position);
        Box::new(ExecError {
            template: file.name.to_string(),
            line: place.line,
            column: place.column.saturating_sub(1),
            span: node.map(Node::span).unwrap_or_default(),
            source: source.clone(),
            executing: unit.template.name.to_string(),
            context: arena.text(self.node, source.as_bytes()),
            message,
            cause: cause.map(Box::new),
        })
    }

    /// Takes a step.
    pub(super) fn step(&mut self, unit: Unit<'_>) -> Result<(), Fault> {
        if self.meter.step() { Ok(()) } else { self.next_stride(unit) }
    }

    #[cold]
    fn next_stride(&mut self, unit: Unit<'_>) -> Result<(), Fault> {
        self.take_steps(1).map_err(|limit| self.limit_fault(unit, limit))
    }

    pub(super) fn take_steps(&mut self, count: u64) -> Result<(), LimitReached> {
        if let Some(checkpoint) = self.options.checkpoint {
            checkpoint()?;
        }
        let cost = self.tracer.as_deref_mut().map(Tracer::take_cost).unwrap_or_default();
        self.meter.bytes(cost.bytes)?;
        self.meter.take(count.saturating_add(cost.steps))
    }

    /// Makes sure there is native stack to go on.
    pub(super) fn check_stack(&self, unit: Unit<'_>) -> Result<(), Fault> {
        if self.stack.is_exhausted() {
            return Err(self.limit_fault(unit, LimitReached::Stack { limit: self.options.limits.stack }));
        }
        Ok(())
    }
}
