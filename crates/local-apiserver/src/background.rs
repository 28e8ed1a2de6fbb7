//! What the server does without being asked: quota status, roles made of roles, old events, the
//! last objects of deleted definitions.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::cluster::{Cluster, parse};
use crate::selector::picks;
use crate::{custom, meta, quota};

/// How long events are kept.
const EVENT_AGE: i64 = 3600;
/// Time between two looks.
const PERIOD: Duration = Duration::from_millis(250);
/// Where cluster roles lie.
const ROLES: &str = "clusterroles.rbac.authorization.k8s.io";

/// Whether something may have changed in a table since it was asked before.
struct Table(watch::Receiver<u64>);

impl Table {
    fn of(cluster: &Cluster, name: &str) -> Self {
        let mut signal = cluster.store.signal(name);
        signal.mark_changed();
        Table(signal)
    }

    fn has_changed(&mut self) -> bool {
        let changed = self.0.has_changed().unwrap_or_default();
        self.0.mark_unchanged();
        changed
    }
}

/// Runs until cancelled; without `upkeep` quotas and roles are left as they are.
pub(crate) async fn run(cluster: Arc<Cluster>, upkeep: bool, cancel: CancellationToken) {
    let mut seen = 0;
    let mut rounds: u64 = 0;
    let mut roles = Table::of(&cluster, ROLES);
    let mut definitions = Table::of(&cluster, custom::TABLE);
    let mut definitions_go = false;
    loop {
        let revision = cluster.store.revision();
        if revision != seen {
            seen = revision;
            if upkeep && roles.has_changed() {
                aggregate_roles(&cluster).await;
            }
            if upkeep {
                quota_status(&cluster).await;
            }
            if definitions.has_changed() {
                definitions_go = cluster.objects(custom::TABLE, None).iter().any(meta::deleting);
            }
            if definitions_go {
                custom::refresh(&cluster).await;
            }
        }
        if rounds.is_multiple_of(240) {
            expire_events(&cluster).await;
        }
        rounds += 1;
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

/// Roles with an aggregation rule have the rules of the roles it selects.
pub(crate) async fn aggregate_roles(cluster: &Cluster) {
    let (_, records) = cluster.store.list(ROLES, None);
    let roles: Vec<Value> = records.iter().filter_map(|record| parse(record)).collect();
    for (record, role) in records.iter().zip(&roles) {
        let selectors = meta::items(role, &["aggregationRule", "clusterRoleSelectors"]);
        if selectors.is_empty() {
            continue;
        }
        let mut rules: Vec<Value> = Vec::new();
        for other in &roles {
            if meta::name(other) == meta::name(role)
                || !selectors.iter().any(|selector| picks(selector, &meta::labels(other)))
            {
                continue;
            }
            for rule in meta::items(other, &["rules"]) {
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
        if meta::items(role, &["rules"]) != rules.as_slice() {
            let mut changed = role.clone();
            meta::set(&mut changed, "rules", Value::Array(rules));
            // a write in between is followed in the next round
            let _ = cluster.put(record.key.clone(), Some(record.revision), &changed).await;
        }
    }
}

async fn quota_status(cluster: &Cluster) {
    for record in cluster.store.list("resourcequotas", None).1 {
        let Some(mut object) = parse(&record) else { continue };
        let status = quota::status(cluster, &object);
        if object.get("status") != Some(&status) {
            meta::set(&mut object, "status", status);
            let _ = cluster.put(record.key.clone(), Some(record.revision), &object).await;
        }
    }
}

async fn expire_events(cluster: &Cluster) {
    let now = jiff::Timestamp::now().as_second();
    for record in cluster.store.list("events", None).1 {
        let Some(object) = parse(&record) else { continue };
        let made = crate::decode::parse_time(meta::text(&object, &["metadata", "creationTimestamp"]));
        if made.is_ok_and(|made| now - made.as_second() > EVENT_AGE) {
            let _ = cluster.remove(record.key.clone(), record.revision, &object).await;
        }
    }
}
