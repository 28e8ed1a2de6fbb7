//! Who sent a request.

use serde_json::{Value, json};

/// An authenticated user.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct User {
    /// User name.
    pub(crate) name: String,
    /// User id; empty for none.
    pub(crate) uid: String,
    /// Groups.
    pub(crate) groups: Vec<String>,
    /// Extra attributes, such as the pod a token is bound to.
    pub(crate) extra: Vec<(String, Vec<String>)>,
}

impl User {
    /// A user with these groups.
    pub(crate) fn new(name: &str, groups: &[&str]) -> Self {
        User {
            name: name.to_owned(),
            groups: groups.iter().map(|g| (*g).to_owned()).collect(),
            ..User::default()
        }
    }

    /// Who sends no credentials.
    pub(crate) fn anonymous() -> Self {
        User::new("system:anonymous", &["system:unauthenticated"])
    }

    /// A service account.
    pub(crate) fn service_account(namespace: &str, name: &str, uid: &str) -> Self {
        User {
            name: format!("system:serviceaccount:{namespace}:{name}"),
            uid: uid.to_owned(),
            groups: vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ],
            extra: Vec::new(),
        }
    }

    /// The `UserInfo` object of reviews.
    pub(crate) fn to_value(&self) -> Value {
        let mut value = json!({"username": self.name, "groups": self.groups});
        if !self.uid.is_empty() {
            crate::meta::set(&mut value, "uid", self.uid.clone());
        }
        if !self.extra.is_empty() {
            let extra: serde_json::Map<String, Value> =
                self.extra.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
            crate::meta::set(&mut value, "extra", Value::Object(extra));
        }
        value
    }
}
