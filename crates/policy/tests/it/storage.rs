use crate::support::{expect, pod};

fn volume(source: &str) -> String {
    pod(&format!("containers: []\nvolumes:\n- name: v\n  {source}"))
}

#[test]
fn five_volume_types_are_allowed() {
    for source in [
        "configMap: {name: a}",
        "secret: {secretName: a}",
        "projected: {sources: []}",
        "persistentVolumeClaim: {claimName: a}",
        "emptyDir: {}",
    ] {
        expect("WH-040", &volume(source), &[]);
    }
    expect("WH-040", &pod("containers: []\nvolumes: [{name: v}]"), &["info spec.volumes[0] = {name: v}"]);
}

#[test]
fn every_other_volume_type_is_refused_at_its_key() {
    for kind in [
        "hostPath",
        "nfs",
        "csi",
        "ephemeral",
        "downwardAPI",
        "image",
        "gitRepo",
        "iscsi",
        "fc",
        "rbd",
        "cephfs",
        "cinder",
        "flexVolume",
        "flocker",
        "glusterfs",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "vsphereVolume",
        "quobyte",
        "portworxVolume",
        "photonPersistentDisk",
        "scaleIO",
        "storageos",
        "unheardOf",
    ] {
        expect(
            "WH-040",
            &volume(&format!("{kind}: {{}}")),
            &[&format!("error spec.volumes[0].{kind} = {kind}")],
        );
    }
}

#[test]
fn projected_sources_are_config_maps_and_secrets() {
    let projected = |source: &str| volume(&format!("projected: {{sources: [{{{source}: {{}}}}]}}"));
    expect("WH-041", &projected("configMap"), &[]);
    expect("WH-041", &projected("secret"), &[]);
    for kind in ["serviceAccountToken", "downwardAPI", "clusterTrustBundle", "podCertificate"] {
        expect(
            "WH-041",
            &projected(kind),
            &[&format!("error spec.volumes[0].projected.sources[0].{kind} = {kind}")],
        );
    }
}

fn claim(spec: &str) -> String {
    format!("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: c}}\nspec: {{{spec}}}\n")
}

#[test]
fn claims_copy_nothing_and_choose_no_volume() {
    expect("WH-042", &claim("storageClassName: fast"), &[]);
    expect("WH-042", &claim("dataSource: {kind: x}"), &["error spec.dataSource = {kind: x}"]);
    expect("WH-043", &claim("volumeName: pv-1"), &["error spec.volumeName = pv-1"]);
    expect("WH-043", &claim("selector: {a: b}"), &["error spec.selector = {a: b}"]);
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec:\n  volumeClaimTemplates:\n  - metadata: {name: data}\n    spec: {volumeName: pv-1}\n";
    expect("WH-043", set, &["error spec.volumeClaimTemplates[0].spec.volumeName = pv-1"]);
}

#[test]
fn a_memory_volume_has_a_size() {
    expect("WH-044", &volume("emptyDir: {medium: Memory, sizeLimit: 1Gi}"), &[]);
    expect(
        "WH-044",
        &volume("emptyDir: {medium: Memory}"),
        &["warning spec.volumes[0].emptyDir.medium = Memory"],
    );
    expect("WH-044", &volume("emptyDir: {}"), &[]);
}
