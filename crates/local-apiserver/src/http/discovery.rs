//! Discovery: which groups, versions and resources there are, plain and aggregated.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::handler::Admitted;
use super::negotiate::{Form, wanted};
use super::{Reply, json as json_reply, raw};
use crate::resources::{Catalog, Resource};
use crate::status::Status;

/// The Kubernetes version whose API this is.
pub(super) const GIT_VERSION: &str = "v1.36.2";

/// The answer of `/version`.
pub(super) fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": GIT_VERSION, "gitCommit": "", "gitTreeState": "clean", "buildDate": "",
        "goVersion": "", "compiler": "rustc", "platform": format!("linux/{}", architecture())
    })
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Answers paths that are no resources: groups, versions and the root.
pub(super) fn answer(admitted: &Admitted, path: &str) -> Result<Reply, Status> {
    let catalog = admitted.cluster.catalog();
    let form = wanted(admitted.request.headers())?.form;
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let found = match (parts.as_slice(), form) {
        (["api" | "apis"], Form::Discovery(version)) => {
            let core = parts.first() == Some(&"api");
            let mut reply = json_reply(200, &aggregated(&catalog, core, version));
            let media = match version {
                "v2" => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
                _ => "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
            };
            reply.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static(media));
            reply.headers_mut().insert("vary", hyper::header::HeaderValue::from_static("Accept"));
            return Ok(reply);
        }
        ([""], _) => Some(json!({"paths": root_paths(&catalog)})),
        (["api"], _) => Some(json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": host(admitted)}]
        })),
        (["apis"], _) => {
            let groups: Vec<Value> =
                catalog.groups().iter().map(|(name, versions)| group(name, versions)).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        (["api", "v1"], _) => Some(resource_list(&catalog, "", "v1")),
        (["apis", name], _) => {
            catalog.groups().iter().find(|(group, _)| group == name).map(|(name, versions)| {
                let mut value = group(name, versions);
                crate::meta::set(&mut value, "kind", "APIGroup");
                crate::meta::set(&mut value, "apiVersion", "v1");
                value
            })
        }
        (["apis", name, version], _) => catalog
            .all()
            .iter()
            .any(|r| r.group == *name && r.version == *version)
            .then(|| resource_list(&catalog, name, version)),
        _ => None,
    };
    match found {
        Some(value) => Ok(json_reply(200, &value)),
        None => Ok(raw(404, "text/plain; charset=utf-8", "404 page not found\n")),
    }
}

fn host(admitted: &Admitted) -> String {
    let host =
        admitted.request.headers().get("host").and_then(|value| value.to_str().ok().map(str::to_owned));
    host.or_else(|| admitted.request.uri().authority().map(ToString::to_string)).unwrap_or_default()
}

fn root_paths(catalog: &Catalog) -> Vec<String> {
    let mut paths = vec![
        "/.well-known/openid-configuration".to_owned(),
        "/api".to_owned(),
        "/api/v1".to_owned(),
        "/apis".to_owned(),
    ];
    for (name, versions) in catalog.groups() {
        paths.push(format!("/apis/{name}"));
        paths.extend(versions.iter().map(|version| format!("/apis/{name}/{version}")));
    }
    for path in ["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/openid/v1/jwks", "/readyz", "/version"]
    {
        paths.push(path.to_owned());
    }
    paths.sort();
    paths
}

fn group(name: &str, versions: &[String]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions.first()})
}

fn within<'a>(
    catalog: &'a Catalog,
    group: &'a str,
    version: &'a str,
) -> impl Iterator<Item = &'a Arc<Resource>> {
    catalog.all().iter().filter(move |r| r.group == group && r.version == version)
}

fn resource_list(catalog: &Catalog, group: &str, version: &str) -> Value {
    let mut resources = Vec::new();
    for resource in within(catalog, group, version) {
        let mut entry = json!({
            "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
            "kind": resource.kind, "verbs": resource.verbs
        });
        if !resource.short_names.is_empty() {
            crate::meta::set(&mut entry, "shortNames", json!(resource.short_names));
        }
        if !resource.categories.is_empty() {
            crate::meta::set(&mut entry, "categories", json!(resource.categories));
        }
        if resource.stored() {
            let hash = crc32fast::hash(format!("{}/{}", resource.group_resource(), resource.kind).as_bytes());
            let hash = base64::Engine::encode(
                &base64::engine::general_purpose::STANDARD,
                u64::from(hash).to_be_bytes(),
            );
            crate::meta::set(&mut entry, "storageVersionHash", hash);
        }
        resources.push(entry);
        for sub in &resource.subresources {
            let mut entry = Map::new();
            entry.insert("name".to_owned(), format!("{}/{}", resource.plural, sub.name).into());
            entry.insert("singularName".to_owned(), "".into());
            entry.insert("namespaced".to_owned(), resource.namespaced.into());
            if let Some((group, version)) = &sub.foreign {
                if !group.is_empty() {
                    entry.insert("group".to_owned(), group.clone().into());
                }
                entry.insert("version".to_owned(), version.clone().into());
            }
            entry.insert("kind".to_owned(), sub.kind.clone().into());
            entry.insert("verbs".to_owned(), json!(sub.verbs));
            resources.push(Value::Object(entry));
        }
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut list = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": resources});
    if !group.is_empty() {
        crate::meta::set(&mut list, "apiVersion", "v1");
    }
    list
}

fn aggregated(catalog: &Catalog, core: bool, discovery_version: &str) -> Value {
    let groups: Vec<(String, Vec<String>)> =
        if core { vec![(String::new(), vec!["v1".to_owned()])] } else { catalog.groups() };
    let items: Vec<Value> = groups
        .iter()
        .map(|(name, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|version| {
                    let resources: Vec<Value> =
                        within(catalog, name, version).map(|r| aggregated_resource(r)).collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            let mut metadata = json!({"creationTimestamp": null});
            if !name.is_empty() {
                crate::meta::set(&mut metadata, "name", name.clone());
            }
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{discovery_version}"),
        "metadata": {}, "items": items
    })
}

fn aggregated_resource(resource: &Resource) -> Value {
    let scope = if resource.namespaced { "Namespaced" } else { "Cluster" };
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": scope, "singularResource": resource.singular, "verbs": resource.verbs
    });
    if !resource.short_names.is_empty() {
        crate::meta::set(&mut entry, "shortNames", json!(resource.short_names));
    }
    if !resource.categories.is_empty() {
        crate::meta::set(&mut entry, "categories", json!(resource.categories));
    }
    if !resource.subresources.is_empty() {
        let subs: Vec<Value> = resource
            .subresources
            .iter()
            .map(|sub| {
                let (group, version) =
                    sub.foreign.clone().unwrap_or_else(|| (resource.group.clone(), resource.version.clone()));
                json!({"subresource": sub.name, "responseKind": {"group": group, "version": version, "kind": sub.kind}, "verbs": sub.verbs})
            })
            .collect();
        crate::meta::set(&mut entry, "subresources", json!(subs));
    }
    entry
}
