//! Makes answers of two runs comparable: what is different each time gets a fixed word.

use regex::Regex;
use serde_json::{Map, Value};

pub(crate) struct Scrubber {
    words: Vec<(Regex, &'static str)>,
    age: Regex,
}

impl Scrubber {
    pub(crate) fn new() -> Self {
        let word = |pattern: &str, word| (Regex::new(pattern).unwrap(), word);
        Scrubber {
            age: Regex::new(r"^\d{1,3}(s|m|h|m\d{1,2}s|h\d{1,2}m)$").unwrap(),
            words: vec![
                word(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
                word(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
                word(r"kube-api-access-[a-z0-9]{5}", "kube-api-access-RANDOM"),
                word(r"\bgen-[b-z0-9]{5}\b", "gen-RANDOM"),
                word(r"\b10\.96\.\d+\.\d+\b", "IP"),
                word(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "JWT"),
                word(r", application/vnd\.kubernetes\.protobuf", ""),
                word(r#"resourceVersion\\*":\\*"\d+"#, "resourceVersion:RV"),
                word(r#"resourceVersion: "\d+""#, "resourceVersion: RV"),
                word(r"in record \(\d+\)", "in record (RV)"),
                word(r"too old resource version: \d+ \(\d+\)", "too old resource version: RV (RV)"),
                word(
                    r"Too large resource version: \d+, current: \d+",
                    "Too large resource version: RV, current: RV",
                ),
            ],
        }
    }

    pub(crate) fn text(&self, text: &str, namespace: &str) -> String {
        let mut text = text.replace(namespace, "$ns");
        for (pattern, word) in &self.words {
            text = pattern.replace_all(&text, *word).into_owned();
        }
        text
    }

    /// The value with sorted keys and fixed words.
    pub(crate) fn value(&self, value: &Value, namespace: &str) -> Value {
        match value {
            Value::Object(map) => {
                let mut keys: Vec<&String> = map.keys().collect();
                keys.sort();
                let mut out = Map::new();
                for key in keys {
                    let inner = map.get(key).unwrap();
                    let value = match key.as_str() {
                        "resourceVersion" if inner.as_str().is_some_and(|v| v.parse::<u64>().is_ok()) => {
                            "RV".into()
                        }
                        "nodePort" | "healthCheckNodePort" => "PORT".into(),
                        "continue" if inner.is_string() => "TOKEN".into(),
                        "storageVersionHash" => "HASH".into(),
                        "description" => "".into(),
                        "serverAddress" => "ADDRESS".into(),
                        _ => self.value(inner, namespace),
                    };
                    out.insert(self.text(key, namespace), value);
                }
                Value::Object(out)
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.value(item, namespace)).collect())
            }
            // ages of what was made just now
            Value::String(text) if self.age.is_match(text) => "AGE".into(),
            Value::String(text) => Value::String(self.text(text, namespace)),
            other => other.clone(),
        }
    }
}
