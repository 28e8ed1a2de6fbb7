//! What the parts of a long-running command have to say (`tracing`), told through the printer.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::arguments::LogFormat;
use crate::printer::Printer;

/// Tells warnings and errors of all parts from now on, and more where `debug` is asked for.
pub(crate) fn listen(printer: Printer, debug: bool) {
    let most = if debug { Level::DEBUG } else { Level::WARN };
    listen_to(printer, most, None);
}

/// Tells everything up to a level as a service does: with the time, in a format that is asked for.
pub(crate) fn serve(printer: Printer, debug: bool, format: LogFormat) {
    let most = if debug { Level::DEBUG } else { Level::INFO };
    listen_to(printer, most, Some(format));
}

fn listen_to(printer: Printer, most: Level, format: Option<LogFormat>) {
    // A second command in one process keeps the first one's narrator.
    let narrator = Narrator { printer, most, format, spans: AtomicU64::new(1) };
    let _ = tracing::subscriber::set_global_default(narrator);
}

struct Narrator {
    printer: Printer,
    most: Level,
    /// How services log; nothing for commands, which just tell.
    format: Option<LogFormat>,
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
        let time = jiff::Timestamp::now();
        self.printer.talk(&match self.format {
            None => format!("{level}: {}", line.text()),
            Some(LogFormat::Human) => format!("{time:.3} {level}: {}", line.text()),
            Some(LogFormat::Json) => line.json(&format!("{time:.3}"), &level, event.metadata().target()),
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Line {
    fn text(&self) -> String {
        let mut text = self.message.clone();
        for (name, value) in &self.fields {
            // Writing to a string cannot fail.
            let _ = write!(text, " {name}={value}");
        }
        text
    }

    fn json(self, time: &str, level: &str, target: &str) -> String {
        let mut object = Map::new();
        object.insert("time".to_owned(), time.into());
        object.insert("level".to_owned(), level.into());
        object.insert("target".to_owned(), target.into());
        object.insert("message".to_owned(), self.message.into());
        object.extend(self.fields.into_iter().map(|(name, value)| (name.to_owned(), json!(value))));
        Value::Object(object).to_string()
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let value = format!("{value:?}");
        if field.name() == "message" {
            self.message = value;
        } else {
            self.fields.push((field.name(), value));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.fields.push((field.name(), value.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_text_or_json() {
        let line = || Line { message: "started".into(), fields: vec![("address", "a \"b\"".into())] };
        assert_eq!(line().text(), "started address=a \"b\"");
        assert_eq!(
            line().json("T", "info", "wheelhouse"),
            r#"{"time":"T","level":"info","target":"wheelhouse","message":"started","address":"a \"b\""}"#
        );
    }
}
