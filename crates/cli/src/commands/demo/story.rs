//! What the demo tells: lines for people as it goes, or one JSON document at the end.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};
use wheelhouse_platform::Ready;

use super::invocation::Answer;
use crate::arguments::Report;
use crate::printer::Printer;

/// The story so far.
pub(super) struct Story {
    printer: Printer,
    output: Report,
    timings: Map<String, Value>,
    answers: Map<String, Value>,
    more: Map<String, Value>,
}

impl Story {
    pub(super) fn new(printer: Printer, output: Report) -> Self {
        Story { printer, output, timings: Map::new(), answers: Map::new(), more: Map::new() }
    }

    /// Something is done.
    pub(super) fn step(&mut self, name: &str, what: &str, took: Duration) {
        self.timings.insert(name.to_owned(), milliseconds(took));
        self.printer.talk(&format!("{:>9}  {what}", shown(took)));
    }

    /// The function's status changed.
    pub(super) fn progress(&self, status: &str, elapsed: Duration) {
        self.printer.talk(&format!("{:>9}    {status}", shown(elapsed)));
    }

    /// The function answered.
    pub(super) fn answer(&mut self, name: &str, form: &str, answer: &Answer) {
        self.answers.insert(
            name.to_owned(),
            json!({
                "text": answer.text, "firstByteMs": milliseconds(answer.first), "wholeMs": milliseconds(answer.whole),
            }),
        );
        match self.output {
            Report::Text => {
                self.printer.talk(&format!("{:>9}  answered over {form}:", shown(answer.whole)));
                self.printer.data(format!("{}\n", answer.text));
            }
            Report::Json => {
                self.printer.talk(&format!(
                    "{:>9}  answered over {form}: {}",
                    shown(answer.whole),
                    answer.text
                ));
            }
        }
    }

    /// How long calls take, one after the other.
    pub(super) fn latency(&mut self, times: &mut [Duration]) {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        let (half, most) = (at(50), at(99));
        self.more.insert(
            "latency".to_owned(),
            json!({ "calls": times.len(), "p50Ms": milliseconds(half), "p99Ms": milliseconds(most) }),
        );
        self.printer.talk(&format!(
            "{:>9}  is what half of {} calls took at most, one after the other; 99 of 100: {}",
            shown(half),
            times.len(),
            shown(most)
        ));
    }

    /// Where everything is, when it is kept.
    pub(super) fn addresses(&mut self, ready: &Ready, kubeconfig: &Path) {
        let registry = ready.registry.map(|address| address.to_string());
        self.printer.talk(&format!(
            "\napi       http://{}\nregistry  {}\ncluster   KUBECONFIG={}",
            ready.gateway,
            registry.as_deref().unwrap_or("none"),
            kubeconfig.display()
        ));
        self.more.insert("server".to_owned(), format!("http://{}", ready.gateway).into());
        self.more.insert("registry".to_owned(), json!(registry));
        self.more.insert("token".to_owned(), json!(ready.first_token));
        self.more.insert("kubeconfig".to_owned(), kubeconfig.display().to_string().into());
        if let Some(token) = &ready.first_token {
            self.printer.talk(&format!("token     {token}"));
        }
    }

    /// How to call the function that is kept.
    pub(super) fn try_yourself(&mut self, key: &str, curl: &str) {
        self.more.insert("apiKey".to_owned(), key.into());
        self.printer.talk(&format!("\nexport NVCF_API_KEY={key}\n{curl}"));
    }

    /// The end; prints the document, if that is asked for.
    pub(super) fn end(&mut self) {
        if self.output == Report::Json {
            let mut document = json!({ "timingsMs": self.timings, "answers": self.answers });
            if let Some(document) = document.as_object_mut() {
                document.append(&mut self.more);
            }
            self.printer.data(format!("{document}\n"));
        }
    }
}

fn milliseconds(time: Duration) -> Value {
    json!((time.as_secs_f64() * 1e6).round() / 1e3)
}

fn shown(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{:.1} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}
