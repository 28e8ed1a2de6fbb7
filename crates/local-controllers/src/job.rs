//! Jobs: pods that run to their end, so many times, so many at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{JOB, POD};
use wheelhouse_cluster::{DeleteOptions, Key, Propagation, Resource, Subresource, metadata};
use wheelhouse_objects::Selector;

use crate::action::{Action, Plan};
use crate::controller::{Controller, owner_key};
use crate::field::{items, number, set, stamp, text, time, truth, value};
use crate::pod;
use crate::replica_set::claim;
use crate::world::World;

const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// The first wait after a failed pod, in seconds; it doubles with each.
const BACKOFF_START: i64 = 10;
/// The longest wait, in seconds.
const BACKOFF_END: i64 = 600;

/// Keeps the pods of Jobs.
#[derive(Debug)]
pub(crate) struct Jobs;

impl Controller for Jobs {
    fn name(&self) -> &'static str {
        "job-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![JOB, POD]
    }

    fn keys(&self, _: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == JOB { vec![Key::of(object)] } else { owner_key(object, "Job").into_iter().collect() }
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        match world.get(&JOB, key) {
            Some(job) => plan(&job, &world.list(&POD, &key.namespace), now),
            None => Plan::nothing(),
        }
    }
}

/// The condition that says how a Job ended, if it has.
pub(crate) fn outcome(job: &Value) -> Option<&str> {
    items(job, "/status/conditions")
        .find(|condition| {
            matches!(text(condition, "/type"), "Complete" | "Failed") && text(condition, "/status") == "True"
        })
        .map(|condition| text(condition, "/type"))
}

struct Counts {
    active: Vec<Arc<Value>>,
    succeeded: i64,
    failed: i64,
    ready: i64,
    terminating: i64,
    /// The indexes that are through, of an indexed Job.
    done: BTreeSet<i64>,
    last_failure: Option<i64>,
}

fn index_of(pod: &Value) -> Option<i64> {
    metadata::annotation(pod, INDEX).and_then(|index| index.parse().ok())
}

fn finished(pod: &Value) -> Option<i64> {
    items(pod, "/status/containerStatuses")
        .filter_map(|status| time(status, "/state/terminated/finishedAt"))
        .map(Timestamp::as_second)
        .max()
}

impl Counts {
    fn of(job: &Value, owned: &[Arc<Value>]) -> Self {
        let indexed = is_indexed(job);
        let of_phase = |phase: &str| {
            owned.iter().filter(|pod| text(pod, "/status/phase") == phase).cloned().collect::<Vec<_>>()
        };
        let failed = of_phase("Failed");
        let succeeded = of_phase("Succeeded");
        let mut done: BTreeSet<i64> = succeeded.iter().filter_map(|pod| index_of(pod)).collect();
        if indexed {
            done.extend(read_indexes(text(job, "/status/completedIndexes")));
        }
        let count = |list: &[Arc<Value>]| i64::try_from(list.len()).unwrap_or(i64::MAX);
        // Pods may have been removed since they were counted.
        let known = |field: &str| number(job, &format!("/status/{field}")).unwrap_or_default();
        let active: Vec<Arc<Value>> = owned.iter().filter(|pod| pod::is_active(pod)).cloned().collect();
        Self {
            ready: count(&active.iter().filter(|pod| pod::is_ready(pod)).cloned().collect::<Vec<_>>()),
            terminating: count(
                &owned
                    .iter()
                    .filter(|pod| metadata::is_deleting(pod) && !pod::is_terminal(pod))
                    .cloned()
                    .collect::<Vec<_>>(),
            ),
            active,
            succeeded: if indexed {
                i64::try_from(done.len()).unwrap_or(i64::MAX)
            } else {
                count(&succeeded).max(known("succeeded"))
            },
            failed: count(&failed).max(known("failed")),
            done,
            last_failure: failed.iter().filter_map(|pod| finished(pod)).max(),
        }
    }
}

fn is_indexed(job: &Value) -> bool {
    text(job, "/spec/completionMode") == "Indexed"
}

/// Indexes written as `0-2,5`.
fn read_indexes(text: &str) -> BTreeSet<i64> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts
        .flat_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            match (first.parse::<i64>(), last.parse::<i64>()) {
                (Ok(first), Ok(last)) if last - first < 1_000_000 => first..=last,
                #[allow(clippy::reversed_empty_ranges)]
                _ => 1..=0,
            }
        })
        .collect()
}

fn write_indexes(indexes: &BTreeSet<i64>) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for index in indexes {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => runs.push((*index, *index)),
        }
    }
    let parts = runs.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    });
    parts.collect::<Vec<_>>().join(",")
}

/// What is to be done for one Job.
fn plan(job: &Value, pods: &[Arc<Value>], now: Timestamp) -> Plan {
    let mut plan = Plan::nothing();
    if let Some(kind) = outcome(job) {
        retire(job, kind, now, &mut plan);
        return plan;
    }
    let selector = Selector::of(value(job, "/spec/selector"));
    let owned = claim(job, &JOB, &selector, pods, &POD, &mut plan);
    let counts = Counts::of(job, &owned);
    let suspended = truth(job, "/spec/suspend");
    let began = time(job, "/status/startTime").filter(|_| !suspended);
    let limit = number(job, "/spec/backoffLimit").unwrap_or(6);
    let late = number(job, "/spec/activeDeadlineSeconds")
        .zip(began)
        .map(|(seconds, began)| began.as_second() + seconds - now.as_second());
    let restarts: i64 = counts
        .active
        .iter()
        .flat_map(|pod| items(pod, "/status/containerStatuses"))
        .filter_map(|status| number(status, "/restartCount"))
        .sum();
    let on_failure = text(job, "/spec/template/spec/restartPolicy") == "OnFailure";
    let failure = if counts.failed > limit || (on_failure && restarts > limit) {
        Some(("BackoffLimitExceeded", "Job has reached the specified backoff limit"))
    } else if late.is_some_and(|left| left <= 0) {
        Some(("DeadlineExceeded", "Job was active longer than specified deadline"))
    } else {
        None
    };
    let completions = number(job, "/spec/completions");
    let complete = match completions {
        Some(wanted) => counts.succeeded >= wanted,
        // Without a number the first success is the end, once all others have ended.
        None => counts.succeeded > 0 && counts.active.is_empty(),
    };
    if let Some(left) = late.filter(|left| *left > 0) {
        plan.look_again(Duration::from_secs(u64::try_from(left).unwrap_or(1)));
    }
    if failure.is_some() || complete || suspended {
        for pod in &counts.active {
            delete(pod, &mut plan);
        }
    } else if !metadata::is_deleting(job) {
        keep_going(job, &counts, completions, now, &mut plan);
    }
    status(job, &counts, failure, complete, suspended, now, &mut plan);
    plan
}

fn delete(pod: &Value, plan: &mut Plan) {
    plan.then(Action::Delete {
        resource: POD,
        key: Key::of(pod),
        options: DeleteOptions { uid: Some(metadata::uid(pod).to_owned()), ..DeleteOptions::default() },
    });
}

/// Makes pods that are missing, and deletes those that are too many.
fn keep_going(job: &Value, counts: &Counts, completions: Option<i64>, now: Timestamp, plan: &mut Plan) {
    let parallelism = number(job, "/spec/parallelism").unwrap_or(1);
    let active = i64::try_from(counts.active.len()).unwrap_or(i64::MAX);
    let wanted = match completions {
        Some(completions) => parallelism.min(completions - counts.succeeded),
        None if counts.succeeded > 0 => active,
        None => parallelism,
    };
    if active > wanted {
        let mut ranked = counts.active.clone();
        pod::rank_for_deletion(&mut ranked);
        ranked
            .iter()
            .take(usize::try_from(active - wanted).unwrap_or_default())
            .for_each(|pod| delete(pod, plan));
        return;
    }
    if active == wanted {
        return;
    }
    if let Some(last) = counts.last_failure.filter(|_| counts.failed > 0) {
        let wait = BACKOFF_START.saturating_mul(1 << (counts.failed - 1).clamp(0, 10)).min(BACKOFF_END);
        let left = last + wait - now.as_second();
        if left > 0 {
            return plan.look_again(Duration::from_secs(u64::try_from(left).unwrap_or(1)));
        }
    }
    let taken: BTreeSet<i64> = counts.active.iter().filter_map(|pod| index_of(pod)).collect();
    let mut free = (0..completions.unwrap_or_default())
        .filter(|index| !taken.contains(index) && !counts.done.contains(index));
    for _ in 0..wanted - active {
        let index = if is_indexed(job) {
            let Some(index) = free.next() else { break };
            Some(index)
        } else {
            None
        };
        plan.then(Action::Create { resource: POD, object: made(job, index) });
    }
}

fn made(job: &Value, index: Option<i64>) -> Value {
    let mut made = pod::from_template(job, &JOB, value(job, "/spec/template"));
    let name = metadata::name(job);
    match index {
        None => set(&mut made, &["metadata", "generateName"], format!("{name}-").into()),
        Some(index) => {
            set(&mut made, &["metadata", "generateName"], format!("{name}-{index}-").into());
            set(&mut made, &["metadata", "annotations", INDEX], index.to_string().into());
            set(&mut made, &["metadata", "labels", INDEX], index.to_string().into());
            if text(&made, "/spec/hostname").is_empty() {
                set(&mut made, &["spec", "hostname"], format!("{name}-{index}").into());
            }
            for list in ["containers", "initContainers"] {
                let Some(containers) =
                    made.pointer_mut(&format!("/spec/{list}")).and_then(Value::as_array_mut)
                else {
                    continue;
                };
                for container in containers {
                    let mut env: Vec<Value> = items(container, "/env").cloned().collect();
                    env.push(json!({"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": {"fieldPath": format!("metadata.labels['{INDEX}']")}}}));
                    set(container, &["env"], env.into());
                }
            }
        }
    }
    made
}

fn status(
    job: &Value,
    counts: &Counts,
    failure: Option<(&str, &str)>,
    complete: bool,
    suspended: bool,
    now: Timestamp,
    plan: &mut Plan,
) {
    let mut new = json!({
        "active": counts.active.len(),
        "ready": counts.ready,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "terminating": counts.terminating,
        "uncountedTerminatedPods": {},
    });
    if is_indexed(job) {
        set(&mut new, &["completedIndexes"], write_indexes(&counts.done).into());
    }
    let began = time(job, "/status/startTime").map_or_else(|| stamp(now), stamp);
    set(&mut new, &["startTime"], if suspended { Value::Null } else { began.into() });
    let mut conditions: Vec<Value> = items(job, "/status/conditions").cloned().collect();
    let mut say = |kind: &str, holds: bool, reason: &str, message: &str| {
        let status = if holds { "True" } else { "False" };
        let known = conditions.iter().find(|condition| text(condition, "/type") == kind);
        if known.is_some_and(|known| text(known, "/status") == status) || (known.is_none() && !holds) {
            return;
        }
        conditions.retain(|condition| text(condition, "/type") != kind);
        conditions.push(json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastProbeTime": stamp(now), "lastTransitionTime": stamp(now)}));
    };
    say(
        "Suspended",
        suspended,
        if suspended { "JobSuspended" } else { "JobResumed" },
        if suspended { "Job suspended" } else { "Job resumed" },
    );
    // A Job has ended only when its pods have.
    let still = !counts.active.is_empty() || counts.terminating > 0;
    if let Some((reason, message)) = failure {
        say("FailureTarget", true, reason, message);
        if !still {
            say("Failed", true, reason, message);
        }
    } else if complete && !suspended {
        say("SuccessCriteriaMet", true, "CompletionsReached", "Reached expected number of succeeded pods");
        if !still {
            say("Complete", true, "CompletionsReached", "Reached expected number of succeeded pods");
            set(&mut new, &["completionTime"], stamp(now).into());
        }
    }
    if !conditions.is_empty() {
        set(&mut new, &["conditions"], conditions.into());
    }
    let known = value(job, "/status");
    let same = new.as_object().into_iter().flatten().all(|(field, wanted)| {
        let told = known.get(field).unwrap_or(&Value::Null);
        told == wanted || (told.is_null() && (wanted.as_i64() == Some(0) || wanted.as_str() == Some("")))
    });
    if !same {
        let part = Some(Subresource::Status);
        plan.then(Action::Patch { resource: JOB, key: Key::of(job), part, patch: json!({"status": new}) });
    }
}

/// A Job that has ended goes after its time, if it has one.
fn retire(job: &Value, kind: &str, now: Timestamp, plan: &mut Plan) {
    let Some(life) = number(job, "/spec/ttlSecondsAfterFinished") else { return };
    if metadata::is_deleting(job) {
        return;
    }
    let ended = items(job, "/status/conditions").find(|condition| text(condition, "/type") == kind);
    let Some(ended) = ended.and_then(|condition| time(condition, "/lastTransitionTime")) else { return };
    let left = ended.as_second() + life - now.as_second();
    if left > 0 {
        plan.look_again(Duration::from_secs(u64::try_from(left).unwrap_or(1)));
    } else {
        plan.then(Action::Delete {
            resource: JOB,
            key: Key::of(job),
            options: DeleteOptions {
                propagation: Some(Propagation::Foreground),
                uid: Some(metadata::uid(job).to_owned()),
                ..DeleteOptions::default()
            },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(spec: Value) -> Value {
        let mut job = json!({"metadata": {"namespace": "n", "name": "j", "uid": "j"},
            "spec": {"selector": {"matchLabels": {"job": "j"}}, "backoffLimit": 2,
                "template": {"metadata": {"labels": {"job": "j"}}, "spec": {"restartPolicy": "Never", "containers": [{"name": "c"}]}}}});
        for (key, value) in spec.as_object().unwrap() {
            job["spec"][key] = value.clone();
        }
        job
    }

    fn pod(name: &str, phase: &str, index: Option<i64>) -> Arc<Value> {
        let mut pod = json!({"metadata": {"namespace": "n", "name": name, "uid": name, "labels": {"job": "j"},
            "ownerReferences": [{"uid": "j", "controller": true}]}, "status": {"phase": phase,
            "containerStatuses": [{"state": {"terminated": {"finishedAt": "2026-01-01T00:00:00Z"}}}]}});
        if let Some(index) = index {
            pod["metadata"]["annotations"] = json!({INDEX: index.to_string()});
        }
        Arc::new(pod)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + seconds).unwrap()
    }

    fn said(job: &Value, pods: &[Arc<Value>], seconds: i64) -> Vec<String> {
        plan(job, pods, at(seconds))
            .actions
            .iter()
            .map(|action| match action {
                Action::Create { object, .. } => {
                    format!("+{}", metadata::annotation(object, INDEX).unwrap_or_default())
                }
                Action::Delete { key, .. } => format!("-{}", key.name),
                Action::Patch { patch, .. } => {
                    let last = items(patch, "/status/conditions").last();
                    format!(
                        "{} {}",
                        text(last.unwrap_or(&Value::Null), "/type"),
                        text(last.unwrap_or(&Value::Null), "/reason")
                    )
                    .trim()
                    .to_owned()
                }
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn pods_run_until_enough_have_succeeded() {
        let three = job(json!({"completions": 3, "parallelism": 2}));
        assert_eq!(said(&three, &[], 0), ["+", "+", ""]);
        let done =
            |count: usize| (0..count).map(|n| pod(&format!("p{n}"), "Succeeded", None)).collect::<Vec<_>>();
        assert_eq!(said(&three, &done(2), 0), ["+", ""]);
        assert_eq!(said(&three, &done(3), 0), ["Complete CompletionsReached"]);
    }

    #[test]
    fn failures_wait_and_end_at_the_limit() {
        let one = job(json!({"completions": 1}));
        let failed =
            |count: usize| (0..count).map(|n| pod(&format!("p{n}"), "Failed", None)).collect::<Vec<_>>();
        assert_eq!(said(&one, &failed(1), 5), [""]);
        assert_eq!(said(&one, &failed(1), 10), ["+", ""]);
        assert_eq!(said(&one, &failed(2), 15), [""]);
        assert_eq!(said(&one, &failed(3), 99), ["Failed BackoffLimitExceeded"]);
    }

    #[test]
    fn a_job_ends_after_its_pods() {
        let mut late = job(json!({"completions": 1, "activeDeadlineSeconds": 30}));
        late["status"] = json!({"startTime": "2026-01-01T00:00:00Z"});
        let running = [pod("p", "Running", None)];
        assert_eq!(said(&late, &running, 31), ["-p", "FailureTarget DeadlineExceeded"]);
        assert_eq!(said(&late, &[], 31), ["Failed DeadlineExceeded"]);
    }

    #[test]
    fn indexes_are_given_out_once_and_written_short() {
        let indexed = job(json!({"completions": 4, "parallelism": 2, "completionMode": "Indexed"}));
        assert_eq!(
            said(&indexed, &[pod("a", "Succeeded", Some(0)), pod("b", "Running", Some(2))], 0),
            ["+1", ""]
        );
        let set: BTreeSet<i64> = [0, 1, 2, 5, 7, 8].into();
        assert_eq!(write_indexes(&set), "0-2,5,7,8");
        assert_eq!(read_indexes("0-2,5,7,8"), set);
        assert_eq!(read_indexes("x,9-"), BTreeSet::new());
    }

    #[test]
    fn a_suspended_job_has_no_pods() {
        let suspended = job(json!({"suspend": true}));
        assert_eq!(said(&suspended, &[pod("p", "Running", None)], 0), ["-p", "Suspended JobSuspended"]);
    }

    #[test]
    fn an_ended_job_goes_after_its_time() {
        let mut old = job(json!({"ttlSecondsAfterFinished": 60}));
        old["status"] = json!({"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]});
        assert_eq!(said(&old, &[], 59), Vec::<String>::new());
        assert_eq!(said(&old, &[], 60), ["-j"]);
    }
}
