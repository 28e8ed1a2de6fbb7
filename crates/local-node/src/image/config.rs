//! What an image says about running it.

use serde_json::Value;

/// The parts of an image's configuration that a container needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// The program, before the pod says otherwise.
    pub entrypoint: Vec<String>,
    /// Its arguments, before the pod says otherwise.
    pub command: Vec<String>,
    /// Variables, each `NAME=value`.
    pub env: Vec<String>,
    /// The folder to start in.
    pub working_dir: String,
    /// The user: name or number, with an optional group after a colon.
    pub user: String,
    /// The signal that asks it to stop, as `SIGTERM`.
    pub stop_signal: String,
    /// The digests of the unpacked layers, lowest first.
    pub diff_ids: Vec<String>,
}

impl ImageConfig {
    /// Reads an OCI or Docker image configuration; what is missing is empty.
    #[must_use]
    pub fn of(config: &Value) -> Self {
        let inner = config.get("config").unwrap_or(&Value::Null);
        let list = |value: Option<&Value>| -> Vec<String> {
            value
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let text = |field: &str| inner.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            entrypoint: list(inner.get("Entrypoint")),
            command: list(inner.get("Cmd")),
            env: list(inner.get("Env")),
            working_dir: text("WorkingDir"),
            user: text("User"),
            stop_signal: text("StopSignal"),
            diff_ids: list(config.pointer("/rootfs/diff_ids")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_configuration_is_read() {
        let config = ImageConfig::of(
            &json!({"config": {"Entrypoint": ["/a"], "Cmd": null, "Env": ["A=b"], "User": "7:8"},
            "rootfs": {"diff_ids": ["sha256:1"]}}),
        );
        assert_eq!(config.entrypoint, ["/a"]);
        assert_eq!(config.command, Vec::<String>::new());
        assert_eq!((config.user.as_str(), config.diff_ids.len()), ("7:8", 1));
    }
}
