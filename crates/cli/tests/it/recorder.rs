//! Everything the platform logs, kept to be searched.
#![allow(clippy::unwrap_used)]

use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

static LOG: Mutex<String> = Mutex::new(String::new());
static ONCE: Once = Once::new();

struct Recorder;

/// Begins to keep what is logged, in every thread of this process.
pub(crate) fn record() {
    ONCE.call_once(|| tracing::subscriber::set_global_default(Recorder).unwrap());
}

/// What was logged.
pub(crate) fn recorded() -> String {
    LOG.lock().unwrap().clone()
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

fn keep(text: Text) {
    let mut log = LOG.lock().unwrap();
    log.push_str(&text.0);
    log.push('\n');
}

impl Subscriber for Recorder {
    /// All of our own, and of others what an operator would see.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("wheelhouse") || *metadata.level() <= Level::INFO
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = Text(span.metadata().name().to_owned());
        span.record(&mut text);
        keep(text);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        keep(text);
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(event.metadata().target().to_owned());
        event.record(&mut text);
        keep(text);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
