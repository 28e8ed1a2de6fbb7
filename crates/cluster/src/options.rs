//! What a call may ask for besides the object.

use crate::resource::escape;

/// Which part of a collection to list or watch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// The label selector, as `app=web,tier!=cache`.
    pub labels: Option<String>,
    /// The field selector, as `spec.nodeName=node-1`.
    pub fields: Option<String>,
    /// The page size; the whole collection where left out.
    pub limit: Option<u32>,
}

impl ListOptions {
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if let Some(labels) = &self.labels {
            pairs.push(("labelSelector", labels.clone()));
        }
        if let Some(fields) = &self.fields {
            pairs.push(("fieldSelector", fields.clone()));
        }
        pairs
    }
}

/// How server-side apply is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyOptions {
    /// The name under which the fields are owned.
    pub manager: String,
    /// Take fields over from other managers instead of failing with a conflict.
    pub force: bool,
    /// Answer as if done, and do nothing.
    pub dry_run: bool,
    /// Reject unknown and duplicate fields (`fieldValidation=Strict`).
    pub strict: bool,
}

impl ApplyOptions {
    /// Plain apply by a manager: no force, for real, warnings only.
    #[must_use]
    pub fn by(manager: &str) -> Self {
        Self { manager: manager.to_owned(), force: false, dry_run: false, strict: false }
    }

    /// The same, taking over fields of other managers.
    #[must_use]
    pub fn forced(mut self) -> Self {
        self.force = true;
        self
    }

    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("fieldManager", self.manager.clone())];
        if self.force {
            pairs.push(("force", "true".to_owned()));
        }
        if self.dry_run {
            pairs.push(("dryRun", "All".to_owned()));
        }
        if self.strict {
            pairs.push(("fieldValidation", "Strict".to_owned()));
        }
        pairs
    }
}

/// What becomes of the objects that the deleted one owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// Owned objects go afterwards.
    Background,
    /// Owned objects go first.
    Foreground,
    /// Owned objects stay, without an owner.
    Orphan,
}

/// How to delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// What becomes of owned objects; the kind's default where left out.
    pub propagation: Option<Propagation>,
    /// The grace period in seconds; the object's own where left out.
    pub grace_seconds: Option<u32>,
    /// Delete only the object with this uid.
    pub uid: Option<String>,
    /// Delete only the object at this resource version.
    pub resource_version: Option<String>,
}

impl DeleteOptions {
    pub(crate) fn body(&self) -> serde_json::Value {
        let mut body = serde_json::json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        if let Some(fields) = body.as_object_mut() {
            if let Some(propagation) = self.propagation {
                let policy = match propagation {
                    Propagation::Background => "Background",
                    Propagation::Foreground => "Foreground",
                    Propagation::Orphan => "Orphan",
                };
                fields.insert("propagationPolicy".to_owned(), policy.into());
            }
            if let Some(grace) = self.grace_seconds {
                fields.insert("gracePeriodSeconds".to_owned(), grace.into());
            }
            let mut preconditions = serde_json::Map::new();
            if let Some(uid) = &self.uid {
                preconditions.insert("uid".to_owned(), uid.as_str().into());
            }
            if let Some(version) = &self.resource_version {
                preconditions.insert("resourceVersion".to_owned(), version.as_str().into());
            }
            if !preconditions.is_empty() {
                fields.insert("preconditions".to_owned(), preconditions.into());
            }
        }
        body
    }
}

/// The kinds of patch besides apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 6902: a list of operations.
    Json,
    /// RFC 7386: a partial object; lists are replaced.
    Merge,
    /// Kubernetes' own: a partial object; lists are merged by their keys. Built-in kinds only.
    Strategic,
}

impl PatchKind {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json-patch+json",
            Self::Merge => "application/merge-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
        }
    }
}

/// A part of an object with its own path and its own rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subresource {
    /// What was observed.
    Status,
    /// The number of replicas.
    Scale,
    /// The node a pod is put on.
    Binding,
    /// Deletion that respects disruption budgets.
    Eviction,
    /// A bound token of a service account.
    Token,
    /// The finalizers of a namespace.
    Finalize,
}

impl Subresource {
    pub(crate) fn segment(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Scale => "scale",
            Self::Binding => "binding",
            Self::Eviction => "eviction",
            Self::Token => "token",
            Self::Finalize => "finalize",
        }
    }
}

/// A path with its query.
pub(crate) fn with_query(path: &str, pairs: &[(&'static str, String)]) -> String {
    let mut out = path.to_owned();
    for (index, (key, value)) in pairs.iter().enumerate() {
        out.push(if index == 0 { '?' } else { '&' });
        out.push_str(key);
        out.push('=');
        out.push_str(&escape(value));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_query_is_escaped() {
        let options = ListOptions { labels: Some("app in (a,b)".into()), ..ListOptions::default() };
        assert_eq!(with_query("/x", &options.pairs()), "/x?labelSelector=app%20in%20%28a%2Cb%29");
        assert_eq!(with_query("/x", &[]), "/x");
    }

    #[test]
    fn apply_says_only_what_differs_from_the_default() {
        assert_eq!(with_query("/x", &ApplyOptions::by("me").pairs()), "/x?fieldManager=me");
        let all = ApplyOptions { force: true, dry_run: true, strict: true, manager: "m".into() };
        assert_eq!(
            with_query("/x", &all.pairs()),
            "/x?fieldManager=m&force=true&dryRun=All&fieldValidation=Strict"
        );
    }

    #[test]
    fn deletion_carries_its_preconditions() {
        let options = DeleteOptions {
            propagation: Some(Propagation::Foreground),
            grace_seconds: Some(0),
            uid: Some("u".into()),
            resource_version: None,
        };
        assert_eq!(
            options.body(),
            json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground",
                   "gracePeriodSeconds": 0, "preconditions": {"uid": "u"}})
        );
    }
}
