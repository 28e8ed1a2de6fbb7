//! Probes: what is asked, how often, and how many answers count. Asking itself is elsewhere.

use serde_json::Value;

/// How a probe asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// A GET that must answer with 200 to 399.
    Http {
        /// The host; the pod's address where left out.
        host: Option<String>,
        /// The port.
        port: u16,
        /// The path with its query.
        path: String,
        /// Over TLS, trusting any certificate.
        tls: bool,
        /// Headers to send.
        headers: Vec<(String, String)>,
    },
    /// A connection that must be accepted.
    Tcp {
        /// The host; the pod's address where left out.
        host: Option<String>,
        /// The port.
        port: u16,
    },
    /// A command in the container that must end with 0.
    Exec {
        /// The command.
        command: Vec<String>,
    },
    /// A gRPC health check that must answer `SERVING`.
    Grpc {
        /// The port.
        port: u16,
        /// The service asked about.
        service: String,
    },
}

/// A probe of a container. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// How it asks.
    pub check: Check,
    /// How long after the start it begins.
    pub delay: i64,
    /// How often it asks.
    pub period: i64,
    /// How long an answer may take.
    pub timeout: i64,
    /// How many successes in a row count.
    pub successes: u32,
    /// How many failures in a row count.
    pub failures: u32,
    /// How long the container has to stop after a failure, instead of the pod's grace period.
    pub grace: Option<i64>,
}

/// A port by number or by the name that the container gives it.
pub(crate) fn port(value: Option<&Value>, container: &Value) -> Option<u16> {
    let number = |value: &Value| value.as_u64().and_then(|number| u16::try_from(number).ok());
    match value? {
        Value::String(name) => name.parse().ok().or_else(|| {
            let ports = container.get("ports").and_then(Value::as_array)?;
            let named = ports.iter().find(|port| port.get("name").and_then(Value::as_str) == Some(name))?;
            named.get("containerPort").and_then(number)
        }),
        other => number(other),
    }
}

impl Probe {
    /// Reads a probe of a container's spec; nothing where it asks nothing that we know.
    #[must_use]
    pub fn read(probe: &Value, container: &Value) -> Option<Self> {
        let check = Self::check(probe, container)?;
        let number = |field: &str, default: i64| {
            probe.get(field).and_then(Value::as_i64).filter(|n| *n > 0).unwrap_or(default)
        };
        let count = |field: &str, default: i64| u32::try_from(number(field, default)).unwrap_or(1);
        Some(Self {
            check,
            delay: number("initialDelaySeconds", 0) * 1_000,
            period: number("periodSeconds", 10) * 1_000,
            timeout: number("timeoutSeconds", 1) * 1_000,
            successes: count("successThreshold", 1),
            failures: count("failureThreshold", 3),
            grace: probe
                .get("terminationGracePeriodSeconds")
                .and_then(Value::as_i64)
                .map(|seconds| seconds * 1_000),
        })
    }

    fn check(probe: &Value, container: &Value) -> Option<Check> {
        let text = |value: &Value, field: &str| {
            value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let host = |value: &Value| Some(text(value, "host")).filter(|host| !host.is_empty());
        let of = |field: &str| probe.get(field).filter(|value| !value.is_null());
        if let Some(http) = of("httpGet") {
            let path = text(http, "path");
            let headers = http.get("httpHeaders").and_then(Value::as_array).into_iter().flatten();
            return Some(Check::Http {
                host: host(http),
                port: port(http.get("port"), container)?,
                path: if path.starts_with('/') { path } else { format!("/{path}") },
                tls: text(http, "scheme") == "HTTPS",
                headers: headers.map(|header| (text(header, "name"), text(header, "value"))).collect(),
            });
        }
        if let Some(tcp) = of("tcpSocket") {
            return Some(Check::Tcp { host: host(tcp), port: port(tcp.get("port"), container)? });
        }
        if let Some(exec) = of("exec") {
            let command = exec.get("command").and_then(Value::as_array).into_iter().flatten();
            return Some(Check::Exec {
                command: command.filter_map(Value::as_str).map(str::to_owned).collect(),
            });
        }
        let grpc = of("grpc")?;
        Some(Check::Grpc { port: port(grpc.get("port"), container)?, service: text(grpc, "service") })
    }
}

/// Counts answers in a row. Pure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    last: Option<bool>,
    run: u32,
    told: Option<bool>,
}

impl Tally {
    /// Whether the verdict is a success by now.
    #[must_use]
    pub fn has_succeeded(&self) -> bool {
        self.told == Some(true)
    }

    /// Takes in one answer; gives the verdict when it changes.
    pub fn take(&mut self, probe: &Probe, success: bool) -> Option<bool> {
        self.run = if self.last == Some(success) { self.run.saturating_add(1) } else { 1 };
        self.last = Some(success);
        let enough = if success { probe.successes } else { probe.failures };
        (self.run >= enough && self.told != Some(success)).then(|| {
            self.told = Some(success);
            success
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn probes_are_read_with_their_defaults() {
        let container = json!({"ports": [{"name": "web", "containerPort": 8080}]});
        let probe =
            Probe::read(&json!({"httpGet": {"path": "ok", "port": "web", "scheme": "HTTPS"}}), &container)
                .unwrap();
        let Check::Http { port, path, tls, .. } = &probe.check else { panic!() };
        assert_eq!((*port, path.as_str(), *tls), (8080, "/ok", true));
        assert_eq!(
            (probe.delay, probe.period, probe.timeout, probe.successes, probe.failures),
            (0, 10_000, 1_000, 1, 3)
        );
        assert_eq!(Probe::read(&json!({"httpGet": {"port": "none"}}), &container), None);
        assert!(Probe::read(&json!({"grpc": {"port": 5}}), &container).is_some());
    }

    #[test]
    fn only_enough_answers_in_a_row_change_the_verdict() {
        let mut probe = Probe::read(&json!({"tcpSocket": {"port": 1}}), &json!({})).unwrap();
        probe.successes = 2;
        let mut tally = Tally::default();
        let said: Vec<Option<bool>> = [true, false, true, true, true, false, false, false, false]
            .into_iter()
            .map(|answer| tally.take(&probe, answer))
            .collect();
        assert_eq!(said, [None, None, None, Some(true), None, None, None, Some(false), None]);
    }
}
