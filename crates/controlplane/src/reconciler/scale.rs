//! What is remembered between two scaling decisions, and how a version's count is spread over its specifications.

use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use wheelhouse_functions::deployment::Deployment;
use wheelhouse_functions::gpu_specification::{Bounds, GpuSpecification};
use wheelhouse_functions::id::VersionId;
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::instance_state::InstanceState;
use wheelhouse_functions::route::VersionLoad;
use wheelhouse_functions::scaling::{Load, Policy, Reason, decide};

#[derive(Debug, Clone, Copy)]
struct ScaleState {
    count: u32,
    above_since: Option<Timestamp>,
    below_since: Option<Timestamp>,
    last_up: Timestamp,
    last_down: Timestamp,
    /// From when on idleness is counted when no call ever came.
    since: Timestamp,
}

/// The scaling states of all deployed versions.
#[derive(Debug, Default)]
pub(super) struct ScaleStates(HashMap<VersionId, ScaleState>);

impl ScaleStates {
    /// Forgets versions that are not deployed any more.
    pub(super) fn retain(&mut self, deployed: &HashSet<VersionId>) {
        self.0.retain(|version, _| deployed.contains(version));
    }

    /// Decides how many instances each specification should have.
    pub(super) fn decide(
        &mut self,
        platform: &Policy,
        deployment: &Deployment,
        instances: &[Instance],
        load: &VersionLoad,
        now: Timestamp,
    ) -> Vec<u32> {
        let specifications = &deployment.specifications;
        // The reference asks for the same rules on all specifications; the first one's count.
        let own = specifications.first().and_then(|specification| specification.autoscaling.as_ref());
        let policy = platform.with(own);
        let bounds = Bounds {
            min_instances: specifications
                .iter()
                .map(|specification| specification.bounds.min_instances)
                .sum(),
            max_instances: specifications
                .iter()
                .map(|specification| specification.bounds.max_instances)
                .sum(),
            max_request_concurrency: 1,
        };
        let live = count(instances.iter().filter(|instance| instance.state.is_live()));
        let state = self.0.entry(deployment.version).or_insert_with(|| ScaleState {
            count: live.max(bounds.min_instances),
            above_since: None,
            below_since: None,
            last_up: Timestamp::MIN,
            last_down: now,
            since: now,
        });
        let slots: u32 = instances
            .iter()
            .filter(|instance| instance.state == InstanceState::Running)
            .filter_map(|instance| deployment.specification(instance.specification))
            .map(|specification| specification.bounds.max_request_concurrency)
            .sum();
        let utilization = if slots == 0 { 0.0 } else { f64::from(load.busy) * 100.0 / f64::from(slots) };
        since(&mut state.above_since, utilization > policy.up_threshold, now);
        since(&mut state.below_since, utilization < policy.down_threshold, now);
        let ago = |at: Timestamp| now.duration_since(at);
        let milliseconds =
            |number: u64| SignedDuration::from_millis(i64::try_from(number).unwrap_or(i64::MAX));
        let measured = Load {
            utilization,
            above_for: state.above_since.map_or(SignedDuration::ZERO, ago),
            below_for: state.below_since.map_or(SignedDuration::ZERO, ago),
            queued: load.queued,
            oldest_wait: milliseconds(load.oldest_wait),
            idle_for: load.idle.map_or_else(|| ago(state.since), milliseconds),
            since_up: ago(state.last_up),
            since_down: ago(state.last_down),
        };
        let decision = decide(&policy, &bounds, state.count, &measured);
        if decision.count != state.count {
            tracing::info!(
                version = %deployment.version,
                from = state.count,
                to = decision.count,
                reason = ?decision.reason,
                ?measured,
                "scaled"
            );
            if decision.count > state.count {
                state.last_up = now;
            } else {
                state.last_down = now;
            }
            if decision.reason == Reason::Wake {
                state.since = now;
            }
            state.count = decision.count;
        }
        spread(specifications, state.count)
    }
}

fn since(mark: &mut Option<Timestamp>, holds: bool, now: Timestamp) {
    *mark = if holds { mark.or(Some(now)) } else { None };
}

fn count<'a>(instances: impl Iterator<Item = &'a Instance>) -> u32 {
    u32::try_from(instances.count()).unwrap_or(u32::MAX)
}

/// Gives every specification its minimum, then fills them up in order.
fn spread(specifications: &[GpuSpecification], count: u32) -> Vec<u32> {
    let minimums: u32 = specifications.iter().map(|specification| specification.bounds.min_instances).sum();
    let mut left = count.saturating_sub(minimums);
    specifications
        .iter()
        .map(|specification| {
            let bounds = specification.bounds;
            let more = left.min(bounds.max_instances.saturating_sub(bounds.min_instances));
            left -= more;
            bounds.min_instances + more
        })
        .collect()
}
