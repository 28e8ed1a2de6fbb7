use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use wheelhouse_functions::definition::SecretDraft;

/// A secret as it is sent: its value a string or a JSON object.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Secret {
    pub(crate) name: String,
    /// A string, or an object kept as its compact text.
    pub(crate) value: Value,
}

impl Secret {
    pub(crate) fn into_draft(self) -> SecretDraft {
        let value = match self.value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        SecretDraft { name: self.name, value }
    }
}
