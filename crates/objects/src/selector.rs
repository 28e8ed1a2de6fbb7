//! Which labels a selector picks: `matchLabels` and `matchExpressions`.

use serde_json::Value;

/// What one requirement asks of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
    GreaterThan(i64),
    LessThan(i64),
    /// An operator that is not known: picks nothing.
    Never,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

impl Requirement {
    fn read(value: &Value) -> Self {
        let values = || -> Vec<String> {
            let list = value.get("values").and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let number = || values().first().and_then(|text| text.parse().ok());
        let operator = match value.get("operator").and_then(Value::as_str).unwrap_or_default() {
            "In" => Operator::In(values()),
            "NotIn" => Operator::NotIn(values()),
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            "Gt" => number().map_or(Operator::Never, Operator::GreaterThan),
            "Lt" => number().map_or(Operator::Never, Operator::LessThan),
            _ => Operator::Never,
        };
        let key = value.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { key, operator }
    }

    fn picks(&self, found: Option<&str>) -> bool {
        let number = || found.and_then(|text| text.parse::<i64>().ok());
        match &self.operator {
            Operator::In(values) => found.is_some_and(|found| values.iter().any(|value| value == found)),
            Operator::NotIn(values) => !found.is_some_and(|found| values.iter().any(|value| value == found)),
            Operator::Exists => found.is_some(),
            Operator::DoesNotExist => found.is_none(),
            Operator::GreaterThan(bound) => number().is_some_and(|number| number > *bound),
            Operator::LessThan(bound) => number().is_some_and(|number| number < *bound),
            Operator::Never => false,
        }
    }
}

/// A label selector, or the requirements of a node selector term.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    requirements: Vec<Requirement>,
    nothing: bool,
}

impl Selector {
    /// Reads a `metav1.LabelSelector`: null picks nothing, an empty one everything.
    #[must_use]
    pub fn of(selector: &Value) -> Self {
        if selector.is_null() {
            return Self::nothing();
        }
        let mut read = selector.get("matchLabels").map(Self::equal_to).unwrap_or_default();
        read.requirements.extend(Self::expressions(selector.get("matchExpressions")).requirements);
        read
    }

    /// Reads a plain map of labels, as Services and ReplicationControllers have: all must be equal.
    #[must_use]
    pub fn equal_to(labels: &Value) -> Self {
        let pairs = labels.as_object().into_iter().flatten();
        let requirements = pairs
            .filter_map(|(key, value)| {
                let operator = Operator::In(vec![value.as_str()?.to_owned()]);
                Some(Requirement { key: key.clone(), operator })
            })
            .collect();
        Self { requirements, nothing: false }
    }

    /// Reads a list of requirements, as `matchExpressions` or `matchFields`.
    #[must_use]
    pub fn expressions(list: Option<&Value>) -> Self {
        let list = list.and_then(Value::as_array).into_iter().flatten();
        Self { requirements: list.map(Requirement::read).collect(), nothing: false }
    }

    /// The selector that picks nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self { requirements: Vec::new(), nothing: true }
    }

    /// Whether there is no requirement at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether it picks an object with the labels given (the map under `metadata.labels`).
    #[must_use]
    pub fn picks(&self, labels: Option<&Value>) -> bool {
        self.picks_by(|key| labels?.get(key)?.as_str())
    }

    /// Whether it picks an object whose labels or fields a function looks up.
    pub fn picks_by<'a>(&self, look_up: impl Fn(&str) -> Option<&'a str>) -> bool {
        !self.nothing
            && self.requirements.iter().all(|requirement| requirement.picks(look_up(&requirement.key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_pick_by_their_requirements() {
        let labels = json!({"app": "web", "tier": "front", "size": "5"});
        let one = |operator: &str, key: &str, values: Value| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        let cases = [
            (Value::Null, false),
            (json!({}), true),
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "web", "tier": "back"}}), false),
            (one("In", "app", json!(["db", "web"])), true),
            (one("In", "none", json!(["x"])), false),
            (one("NotIn", "app", json!(["web"])), false),
            (one("NotIn", "none", json!(["x"])), true),
            (one("Exists", "app", json!([])), true),
            (one("DoesNotExist", "app", json!([])), false),
            (one("Gt", "size", json!(["4"])), true),
            (one("Lt", "size", json!(["5"])), false),
            (one("Gt", "app", json!(["4"])), false),
            (one("Like", "app", json!(["web"])), false),
        ];
        for (selector, expected) in cases {
            assert_eq!(Selector::of(&selector).picks(Some(&labels)), expected, "{selector}");
        }
    }

    #[test]
    fn a_plain_map_must_be_equal() {
        let selector = Selector::equal_to(&json!({"app": "web"}));
        assert!(selector.picks(Some(&json!({"app": "web", "x": "y"}))));
        assert!(!selector.picks(None));
        assert!(Selector::default().picks(None));
        assert!(!Selector::nothing().picks(None));
    }
}
