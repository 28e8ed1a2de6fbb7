//! What each template costs: counted only when a clock is given.

use std::collections::HashMap;
use std::time::Duration;

use super::Operand;
use super::engine::Engine;
use super::fault::Fault;
use super::limits::Usage;
use crate::template_set::Template;
use crate::value::GoString;

/// A clock that only goes forward.
pub type Clock<'c> = &'c dyn Fn() -> Duration;

/// What one template cost over all its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateCost {
    /// The template's name: a file, or what a `define` says. Texts run by `tpl` go by the name of
    /// the whole set.
    pub name: String,
    /// How often it ran.
    pub calls: u64,
    /// Time in it, without the templates that it called.
    pub own_time: Duration,
    /// Time in it and in what it called; of a template that calls itself, that of the outermost.
    pub total_time: Duration,
    /// Evaluation steps of its own.
    pub steps: u64,
    /// Bytes of its own: output, and strings made by functions.
    pub bytes: u64,
}

/// Counts for one engine.
pub(super) struct Profiler<'c> {
    clock: Clock<'c>,
    rows: Vec<Row>,
    names: HashMap<GoString, usize>,
    open: Vec<Frame>,
}

#[derive(Default)]
struct Row {
    cost: TemplateCost,
    /// How many calls of it are open.
    open: u64,
}

struct Frame {
    row: usize,
    since: Duration,
    usage: Usage,
    /// What the templates called from here cost.
    called_time: Duration,
    called: Usage,
}

impl<'c> Profiler<'c> {
    pub(super) fn new(clock: Clock<'c>) -> Self {
        Profiler { clock, rows: Vec::new(), names: HashMap::new(), open: Vec::new() }
    }

    fn enter(&mut self, name: &GoString, usage: Usage) {
        let row = match self.names.get(name) {
            Some(row) => *row,
            None => {
                self.rows.push(Row {
                    cost: TemplateCost { name: name.to_string(), ..TemplateCost::default() },
                    open: 0,
                });
                self.names.insert(name.clone(), self.rows.len() - 1);
                self.rows.len() - 1
            }
        };
        if let Some(row) = self.rows.get_mut(row) {
            row.open += 1;
        }
        let since = (self.clock)();
        let called = Usage { steps: 0, bytes: 0 };
        self.open.push(Frame { row, since, usage, called_time: Duration::ZERO, called });
    }

    fn leave(&mut self, usage: Usage) {
        let Some(frame) = self.open.pop() else { return };
        let time = (self.clock)().saturating_sub(frame.since);
        let steps = usage.steps.saturating_sub(frame.usage.steps);
        let bytes = usage.bytes.saturating_sub(frame.usage.bytes);
        if let Some(Row { cost, open }) = self.rows.get_mut(frame.row) {
            cost.calls += 1;
            cost.own_time += time.saturating_sub(frame.called_time);
            cost.steps += steps.saturating_sub(frame.called.steps);
            cost.bytes += bytes.saturating_sub(frame.called.bytes);
            *open -= 1;
            if *open == 0 {
                cost.total_time += time;
            }
        }
        if let Some(caller) = self.open.last_mut() {
            caller.called_time += time;
            caller.called.steps += steps;
            caller.called.bytes += bytes;
        }
    }
}

impl Engine<'_> {
    /// Runs a template and counts what it costs.
    pub(super) fn run_counted(&mut self, template: &Template, dot: Operand) -> Result<(), Fault> {
        let usage = self.meter.usage();
        if let Some(profiler) = &mut self.profiler {
            profiler.enter(&template.name, usage);
        }
        let result = self.run_uncounted(template, dot);
        let usage = self.meter.usage();
        if let Some(profiler) = &mut self.profiler {
            profiler.leave(usage);
        }
        result
    }

    /// What every template cost so far, the dearest first; nothing if no clock was given.
    #[must_use]
    pub fn costs(&self) -> Vec<TemplateCost> {
        let rows = self.profiler.iter().flat_map(|profiler| &profiler.rows);
        let mut costs: Vec<TemplateCost> = rows.map(|row| row.cost.clone()).collect();
        costs.sort_by(|left, right| {
            right.own_time.cmp(&left.own_time).then_with(|| left.name.cmp(&right.name))
        });
        costs
    }
}
