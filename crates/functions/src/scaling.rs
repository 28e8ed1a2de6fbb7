//! How many instances a version should have: a pure decision, made every second.
//!
//! Utilisation is the share of request slots in use, averaged over the look-back window. More is asked for when
//! it is above a threshold or the oldest queued request has waited too long; less when it is below; none when
//! nothing was asked for during the idle time and the minimum is zero; one when something waits and there is
//! none.

use crate::gpu_specification::{Autoscaling, Bounds};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The rules. The defaults are the reference's platform policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Above this share of busy slots (percent) instances are added.
    pub up_threshold: f64,
    /// The count is multiplied by this (rounded up).
    pub up_factor: f64,
    /// How long it must have been above.
    pub up_stickiness: SignedDuration,
    /// Below this share of busy slots (percent) instances are removed.
    pub down_threshold: f64,
    /// The count is multiplied by this (rounded down, not below one).
    pub down_factor: f64,
    /// How long it must have been below.
    pub down_stickiness: SignedDuration,
    /// The oldest queued request may wait so long before instances are added (house rule).
    pub queue_age: SignedDuration,
    /// The least time between two changes upward.
    pub up_cooldown: SignedDuration,
    /// The least time between two changes downward.
    pub down_cooldown: SignedDuration,
    /// After so long without a request there may be none.
    pub idle: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            up_threshold: 70.0,
            up_factor: 1.2,
            up_stickiness: SignedDuration::ZERO,
            down_threshold: 30.0,
            down_factor: 0.8,
            down_stickiness: SignedDuration::from_secs(600),
            queue_age: SignedDuration::from_secs(2),
            up_cooldown: SignedDuration::from_secs(15),
            down_cooldown: SignedDuration::from_secs(30),
            idle: SignedDuration::from_secs(1800),
        }
    }
}

impl Policy {
    /// The platform's policy, with a specification's own rules in its place where it has any.
    #[must_use]
    pub fn with(self, own: Option<&Autoscaling>) -> Self {
        let Some(own) = own else { return self };
        let mut policy = self;
        if let Some(up) = &own.up {
            policy.up_factor = up.factor;
            policy.up_threshold = up.threshold;
            policy.up_stickiness = up.stickiness.map_or(SignedDuration::ZERO, |sticky| sticky.threshold);
        }
        if let Some(down) = &own.down {
            policy.down_factor = down.factor;
            policy.down_threshold = down.threshold;
            policy.down_stickiness = down.stickiness.map_or(self.down_stickiness, |sticky| sticky.threshold);
        }
        if let Some(idle) = own.idle {
            policy.idle = idle;
        }
        policy
    }
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Load {
    /// Share of busy slots now, in percent of all slots of running instances.
    pub utilization: f64,
    /// For how long it has been above the upper threshold.
    pub above_for: SignedDuration,
    /// For how long it has been below the lower threshold.
    pub below_for: SignedDuration,
    /// Requests waiting.
    pub queued: u32,
    /// How long the oldest of them has waited.
    pub oldest_wait: SignedDuration,
    /// How long ago the last request came or ended.
    pub idle_for: SignedDuration,
    /// How long ago the count was last raised.
    pub since_up: SignedDuration,
    /// How long ago the count was last lowered.
    pub since_down: SignedDuration,
}

/// Why the count is what it is; kept so that it can be explained later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// Nothing calls for a change.
    Steady,
    /// The bounds changed, or something outside them was found.
    Bounds,
    /// Something waits and there is no instance.
    Wake,
    /// The oldest queued request has waited too long.
    QueueAge,
    /// Too many slots are busy.
    Busy,
    /// Too few slots are busy.
    Quiet,
    /// Nothing was asked for in a long time.
    Idle,
}

/// How many instances there should be, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The count.
    pub count: u32,
    /// The reason.
    pub reason: Reason,
}

/// Decides how many instances there should be, given how many are wanted now.
#[must_use]
pub fn decide(policy: &Policy, bounds: &Bounds, current: u32, load: &Load) -> Decision {
    let clamped = current.clamp(bounds.min_instances, bounds.max_instances.max(bounds.min_instances));
    // At zero is where a function with minimum 0 sleeps: clamping must not wake it, nor keep it up.
    if clamped != current {
        return Decision { count: clamped, reason: Reason::Bounds };
    }
    let steady = Decision { count: current, reason: Reason::Steady };
    if current == 0 {
        return if load.queued > 0 { Decision { count: 1, reason: Reason::Wake } } else { steady };
    }
    if current < bounds.max_instances && load.since_up >= policy.up_cooldown {
        let late = load.queued > 0 && load.oldest_wait >= policy.queue_age;
        let busy = load.utilization > policy.up_threshold && load.above_for >= policy.up_stickiness;
        if late || busy {
            let count = grown(current, policy.up_factor).min(bounds.max_instances);
            return Decision { count, reason: if busy { Reason::Busy } else { Reason::QueueAge } };
        }
    }
    if load.queued > 0 {
        return steady;
    }
    if bounds.min_instances == 0 && load.idle_for >= policy.idle {
        return Decision { count: 0, reason: Reason::Idle };
    }
    let quiet = load.utilization < policy.down_threshold && load.below_for >= policy.down_stickiness;
    let least = bounds.min_instances.max(1);
    if quiet && current > least && load.since_down >= policy.down_cooldown {
        return Decision { count: shrunk(current, policy.down_factor).max(least), reason: Reason::Quiet };
    }
    steady
}

fn grown(current: u32, factor: f64) -> u32 {
    // A small tolerance keeps 5 × 1.2 at 6 although the product is 6.000000000000001 in binary.
    let product = (f64::from(current) * factor - 1e-9).ceil();
    to_count(product).max(current.saturating_add(1))
}

fn shrunk(current: u32, factor: f64) -> u32 {
    let product = (f64::from(current) * factor + 1e-9).floor();
    to_count(product).min(current.saturating_sub(1))
}

fn to_count(number: f64) -> u32 {
    number.clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LONG: SignedDuration = SignedDuration::from_secs(100_000);
    const CALM: Load = Load {
        utilization: 50.0,
        above_for: SignedDuration::ZERO,
        below_for: SignedDuration::ZERO,
        queued: 0,
        oldest_wait: SignedDuration::ZERO,
        idle_for: SignedDuration::ZERO,
        since_up: LONG,
        since_down: LONG,
    };

    fn check(min: u32, max: u32, current: u32, load: Load, expect: (u32, Reason)) {
        let bounds = Bounds { min_instances: min, max_instances: max, max_request_concurrency: 1 };
        let decision = decide(&Policy::default(), &bounds, current, &load);
        assert_eq!(
            (decision.count, decision.reason),
            expect,
            "min {min} max {max} current {current} {load:?}"
        );
    }

    #[test]
    fn decisions() {
        let seconds = SignedDuration::from_secs;
        check(1, 4, 2, CALM, (2, Reason::Steady));
        check(1, 4, 0, CALM, (1, Reason::Bounds));
        check(1, 4, 9, CALM, (4, Reason::Bounds));
        check(0, 4, 0, CALM, (0, Reason::Steady));
        check(0, 4, 0, Load { queued: 1, ..CALM }, (1, Reason::Wake));
        check(1, 10, 5, Load { utilization: 71.0, ..CALM }, (6, Reason::Busy));
        check(1, 10, 1, Load { utilization: 71.0, ..CALM }, (2, Reason::Busy));
        check(1, 5, 5, Load { utilization: 100.0, ..CALM }, (5, Reason::Steady));
        check(1, 10, 5, Load { utilization: 71.0, since_up: seconds(14), ..CALM }, (5, Reason::Steady));
        check(1, 10, 2, Load { queued: 1, oldest_wait: seconds(2), ..CALM }, (3, Reason::QueueAge));
        check(1, 10, 2, Load { queued: 1, oldest_wait: seconds(1), ..CALM }, (2, Reason::Steady));
        check(1, 10, 5, Load { utilization: 29.0, below_for: seconds(600), ..CALM }, (4, Reason::Quiet));
        check(1, 10, 5, Load { utilization: 29.0, below_for: seconds(599), ..CALM }, (5, Reason::Steady));
        check(0, 10, 1, Load { utilization: 0.0, below_for: LONG, ..CALM }, (1, Reason::Steady));
        check(0, 10, 3, Load { utilization: 0.0, idle_for: seconds(1800), ..CALM }, (0, Reason::Idle));
        check(1, 10, 3, Load { utilization: 50.0, idle_for: seconds(1800), ..CALM }, (3, Reason::Steady));
    }

    proptest! {
        #[test]
        fn decisions_stay_in_bounds(
            min in 0u32..5, more in 0u32..20, current in 0u32..40, utilization in 0.0f64..200.0,
            queued in 0u32..3, wait in 0i64..100, idle in 0i64..4000, below in 0i64..1000,
        ) {
            let bounds = Bounds { min_instances: min, max_instances: min + more.max(1), max_request_concurrency: 1 };
            let load = Load {
                utilization, queued,
                oldest_wait: SignedDuration::from_secs(wait),
                idle_for: SignedDuration::from_secs(idle),
                below_for: SignedDuration::from_secs(below),
                ..CALM
            };
            let decision = decide(&Policy::default(), &bounds, current, &load);
            prop_assert!(decision.count >= min && decision.count <= bounds.max_instances);
            // What waits is never left without an instance.
            if queued > 0 { prop_assert!(decision.count >= 1); }
        }
    }
}
