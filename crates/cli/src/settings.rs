//! The environment as Helm reads it: flags over variables over defaults.

use crate::arguments::Global;

/// Helm's settings, resolved once at the start.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// More talk.
    pub debug: bool,
    /// The namespace of requests.
    pub namespace: String,
    variables: Vec<(&'static str, String)>,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Helm's three homes: `HELM_X_HOME`, else `XDG_X_HOME/helm`, else the default below the home.
fn home(helm: &str, xdg: &str, default: &str) -> String {
    variable(helm).unwrap_or_else(|| {
        let base =
            variable(xdg).unwrap_or_else(|| format!("{}/{default}", variable("HOME").unwrap_or_default()));
        format!("{base}/helm")
    })
}

impl Settings {
    /// Reads the environment under the global flags.
    pub(crate) fn new(global: &Global) -> Self {
        let cache = home("HELM_CACHE_HOME", "XDG_CACHE_HOME", ".cache");
        let config = home("HELM_CONFIG_HOME", "XDG_CONFIG_HOME", ".config");
        let data = home("HELM_DATA_HOME", "XDG_DATA_HOME", ".local/share");
        let choose = |flag: &Option<String>, name: &str, default: String| {
            flag.clone().or_else(|| variable(name)).unwrap_or(default)
        };
        let debug = global.debug || variable("HELM_DEBUG").is_some_and(|value| truthy(&value));
        let insecure = global.kube_insecure_skip_tls_verify
            || variable("HELM_KUBEINSECURE_SKIP_TLS_VERIFY").is_some_and(|value| truthy(&value));
        let namespace = Some(global.namespace.clone())
            .filter(|name| !name.is_empty())
            .or_else(|| variable("HELM_NAMESPACE"))
            .unwrap_or_else(|| "default".to_owned());
        let groups = if global.kube_as_group.is_empty() {
            variable("HELM_KUBEASGROUPS").unwrap_or_default()
        } else {
            global.kube_as_group.join(",")
        };
        let number = |flag: Option<String>, name: &str, default: &str| {
            flag.or_else(|| variable(name)).unwrap_or_else(|| default.to_owned())
        };
        let mut variables = vec![
            ("HELM_BIN", std::env::args().next().unwrap_or_default()),
            (
                "HELM_BURST_LIMIT",
                number(global.burst_limit.map(|limit| limit.to_string()), "HELM_BURST_LIMIT", "100"),
            ),
            ("HELM_CACHE_HOME", cache.clone()),
            ("HELM_CONFIG_HOME", config.clone()),
            (
                "HELM_CONTENT_CACHE",
                choose(&global.content_cache, "HELM_CONTENT_CACHE", format!("{cache}/content")),
            ),
            ("HELM_DATA_HOME", data.clone()),
            ("HELM_DEBUG", debug.to_string()),
            ("HELM_KUBEAPISERVER", choose(&global.kube_apiserver, "HELM_KUBEAPISERVER", String::new())),
            ("HELM_KUBEASGROUPS", groups),
            ("HELM_KUBEASUSER", choose(&global.kube_as_user, "HELM_KUBEASUSER", String::new())),
            ("HELM_KUBECAFILE", choose(&global.kube_ca_file, "HELM_KUBECAFILE", String::new())),
            ("HELM_KUBECONTEXT", choose(&global.kube_context, "HELM_KUBECONTEXT", String::new())),
            ("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", insecure.to_string()),
            (
                "HELM_KUBETLS_SERVER_NAME",
                choose(&global.kube_tls_server_name, "HELM_KUBETLS_SERVER_NAME", String::new()),
            ),
            ("HELM_KUBETOKEN", choose(&global.kube_token, "HELM_KUBETOKEN", String::new())),
            ("HELM_MAX_HISTORY", number(None, "HELM_MAX_HISTORY", "10")),
            ("HELM_NAMESPACE", namespace.clone()),
            ("HELM_PLUGINS", variable("HELM_PLUGINS").unwrap_or_else(|| format!("{data}/plugins"))),
            (
                "HELM_QPS",
                format!("{:.2}", global.qps.or_else(|| variable("HELM_QPS")?.parse().ok()).unwrap_or(0.0)),
            ),
            (
                "HELM_REGISTRY_CONFIG",
                choose(
                    &global.registry_config,
                    "HELM_REGISTRY_CONFIG",
                    format!("{config}/registry/config.json"),
                ),
            ),
            (
                "HELM_REPOSITORY_CACHE",
                choose(&global.repository_cache, "HELM_REPOSITORY_CACHE", format!("{cache}/repository")),
            ),
            (
                "HELM_REPOSITORY_CONFIG",
                choose(
                    &global.repository_config,
                    "HELM_REPOSITORY_CONFIG",
                    format!("{config}/repositories.yaml"),
                ),
            ),
        ];
        if let Some(kubeconfig) = global.kubeconfig.clone().or_else(|| variable("KUBECONFIG")) {
            variables.push(("KUBECONFIG", kubeconfig));
        }
        variables.sort_unstable();
        Settings { debug, namespace, variables }
    }

    /// Every variable with its value, by name.
    pub(crate) fn variable(&self, name: &str) -> &str {
        let found = self.variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// All of them.
    pub(crate) fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }
}

fn truthy(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "TRUE" | "true" | "True")
}
