//! Where pods go.

use crate::cluster::Namespace;

pub(crate) fn gpus_are_counted_on_each_node(namespace: &Namespace<'_>) {
    let nodes = namespace.json("get nodes");
    for node in nodes["items"].as_array().unwrap() {
        assert_eq!(node["status"]["capacity"]["nvidia.com/gpu"], "1");
        assert_eq!(node["metadata"]["labels"]["nvidia.com/gpu.product"], "NVIDIA-L40S");
        assert_eq!(node["metadata"]["labels"]["node.kubernetes.io/instance-type"], "ON-PREM.GPU.L40S_1x");
    }
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
            crate::cluster::IMAGE
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
