use crate::support::{container, expect, pod};

#[test]
fn a_container_has_an_image() {
    let with = |image: &str| pod(&format!("containers:\n- name: c\n  {image}"));
    expect("WH-190", &with("image: a:1"), &[]);
    expect("WH-190", &with("image: ''"), &["error spec.containers[0].image = ''"]);
    expect("WH-190", &with("tty: true"), &["error spec.containers[0].image = name: c (missing)"]);
    expect("WH-190", &with("image: ':1'"), &["error spec.containers[0].image = ':1'"]);
}

#[test]
fn an_image_by_tag_can_change() {
    expect("WH-192", &container("tty: true"), &["info spec.containers[0].image = i:1"]);
    expect("WH-192", &pod("containers: [{name: c, image: 'a@sha256:00'}]"), &[]);
}

#[test]
fn what_listens_has_a_readiness_probe() {
    expect(
        "WH-200",
        &container("ports: [{containerPort: 80}]"),
        &["warning spec.containers[0].readinessProbe = name: c (missing)"],
    );
    expect("WH-200", &container("ports: [{containerPort: 80}]\nreadinessProbe: {httpGet: {port: 80}}"), &[]);
    expect("WH-200", &container("tty: true"), &[]);
}

#[test]
fn a_bare_pod_is_not_replaced() {
    expect("WH-207", &container("tty: true"), &["warning kind = apiVersion: v1"]);
}
