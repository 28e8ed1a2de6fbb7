use crate::support::{expect, indented};

fn service(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Service\nmetadata:\n  name: s\nspec:\n{}", indented(spec, 2))
}

#[test]
fn a_service_has_type_cluster_ip_or_none() {
    expect("WH-030", &service("type: ClusterIP"), &[]);
    expect("WH-030", &service("ports: []"), &[]);
    for kind in ["NodePort", "LoadBalancer", "ExternalName"] {
        expect("WH-030", &service(&format!("type: {kind}")), &[&format!("error spec.type = {kind}")]);
    }
}

#[test]
fn a_service_takes_no_outside_address() {
    expect("WH-031", &service("externalIPs: []"), &[]);
    expect("WH-031", &service("externalIPs: [1.2.3.4]"), &["error spec.externalIPs = externalIPs"]);
    for field in ["externalName", "loadBalancerIP", "loadBalancerClass", "healthCheckNodePort"] {
        expect("WH-031", &service(&format!("{field}: x")), &[&format!("error spec.{field} = {field}")]);
    }
    expect(
        "WH-031",
        &service("ports:\n- port: 1\n  nodePort: 30000"),
        &["error spec.ports[0].nodePort = nodePort"],
    );
}

const POD: &str = "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  labels: {app: web}\nspec:\n  containers:\n  - name: c\n    image: i\n    ports: [{name: http, containerPort: 80}]\n";

#[test]
fn a_service_selects_a_pod() {
    let with_pod = |spec: &str| format!("{}{POD}", service(spec));
    expect("WH-032", &with_pod("selector: {app: web}"), &[]);
    expect("WH-032", &with_pod("ports: []"), &[]);
    expect("WH-032", &with_pod("selector: {app: other}"), &["warning spec.selector = {app: other}"]);
}

#[test]
fn a_service_sends_to_a_declared_port() {
    let with_pod =
        |port: &str| format!("{}{POD}", service(&format!("selector: {{app: web}}\nports:\n- {port}")));
    expect("WH-033", &with_pod("port: 80"), &[]);
    expect("WH-033", &with_pod("{port: 1, targetPort: http}"), &[]);
    expect("WH-033", &with_pod("{port: 1, targetPort: 80}"), &[]);
    expect("WH-033", &with_pod("{port: 1, targetPort: htpp}"), &["warning spec.ports[*].targetPort = htpp"]);
    expect("WH-033", &with_pod("port: 81"), &["warning spec.ports[*].targetPort = 81"]);
}

#[test]
fn affinity_by_client_is_told_to_be_idle() {
    expect("WH-034", &service("sessionAffinity: None"), &[]);
    expect("WH-034", &service("sessionAffinity: ClientIP"), &["info spec.sessionAffinity = ClientIP"]);
    expect("WH-034", &service("internalTrafficPolicy: Local"), &["info spec.internalTrafficPolicy = Local"]);
}
