//! The built-in kinds that we name ourselves.

use crate::Resource;

macro_rules! resources {
    ($($name:ident = $group:literal $version:literal $kind:literal $plural:literal $namespaced:literal;)*) => {
        $(
            #[doc = concat!("`", $kind, "` of `", $group, "/", $version, "`.")]
            pub const $name: Resource = Resource::fixed($group, $version, $kind, $plural, $namespaced);
        )*
    };
}

resources! {
    CONFIG_MAP = "" "v1" "ConfigMap" "configmaps" true;
    ENDPOINTS = "" "v1" "Endpoints" "endpoints" true;
    EVENT = "" "v1" "Event" "events" true;
    LIMIT_RANGE = "" "v1" "LimitRange" "limitranges" true;
    NAMESPACE = "" "v1" "Namespace" "namespaces" false;
    NODE = "" "v1" "Node" "nodes" false;
    PERSISTENT_VOLUME = "" "v1" "PersistentVolume" "persistentvolumes" false;
    PERSISTENT_VOLUME_CLAIM = "" "v1" "PersistentVolumeClaim" "persistentvolumeclaims" true;
    POD = "" "v1" "Pod" "pods" true;
    POD_TEMPLATE = "" "v1" "PodTemplate" "podtemplates" true;
    REPLICATION_CONTROLLER = "" "v1" "ReplicationController" "replicationcontrollers" true;
    RESOURCE_QUOTA = "" "v1" "ResourceQuota" "resourcequotas" true;
    SECRET = "" "v1" "Secret" "secrets" true;
    SERVICE = "" "v1" "Service" "services" true;
    SERVICE_ACCOUNT = "" "v1" "ServiceAccount" "serviceaccounts" true;
    CONTROLLER_REVISION = "apps" "v1" "ControllerRevision" "controllerrevisions" true;
    DAEMON_SET = "apps" "v1" "DaemonSet" "daemonsets" true;
    DEPLOYMENT = "apps" "v1" "Deployment" "deployments" true;
    REPLICA_SET = "apps" "v1" "ReplicaSet" "replicasets" true;
    STATEFUL_SET = "apps" "v1" "StatefulSet" "statefulsets" true;
    HORIZONTAL_POD_AUTOSCALER = "autoscaling" "v2" "HorizontalPodAutoscaler" "horizontalpodautoscalers" true;
    CRON_JOB = "batch" "v1" "CronJob" "cronjobs" true;
    JOB = "batch" "v1" "Job" "jobs" true;
    LEASE = "coordination.k8s.io" "v1" "Lease" "leases" true;
    ENDPOINT_SLICE = "discovery.k8s.io" "v1" "EndpointSlice" "endpointslices" true;
    CUSTOM_RESOURCE_DEFINITION = "apiextensions.k8s.io" "v1" "CustomResourceDefinition" "customresourcedefinitions" false;
    INGRESS = "networking.k8s.io" "v1" "Ingress" "ingresses" true;
    NETWORK_POLICY = "networking.k8s.io" "v1" "NetworkPolicy" "networkpolicies" true;
    POD_DISRUPTION_BUDGET = "policy" "v1" "PodDisruptionBudget" "poddisruptionbudgets" true;
    CLUSTER_ROLE = "rbac.authorization.k8s.io" "v1" "ClusterRole" "clusterroles" false;
    CLUSTER_ROLE_BINDING = "rbac.authorization.k8s.io" "v1" "ClusterRoleBinding" "clusterrolebindings" false;
    ROLE = "rbac.authorization.k8s.io" "v1" "Role" "roles" true;
    ROLE_BINDING = "rbac.authorization.k8s.io" "v1" "RoleBinding" "rolebindings" true;
    PRIORITY_CLASS = "scheduling.k8s.io" "v1" "PriorityClass" "priorityclasses" false;
    STORAGE_CLASS = "storage.k8s.io" "v1" "StorageClass" "storageclasses" false;
    VOLUME_ATTACHMENT = "storage.k8s.io" "v1" "VolumeAttachment" "volumeattachments" false;
}
