//! A kind of object and where the API serves it.

use std::borrow::Cow;

use serde_json::Value;

/// One kind of object as the API serves it: group, version, plural name, and scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// The API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// The version within the group, as `v1`.
    pub version: Cow<'static, str>,
    /// The kind, as `Deployment`.
    pub kind: Cow<'static, str>,
    /// The plural name in paths, as `deployments`.
    pub plural: Cow<'static, str>,
    /// Whether the objects live in namespaces.
    pub namespaced: bool,
}

impl Resource {
    /// A resource known at compile time.
    #[must_use]
    pub const fn fixed(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
        namespaced: bool,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
            plural: Cow::Borrowed(plural),
            namespaced,
        }
    }

    /// The `apiVersion` of its objects: `v1`, `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The path of the collection; `namespace` is left out for all namespaces and for
    /// cluster-scoped kinds.
    #[must_use]
    pub fn collection_path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{}/{}", escape(namespace), self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    /// The path of one object.
    #[must_use]
    pub fn object_path(&self, namespace: Option<&str>, name: &str) -> String {
        format!("{}/{}", self.collection_path(namespace), escape(name))
    }

    /// Whether an object says it is of this kind.
    #[must_use]
    pub fn matches(&self, object: &Value) -> bool {
        object.get("kind").and_then(Value::as_str) == Some(&self.kind)
            && object.get("apiVersion").and_then(Value::as_str) == Some(&self.api_version())
    }

    /// Writes `apiVersion` and `kind` into an object that lacks them, as items of a list do.
    pub fn mark(&self, object: &mut Value) {
        if let Some(fields) = object.as_object_mut() {
            fields.entry("apiVersion").or_insert_with(|| self.api_version().into());
            fields.entry("kind").or_insert_with(|| self.kind.as_ref().into());
        }
    }
}

/// A path segment or query value with everything outside the unreserved set percent-encoded.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::resources;

    #[test]
    fn paths_follow_group_and_scope() {
        let cases = [
            (&resources::POD, Some("a"), "/api/v1/namespaces/a/pods"),
            (&resources::POD, None, "/api/v1/pods"),
            (&resources::NODE, Some("a"), "/api/v1/nodes"),
            (&resources::DEPLOYMENT, Some("a"), "/apis/apps/v1/namespaces/a/deployments"),
        ];
        for (resource, namespace, path) in cases {
            assert_eq!(resource.collection_path(namespace), path);
        }
    }

    #[test]
    fn names_cannot_leave_their_segment() {
        assert_eq!(
            resources::POD.object_path(Some("a/b"), "../x?y"),
            "/api/v1/namespaces/a%2Fb/pods/..%2Fx%3Fy"
        );
    }

    #[test]
    fn list_items_are_marked_once() {
        let mut item = serde_json::json!({"metadata": {"name": "x"}});
        assert!(!resources::POD.matches(&item));
        resources::POD.mark(&mut item);
        assert!(resources::POD.matches(&item));
    }
}
