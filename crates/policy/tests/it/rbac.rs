use crate::support::expect;

fn role(rule: &str) -> String {
    format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: r}}\nrules:\n- {rule}\n")
}

fn check(id: &str, rule: &str, level: &str) {
    let expected = if level.is_empty() { vec![] } else { vec![format!("{level} rules[0] = {rule}")] };
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expect(id, &role(rule), &expected);
}

#[test]
fn wildcards() {
    check("WH-150", "{apiGroups: [''], resources: [pods], verbs: [get]}", "");
    check("WH-150", "{apiGroups: [''], resources: ['*'], verbs: ['*']}", "error");
    check("WH-150", "{apiGroups: [''], resources: [pods], verbs: ['*']}", "warning");
    check("WH-150", "{apiGroups: [''], resources: ['*'], verbs: [get]}", "warning");
    check("WH-150", "{apiGroups: ['*'], resources: [pods], verbs: [get]}", "warning");
}

#[test]
fn verbs_that_raise_rights() {
    check(
        "WH-151",
        "{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [escalate]}",
        "error",
    );
    check(
        "WH-151",
        "{apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [bind]}",
        "error",
    );
    check("WH-151", "{apiGroups: [''], resources: [serviceaccounts], verbs: [impersonate]}", "error");
    check("WH-151", "{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [get]}", "");
}

#[test]
fn secrets() {
    check("WH-152", "{apiGroups: [''], resources: [secrets], verbs: [get]}", "error");
    check("WH-152", "{apiGroups: [''], resources: [secrets], verbs: [list], resourceNames: [own]}", "error");
    check("WH-152", "{apiGroups: [''], resources: [secrets], verbs: [create]}", "");
    check("WH-152", "{apiGroups: [apps], resources: [secrets], verbs: [get]}", "");
    let own = format!(
        "{}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: own}}\n",
        role("{apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [own]}")
    );
    expect(
        "WH-152",
        &own,
        &["info rules[0] = {apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [own]}"],
    );
}

#[test]
fn running_code_elsewhere() {
    for resource in ["pods", "pods/exec", "pods/attach", "pods/portforward", "services/proxy"] {
        check("WH-153", &format!("{{apiGroups: [''], resources: [{resource}], verbs: [create]}}"), "warning");
    }
    check("WH-153", "{apiGroups: [apps], resources: [deployments], verbs: [create]}", "warning");
    check("WH-153", "{apiGroups: [''], resources: ['*/exec'], verbs: [create]}", "warning");
    check("WH-153", "{apiGroups: [''], resources: [pods], verbs: [get]}", "");
}

#[test]
fn minting_credentials() {
    check("WH-154", "{apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]}", "error");
    check(
        "WH-154",
        "{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [create]}",
        "error",
    );
    check("WH-154", "{apiGroups: [''], resources: [serviceaccounts], verbs: [create]}", "");
}

#[test]
fn rules_without_effect() {
    check("WH-157", "{apiGroups: [''], resources: [nodes], verbs: [get]}", "info");
    check("WH-157", "{apiGroups: [''], resources: [pods], verbs: [describe]}", "info");
    check("WH-157", "{nonResourceURLs: [/healthz], verbs: [get]}", "info");
}

fn binding(reference: &str, subject: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: b}}\nroleRef: {reference}\nsubjects:\n- {subject}\n"
    )
}

#[test]
fn cluster_roles_are_not_bound() {
    let own = "{kind: ServiceAccount, name: default}";
    expect("WH-155", &binding("{kind: Role, name: r}", own), &[]);
    expect(
        "WH-155",
        &binding("{kind: ClusterRole, name: admin}", own),
        &["error roleRef = {kind: ClusterRole, name: admin}"],
    );
    expect(
        "WH-155",
        &binding("{kind: ClusterRole, name: view}", own),
        &["warning roleRef = {kind: ClusterRole, name: view}"],
    );
}

#[test]
fn subjects_are_the_functions_own() {
    let reference = "{kind: Role, name: r}";
    expect("WH-156", &binding(reference, "{kind: ServiceAccount, name: default, namespace: instance}"), &[]);
    for subject in [
        "{kind: User, name: bob}",
        "{kind: Group, name: 'system:authenticated'}",
        "{kind: ServiceAccount, name: default, namespace: kube-system}",
        "{kind: ServiceAccount, name: unknown}",
    ] {
        expect("WH-156", &binding(reference, subject), &[&format!("error subjects[0] = {subject}")]);
    }
}

#[test]
fn accounts_and_token_secrets() {
    expect(
        "WH-158",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nsecrets: [{name: s}]\n",
        &["warning secrets = [{name: s}]"],
    );
    for kind in ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"] {
        expect(
            "WH-159",
            &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ntype: {kind}\n"),
            &[&format!("error type = {kind}")],
        );
    }
    expect("WH-159", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: Opaque\n", &[]);
}

/// Verbs × resources of a group, with the rule that refuses each and its level.
#[test]
fn every_verb_on_every_resource_that_matters() {
    let rbac = "rbac.authorization.k8s.io";
    let all_roles = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];
    for resource in all_roles {
        for verb in ["escalate", "bind", "'*'"] {
            check(
                "WH-151",
                &format!("{{apiGroups: [{rbac}], resources: [{resource}], verbs: [{verb}]}}"),
                "error",
            );
        }
        check("WH-151", &format!("{{apiGroups: ['*'], resources: [{resource}], verbs: [bind]}}"), "error");
        for verb in ["get", "list", "create", "delete"] {
            check(
                "WH-151",
                &format!("{{apiGroups: [{rbac}], resources: [{resource}], verbs: [{verb}]}}"),
                "",
            );
        }
        check("WH-151", &format!("{{apiGroups: [''], resources: [{resource}], verbs: [bind]}}"), "");
    }
    for (group, resource) in [
        ("''", "users"),
        ("''", "groups"),
        ("''", "serviceaccounts"),
        ("authentication.k8s.io", "uids"),
        ("authentication.k8s.io", "userextras/scopes"),
        ("authentication.k8s.io", "'*'"),
    ] {
        let rule = format!("{{apiGroups: [{group}], resources: [{resource}], verbs: [impersonate]}}");
        check("WH-151", &rule, "error");
        check("WH-151", &rule.replace("impersonate", "get"), "");
    }
    for (resource, verbs) in
        [("secrets", &["get", "list", "watch", "'*'"][..]), ("'*'", &["get", "list", "watch"][..])]
    {
        for verb in verbs {
            check(
                "WH-152",
                &format!("{{apiGroups: [''], resources: [{resource}], verbs: [{verb}]}}"),
                "error",
            );
        }
    }
    for verb in ["create", "update", "patch", "delete", "deletecollection"] {
        check("WH-152", &format!("{{apiGroups: [''], resources: [secrets], verbs: [{verb}]}}"), "");
    }
    for resource in ["serviceaccounts/token", "'*/token'", "'*'"] {
        check("WH-154", &format!("{{apiGroups: [''], resources: [{resource}], verbs: [create]}}"), "error");
        check("WH-154", &format!("{{apiGroups: [''], resources: [{resource}], verbs: [get]}}"), "");
    }
}

#[test]
fn everything_at_once_is_one_breach() {
    let everything = "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}";
    for id in ["WH-151", "WH-152", "WH-153", "WH-154"] {
        check(id, everything, "");
    }
    check("WH-150", everything, "error");
}

#[test]
fn workloads_and_entrances() {
    for (group, resource) in [
        ("''", "pods"),
        ("apps", "deployments"),
        ("apps", "replicasets"),
        ("apps", "statefulsets"),
        ("batch", "jobs"),
        ("batch", "cronjobs"),
    ] {
        let rule = format!("{{apiGroups: [{group}], resources: [{resource}], verbs: [create]}}");
        check("WH-153", &rule, "warning");
        check("WH-153", &rule.replace("create", "watch"), "");
    }
    for entrance in [
        "pods/exec",
        "pods/attach",
        "pods/portforward",
        "pods/ephemeralcontainers",
        "pods/proxy",
        "services/proxy",
        "nodes/proxy",
    ] {
        for verb in ["create", "get"] {
            check(
                "WH-153",
                &format!("{{apiGroups: [''], resources: [{entrance}], verbs: [{verb}]}}"),
                "warning",
            );
        }
    }
}

#[test]
fn references_to_what_is_no_role() {
    let own = "{kind: ServiceAccount, name: default}";
    for kind in ["clusterRole", "clusterrole", "role", "Secret", "''"] {
        let reference = format!("{{kind: {kind}, name: admin}}");
        expect("WH-155", &binding(&reference, own), &[&format!("error roleRef = {reference}")]);
    }
    expect(
        "WH-155",
        &binding("{name: r}", own),
        &["error roleRef.kind = apiVersion: rbac.authorization.k8s.io/v1 (missing)"],
    );
}
