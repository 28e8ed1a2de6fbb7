//! Label and field selectors.

use serde_json::Value;
use wheelhouse_objects::Selector;

use crate::meta;

mod labels;

/// A label selector in its text form: `app=web,tier!=db,env in (a,b),!old,new`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct LabelSelector(Selector);

/// Whether the selector of a spec picks an object with these labels.
pub(crate) fn picks(selector: &Value, labels: &[(String, String)]) -> bool {
    picks_pairs(&Selector::of(selector), labels)
}

fn picks_pairs(selector: &Selector, labels: &[(String, String)]) -> bool {
    selector.picks_by(|key| labels.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()))
}

impl LabelSelector {
    /// Nothing is required.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the text form: `app=web,tier!=db,env in (a,b),!old,new`.
    ///
    /// # Errors
    /// What cannot be understood, in the words of the API.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let requirements = labels::requirements(text)?;
        Ok(LabelSelector(Selector::expressions(Some(&Value::Array(requirements)))))
    }

    /// Whether these labels satisfy every requirement.
    pub(crate) fn matches(&self, labels: &[(String, String)]) -> bool {
        picks_pairs(&self.0, labels)
    }
}

/// A field selector: `metadata.name=a,spec.nodeName!=b`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct FieldSelector(Vec<(String, bool, String)>);

impl FieldSelector {
    /// Nothing is required.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// What cannot be understood.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut terms = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (field, equal, value) = if let Some((field, value)) = part.split_once("!=") {
                (field, false, value)
            } else if let Some((field, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
                (field, true, value)
            } else {
                return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
            };
            terms.push((field.to_owned(), equal, value.to_owned()));
        }
        Ok(FieldSelector(terms))
    }

    /// The first field that is not one of these.
    pub(crate) fn unsupported<'a>(&'a self, supported: &dyn Fn(&str) -> bool) -> Option<&'a str> {
        self.0.iter().map(|(field, _, _)| field.as_str()).find(|field| !supported(field))
    }

    /// Whether an object satisfies every term.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|(field, equal, value)| (field_text(object, field) == *value) == *equal)
    }
}

/// The value of a field as selectors see it: text, empty when absent.
fn field_text(object: &Value, field: &str) -> String {
    let path: Vec<&str> = match field {
        // the one alias of the API: events by their source
        "source" => vec!["source", "component"],
        other => other.split('.').collect(),
    };
    match meta::at(object, &path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => match path.last() {
            Some(&("unschedulable" | "hostNetwork")) => "false".to_owned(),
            Some(&("replicas" | "successful")) => "0".to_owned(),
            _ => String::new(),
        },
        Some(other) => other.to_string(),
    }
}

/// The fields objects of a resource can be selected by, beside name and namespace.
pub(crate) fn selectable_fields(group: &str, plural: &str) -> &'static [&'static str] {
    match (group, plural) {
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        ("", "events") | ("events.k8s.io", "events") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "namespaces") => &["status.phase"],
        ("", "secrets") => &["type"],
        ("", "services") => &["spec.clusterIP", "spec.type"],
        ("", "replicationcontrollers") | ("apps", "replicasets") => &["status.replicas"],
        ("batch", "jobs") => &["status.successful"],
        ("certificates.k8s.io", "certificatesigningrequests") => &["spec.signerName"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn label_selectors_match() {
        let given = labels(&[("app", "web"), ("n", "5")]);
        for (selector, expect) in [
            ("", true),
            ("app=web", true),
            ("app==web", true),
            ("app!=web", false),
            ("tier!=db", true),
            ("app in (web, api)", true),
            ("app in (api)", false),
            ("app notin (api),n", true),
            ("!tier", true),
            ("!app", false),
            ("n>4", true),
            ("n<4", false),
            ("app=web,n=6", false),
        ] {
            assert_eq!(LabelSelector::parse(selector).unwrap().matches(&given), expect, "{selector}");
        }
    }

    #[test]
    fn malformed_selectors_are_refused() {
        for selector in ["a,,b", "a in b", "a foo (b)", "=x", "a=b c", "-a", "n>x"] {
            assert!(LabelSelector::parse(selector).is_err(), "{selector}");
        }
        assert!(FieldSelector::parse("metadata.name").is_err());
    }

    #[test]
    fn field_selectors_match() {
        let object = serde_json::json!({"metadata": {"name": "a"}, "spec": {}, "status": {"replicas": 2}});
        for (selector, expect) in [
            ("metadata.name=a", true),
            ("metadata.name!=a", false),
            ("status.replicas=2", true),
            ("spec.unschedulable=false", true),
            ("spec.nodeName=", true),
            ("spec.nodeName=x,metadata.name=a", false),
        ] {
            assert_eq!(FieldSelector::parse(selector).unwrap().matches(&object), expect, "{selector}");
        }
    }
}
