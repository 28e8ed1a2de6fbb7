//! What one part of a deployment asks for: a GPU, an instance type, bounds, values.

use crate::id::GpuSpecificationId;
use crate::problem::Problem;
use crate::violation::{Violation, Violations};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// One GPU specification of a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GpuSpecification {
    /// Its id, given by the server.
    pub id: GpuSpecificationId,
    /// GPU name.
    pub gpu: String,
    /// Instance type: as asked for, or the group's default.
    pub instance_type: String,
    /// Legacy name of a cluster group.
    pub backend: Option<String>,
    /// Cluster names; empty means any.
    pub clusters: Vec<String>,
    /// Regions; empty means any.
    pub regions: Vec<String>,
    /// Attributes that a cluster must have.
    pub attributes: Vec<String>,
    /// Bounds and concurrency.
    pub bounds: Bounds,
    /// Helm values override.
    pub configuration: Option<serde_json::Map<String, serde_json::Value>>,
    /// How the chart is checked.
    pub validation_policy: ValidationPolicy,
    /// Scaling rules of its own.
    pub autoscaling: Option<Autoscaling>,
    /// What else was asked for.
    #[serde(default)]
    pub wishes: Wishes,
}

/// What a specification may ask of instances beside their type. Clusters do not say these things of themselves, so
/// that only the order has a consequence; the rest is kept and returned.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wishes {
    /// Legacy list of zones.
    pub availability_zones: Vec<String>,
    /// Processor architecture.
    pub cpu_arch: Option<String>,
    /// Operating system.
    pub os: Option<String>,
    /// Version of the GPU's driver.
    pub driver_version: Option<String>,
    /// Disk.
    pub storage: Option<String>,
    /// Memory of the machine.
    pub system_memory: Option<String>,
    /// Memory of the GPU.
    pub gpu_memory: Option<String>,
    /// From 1 to 99: specifications with a lower number get their instances first.
    pub preferred_order: Option<u8>,
}

/// How many instances, and how many requests each takes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The fewest instances; 0 permits scaling to zero.
    pub min_instances: u32,
    /// The most instances.
    pub max_instances: u32,
    /// Requests an instance takes at a time.
    pub max_request_concurrency: u32,
}

/// The policy by which a chart is checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ValidationPolicy {
    /// Whether the catalogue applies (`Default`) or not (`Unrestricted`).
    pub unrestricted: bool,
    /// Kinds allowed beyond the catalogue's.
    pub extra_types: Vec<KubernetesType>,
}

/// A Kubernetes type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KubernetesType {
    /// API group; empty for the core group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Kind.
    pub kind: String,
}

/// Scaling rules of a specification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Autoscaling {
    /// When and how to add.
    pub up: Option<ScaleRule>,
    /// When and how to remove.
    pub down: Option<ScaleRule>,
    /// After how long without a request the instances are removed, when the minimum is 0.
    pub idle: Option<SignedDuration>,
}

/// One scaling rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScaleRule {
    /// The count is multiplied by this.
    pub factor: f64,
    /// Share of busy slots, in percent, beyond which the rule applies.
    pub threshold: f64,
    /// How long it must hold.
    pub stickiness: Option<Stickiness>,
}

/// How long a threshold must be crossed within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stickiness {
    /// The window, at most an hour.
    pub size: SignedDuration,
    /// The part of it, shorter than the window.
    pub threshold: SignedDuration,
}

impl Bounds {
    /// The most requests an instance may take at a time.
    pub const MOST_CONCURRENCY: u32 = 16_384;

    /// Checks bounds as given on the wire.
    pub fn check(
        prefix: &str,
        min: Option<i64>,
        max: Option<i64>,
        concurrency: Option<i64>,
        violations: &mut Violations,
    ) -> Self {
        let field = |name: &str| format!("{prefix}{name}");
        let min_instances = number(&field("minInstances"), min, 0, i64::from(u16::MAX), violations);
        let max_instances = number(&field("maxInstances"), max, 1, i64::from(u16::MAX), violations);
        let most = i64::from(Self::MOST_CONCURRENCY);
        let concurrency =
            number(&field("maxRequestConcurrency"), Some(concurrency.unwrap_or(1)), 1, most, violations);
        let bounds = Self { min_instances, max_instances, max_request_concurrency: concurrency };
        if min.is_some() && max.is_some() {
            bounds.check_order(violations);
        }
        bounds
    }

    /// Checks that the minimum is not above the maximum.
    pub fn check_order(&self, violations: &mut Violations) {
        if self.min_instances > self.max_instances {
            violations.push(Violation::Request(format!(
                "'minInstances' {} must not be greater than 'maxInstances' {}",
                self.min_instances, self.max_instances
            )));
        }
    }
}

impl Autoscaling {
    /// Checks the rules: up multiplies by more than 1, down by less, windows are at most an hour.
    ///
    /// # Errors
    /// A 400 naming every broken rule.
    pub fn check(&self) -> Result<(), Problem> {
        let mut violations = Violations::of("gpuSpecification");
        let base = "autoscalingConfiguration";
        if let Some(up) = &self.up {
            let field = format!("{base}.scaleUpDetails");
            violations.require(
                up.factor > 1.0 && up.factor <= 100.0,
                &format!("{field}.factor"),
                up.factor,
                "must be greater than 1",
            );
            up.check(&field, &mut violations);
        }
        if let Some(down) = &self.down {
            let field = format!("{base}.scaleDownDetails");
            let sound = (0.0..1.0).contains(&down.factor);
            violations.require(sound, &format!("{field}.factor"), down.factor, "must be less than 1");
            down.check(&field, &mut violations);
        }
        if let (Some(up), Some(down)) = (&self.up, &self.down)
            && down.threshold >= up.threshold
        {
            let detail = "the scale-down threshold must be below the scale-up threshold";
            violations.push(Violation::Request(detail.to_owned()));
        }
        violations.into_result(())
    }
}

impl ScaleRule {
    fn check(&self, field: &str, violations: &mut Violations) {
        let sound = (0.0..=100.0).contains(&self.threshold);
        violations.require(sound, &format!("{field}.threshold"), self.threshold, "must be between 0 and 100");
        if let Some(stickiness) = &self.stickiness {
            let size = stickiness.size;
            let in_range = size.is_positive() && size <= SignedDuration::from_hours(1);
            violations.require(in_range, &format!("{field}.stickiness.size"), size, "must be at most PT1H");
            let shorter = !stickiness.threshold.is_negative() && stickiness.threshold < size;
            violations.require(
                shorter,
                &format!("{field}.stickiness.threshold"),
                stickiness.threshold,
                "must be less than the size",
            );
        }
    }
}

fn number(field: &str, value: Option<i64>, least: i64, most: i64, violations: &mut Violations) -> u32 {
    match value {
        None => {
            violations.require(false, field, "null", "must not be null");
            0
        }
        Some(number) if (least..=most).contains(&number) => u32::try_from(number).unwrap_or(0),
        Some(number) => {
            violations.require(false, field, number, &format!("must be between {least} and {most}"));
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(min: Option<i64>, max: Option<i64>, concurrency: Option<i64>, expect: &str) {
        let mut violations = Violations::of("gpuSpecification");
        let bounds = Bounds::check("", min, max, concurrency, &mut violations);
        let shown = violations
            .into_result(bounds)
            .map_or_else(|problem| problem.detail, |bounds| format!("{bounds:?}"));
        assert!(shown.contains(expect), "{shown}");
    }

    #[test]
    fn bounds() {
        check(
            Some(0),
            Some(2),
            None,
            "Bounds { min_instances: 0, max_instances: 2, max_request_concurrency: 1 }",
        );
        check(Some(1), Some(1), Some(16_384), "max_request_concurrency: 16384");
        check(None, Some(1), None, "field=minInstances, rejected=null, message=must not be null");
        check(Some(-1), Some(1), None, "field=minInstances, rejected=-1");
        check(Some(0), Some(0), None, "field=maxInstances, rejected=0");
        check(Some(1), Some(1), Some(16_385), "field=maxRequestConcurrency, rejected=16385");
        check(Some(3), Some(2), None, "'minInstances' 3 must not be greater than 'maxInstances' 2");
    }

    #[test]
    fn autoscaling_rules() {
        let rule = |factor, threshold| ScaleRule { factor, threshold, stickiness: None };
        let with = |up, down| Autoscaling { up: Some(up), down: Some(down), idle: None }.check();
        assert!(with(rule(1.5, 80.0), rule(0.5, 20.0)).is_ok());
        assert!(with(rule(1.0, 80.0), rule(0.5, 20.0)).is_err());
        assert!(with(rule(2.0, 80.0), rule(1.0, 20.0)).is_err());
        assert!(with(rule(2.0, 20.0), rule(0.5, 80.0)).is_err());
        let hours = |size: i64, threshold: i64| Stickiness {
            size: SignedDuration::from_secs(size),
            threshold: SignedDuration::from_secs(threshold),
        };
        for (stickiness, sound) in [(hours(3600, 60), true), (hours(3601, 60), false), (hours(60, 60), false)]
        {
            let up = ScaleRule { factor: 2.0, threshold: 50.0, stickiness: Some(stickiness) };
            assert_eq!(Autoscaling { up: Some(up), down: None, idle: None }.check().is_ok(), sound);
        }
    }
}
