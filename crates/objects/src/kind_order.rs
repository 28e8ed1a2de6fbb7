use std::cmp::Ordering;

/// The order in which Helm handles kinds; a kind it does not know comes last, by name.
///
/// Helm 4 knows the two webhook configurations, Helm 3 does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindOrder {
    /// Helm 4's order of installing.
    Install,
    /// Helm 3's order of installing.
    InstallV3,
    /// Helm 4's order of uninstalling.
    Uninstall,
    /// Helm 3's order of uninstalling.
    UninstallV3,
}

const INSTALL: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

const UNINSTALL: &[&str] = &[
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "Ingress",
    "IngressClass",
    "Service",
    "CronJob",
    "Job",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "DaemonSet",
    "RoleBindingList",
    "RoleBinding",
    "RoleList",
    "Role",
    "ClusterRoleBindingList",
    "ClusterRoleBinding",
    "ClusterRoleList",
    "ClusterRole",
    "CustomResourceDefinition",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "ConfigMap",
    "SecretList",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "LimitRange",
    "ResourceQuota",
    "NetworkPolicy",
    "Namespace",
    "PriorityClass",
];

/// The kinds only Helm 4 orders.
const SINCE_V4: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

impl KindOrder {
    /// Compares two kinds; equal ones keep their places in a stable sort.
    #[must_use]
    pub fn compare(self, left: &str, right: &str) -> Ordering {
        match (self.position(left), self.position(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => left.cmp(right),
        }
    }

    fn position(self, kind: &str) -> Option<usize> {
        let (kinds, is_v3) = match self {
            KindOrder::Install => (INSTALL, false),
            KindOrder::InstallV3 => (INSTALL, true),
            KindOrder::Uninstall => (UNINSTALL, false),
            KindOrder::UninstallV3 => (UNINSTALL, true),
        };
        if is_v3 && SINCE_V4.contains(&kind) {
            return None;
        }
        kinds.iter().position(|known| *known == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(order: KindOrder, kinds: &[&'static str]) -> Vec<&'static str> {
        let mut kinds = kinds.to_vec();
        kinds.sort_by(|left, right| order.compare(left, right));
        kinds
    }

    #[test]
    fn dependencies_are_installed_before_what_needs_them() {
        assert_eq!(
            sorted(KindOrder::Install, &["Deployment", "Service", "Namespace", "ConfigMap"]),
            ["Namespace", "ConfigMap", "Service", "Deployment"]
        );
    }

    #[test]
    fn uninstalling_goes_the_other_way() {
        assert_eq!(
            sorted(KindOrder::Uninstall, &["Namespace", "ConfigMap", "Service", "Deployment"]),
            ["Service", "Deployment", "ConfigMap", "Namespace"]
        );
    }

    #[test]
    fn unknown_kinds_come_last_by_name() {
        assert_eq!(
            sorted(KindOrder::Install, &["Zebra", "APIService", "Apple"]),
            ["APIService", "Apple", "Zebra"]
        );
    }

    #[test]
    fn webhook_configurations_are_unknown_to_helm_3() {
        let kinds = ["ValidatingWebhookConfiguration", "Certificate", "APIService"];
        assert_eq!(
            sorted(KindOrder::Install, &kinds),
            ["APIService", "ValidatingWebhookConfiguration", "Certificate"]
        );
        assert_eq!(
            sorted(KindOrder::InstallV3, &kinds),
            ["APIService", "Certificate", "ValidatingWebhookConfiguration"]
        );
    }

    #[test]
    fn both_orders_know_the_same_kinds() {
        let mut install = INSTALL.to_vec();
        let mut uninstall = UNINSTALL.to_vec();
        install.sort_unstable();
        uninstall.sort_unstable();
        assert_eq!(install, uninstall);
    }
}
