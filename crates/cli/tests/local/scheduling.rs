//! Where pods go.

use tempfile::TempDir;

use crate::cluster::{IMAGE, Namespace};

pub(crate) fn gpus_are_counted_on_each_node(namespace: &Namespace<'_>) {
    let nodes = namespace.json("get nodes");
    for node in nodes["items"].as_array().unwrap() {
        assert_eq!(node["status"]["capacity"]["nvidia.com/gpu"], "1");
        assert_eq!(node["metadata"]["labels"]["nvidia.com/gpu.product"], "NVIDIA-L40S");
        assert_eq!(node["metadata"]["labels"]["node.kubernetes.io/instance-type"], "ON-PREM.GPU.L40S_1x");
    }
    let lease = namespace.json("get lease local-1 --namespace kube-node-lease");
    assert_eq!(lease["spec"]["holderIdentity"], "local-1");
    for number in 1..=3 {
        namespace.apply(&format!(
            "
apiVersion: v1
kind: Pod
metadata: {{name: gpu-{number}}}
spec:
  terminationGracePeriodSeconds: 0
  nodeSelector: {{nvidia.com/gpu.product: NVIDIA-L40S}}
  containers:
  - {{name: main, image: {}, args: [sleep, '600'], resources: {{limits: {{nvidia.com/gpu: 1}}}}}}
",
            IMAGE
        ));
        if number < 3 {
            namespace.wait("condition=Ready", &format!("pod/gpu-{number}"));
        }
    }
    let first = namespace.ok("get pod gpu-1 -o jsonpath={.spec.nodeName}");
    assert_ne!(first, namespace.ok("get pod gpu-2 -o jsonpath={.spec.nodeName}"));
    namespace.until("pod/gpu-3", ".status.conditions[?(@.type=='PodScheduled')].reason", "Unschedulable");
    let message =
        namespace.ok("get pod gpu-3 -o jsonpath={.status.conditions[?(@.type=='PodScheduled')].message}");
    assert!(message.starts_with("0/2 nodes are available: 2 Insufficient nvidia.com/gpu"), "{message}");
    // A place becomes free.
    namespace.ok("delete pod gpu-1 --wait");
    namespace.wait("condition=Ready", "pod/gpu-3");
    assert_eq!(namespace.ok("get pod gpu-3 -o jsonpath={.spec.nodeName}"), first);
}

/// A folder that describes one device, which is none but looks like one.
pub(crate) fn descriptions() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = "
cdiVersion: 0.6.0
kind: example.com/device
devices:
- name: first
  containerEdits:
    env: [DEVICE=first]
    deviceNodes: [{path: /dev/device0, hostPath: /dev/null}]
    mounts: [{hostPath: /etc/os-release, containerPath: /driver/release, options: [ro]}]
";
    std::fs::write(folder.path().join("example.yaml"), text).unwrap();
    folder
}

pub(crate) fn devices_reach_the_containers_that_ask_for_them(namespace: &Namespace<'_>) {
    let pod = |name: &str, words: &str| {
        namespace.apply(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  restartPolicy: Never\n  \
             terminationGracePeriodSeconds: 0\n  containers: [{{name: main, image: {IMAGE}, args: {words}, \
             resources: {{limits: {{example.com/device: 1}}}}}}]\n"
        ));
    };
    let capacity = "get nodes -o jsonpath={.items[*].status.capacity.example\\.com/device}";
    assert_eq!(namespace.ok(capacity), "1");
    pod("one", "[write, /dev/device0, x, '--', env, DEVICE, '--', list, /driver, '--', sleep, '600']");
    namespace.wait("condition=Ready", "pod/one");
    namespace.until_it("pod/one", ".status.phase", |phase| phase == "Running");
    crate::eventually("all is said", crate::cluster::PATIENCE, || {
        let log = namespace.ok("logs one");
        if log == "wrote /dev/device0\nDEVICE=first\nrelease\n" { Ok(()) } else { Err(log) }
    });
    // The next one waits for it.
    pod("two", "[write, /dev/device0, again]");
    namespace.until("pod/two", ".status.conditions[?(@.type=='PodScheduled')].reason", "Unschedulable");
    namespace.ok("delete pod one --wait");
    assert_eq!(namespace.log_of("two"), "wrote /dev/device0\n");
    // Nobody else sees it.
    namespace.pod("none", "list /dev", "");
    assert!(!namespace.log_of("none").contains("device0"));
}
