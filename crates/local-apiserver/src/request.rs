//! What a request asks for: its path and query taken apart.

use std::collections::HashMap;

use hyper::Method;

/// A request for something under `/api` or `/apis`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ResourcePath {
    /// API group, empty for core.
    pub(crate) group: String,
    /// API version.
    pub(crate) version: String,
    /// Namespace, empty outside namespaces.
    pub(crate) namespace: String,
    /// Plural resource.
    pub(crate) resource: String,
    /// Object name, empty for collections.
    pub(crate) name: String,
    /// Subresource, empty for none.
    pub(crate) subresource: String,
    /// What follows the subresource (proxies), with its leading slash; empty when nothing does.
    pub(crate) rest: String,
    /// The path itself says that this is a watch.
    pub(crate) watch: bool,
}

/// Takes a path apart; `None` when it is no resource path.
pub(crate) fn resource_path(path: &str) -> Option<ResourcePath> {
    let mut parts = path.trim_start_matches('/').split('/').map(decode_segment);
    let mut result = ResourcePath::default();
    match parts.next()?.as_str() {
        "api" => result.version = parts.next().filter(|v| !v.is_empty())?,
        "apis" => {
            result.group = parts.next().filter(|g| !g.is_empty())?;
            result.version = parts.next().filter(|v| !v.is_empty())?;
        }
        _ => return None,
    }
    let mut rest: Vec<String> = parts.collect();
    // the older form of a watch: a path of its own instead of a parameter
    if rest.len() > 1 && rest.first().is_some_and(|first| first == "watch") {
        rest.remove(0);
        result.watch = true;
    }
    // a trailing slash of a collection means nothing
    if rest.last().is_some_and(String::is_empty) && rest.len() < 5 {
        rest.pop();
    }
    let mut parts = rest.into_iter();
    let first = parts.next().filter(|r| !r.is_empty())?;
    let mut parts: Vec<String> = parts.collect();
    result.resource = first;
    if result.resource == "namespaces" && parts.len() > 1 {
        // a namespace's own subresources, or something within it
        let within = parts.get(1).cloned().unwrap_or_default();
        if !(parts.len() == 2 && matches!(within.as_str(), "status" | "finalize")) {
            result.namespace = parts.remove(0);
            result.resource = parts.remove(0);
        }
    }
    let mut parts = parts.into_iter();
    result.name = parts.next().unwrap_or_default();
    result.subresource = parts.next().unwrap_or_default();
    let tail: Vec<String> = parts.collect();
    if !tail.is_empty() {
        result.rest = format!("/{}", tail.join("/"));
    }
    if result.resource == "namespaces" && result.group.is_empty() && !result.name.is_empty() {
        result.namespace = result.name.clone();
    }
    Some(result)
}

/// The verb of a request, as authorization and metrics know it.
pub(crate) fn verb(method: &Method, path: &ResourcePath, query: &Query) -> &'static str {
    match (method, path.name.is_empty()) {
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, true) => "deletecollection",
        (&Method::DELETE, false) => "delete",
        (&Method::GET | &Method::HEAD, named) => match (query.flag("watch"), named) {
            (true, true) => "watch",
            (_, true) => "list",
            _ => "get",
        },
        _ => "",
    }
}

/// Query parameters; the first of each name counts, all are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(HashMap<String, Vec<String>>);

impl Query {
    /// Reads a query string.
    pub(crate) fn parse(text: &str) -> Self {
        let mut query = Query::default();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            query.0.entry(decode_query(key)).or_default().push(decode_query(value));
        }
        query
    }

    /// Sets a parameter that is on or off.
    pub(crate) fn turn_on(&mut self, key: &str) {
        self.0.insert(key.to_owned(), vec!["true".to_owned()]);
    }

    /// The first value of a parameter; empty when absent.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(|values| values.first()).map(String::as_str).unwrap_or_default()
    }

    /// Every value of a parameter.
    pub(crate) fn all(&self, key: &str) -> &[String] {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The parameter is present.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A parameter that is on: `true`, `1`, or present without a value.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.0
            .get(key)
            .and_then(|values| values.first())
            .is_some_and(|value| !matches!(value.as_str(), "false" | "0"))
    }

    /// A number.
    ///
    /// # Errors
    /// When the parameter is present and no number.
    pub(crate) fn number(&self, key: &str) -> Result<Option<i64>, String> {
        match self.text(key) {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax")),
        }
    }
}

fn decode_segment(text: &str) -> String {
    decode(text, false)
}

fn decode_query(text: &str) -> String {
    decode(text, true)
}

fn decode(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut input = text.bytes();
    while let Some(byte) = input.next() {
        match byte {
            b'+' if plus => bytes.push(b' '),
            b'%' => {
                let mut ahead = input.clone();
                let digits = (ahead.next().and_then(hex), ahead.next().and_then(hex));
                if let (Some(high), Some(low)) = digits {
                    bytes.push(high * 16 + low);
                    input = ahead;
                } else {
                    bytes.push(b'%');
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        let check = |path: &str, expect: [&str; 7]| {
            let got = resource_path(path).unwrap();
            let got =
                [got.group, got.version, got.namespace, got.resource, got.name, got.subresource, got.rest];
            assert_eq!(got, expect, "{path}");
        };
        check("/api/v1/pods", ["", "v1", "", "pods", "", "", ""]);
        check("/api/v1/namespaces", ["", "v1", "", "namespaces", "", "", ""]);
        check("/api/v1/namespaces/a", ["", "v1", "a", "namespaces", "a", "", ""]);
        check("/api/v1/namespaces/a/status", ["", "v1", "a", "namespaces", "a", "status", ""]);
        check("/api/v1/namespaces/a/pods", ["", "v1", "a", "pods", "", "", ""]);
        check(
            "/apis/apps/v1/namespaces/a/deployments/d/scale",
            ["apps", "v1", "a", "deployments", "d", "scale", ""],
        );
        check(
            "/api/v1/namespaces/a/services/http:s:80/proxy/x/y",
            ["", "v1", "a", "services", "http:s:80", "proxy", "/x/y"],
        );
        check("/api/v1/namespaces/a/services/s/proxy/", ["", "v1", "a", "services", "s", "proxy", "/"]);
        check(
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
            ["rbac.authorization.k8s.io", "v1", "", "clusterroles", "system:node", "", ""],
        );
        for path in ["/api", "/api/v1", "/apis/apps/v1", "/apis/apps", "/version", "/"] {
            assert_eq!(resource_path(path), None, "{path}");
        }
    }

    #[test]
    fn queries_decode() {
        let query = Query::parse("labelSelector=a%3Db%2Cc&watch=1&x=a+b&limit=z");
        assert_eq!(query.text("labelSelector"), "a=b,c");
        assert!(query.flag("watch") && !query.flag("y"));
        assert_eq!(query.text("x"), "a b");
        assert!(query.number("limit").is_err());
    }
}
