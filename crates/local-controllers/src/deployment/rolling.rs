//! How many pods the old and the new version may have at each step.

use std::sync::Arc;

use serde_json::Value;
use wheelhouse_cluster::metadata;

use super::{MOST, Rollout, available, spec_replicas, total};

/// How many pods a ReplicaSet starts with that is made just now.
pub(super) fn first_replicas(rollout: &Rollout<'_>) -> i64 {
    grow(rollout, 0)
}

/// How many pods the new version may have now.
pub(super) fn new_replicas(rollout: &Rollout<'_>, new: &Value) -> i64 {
    let present = spec_replicas(new);
    if present > rollout.replicas { rollout.replicas } else { grow(rollout, present) }
}

fn grow(rollout: &Rollout<'_>, present: i64) -> i64 {
    let room = rollout.replicas + rollout.max_surge - total(&rollout.old) - present;
    if room <= 0 { present } else { present + room.min(rollout.replicas - present) }
}

/// How many pods the old versions may keep now: first those that never became available go, then as
/// many as availability allows.
pub(super) fn old_replicas(rollout: &Rollout<'_>, new: &Value) -> Vec<(Arc<Value>, i64)> {
    let old = total(&rollout.old);
    if old == 0 {
        return Vec::new();
    }
    let least = rollout.replicas - rollout.max_unavailable;
    let new_missing = spec_replicas(new) - available(new);
    let may_go = old + spec_replicas(new) - least - new_missing;
    if may_go <= 0 {
        return Vec::new();
    }
    let mut left: Vec<(Arc<Value>, i64)> =
        rollout.old.iter().map(|set| (Arc::clone(set), spec_replicas(set))).collect();
    let mut unhealthy = may_go;
    for (set, replicas) in &mut left {
        let down = (*replicas - available(set)).clamp(0, unhealthy.max(0));
        *replicas -= down;
        unhealthy -= down;
    }
    let healthy: i64 = rollout.all().map(|set| available(set)).sum();
    let mut surplus = healthy - least;
    for (_, replicas) in &mut left {
        let down = (*replicas).min(surplus.max(0));
        *replicas -= down;
        surplus -= down;
    }
    left.retain(|(set, replicas)| spec_replicas(set) != *replicas);
    left
}

/// New numbers for all ReplicaSets when the Deployment was scaled: the one that is alone gets them
/// all; while two versions run, each gets its share, the largest first.
pub(super) fn in_proportion(rollout: &Rollout<'_>) -> Vec<(Arc<Value>, i64)> {
    let mut active: Vec<&Arc<Value>> = rollout.all().filter(|set| spec_replicas(set) > 0).collect();
    if active.len() <= 1 {
        let only = active.first().copied().or(rollout.new.as_ref());
        return only.map(|set| vec![(Arc::clone(set), rollout.replicas)]).unwrap_or_default();
    }
    if let Some(new) = &rollout.new
        && spec_replicas(new) == rollout.replicas
        && available(new) == rollout.replicas
    {
        return rollout
            .old
            .iter()
            .filter(|set| spec_replicas(set) > 0)
            .map(|set| (Arc::clone(set), 0))
            .collect();
    }
    let present: i64 = active.iter().map(|set| spec_replicas(set)).sum();
    let room = if rollout.replicas > 0 { rollout.most() } else { 0 } - present;
    // Growing begins with the largest and newest, shrinking with the largest and oldest.
    active.sort_by_key(|set| (std::cmp::Reverse(spec_replicas(set)), metadata::created(set).to_owned()));
    if room > 0 {
        active.sort_by_key(|set| {
            (std::cmp::Reverse(spec_replicas(set)), std::cmp::Reverse(metadata::created(set).to_owned()))
        });
    }
    let mut given = 0;
    let mut result: Vec<(Arc<Value>, i64)> = active
        .into_iter()
        .map(|set| {
            let share = if room == 0 { 0 } else { share(rollout, set, room, given) };
            given += share;
            (Arc::clone(set), spec_replicas(set) + share)
        })
        .collect();
    if let Some((_, replicas)) = result.first_mut() {
        *replicas = (*replicas + room - given).max(0);
    }
    result
}

/// One ReplicaSet's share of the room, in proportion to its size when the last scaling was done.
fn share(rollout: &Rollout<'_>, set: &Value, room: i64, given: i64) -> i64 {
    let size = spec_replicas(set);
    let before: i64 = metadata::annotation(set, MOST)
        .and_then(|most| most.parse().ok())
        .filter(|most| *most > 0)
        .unwrap_or(rollout.replicas);
    let fraction = if rollout.replicas == 0 {
        -size
    } else if before == 0 {
        0
    } else {
        // Rounded to the nearest, as upstream.
        let scaled = size * rollout.most();
        (2 * scaled + before).div_euclid(2 * before) - size
    };
    let allowed = room - given;
    if room > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
}
