//! What the API serves: versions and kinds.

use http::Method;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::error::Result;
use crate::resource::Resource;
use crate::transport::Call;

/// Aggregated discovery where the server has it (all since Kubernetes 1.30), else the plain lists.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/// One kind that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The kind and its paths.
    pub resource: Resource,
    /// The verbs allowed on it, as `list`.
    pub verbs: Vec<String>,
    /// The short names, as `deploy`.
    pub short_names: Vec<String>,
    /// The singular name.
    pub singular: String,
    /// The names of its subresources, as `status`.
    pub subresources: Vec<String>,
}

/// All that is served. Groups and versions are in the server's order of preference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// All group versions, as `apps/v1`, also those without kinds.
    pub versions: Vec<String>,
    /// All kinds.
    pub served: Vec<Served>,
    /// Group versions whose kinds could not be had, as of an extension server that is down.
    pub stale: Vec<String>,
}

impl Discovery {
    /// The resource of a kind: by `apiVersion` and `kind`.
    #[must_use]
    pub fn find(&self, api_version: &str, kind: &str) -> Option<&Served> {
        self.served
            .iter()
            .find(|served| served.resource.kind == kind && served.resource.api_version() == api_version)
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn texts(value: &Value, field: &str) -> Vec<String> {
    list(value, field).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// Takes in one `APIGroupDiscoveryList`.
fn read_aggregated(answer: &Value, discovery: &mut Discovery) {
    for item in list(answer, "items") {
        let group = item.get("metadata").map(|metadata| text(metadata, "name")).unwrap_or_default();
        for version in list(item, "versions") {
            let name = text(version, "version");
            let full = group_version(group, name);
            if text(version, "freshness") == "Stale" {
                discovery.stale.push(full.clone());
            }
            discovery.versions.push(full);
            for resource in list(version, "resources") {
                let kind = resource.get("responseKind").map(|kind| text(kind, "kind")).unwrap_or_default();
                discovery.served.push(Served {
                    resource: Resource {
                        group: group.to_owned().into(),
                        version: name.to_owned().into(),
                        kind: kind.to_owned().into(),
                        plural: text(resource, "resource").to_owned().into(),
                        namespaced: text(resource, "scope") == "Namespaced",
                    },
                    verbs: texts(resource, "verbs"),
                    short_names: texts(resource, "shortNames"),
                    singular: text(resource, "singularResource").to_owned(),
                    subresources: list(resource, "subresources")
                        .map(|part| text(part, "subresource").to_owned())
                        .collect(),
                });
            }
        }
    }
}

/// Takes in one plain `APIResourceList`.
fn read_plain(group: &str, version: &str, answer: &Value, discovery: &mut Discovery) {
    let first = discovery.served.len();
    for resource in list(answer, "resources").filter(|resource| !text(resource, "name").contains('/')) {
        discovery.served.push(Served {
            resource: Resource {
                group: group.to_owned().into(),
                version: version.to_owned().into(),
                kind: text(resource, "kind").to_owned().into(),
                plural: text(resource, "name").to_owned().into(),
                namespaced: resource.get("namespaced").and_then(Value::as_bool).unwrap_or_default(),
            },
            verbs: texts(resource, "verbs"),
            short_names: texts(resource, "shortNames"),
            singular: text(resource, "singularName").to_owned(),
            subresources: Vec::new(),
        });
    }
    for (plural, part) in
        list(answer, "resources").filter_map(|resource| text(resource, "name").split_once('/'))
    {
        let owner = discovery.served.iter_mut().skip(first).find(|served| served.resource.plural == plural);
        if let Some(served) = owner {
            served.subresources.push(part.to_owned());
        }
    }
}

impl Cluster {
    /// Asks what the API serves.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses. A group that cannot be had is no error; it is
    /// named in [`Discovery::stale`].
    pub async fn discover(&self) -> Result<Discovery> {
        let mut discovery = Discovery::default();
        for root in ["/api", "/apis"] {
            let mut call = Call::new(Method::GET, root);
            call.accept = ACCEPT;
            let answer = self.json(&call).await?;
            if text(&answer, "kind") == "APIGroupDiscoveryList" {
                read_aggregated(&answer, &mut discovery);
                continue;
            }
            let mut versions: Vec<(String, String)> =
                texts(&answer, "versions").into_iter().map(|version| (String::new(), version)).collect();
            for group in list(&answer, "groups") {
                let name = text(group, "name");
                versions.extend(
                    list(group, "versions").map(|entry| (name.to_owned(), text(entry, "version").to_owned())),
                );
            }
            for (group, version) in versions {
                let full = group_version(&group, &version);
                discovery.versions.push(full.clone());
                match self.get_path(&format!("{root}/{full}")).await {
                    Ok(resources) => read_plain(&group, &version, &resources, &mut discovery),
                    Err(error) if error.code().is_some() => discovery.stale.push(full),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(discovery)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_forms_tell_the_same() {
        let mut aggregated = Discovery::default();
        read_aggregated(
            &json!({"items": [{"metadata": {"name": "apps"}, "versions": [{"version": "v1", "freshness": "Current",
                "resources": [{"resource": "deployments", "responseKind": {"kind": "Deployment"}, "scope": "Namespaced",
                    "singularResource": "deployment", "verbs": ["get"], "shortNames": ["deploy"],
                    "subresources": [{"subresource": "scale"}, {"subresource": "status"}]}]}]}]}),
            &mut aggregated,
        );
        let mut plain = Discovery { versions: vec!["apps/v1".into()], ..Discovery::default() };
        read_plain(
            "apps",
            "v1",
            &json!({"resources": [
                {"name": "deployments", "kind": "Deployment", "namespaced": true, "singularName": "deployment",
                 "verbs": ["get"], "shortNames": ["deploy"]},
                {"name": "deployments/scale", "kind": "Scale", "namespaced": true},
                {"name": "deployments/status", "kind": "Deployment", "namespaced": true}]}),
            &mut plain,
        );
        assert_eq!(aggregated, plain);
        assert_eq!(
            plain.find("apps/v1", "Deployment").map(|served| &*served.resource.plural),
            Some("deployments")
        );
        assert_eq!(plain.find("apps/v2", "Deployment"), None);
    }
}
