//! What the parts of a long-running command have to say (`tracing`), told through the printer.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::printer::Printer;

/// Tells warnings and errors of all parts from now on, and more where `debug` is asked for.
pub(crate) fn listen(printer: Printer, debug: bool) {
    let most = if debug { Level::DEBUG } else { Level::WARN };
    // A second command in one process keeps the first one's narrator.
    let _ = tracing::subscriber::set_global_default(Narrator { printer, most, spans: AtomicU64::new(1) });
}

struct Narrator {
    printer: Printer,
    most: Level,
    spans: AtomicU64,
}

impl Subscriber for Narrator {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Libraries say much that is of use only to those who know them.
        metadata.is_event() && *metadata.level() <= self.most && metadata.target().starts_with("wheelhouse")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed).max(1))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        self.printer.talk(&format!("{level}: {}{}", line.message, line.fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let written = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
        // Writing to a string cannot fail.
        let _ = written;
    }
}
