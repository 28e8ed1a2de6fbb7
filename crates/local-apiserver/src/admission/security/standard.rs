//! The Pod Security Standards as checks over a pod, in the words of the API.
//!
//! The order and the texts are those of `k8s.io/pod-security-admission` at version 1.36.

use serde_json::Value;
use wheelhouse_objects::pod_security;

use super::Level;
use crate::meta;

/// What is wrong, and in which places.
type Violation = Option<(String, String)>;

/// One of the standards' checks.
type Check = fn(&Pod<'_>) -> Violation;

/// Everything a pod does that a level forbids at a minor version of the standards, as one text; empty
/// when there is nothing. The seccomp annotations that counted before 1.19 are not looked at.
pub(super) fn violations(pod: &Value, level: Level, minor: u32) -> String {
    let spec = pod.get("spec").unwrap_or(&Value::Null);
    let pod = Pod { pod, spec, minor };
    let restricted = level == Level::Restricted;
    // a restricted check stands in for the baseline check of the same thing
    let baseline: [(bool, Check); 12] = [
        (true, app_armor),
        (!restricted || minor < 22, capabilities_baseline),
        (true, host_namespaces),
        (!restricted, host_path_volumes),
        (true, host_ports),
        (minor >= 34, probe_hosts),
        (true, privileged),
        (!restricted || minor < 35, |pod| proc_mount(pod, pod.own_users())),
        (true, se_linux),
        (!restricted && minor >= 19, |pod| seccomp(pod, false)),
        (true, sysctls),
        (true, host_process),
    ];
    let more: [(bool, Check); 7] = [
        (minor >= 8, privilege_escalation),
        (minor >= 22, capabilities_restricted),
        (minor >= 35, |pod| proc_mount(pod, false)),
        (true, restricted_volumes),
        (true, run_as_non_root),
        (minor >= 23, run_as_user),
        (minor >= 19, |pod| seccomp(pod, true)),
    ];
    let more = more.iter().filter(|_| restricted);
    let checks = baseline.iter().chain(more).filter(|(counts, _)| *counts);
    let found: Vec<(String, String)> = checks.filter_map(|(_, check)| check(&pod)).collect();
    found.iter().map(|(reason, detail)| format!("{reason} ({detail})")).collect::<Vec<_>>().join(", ")
}

struct Pod<'a> {
    pod: &'a Value,
    spec: &'a Value,
    /// The minor version of the standards.
    minor: u32,
}

impl<'a> Pod<'a> {
    fn containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let spec = self.spec;
        ["initContainers", "containers", "ephemeralContainers"]
            .into_iter()
            .flat_map(move |list| meta::items(spec, &[list]))
    }

    /// The names of the containers for which something holds.
    fn named(&self, mut holds: impl FnMut(&Value) -> bool) -> Vec<String> {
        self.containers().filter(|c| holds(c)).map(|c| meta::text(c, &["name"]).to_owned()).collect()
    }

    fn security(&self, path: &[&str]) -> Option<&'a Value> {
        let context = self.spec.get("securityContext")?;
        meta::at(context, path).filter(|value| !value.is_null())
    }

    fn windows(&self) -> bool {
        self.minor >= 25 && meta::text(self.spec, &["os", "name"]) == "windows"
    }

    /// The pod has users of its own, so that root in it is nobody outside.
    fn own_users(&self) -> bool {
        self.minor >= 35 && self.spec.get("hostUsers") == Some(&Value::Bool(false))
    }
}

fn security<'a>(container: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let context = container.get("securityContext")?;
    meta::at(context, path).filter(|value| !value.is_null())
}

fn quoted(items: &[String]) -> String {
    items.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ")
}

fn sorted(mut items: Vec<String>) -> Vec<String> {
    items.sort();
    items.dedup();
    items
}

fn plural<'a>(one: &'a str, many: &'a str, count: usize) -> &'a str {
    if count == 1 { one } else { many }
}

fn containers(names: &[String]) -> String {
    format!("{} {}", plural("container", "containers", names.len()), quoted(names))
}

/// The pod and the containers that set something.
fn setters(pod: bool, names: &[String]) -> Vec<String> {
    let mut setters = Vec::new();
    if pod {
        setters.push("pod".to_owned());
    }
    if !names.is_empty() {
        setters.push(containers(names));
    }
    setters
}

fn violation(reason: &str, detail: String) -> Violation {
    Some((reason.to_owned(), detail))
}

fn app_armor(pod: &Pod<'_>) -> Violation {
    const KEY: [&str; 2] = ["appArmorProfile", "type"];
    let mut values = Vec::new();
    let mut bad = |value: Option<&Value>| match value.and_then(Value::as_str) {
        None => false,
        Some(kind) if pod_security::is_confining_profile(kind) => false,
        Some(other) => {
            values.push(other.to_owned());
            true
        }
    };
    let of_pod = bad(pod.security(&KEY));
    let names = pod.named(|container| bad(security(container, &KEY)));
    let mut by = setters(of_pod, &names);
    let mut values = sorted(values);
    let annotations = sorted(
        meta::text_map(pod.pod, &["metadata", "annotations"])
            .into_iter()
            .filter(|(key, value)| {
                key.starts_with("container.apparmor.security.beta.kubernetes.io/")
                    && !pod_security::is_confining_app_armor_annotation(value)
            })
            .map(|(key, value)| format!("{key}={value:?}"))
            .collect(),
    );
    if !annotations.is_empty() {
        by.push(plural("annotation", "annotations", annotations.len()).to_owned());
        values.extend(annotations);
    }
    if by.is_empty() {
        return None;
    }
    let reason = plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.len());
    violation(
        reason,
        format!("{} must not set AppArmor profile type to {}", by.join(" and "), quoted(&values)),
    )
}

fn added(container: &Value) -> Vec<String> {
    let list = security(container, &["capabilities", "add"]).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn capabilities_baseline(pod: &Pod<'_>) -> Violation {
    let mut bad = Vec::new();
    let names = pod.named(|container| {
        let before = bad.len();
        bad.extend(added(container).into_iter().filter(|name| !pod_security::is_baseline_capability(name)));
        bad.len() > before
    });
    if names.is_empty() {
        return None;
    }
    let detail = format!(
        "{} must not include {} in securityContext.capabilities.add",
        containers(&names),
        quoted(&sorted(bad))
    );
    violation("non-default capabilities", detail)
}

fn capabilities_restricted(pod: &Pod<'_>) -> Violation {
    if pod.windows() {
        return None;
    }
    let missing = pod.named(|container| {
        let dropped = security(container, &["capabilities", "drop"]).and_then(Value::as_array);
        !dropped.is_some_and(|list| list.iter().any(|name| name == "ALL"))
    });
    let mut bad = Vec::new();
    let adding = pod.named(|container| {
        let before = bad.len();
        bad.extend(added(container).into_iter().filter(|name| !pod_security::is_restricted_capability(name)));
        bad.len() > before
    });
    let mut details = Vec::new();
    if !missing.is_empty() {
        details
            .push(format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", containers(&missing)));
    }
    if !adding.is_empty() {
        details.push(format!(
            "{} must not include {} in securityContext.capabilities.add",
            containers(&adding),
            quoted(&sorted(bad))
        ));
    }
    (!details.is_empty()).then(|| ("unrestricted capabilities".to_owned(), details.join("; ")))
}

fn host_namespaces(pod: &Pod<'_>) -> Violation {
    let set: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|key| pod.spec.get(*key) == Some(&Value::Bool(true)))
        .map(|key| format!("{key}=true"))
        .collect();
    (!set.is_empty()).then(|| ("host namespaces".to_owned(), set.join(", ")))
}

fn host_path_volumes(pod: &Pod<'_>) -> Violation {
    let names: Vec<String> = meta::items(pod.spec, &["volumes"])
        .iter()
        .filter(|volume| volume.get("hostPath").is_some_and(|path| !path.is_null()))
        .map(|volume| meta::text(volume, &["name"]).to_owned())
        .collect();
    if names.is_empty() {
        return None;
    }
    violation("hostPath volumes", format!("{} {}", plural("volume", "volumes", names.len()), quoted(&names)))
}

fn host_ports(pod: &Pod<'_>) -> Violation {
    let mut ports = Vec::new();
    let names = pod.named(|container| {
        let before = ports.len();
        let numbers =
            meta::items(container, &["ports"]).iter().filter_map(|port| port.get("hostPort")?.as_i64());
        ports.extend(numbers.filter(|number| *number != 0).map(|number| number.to_string()));
        ports.len() > before
    });
    if names.is_empty() {
        return None;
    }
    let ports = sorted(ports);
    let detail = format!(
        "{} {} {} {}",
        containers(&names),
        plural("uses", "use", names.len()),
        plural("hostPort", "hostPorts", ports.len()),
        ports.join(", ")
    );
    violation("hostPort", detail)
}

fn probe_hosts(pod: &Pod<'_>) -> Violation {
    let mut hosts = Vec::new();
    let names = sorted(pod.named(|container| {
        let before = hosts.len();
        for path in [
            &["livenessProbe"][..],
            &["readinessProbe"],
            &["startupProbe"],
            &["lifecycle", "postStart"],
            &["lifecycle", "preStop"],
        ] {
            let Some(handler) = meta::at(container, path) else { continue };
            let of = ["httpGet", "tcpSocket"].map(|kind| meta::text(handler, &[kind, "host"]).to_owned());
            hosts.extend(of.into_iter().filter(|host| !host.is_empty()));
        }
        hosts.len() > before
    }));
    if names.is_empty() {
        return None;
    }
    let hosts = sorted(hosts);
    let detail = format!(
        "{} {} {} {}",
        containers(&names),
        plural("uses", "use", names.len()),
        plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.len()),
        quoted(&hosts)
    );
    violation("probe or lifecycle host", detail)
}

fn privileged(pod: &Pod<'_>) -> Violation {
    let names = pod.named(|container| security(container, &["privileged"]) == Some(&Value::Bool(true)));
    if names.is_empty() {
        return None;
    }
    violation("privileged", format!("{} must not set securityContext.privileged=true", containers(&names)))
}

fn proc_mount(pod: &Pod<'_>, exempt: bool) -> Violation {
    if exempt {
        return None;
    }
    let mut values = Vec::new();
    let names = pod.named(|container| match security(container, &["procMount"]).and_then(Value::as_str) {
        None | Some("Default") => false,
        Some(other) => {
            values.push(other.to_owned());
            true
        }
    });
    if names.is_empty() {
        return None;
    }
    let detail = format!(
        "{} must not set securityContext.procMount to {}",
        containers(&names),
        quoted(&sorted(values))
    );
    violation("procMount", detail)
}

fn se_linux(pod: &Pod<'_>) -> Violation {
    let (mut types, mut user, mut role) = (Vec::new(), false, false);
    let mut bad = |options: Option<&Value>| {
        let Some(options) = options else { return false };
        let text = |key: &str| meta::text(options, &[key]);
        let foreign = !pod_security::is_allowed_se_linux_type(text("type"), pod.minor);
        if foreign {
            types.push(text("type").to_owned());
        }
        user |= !text("user").is_empty();
        role |= !text("role").is_empty();
        foreign || !text("user").is_empty() || !text("role").is_empty()
    };
    let of_pod = bad(pod.security(&["seLinuxOptions"]));
    let names = pod.named(|container| bad(security(container, &["seLinuxOptions"])));
    let by = setters(of_pod, &names);
    if by.is_empty() {
        return None;
    }
    let mut what = Vec::new();
    let types = sorted(types);
    if !types.is_empty() {
        what.push(format!("{} {}", plural("type", "types", types.len()), quoted(&types)));
    }
    if user {
        what.push("user may not be set".to_owned());
    }
    if role {
        what.push("role may not be set".to_owned());
    }
    let detail =
        format!("{} set forbidden securityContext.seLinuxOptions: {}", by.join(" and "), what.join("; "));
    violation("seLinuxOptions", detail)
}

fn seccomp(pod: &Pod<'_>, required: bool) -> Violation {
    const KEY: [&str; 2] = ["seccompProfile", "type"];
    if required && pod.windows() {
        return None;
    }
    let known = pod_security::is_confining_profile;
    let mut values = Vec::new();
    let mut bad = |value: Option<&Value>| match value.and_then(Value::as_str) {
        Some(kind) if !known(kind) => {
            values.push(kind.to_owned());
            true
        }
        _ => false,
    };
    let of_pod = bad(pod.security(&KEY));
    let names = pod.named(|container| bad(security(container, &KEY)));
    let by = setters(of_pod, &names);
    if !by.is_empty() {
        let detail = format!(
            "{} must not set securityContext.seccompProfile.type to {}",
            by.join(" and "),
            quoted(&sorted(values))
        );
        return violation("seccompProfile", detail);
    }
    let for_all = pod.security(&KEY).and_then(Value::as_str).is_some_and(known);
    if !required || for_all {
        return None;
    }
    let names = pod.named(|container| security(container, &["seccompProfile"]).is_none());
    if names.is_empty() {
        return None;
    }
    let detail = format!(
        "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
        containers(&names)
    );
    violation("seccompProfile", detail)
}

fn sysctls(pod: &Pod<'_>) -> Violation {
    let list = pod.security(&["sysctls"]).and_then(Value::as_array);
    let bad: Vec<&str> = list
        .into_iter()
        .flatten()
        .map(|sysctl| meta::text(sysctl, &["name"]))
        .filter(|name| !pod_security::is_safe_sysctl(name, pod.minor))
        .collect();
    (!bad.is_empty()).then(|| ("forbidden sysctls".to_owned(), bad.join(", ")))
}

fn host_process(pod: &Pod<'_>) -> Violation {
    const KEY: [&str; 2] = ["windowsOptions", "hostProcess"];
    let set = |value: Option<&Value>| value == Some(&Value::Bool(true));
    let by = setters(set(pod.security(&KEY)), &pod.named(|container| set(security(container, &KEY))));
    if by.is_empty() {
        return None;
    }
    let detail = format!("{} must not set securityContext.windowsOptions.hostProcess=true", by.join(" and "));
    violation("hostProcess", detail)
}

fn privilege_escalation(pod: &Pod<'_>) -> Violation {
    if pod.windows() {
        return None;
    }
    let names = pod
        .named(|container| security(container, &["allowPrivilegeEscalation"]) != Some(&Value::Bool(false)));
    if names.is_empty() {
        return None;
    }
    let detail = format!("{} must set securityContext.allowPrivilegeEscalation=false", containers(&names));
    violation("allowPrivilegeEscalation != false", detail)
}

fn restricted_volumes(pod: &Pod<'_>) -> Violation {
    let (mut names, mut kinds) = (Vec::new(), Vec::new());
    for volume in meta::items(pod.spec, &["volumes"]) {
        let source = volume.as_object().into_iter().flatten();
        let kind =
            source.filter(|(key, value)| *key != "name" && !value.is_null()).map(|(key, _)| key).next();
        let kind = kind.map_or("unknown", String::as_str);
        if !pod_security::is_restricted_volume(kind) {
            names.push(meta::text(volume, &["name"]).to_owned());
            kinds.push(kind.to_owned());
        }
    }
    if names.is_empty() {
        return None;
    }
    let kinds = sorted(kinds);
    let detail = format!(
        "{} {} {} {} {}",
        plural("volume", "volumes", names.len()),
        quoted(&names),
        plural("uses", "use", names.len()),
        plural("restricted volume type", "restricted volume types", kinds.len()),
        quoted(&kinds)
    );
    violation("restricted volume types", detail)
}

fn run_as_non_root(pod: &Pod<'_>) -> Violation {
    const KEY: [&str; 1] = ["runAsNonRoot"];
    if pod.own_users() {
        return None;
    }
    let is = |value: Option<&Value>, flag: bool| value == Some(&Value::Bool(flag));
    let of_pod = pod.security(&KEY);
    let by = setters(is(of_pod, false), &pod.named(|container| is(security(container, &KEY), false)));
    const REASON: &str = "runAsNonRoot != true";
    if !by.is_empty() {
        return violation(
            REASON,
            format!("{} must not set securityContext.runAsNonRoot=false", by.join(" and ")),
        );
    }
    if is(of_pod, true) {
        return None;
    }
    let names = pod.named(|container| security(container, &KEY).is_none());
    if names.is_empty() {
        return None;
    }
    violation(REASON, format!("pod or {} must set securityContext.runAsNonRoot=true", containers(&names)))
}

fn run_as_user(pod: &Pod<'_>) -> Violation {
    const KEY: [&str; 1] = ["runAsUser"];
    if pod.own_users() {
        return None;
    }
    let root = |value: Option<&Value>| value.and_then(Value::as_i64) == Some(0);
    let by = setters(root(pod.security(&KEY)), &pod.named(|container| root(security(container, &KEY))));
    if by.is_empty() {
        return None;
    }
    violation("runAsUser=0", format!("{} must not set runAsUser=0", by.join(" and ")))
}
