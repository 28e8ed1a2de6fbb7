//! Configuration and volumes.

use crate::cluster::{IMAGE, Namespace, PATIENCE};
use crate::eventually;

pub(crate) fn configuration_reaches_pods_and_follows_changes(namespace: &Namespace<'_>) {
    namespace.ok("create configmap settings --from-literal=colour=red --from-literal=size=big");
    namespace.ok("create secret generic keys --from-literal=token=abc");
    namespace.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: reader, labels: {{team: blue}}, annotations: {{note: hi}}}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: {IMAGE}
    args: [sleep, '600']
    resources: {{limits: {{cpu: 500m, memory: 64Mi}}}}
    env:
    - {{name: COLOUR, valueFrom: {{configMapKeyRef: {{name: settings, key: colour}}}}}}
    - {{name: TOKEN, valueFrom: {{secretKeyRef: {{name: keys, key: token}}}}}}
    - {{name: IP, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}
    - {{name: CPUS, valueFrom: {{resourceFieldRef: {{resource: limits.cpu, divisor: 1m}}}}}}
    - {{name: JOINED, value: $(COLOUR)-$(TOKEN)}}
    envFrom: [{{configMapRef: {{name: settings}}, prefix: SET_}}]
    volumeMounts:
    - {{name: settings, mountPath: /settings}}
    - {{name: all, mountPath: /all}}
    - {{name: scratch, mountPath: /scratch}}
    - {{name: settings, mountPath: /one, subPath: colour}}
  volumes:
  - {{name: settings, configMap: {{name: settings}}}}
  - name: all
    projected:
      sources:
      - {{secret: {{name: keys}}}}
      - {{downwardAPI: {{items: [{{path: labels, fieldRef: {{fieldPath: metadata.labels}}}}]}}}}
      - {{serviceAccountToken: {{path: token.jwt, expirationSeconds: 3600}}}}
  - {{name: scratch, emptyDir: {{medium: Memory, sizeLimit: 1Mi}}}}
"
    ));
    namespace.wait("condition=Ready", "pod/reader");
    let says = |words: &str| namespace.ok(&format!("exec reader -- /guest {words}"));
    assert_eq!(
        says("env COLOUR -- env TOKEN -- env JOINED -- env SET_size -- env CPUS"),
        "COLOUR=red\nTOKEN=abc\nJOINED=red-abc\nSET_size=big\nCPUS=500\n"
    );
    assert_eq!(
        says("env IP"),
        format!("IP={}\n", namespace.ok("get pod reader -o jsonpath={.status.podIP}"))
    );
    assert_eq!(says("cat /settings/colour"), "red");
    assert_eq!(says("cat /one"), "red");
    assert_eq!(says("cat /all/token"), "abc");
    assert_eq!(says("cat /all/labels"), "team=\"blue\"");
    assert_eq!(says("cat /all/token.jwt").split('.').count(), 3);
    assert!(says("list /var/run/secrets/kubernetes.io/serviceaccount").contains("ca.crt namespace token"));
    assert_eq!(says("write /scratch/x y"), "wrote /scratch/x\n");
    namespace.ok("create configmap settings --from-literal=colour=green --dry-run=client -o yaml");
    let patched =
        namespace.kubectl(&["patch", "configmap", "settings", "-p", r#"{"data":{"colour":"green"}}"#], "");
    assert_eq!(patched.code, 0, "{patched:?}");
    eventually("the volume follows the map", PATIENCE, || {
        let colour = says("cat /settings/colour");
        if colour == "green" { Ok(()) } else { Err(colour) }
    });
    namespace.ok("label pod reader team=green --overwrite");
    eventually("the volume follows the pod", PATIENCE, || {
        let labels = says("cat /all/labels");
        if labels == "team=\"green\"" { Ok(()) } else { Err(labels) }
    });
    // A part of a volume stays what it was, as with every kubelet.
    assert_eq!(says("cat /one"), "red");
}

pub(crate) fn a_claim_outlives_its_pods(namespace: &Namespace<'_>) {
    namespace.apply(
        "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
",
    );
    // Nothing is provisioned before somebody uses it.
    let volumes = "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\nsecurityContext: {runAsUser: 1000, fsGroup: 2000}";
    let pod = |name: &str, words: &str| {
        namespace.apply(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  restartPolicy: Never\n{}  containers:\n  - \
             {{name: main, image: {IMAGE}, args: {words}, volumeMounts: [{{name: data, mountPath: /data}}]}}\n",
            crate::cluster::indented(volumes, 2)
        ));
    };
    pod("writer", "[write, /data/x, kept]");
    assert_eq!(namespace.log_of("writer"), "wrote /data/x\n");
    namespace.until("pvc/data", ".status.phase", "Bound");
    namespace.ok("delete pod writer --wait");
    pod("reader", "[cat, /data/x]");
    assert_eq!(namespace.log_of("reader"), "kept");
    let volume = namespace.ok("get pvc data -o jsonpath={.spec.volumeName}");
    // In use: the claim waits for its pod.
    namespace.ok("delete pvc data --wait=false");
    namespace.ok("delete pod reader --wait");
    eventually("the volume goes with its claim", PATIENCE, || {
        let outcome = namespace.kubectl(&["get", "pv", &volume], "");
        if outcome.err.contains("NotFound") { Ok(()) } else { Err(format!("{outcome:?}")) }
    });
}

pub(crate) fn an_ephemeral_volume_lives_as_long_as_its_pod(namespace: &Namespace<'_>) {
    namespace.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: brief}}
spec:
  terminationGracePeriodSeconds: 0
  securityContext: {{runAsUser: 0}}
  volumes:
  - name: scratch
    ephemeral:
      volumeClaimTemplate:
        metadata: {{labels: {{kind: scratch}}}}
        spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Mi}}}}}}
  containers:
  - {{name: main, image: {IMAGE}, args: [sleep, '600'], volumeMounts: [{{name: scratch, mountPath: /scratch}}]}}
"
    ));
    namespace.wait("condition=Ready", "pod/brief");
    assert_eq!(namespace.ok("exec brief -- /guest write /scratch/x y"), "wrote /scratch/x\n");
    assert_eq!(
        namespace.ok("get pvc -l kind=scratch -o jsonpath={.items[*].metadata.name}"),
        "brief-scratch"
    );
    assert_eq!(namespace.ok("get pvc brief-scratch -o jsonpath={.status.phase}"), "Bound");
    namespace.ok("delete pod brief --wait");
    namespace.until("pvc", ".items", "[]");
}

pub(crate) fn a_pod_whose_volume_grows_too_large_is_evicted(namespace: &Namespace<'_>) {
    namespace.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: hoarder}}
spec:
  volumes: [{{name: heap, emptyDir: {{sizeLimit: 64Ki}}}}]
  containers:
  - {{name: main, image: {IMAGE}, args: [fill, /heap/x, '1000000', '--', sleep, '600'], volumeMounts: [{{name: heap, mountPath: /heap}}]}}
"
    ));
    namespace.until("pod/hoarder", ".status.phase", "Failed");
    assert_eq!(
        namespace.ok("get pod hoarder -o jsonpath={.status.reason}:{.status.message}"),
        "Evicted:Usage of EmptyDir volume \"heap\" exceeds the limit \"64Ki\". "
    );
}
