//! Which instances to start and which to stop, so that what runs becomes what is wanted.

use crate::gpu_specification::GpuSpecification;
use crate::id::{GpuSpecificationId, InstanceId};
use crate::instance::Instance;
use crate::instance_state::InstanceState;
use crate::version_state::Census;
use jiff::{SignedDuration, Timestamp};

/// One specification and how many instances it should have.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The specification.
    pub specification: &'a GpuSpecification,
    /// How many instances it should have, within its bounds.
    pub count: u32,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Instances to ask for: specification and how many.
    pub start: Vec<(GpuSpecificationId, u32)>,
    /// Instances to stop.
    pub stop: Vec<InstanceId>,
    /// When to look again although nothing happens, because a replacement is being held back.
    pub look_again: Option<Timestamp>,
}

/// Counts instances for the version's state machine.
#[must_use]
pub fn census(specifications: &[GpuSpecification], instances: &[Instance]) -> Census {
    let count = |wanted: &dyn Fn(&Instance) -> bool| {
        u32::try_from(instances.iter().filter(|instance| wanted(instance)).count()).unwrap_or(u32::MAX)
    };
    let running = count(&|instance| instance.state == InstanceState::Running);
    let starting = count(&|instance| instance.state.is_starting());
    let of = |specification: &GpuSpecification| {
        instances
            .iter()
            .filter(|instance| {
                instance.specification == specification.id && instance.state == InstanceState::Running
            })
            .count()
    };
    let every_minimum_met = specifications.iter().all(|specification| {
        of(specification) >= usize::try_from(specification.bounds.min_instances).unwrap_or(usize::MAX)
    });
    let mut first_batch = instances.iter().filter(|instance| instance.first_batch).peekable();
    let first_batch_failed = first_batch.peek().is_some()
        && first_batch.all(|instance| instance.failure.is_some() && !instance.was_running);
    Census {
        required: specifications.iter().map(|specification| specification.bounds.min_instances).sum(),
        running,
        starting,
        every_minimum_met,
        first_batch_failed,
    }
}

/// How long a replacement is held back after so many failures in a row: 0, 1, 2, 4, … 60 s.
#[must_use]
pub fn backoff(failures_in_a_row: u32) -> SignedDuration {
    match failures_in_a_row {
        0 | 1 => SignedDuration::ZERO,
        more => SignedDuration::from_secs(i64::from(1_u32 << (more - 2).min(6)).min(60)),
    }
}

/// Plans one version's instances.
///
/// While a specification has none running, only one instance is asked for: whether the chart works at all is
/// learned from that one. Surplus is stopped newest first, those that do not serve before those that do.
#[must_use]
pub fn plan(wanted: &[Wanted<'_>], instances: &[Instance], now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    for Wanted { specification, count } in wanted {
        let mine: Vec<&Instance> =
            instances.iter().filter(|instance| instance.specification == specification.id).collect();
        let mut live: Vec<&Instance> =
            mine.iter().copied().filter(|instance| instance.state.is_live()).collect();
        let have = u32::try_from(live.len()).unwrap_or(u32::MAX);
        if have > *count {
            live.sort_by_key(|instance| {
                (instance.state == InstanceState::Running, std::cmp::Reverse(instance.id))
            });
            let surplus = usize::try_from(have - count).unwrap_or(usize::MAX);
            plan.stop.extend(live.into_iter().take(surplus).map(|instance| instance.id));
            continue;
        }
        let proven = mine.iter().any(|instance| instance.was_running);
        let target = if proven { *count } else { (*count).min(1) };
        if target <= have {
            continue;
        }
        let (failures, last) = failures_in_a_row(&mine);
        // A failure that lies ahead was stamped before the clock was set back: it holds nothing back.
        let ready_at = last
            .filter(|at| *at <= now)
            .map(|at| at.saturating_add(backoff(failures)).unwrap_or(Timestamp::MAX));
        match ready_at {
            Some(ready_at) if ready_at > now => {
                plan.look_again = Some(plan.look_again.map_or(ready_at, |known| known.min(ready_at)));
            }
            _ => plan.start.push((specification.id, target - have)),
        }
    }
    plan
}

/// How many instances failed since one last came up, and when the last of them failed.
fn failures_in_a_row(instances: &[&Instance]) -> (u32, Option<Timestamp>) {
    let last_good =
        instances.iter().filter(|instance| instance.was_running).map(|instance| instance.created_at).max();
    let failed = instances.iter().filter(|instance| {
        instance.failure.is_some() && last_good.is_none_or(|good| instance.created_at >= good)
    });
    let count = failed.clone().count();
    (u32::try_from(count).unwrap_or(u32::MAX), failed.map(|instance| instance.state_since).max())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu_specification::{Bounds, ValidationPolicy, Wishes};
    use crate::id::{AccountId, ClusterId, DeploymentId, FunctionId, VersionId};
    use crate::instance_state::{Failure, FailureCause};
    use proptest::prelude::*;

    fn specification(min: u32, max: u32) -> GpuSpecification {
        GpuSpecification {
            id: GpuSpecificationId::from_parts(1, [7; 10]),
            gpu: "L40".into(),
            instance_type: "A.GPU.L40_1x".into(),
            backend: None,
            clusters: vec![],
            regions: vec![],
            attributes: vec![],
            bounds: Bounds { min_instances: min, max_instances: max, max_request_concurrency: 1 },
            configuration: None,
            validation_policy: ValidationPolicy::default(),
            autoscaling: None,
            wishes: Wishes::default(),
        }
    }

    fn instance(number: u8, state: InstanceState) -> Instance {
        let failed = state == InstanceState::Failed;
        Instance {
            id: InstanceId::from_parts(u64::from(number), [number; 10]),
            function: FunctionId::from_parts(1, [1; 10]),
            version: VersionId::from_parts(1, [1; 10]),
            deployment: DeploymentId::from_parts(1, [1; 10]),
            specification: GpuSpecificationId::from_parts(1, [7; 10]),
            account: AccountId::default_account(),
            cluster: ClusterId::from_parts(1, [1; 10]),
            gpu: "L40".into(),
            instance_type: "A.GPU.L40_1x".into(),
            first_batch: number == 1,
            state,
            state_since: Timestamp::UNIX_EPOCH,
            was_running: state == InstanceState::Running,
            endpoints: vec![],
            failure: failed.then(|| Failure { cause: FailureCause::PodFailed, message: String::new() }),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn check(count: u32, states: &[InstanceState], start: u32, stop: &[u8]) {
        let specification = specification(0, 10);
        let instances: Vec<Instance> =
            states.iter().enumerate().map(|(index, &state)| instance(index as u8 + 1, state)).collect();
        let later = Timestamp::from_second(1_000).unwrap();
        let plan = plan(&[Wanted { specification: &specification, count }], &instances, later);
        assert_eq!(plan.start.iter().map(|(_, number)| number).sum::<u32>(), start);
        let stop: Vec<InstanceId> =
            stop.iter().map(|&n| InstanceId::from_parts(u64::from(n), [n; 10])).collect();
        assert_eq!(plan.stop, stop);
    }

    #[test]
    fn plans() {
        use InstanceState::*;
        check(0, &[], 0, &[]);
        check(3, &[], 1, &[]); // the first one shows whether the chart works
        check(3, &[Starting], 0, &[]);
        check(3, &[Running], 2, &[]);
        check(3, &[Running, Failed, Starting], 1, &[]);
        check(2, &[Running, Running, Starting], 0, &[3]);
        check(1, &[Running, Running], 0, &[2]);
        check(0, &[Running, Requested], 0, &[2, 1]);
        check(1, &[Terminating], 1, &[]);
        check(1, &[Failed], 1, &[]);
    }

    #[test]
    fn replacements_are_held_back_after_repeated_failures() {
        assert_eq!(backoff(1), SignedDuration::ZERO);
        assert_eq!(backoff(4), SignedDuration::from_secs(4));
        assert_eq!(backoff(1_000), SignedDuration::from_secs(60));
        let specification = specification(1, 1);
        let failed = [instance(1, InstanceState::Failed), instance(2, InstanceState::Failed)];
        let plan =
            plan(&[Wanted { specification: &specification, count: 1 }], &failed, Timestamp::UNIX_EPOCH);
        assert!(plan.start.is_empty());
        assert_eq!(plan.look_again, Some(Timestamp::from_second(1).unwrap()));
    }

    #[test]
    fn the_census_sees_a_failed_first_batch() {
        let specifications = [specification(1, 2)];
        assert!(census(&specifications, &[instance(1, InstanceState::Failed)]).first_batch_failed);
        assert!(!census(&specifications, &[]).first_batch_failed);
        let running = census(&specifications, &[instance(1, InstanceState::Running)]);
        assert!(running.every_minimum_met && !running.first_batch_failed);
        assert!(!census(&specifications, &[instance(1, InstanceState::Starting)]).every_minimum_met);
    }

    proptest! {
        #[test]
        fn a_plan_never_overshoots(count in 0u32..6, states in prop::collection::vec(prop::sample::select(InstanceState::ALL.to_vec()), 0..10)) {
            let specification = specification(0, 10);
            let instances: Vec<Instance> = states.iter().enumerate().map(|(i, &s)| instance(i as u8 + 1, s)).collect();
            let later = Timestamp::from_second(1_000_000).unwrap();
            let plan = plan(&[Wanted { specification: &specification, count }], &instances, later);
            let live = instances.iter().filter(|i| i.state.is_live()).count() as u32;
            let start: u32 = plan.start.iter().map(|(_, n)| n).sum();
            let stop = plan.stop.len() as u32;
            prop_assert!(live + start - stop <= count.max(live));
            prop_assert!(start == 0 || stop == 0);
            if instances.iter().any(|i| i.was_running) { prop_assert_eq!(live + start - stop, count); }
        }
    }
}
