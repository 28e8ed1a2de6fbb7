use crate::support::{container, expect, pod};

const CONFIG: &str = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {key: v}\n";
const SECRET: &str = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: settings}\nstringData: {key: v}\n";

#[test]
fn config_maps_and_secrets_must_be_there() {
    for (id, more, volume, key, source) in [
        ("WH-160", CONFIG, "configMap: {name: NAME}", "configMapKeyRef", "configMapRef"),
        ("WH-161", SECRET, "secret: {secretName: NAME}", "secretKeyRef", "secretRef"),
    ] {
        let with = |document: String, name: &str| format!("{}{more}", document.replace("NAME", name));
        let mounted = || pod(&format!("volumes:\n- name: v\n  {volume}"));
        expect(id, &with(mounted(), "settings"), &[]);
        let field = if id == "WH-160" { "configMap.name" } else { "secret.secretName" };
        expect(id, &with(mounted(), "setings"), &[&format!("error spec.volumes[0].{field} = setings")]);
        let variable = |key_name: &str| {
            container(&format!("env:\n- name: A\n  valueFrom: {{{key}: {{name: NAME, key: {key_name}}}}}"))
        };
        expect(id, &with(variable("key"), "settings"), &[]);
        expect(
            id,
            &with(variable("kex"), "settings"),
            &[&format!("error spec.containers[0].env[0].valueFrom.{key} = kex")],
        );
        let from = || container(&format!("envFrom:\n- {source}: {{name: NAME}}"));
        expect(id, &with(from(), "settings"), &[]);
        expect(
            id,
            &with(from(), "other"),
            &[&format!("error spec.containers[0].envFrom[0].{source}.name = other")],
        );
    }
}

#[test]
fn the_keys_that_a_volume_picks_are_there() {
    let with = |source: &str| format!("{}{CONFIG}", pod(&format!("volumes:\n- name: v\n  {source}")));
    expect("WH-160", &with("configMap: {name: settings, items: [{key: key, path: p}]}"), &[]);
    expect(
        "WH-160",
        &with("configMap: {name: settings, items: [{key: kex, path: p}]}"),
        &["error spec.volumes[0].configMap.items[0].key = kex"],
    );
    expect(
        "WH-160",
        &with("projected: {sources: [{configMap: {name: settings, items: [{key: kex, path: p}]}}]}"),
        &["error spec.volumes[0].projected.sources[0].configMap.items[0].key = kex"],
    );
    expect(
        "WH-160",
        &with("configMap: {name: gone, items: [{key: a, path: p}]}"),
        &["error spec.volumes[0].configMap.name = gone"],
    );
}

#[test]
fn a_pull_secret_that_is_missing_is_only_told() {
    expect(
        "WH-161",
        &pod("imagePullSecrets: [{name: mine}, {name: null}]"),
        &["info spec.imagePullSecrets[0].name = mine"],
    );
}

#[test]
fn a_volume_that_nothing_mounts_is_told() {
    expect(
        "WH-168",
        &pod("volumes: [{name: v, emptyDir: {}}]\ncontainers: [{name: c, image: i}]"),
        &["info spec.volumes[0].name = v"],
    );
    expect(
        "WH-168",
        &pod(
            "volumes: [{name: v, emptyDir: {}}]\ncontainers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}]}]",
        ),
        &[],
    );
}

#[test]
fn a_service_for_several_workloads_is_told() {
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {b: c}}\n";
    let two = format!(
        "{}---\n{}{service}",
        deployment("{matchLabels: {app: a}}", "{app: a, b: c}"),
        deployment("{matchLabels: {app: x}}", "{app: x, b: c}").replace("name: d", "name: e"),
    );
    expect("WH-169", &two, &["info spec.selector = {b: c}"]);
}

#[test]
fn an_optional_reference_is_only_told() {
    expect(
        "WH-160",
        &container("envFrom:\n- configMapRef: {name: x, optional: true}"),
        &["info spec.containers[0].envFrom[0].configMapRef.name = x"],
    );
}

#[test]
fn what_only_a_hook_creates_is_missing() {
    let hook = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, annotations: {helm.sh/hook: pre-install}}\n";
    let document = format!("{}{hook}", container("envFrom:\n- configMapRef: {name: x}"));
    let messages = crate::support::messages("WH-160", &document, &crate::support::facts());
    assert!(messages[0].ends_with("(it is created only by a hook, which does not run)"), "{messages:?}");
}

#[test]
fn claims_and_accounts() {
    expect(
        "WH-162",
        &pod("volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]"),
        &["error spec.volumes[0].persistentVolumeClaim.claimName = c"],
    );
    expect("WH-163", &pod("serviceAccountName: a"), &["warning spec.serviceAccountName = a"]);
    expect("WH-163", &pod("serviceAccountName: default"), &[]);
}

fn deployment(selector: &str, labels: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\nspec:\n  selector: {selector}\n  template:\n    metadata: {{labels: {labels}}}\n    spec: {{containers: []}}\n"
    )
}

#[test]
fn a_workload_selects_its_own_pods() {
    expect("WH-164", &deployment("{matchLabels: {app: a}}", "{app: a, b: c}"), &[]);
    expect(
        "WH-164",
        &deployment("{matchLabels: {app: a}}", "{app: b}"),
        &["error spec.selector = {matchLabels: {app: a}}"],
    );
    expect("WH-164", &deployment("{matchExpressions: [{key: app, operator: Exists}]}", "{app: b}"), &[]);
    expect(
        "WH-164",
        &deployment("null", "{app: b}").replace("  selector: null\n", ""),
        &["error spec.selector = template: (missing)"],
    );
}

#[test]
fn a_stateful_set_has_a_headless_service() {
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec:\n  serviceName: peers\n  selector: {matchLabels: {app: a}}\n  template:\n    metadata: {labels: {app: a}}\n    spec: {containers: []}\n";
    let service = |spec: &str| {
        format!("{set}---\napiVersion: v1\nkind: Service\nmetadata: {{name: peers}}\nspec: {{{spec}}}\n")
    };
    expect("WH-165", &service("clusterIP: None, selector: {app: a}"), &[]);
    expect("WH-165", set, &["warning spec.serviceName = peers"]);
    expect("WH-165", &service("selector: {app: a}"), &["warning spec.serviceName = peers"]);
    expect("WH-165", &service("clusterIP: None, selector: {app: b}"), &["warning spec.serviceName = peers"]);
}

#[test]
fn a_bound_role_is_there() {
    expect(
        "WH-166",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\nroleRef: {kind: Role, name: r}\n",
        &["warning roleRef.name = r"],
    );
}

#[test]
fn probes_use_declared_ports() {
    let probe = |port: &str| {
        container(&format!(
            "ports: [{{name: http, containerPort: 80}}]\nreadinessProbe: {{httpGet: {{port: {port}}}}}"
        ))
    };
    expect("WH-167", &probe("http"), &[]);
    expect("WH-167", &probe("8080"), &[]);
    expect("WH-167", &probe("htp"), &["error spec.containers[0].readinessProbe.httpGet.port = htp"]);
    expect("WH-167", &probe("70000"), &["error spec.containers[0].readinessProbe.httpGet.port = 70000"]);
}

#[test]
fn mounts_lead_to_volumes() {
    let mounts = |mounts: &str| {
        pod(&format!(
            "volumes: [{{name: data, emptyDir: {{}}}}]\ncontainers:\n- name: c\n  image: i\n  volumeMounts: {mounts}"
        ))
    };
    expect("WH-168", &mounts("[{name: data, mountPath: /a}]"), &[]);
    expect(
        "WH-168",
        &mounts("[{name: dat, mountPath: /a}]"),
        &["error spec.containers[0].volumeMounts[0].name = dat", "info spec.volumes[0].name = data"],
    );
    expect(
        "WH-168",
        &mounts("[{name: data, mountPath: /a}, {name: data, mountPath: /a}]"),
        &["error spec.containers[0].volumeMounts[1].mountPath = /a"],
    );
}

#[test]
fn workloads_do_not_share_pods() {
    let two = format!(
        "{}---\n{}",
        deployment("{matchLabels: {app: a}}", "{app: a}"),
        deployment("{matchLabels: {app: a}}", "{app: a}").replace("{name: d}", "{name: e}")
    );
    expect("WH-169", &two, &["warning spec.selector = {matchLabels: {app: a}}"]);
}
