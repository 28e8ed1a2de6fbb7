//! CronJobs: a Job at every time of a schedule.

mod schedule;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{CRON_JOB, JOB};
use wheelhouse_cluster::{DeleteOptions, Key, Propagation, Resource, Subresource, metadata};

use crate::action::{Action, Plan, Telling};
use crate::controller::{Controller, owner_key};
use crate::field::{items, number, stamp, text, time, truth, value};
use crate::job::outcome;
use crate::pod;
use crate::world::World;
use schedule::Schedule;

/// How many missed times are looked at before it is said that there are too many.
const MISSED: usize = 100;

/// Makes the Jobs of CronJobs.
#[derive(Debug)]
pub(crate) struct CronJobs;

impl Controller for CronJobs {
    fn name(&self) -> &'static str {
        "cronjob-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![CRON_JOB, JOB]
    }

    fn keys(&self, _: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == CRON_JOB {
            vec![Key::of(object)]
        } else {
            owner_key(object, "CronJob").into_iter().collect()
        }
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        match world.get(&CRON_JOB, key) {
            Some(cron) => plan(&cron, &world.controlled(&JOB, &key.namespace, metadata::uid(&cron)), now),
            None => Plan::nothing(),
        }
    }
}

fn delete(job: &Value, plan: &mut Plan) {
    plan.then(Action::Delete {
        resource: JOB,
        key: Key::of(job),
        options: DeleteOptions {
            propagation: Some(Propagation::Background),
            uid: Some(metadata::uid(job).to_owned()),
            ..DeleteOptions::default()
        },
    });
}

fn plan(cron: &Value, jobs: &[Arc<Value>], now: Timestamp) -> Plan {
    let mut plan = Plan::nothing();
    if metadata::is_deleting(cron) {
        return plan;
    }
    trim(cron, jobs, &mut plan);
    let active: Vec<&Arc<Value>> = jobs.iter().filter(|job| outcome(job).is_none()).collect();
    let scheduled = start(cron, &active, now, &mut plan);
    status(cron, jobs, &active, scheduled, &mut plan);
    plan
}

/// Deletes ended Jobs beyond the history that is kept.
fn trim(cron: &Value, jobs: &[Arc<Value>], plan: &mut Plan) {
    for (kind, field, default) in
        [("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)]
    {
        let kept =
            usize::try_from(number(cron, &format!("/spec/{field}")).unwrap_or(default)).unwrap_or_default();
        let mut ended: Vec<&Arc<Value>> = jobs.iter().filter(|job| outcome(job) == Some(kind)).collect();
        ended.sort_by_key(|job| text(job, "/status/startTime").to_owned());
        let surplus = ended.len().saturating_sub(kept);
        ended
            .iter()
            .take(surplus)
            .filter(|job| !metadata::is_deleting(job))
            .for_each(|job| delete(job, plan));
    }
}

/// Starts a Job if one is due; gives the time that it is for.
fn start(cron: &Value, active: &[&Arc<Value>], now: Timestamp, plan: &mut Plan) -> Option<Timestamp> {
    let tell = |reason: &'static str, message: String| {
        Action::Tell(Telling {
            resource: CRON_JOB,
            key: Key::of(cron),
            uid: metadata::uid(cron).to_owned(),
            warning: true,
            reason,
            message,
            by: "cronjob-controller",
        })
    };
    if truth(cron, "/spec/suspend") {
        return None;
    }
    let Some(schedule) = Schedule::parse(text(cron, "/spec/schedule")) else {
        plan.then(tell(
            "UnparseableSchedule",
            format!("unparseable schedule {:?}", text(cron, "/spec/schedule")),
        ));
        return None;
    };
    let zone = match text(cron, "/spec/timeZone") {
        "" => TimeZone::UTC,
        name => match TimeZone::get(name) {
            Ok(zone) => zone,
            Err(_) => {
                plan.then(tell("UnknownTimeZone", format!("unknown time zone {name:?}")));
                return None;
            }
        },
    };
    if let Some(next) = schedule.after(now, &zone) {
        let wait = u64::try_from(next.as_second() - now.as_second()).unwrap_or(1);
        plan.look_again(Duration::from_secs(wait.max(1)));
    }
    let mut from =
        time(cron, "/status/lastScheduleTime").or_else(|| time(cron, "/metadata/creationTimestamp"))?;
    let late = number(cron, "/spec/startingDeadlineSeconds");
    if let Some(earliest) = late.and_then(|seconds| Timestamp::from_second(now.as_second() - seconds).ok()) {
        from = from.max(earliest);
    }
    // Of the times that have passed only the last one counts.
    let mut due = None;
    for passed in 0..=MISSED {
        match schedule.after(from, &zone).filter(|next| *next <= now) {
            Some(next) => {
                due = Some(next);
                from = next;
            }
            None => break,
        }
        if passed == MISSED {
            // Far behind: the last time is looked for from near.
            let near = Timestamp::from_second(now.as_second() - 86_400).ok()?;
            from = from.max(near);
        }
    }
    let due = due?;
    match text(cron, "/spec/concurrencyPolicy") {
        "Forbid" if !active.is_empty() => return None,
        "Replace" => active.iter().for_each(|job| delete(job, plan)),
        _ => {}
    }
    let name = format!("{}-{}", metadata::name(cron), due.as_second() / 60);
    if !active.iter().any(|job| metadata::name(job) == name) {
        plan.then(Action::Create { resource: JOB, object: made(cron, &name, due) });
    }
    Some(due)
}

fn made(cron: &Value, name: &str, due: Timestamp) -> Value {
    let template = value(cron, "/spec/jobTemplate");
    let mut annotations = value(template, "/metadata/annotations").clone();
    crate::field::set(
        &mut annotations,
        &["batch.kubernetes.io/cronjob-scheduled-timestamp"],
        stamp(due).into(),
    );
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "namespace": metadata::namespace(cron),
            "name": name,
            "labels": value(template, "/metadata/labels"),
            "annotations": annotations,
            "ownerReferences": [pod::controlled_by(cron, &CRON_JOB)],
        },
        "spec": value(template, "/spec"),
    })
}

fn status(
    cron: &Value,
    jobs: &[Arc<Value>],
    active: &[&Arc<Value>],
    scheduled: Option<Timestamp>,
    plan: &mut Plan,
) {
    let references: Vec<Value> = active
        .iter()
        .map(|job| {
            json!({"apiVersion": "batch/v1", "kind": "Job", "namespace": metadata::namespace(job),
                "name": metadata::name(job), "uid": metadata::uid(job)})
        })
        .collect();
    let last = scheduled.map(stamp).or_else(|| time(cron, "/status/lastScheduleTime").map(stamp));
    let success = jobs
        .iter()
        .filter(|job| outcome(job) == Some("Complete"))
        .filter_map(|job| time(job, "/status/completionTime"))
        .chain(time(cron, "/status/lastSuccessfulTime"))
        .max()
        .map(stamp);
    let named =
        |list: &Value| -> Vec<String> { items(list, "").map(|each| text(each, "/uid").to_owned()).collect() };
    let references = Value::from(references);
    let same = named(value(cron, "/status/active")) == named(&references)
        && text(cron, "/status/lastScheduleTime") == last.as_deref().unwrap_or_default()
        && text(cron, "/status/lastSuccessfulTime") == success.as_deref().unwrap_or_default();
    if !same {
        let patch = json!({"status": {"active": references, "lastScheduleTime": last, "lastSuccessfulTime": success}});
        plan.then(Action::Patch {
            resource: CRON_JOB,
            key: Key::of(cron),
            part: Some(Subresource::Status),
            patch,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(extra: Value) -> Value {
        let mut cron = json!({"metadata": {"namespace": "n", "name": "c", "uid": "c", "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"schedule": "*/10 * * * *", "jobTemplate": {"spec": {"template": {}}}}});
        for (key, value) in extra.as_object().unwrap() {
            cron["spec"][key] = value.clone();
        }
        cron
    }

    fn job(name: &str, end: Option<&str>) -> Arc<Value> {
        let conditions =
            end.map(|kind| json!([{"type": kind, "status": "True"}])).unwrap_or_else(|| json!([]));
        Arc::new(
            json!({"metadata": {"namespace": "n", "name": name, "uid": name}, "status": {"conditions": conditions, "startTime": name}}),
        )
    }

    fn said(cron: &Value, jobs: &[Arc<Value>], now: &str) -> Vec<String> {
        let plan = plan(cron, jobs, now.parse().unwrap());
        let pick = |action: &Action| match action {
            Action::Create { object, .. } => Some(format!(
                "+{}",
                text(object, "/metadata/annotations/batch.kubernetes.io~1cronjob-scheduled-timestamp")
            )),
            Action::Delete { key, .. } => Some(format!("-{}", key.name)),
            Action::Tell(telling) => Some(telling.reason.to_owned()),
            _ => None,
        };
        plan.actions.iter().filter_map(pick).collect()
    }

    #[test]
    fn a_job_is_made_for_the_last_time_that_has_passed() {
        assert_eq!(said(&cron(json!({})), &[], "2026-01-01T00:09:59Z"), Vec::<String>::new());
        assert_eq!(said(&cron(json!({})), &[], "2026-01-01T00:10:00Z"), ["+2026-01-01T00:10:00Z"]);
        assert_eq!(said(&cron(json!({})), &[], "2026-01-01T00:35:00Z"), ["+2026-01-01T00:30:00Z"]);
        let mut done = cron(json!({}));
        done["status"] = json!({"lastScheduleTime": "2026-01-01T00:30:00Z"});
        assert_eq!(said(&done, &[], "2026-01-01T00:35:00Z"), Vec::<String>::new());
        assert_eq!(said(&cron(json!({"suspend": true})), &[], "2026-01-01T00:35:00Z"), Vec::<String>::new());
        assert_eq!(
            said(&cron(json!({"startingDeadlineSeconds": 60})), &[], "2026-01-01T00:35:00Z"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_job_that_still_runs_is_let_run_replaced_or_waited_for() {
        let running = [job("old", None)];
        let with = |policy: &str| {
            said(&cron(json!({"concurrencyPolicy": policy})), &running, "2026-01-01T00:10:00Z")
        };
        assert_eq!(with("Allow"), ["+2026-01-01T00:10:00Z"]);
        assert_eq!(with("Forbid"), Vec::<String>::new());
        assert_eq!(with("Replace"), ["-old", "+2026-01-01T00:10:00Z"]);
    }

    #[test]
    fn ended_jobs_are_kept_to_their_limit() {
        let jobs: Vec<_> = ["1", "2", "3", "4"]
            .iter()
            .map(|name| job(name, Some("Complete")))
            .chain([job("5", Some("Failed")), job("6", Some("Failed"))])
            .collect();
        assert_eq!(said(&cron(json!({"suspend": true})), &jobs, "2026-01-01T00:00:00Z"), ["-1", "-5"]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        assert_eq!(
            said(&cron(json!({"schedule": "often"})), &[], "2026-01-01T00:10:00Z"),
            ["UnparseableSchedule"]
        );
        assert_eq!(
            said(&cron(json!({"timeZone": "Moon/Crater"})), &[], "2026-01-01T00:10:00Z"),
            ["UnknownTimeZone"]
        );
    }
}
