use wheelhouse_policy::Facts;

use crate::support::{container, expect, facts, of_rule, pod};

fn at_minor(minor: u32) -> Facts {
    let mut facts = facts();
    facts.policy.kubernetes_minor = minor;
    facts
}

/// A container rule is held against all three lists of containers.
fn in_every_list(id: &str, context: &str, path: &str, text: &str) {
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let document = pod(&format!("{list}:\n- name: c\n  image: i\n  securityContext: {context}"));
        let expected = format!("warning spec.{list}[0].securityContext.{path} = {text}");
        assert_eq!(of_rule(id, &document, &facts()), [expected], "{document}");
    }
}

#[test]
fn host_processes() {
    in_every_list("WH-100", "{windowsOptions: {hostProcess: true}}", "windowsOptions.hostProcess", "true");
    expect(
        "WH-100",
        &pod("securityContext: {windowsOptions: {hostProcess: true}}"),
        &["warning spec.securityContext.windowsOptions.hostProcess = true"],
    );
    expect("WH-100", &container("securityContext: {windowsOptions: {hostProcess: false}}"), &[]);
}

#[test]
fn host_namespaces() {
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        expect("WH-101", &pod(&format!("{field}: true")), &[&format!("warning spec.{field} = true")]);
        expect("WH-101", &pod(&format!("{field}: false")), &[]);
        expect("WH-101", &pod(&format!("{field}: null")), &[]);
    }
}

#[test]
fn upcoming_rules_can_be_enforced_now() {
    let mut facts = facts();
    facts.policy.enforce_upcoming = true;
    assert_eq!(of_rule("WH-101", &pod("hostPID: true"), &facts), ["error spec.hostPID = true"]);
}

#[test]
fn every_kind_with_a_pod_is_walked() {
    for (version, kind, spec, path) in [
        ("apps/v1", "Deployment", "template: {spec: {hostPID: true}}", "spec.template.spec.hostPID"),
        ("apps/v1", "ReplicaSet", "template: {spec: {hostPID: true}}", "spec.template.spec.hostPID"),
        ("apps/v1", "StatefulSet", "template: {spec: {hostPID: true}}", "spec.template.spec.hostPID"),
        ("batch/v1", "Job", "template: {spec: {hostPID: true}}", "spec.template.spec.hostPID"),
        (
            "batch/v1",
            "CronJob",
            "jobTemplate: {spec: {template: {spec: {hostPID: true}}}}",
            "spec.jobTemplate.spec.template.spec.hostPID",
        ),
        ("v1", "Pod", "hostPID: true", "spec.hostPID"),
    ] {
        let document =
            format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {{{spec}}}\n");
        expect("WH-101", &document, &[&format!("warning {path} = true")]);
    }
}

#[test]
fn privileged_containers() {
    in_every_list("WH-102", "{privileged: true}", "privileged", "true");
    expect("WH-102", &container("securityContext: {privileged: false}"), &[]);
}

#[test]
fn baseline_capabilities() {
    in_every_list("WH-103", "{capabilities: {add: [NET_RAW]}}", "capabilities.add[0]", "NET_RAW");
    for capability in [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ] {
        expect(
            "WH-103",
            &container(&format!("securityContext: {{capabilities: {{add: [{capability}]}}}}")),
            &[],
        );
    }
    expect(
        "WH-103",
        &container("securityContext: {capabilities: {add: [SYS_ADMIN, CHOWN, ALL]}}"),
        &[
            "warning spec.containers[0].securityContext.capabilities.add[0] = SYS_ADMIN",
            "warning spec.containers[0].securityContext.capabilities.add[2] = ALL",
        ],
    );
}

#[test]
fn host_paths_are_told_once() {
    let document = pod("volumes: [{name: v, hostPath: {path: /}}]");
    let findings = crate::support::findings_with(&document, &facts());
    let (finding, _) = findings.iter().find(|(finding, _)| finding.rule.id == "WH-040").unwrap();
    assert_eq!(finding.also, ["WH-104", "WH-120"]);
}

#[test]
fn host_ports() {
    expect(
        "WH-105",
        &container("ports: [{containerPort: 80, hostPort: 80}]"),
        &["warning spec.containers[0].ports[0].hostPort = 80"],
    );
    expect("WH-105", &container("ports: [{containerPort: 80, hostPort: 0}]"), &[]);
}

#[test]
fn app_armor_profiles() {
    in_every_list("WH-106", "{appArmorProfile: {type: Unconfined}}", "appArmorProfile.type", "Unconfined");
    expect("WH-106", &pod("securityContext: {appArmorProfile: {type: RuntimeDefault}}"), &[]);
    let annotated = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    container.apparmor.security.beta.kubernetes.io/c: {value}\nspec: {{containers: []}}\n"
        )
    };
    expect(
        "WH-106",
        &annotated("unconfined"),
        &["warning metadata.annotations[container.apparmor.security.beta.kubernetes.io/c] = unconfined"],
    );
    expect("WH-106", &annotated("runtime/default"), &[]);
    expect("WH-106", &annotated("localhost/x"), &[]);
    expect(
        "WH-133",
        &annotated("localhost/x"),
        &["warning metadata.annotations[container.apparmor.security.beta.kubernetes.io/c] = localhost/x"],
    );
}

#[test]
fn se_linux_options() {
    in_every_list("WH-107", "{seLinuxOptions: {type: spc_t}}", "seLinuxOptions.type", "spc_t");
    in_every_list("WH-107", "{seLinuxOptions: {user: system_u}}", "seLinuxOptions.user", "system_u");
    in_every_list("WH-107", "{seLinuxOptions: {role: r}}", "seLinuxOptions.role", "r");
    for allowed in ["container_t", "container_init_t", "container_kvm_t", "''"] {
        expect(
            "WH-107",
            &container(&format!("securityContext: {{seLinuxOptions: {{type: {allowed}}}}}")),
            &[],
        );
    }
    let engine = container("securityContext: {seLinuxOptions: {type: container_engine_t}}");
    assert_eq!(of_rule("WH-107", &engine, &at_minor(31)).len(), 0);
    assert_eq!(of_rule("WH-107", &engine, &at_minor(30)).len(), 1);
    expect(
        "WH-134",
        &engine,
        &["warning spec.containers[0].securityContext.seLinuxOptions.type = container_engine_t"],
    );
}

#[test]
fn proc_mounts_and_user_namespaces() {
    let unmasked = container("securityContext: {procMount: Unmasked}");
    expect("WH-108", &unmasked, &["warning spec.containers[0].securityContext.procMount = Unmasked"]);
    expect("WH-108", &container("securityContext: {procMount: Default}"), &[]);
    let in_user_namespace = unmasked.replace("spec:\n", "spec:\n  hostUsers: false\n");
    assert_eq!(of_rule("WH-108", &in_user_namespace, &at_minor(35)).len(), 0);
    assert_eq!(of_rule("WH-126", &in_user_namespace, &at_minor(35)).len(), 1);
    assert_eq!(of_rule("WH-108", &in_user_namespace, &at_minor(34)).len(), 1);
}

#[test]
fn seccomp_profiles() {
    in_every_list("WH-109", "{seccompProfile: {type: Unconfined}}", "seccompProfile.type", "Unconfined");
    expect("WH-109", &pod("securityContext: {seccompProfile: {type: Localhost, localhostProfile: x}}"), &[]);
    expect(
        "WH-132",
        &pod("securityContext: {seccompProfile: {type: Localhost, localhostProfile: x}}"),
        &["warning spec.securityContext.seccompProfile.type = Localhost"],
    );
}

#[test]
fn sysctls_by_version() {
    let sysctl = |name: &str| pod(&format!("securityContext: {{sysctls: [{{name: {name}, value: '1'}}]}}"));
    expect("WH-110", &sysctl("kernel.shm_rmid_forced"), &[]);
    expect(
        "WH-110",
        &sysctl("kernel.msgmax"),
        &["warning spec.securityContext.sysctls[0].name = kernel.msgmax"],
    );
    for (name, since) in [
        ("net.ipv4.ip_local_reserved_ports", 27),
        ("net.ipv4.tcp_keepalive_time", 29),
        ("net.ipv4.tcp_rmem", 32),
    ] {
        assert_eq!(of_rule("WH-110", &sysctl(name), &at_minor(since)).len(), 0, "{name}");
        assert_eq!(of_rule("WH-110", &sysctl(name), &at_minor(since - 1)).len(), 1, "{name}");
    }
}

#[test]
fn probes_name_no_host() {
    for handler in ["livenessProbe", "readinessProbe", "startupProbe"] {
        for action in ["httpGet", "tcpSocket"] {
            let document = container(&format!("{handler}: {{{action}: {{host: 10.0.0.1, port: 80}}}}"));
            expect(
                "WH-111",
                &document,
                &[&format!("warning spec.containers[0].{handler}.{action}.host = 10.0.0.1")],
            );
            assert_eq!(of_rule("WH-111", &document, &at_minor(33)).len(), 0);
        }
    }
    for hook in ["postStart", "preStop"] {
        let document = container(&format!("lifecycle: {{{hook}: {{httpGet: {{host: x, port: 80}}}}}}"));
        expect(
            "WH-111",
            &document,
            &[&format!("warning spec.containers[0].lifecycle.{hook}.httpGet.host = x")],
        );
    }
    expect("WH-111", &container("livenessProbe: {httpGet: {host: '', port: 80}}"), &[]);
}

#[test]
fn privilege_escalation_must_be_off() {
    expect("WH-121", &container("securityContext: {allowPrivilegeEscalation: false}"), &[]);
    in_every_list("WH-121", "{allowPrivilegeEscalation: true}", "allowPrivilegeEscalation", "true");
    expect(
        "WH-121",
        &container("tty: true"),
        &["warning spec.containers[0].securityContext.allowPrivilegeEscalation = name: c (missing)"],
    );
    let windows = container("tty: true").replace("spec:\n", "spec:\n  os: {name: windows}\n");
    assert_eq!(of_rule("WH-121", &windows, &at_minor(25)).len(), 0);
    assert_eq!(of_rule("WH-121", &windows, &at_minor(24)).len(), 1);
}

#[test]
fn non_root_must_be_said() {
    expect("WH-122", &container("securityContext: {runAsNonRoot: true}"), &[]);
    expect("WH-122", &pod("securityContext: {runAsNonRoot: true}\ncontainers: [{name: c, image: i}]"), &[]);
    expect(
        "WH-122",
        &container("tty: true"),
        &["warning spec.containers[0].securityContext.runAsNonRoot = name: c (missing)"],
    );
    expect(
        "WH-122",
        &pod(
            "securityContext: {runAsNonRoot: true}\ncontainers: [{name: c, image: i, securityContext: {runAsNonRoot: false}}]",
        ),
        &["warning spec.containers[0].securityContext.runAsNonRoot = false"],
    );
    expect(
        "WH-122",
        &pod(
            "securityContext: {runAsNonRoot: false}\ncontainers: [{name: c, image: i, securityContext: {runAsNonRoot: true}}]",
        ),
        &["warning spec.securityContext.runAsNonRoot = false"],
    );
}

#[test]
fn nobody_runs_as_user_zero() {
    in_every_list("WH-123", "{runAsUser: 0}", "runAsUser", "0");
    expect("WH-123", &pod("securityContext: {runAsUser: 1000}"), &[]);
    let in_user_namespace = pod("hostUsers: false\nsecurityContext: {runAsUser: 0}");
    assert_eq!(of_rule("WH-123", &in_user_namespace, &at_minor(35)).len(), 0);
    assert_eq!(of_rule("WH-123", &in_user_namespace, &at_minor(34)).len(), 1);
}

#[test]
fn a_seccomp_profile_must_be_set() {
    expect(
        "WH-124",
        &container("tty: true"),
        &["warning spec.containers[0].securityContext.seccompProfile.type = name: c (missing)"],
    );
    expect(
        "WH-124",
        &pod("securityContext: {seccompProfile: {type: RuntimeDefault}}\ncontainers: [{name: c, image: i}]"),
        &[],
    );
    expect("WH-124", &container("securityContext: {seccompProfile: {type: RuntimeDefault}}"), &[]);
}

#[test]
fn all_capabilities_are_dropped() {
    expect("WH-125", &container("securityContext: {capabilities: {drop: [ALL]}}"), &[]);
    expect(
        "WH-125",
        &container("securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}"),
        &[],
    );
    expect(
        "WH-125",
        &container("securityContext: {capabilities: {drop: [all]}}"),
        &[
            "warning spec.containers[0].securityContext.capabilities.drop = {capabilities: {drop: [all]}} (missing)",
        ],
    );
    expect(
        "WH-125",
        &container("securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}}"),
        &["warning spec.containers[0].securityContext.capabilities.add[0] = CHOWN"],
    );
}

#[test]
fn tokens_are_not_mounted() {
    expect(
        "WH-130",
        &pod("automountServiceAccountToken: true"),
        &["warning spec.automountServiceAccountToken = true"],
    );
    expect("WH-130", &pod("automountServiceAccountToken: false"), &[]);
    expect(
        "WH-130",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nautomountServiceAccountToken: true\n",
        &["warning automountServiceAccountToken = true"],
    );
}

#[test]
fn a_writable_root_is_only_told() {
    expect("WH-137", &container("securityContext: {readOnlyRootFilesystem: true}"), &[]);
    expect(
        "WH-137",
        &container("tty: true"),
        &["info spec.containers[0].securityContext.readOnlyRootFilesystem = name: c (missing)"],
    );
}
