//! The local cluster as its users run it: the real binary, real containers, `kubectl` and Helm.
//!
//! All scenarios share one cluster of two nodes and run a few at a time, each in a namespace of its own.
//! On a machine that forbids containers, or has no `kubectl`, they say so and pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

mod cluster;
mod commands;
mod faults;
mod helm;
mod network;
mod pods;
mod registry;
mod scheduling;
mod storage;
mod streams;
mod workloads;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cluster::{Cluster, Namespace};

/// How many scenarios run at the same time.
const AT_ONCE: usize = 4;

type Scenario = (&'static str, fn(&Namespace<'_>));

const SCENARIOS: &[Scenario] = &[
    ("cronjob", workloads::a_cron_job_starts_jobs),
    ("deployment", workloads::a_deployment_rolls_out_scales_and_goes),
    ("statefulset", workloads::a_stateful_set_keeps_names_and_volumes),
    ("daemonset", workloads::a_daemon_set_has_a_pod_on_each_node),
    ("job", workloads::jobs_complete_or_fail),
    ("services", network::services_and_names_lead_to_pods),
    ("egress", network::packets_leave_with_the_machines_address),
    ("config", storage::configuration_reaches_pods_and_follows_changes),
    ("claims", storage::a_claim_outlives_its_pods),
    ("probes", pods::probes_decide_on_readiness_and_restarts),
    ("order", pods::init_containers_go_before_and_sidecars_beside),
    ("security", pods::security_settings_hold),
    ("streams", streams::logs_exec_and_port_forward),
    ("gpus", scheduling::gpus_are_counted_on_each_node),
    ("devices", scheduling::devices_reach_the_containers_that_ask_for_them),
    ("helm", helm::helm_installs_upgrades_and_uninstalls),
    ("stubborn", faults::a_container_that_ignores_sigterm_is_killed),
    ("crash", faults::a_crashing_pod_waits_longer_each_time),
    ("away", faults::an_unreachable_registry_is_told),
    ("registry", registry::images_are_pulled_with_the_pods_secret),
    ("hooks", pods::handlers_run_after_the_start_and_before_the_stop),
    ("debug", pods::an_ephemeral_container_looks_into_a_pod),
    ("ephemeral", storage::an_ephemeral_volume_lives_as_long_as_its_pod),
    ("eviction", storage::a_pod_whose_volume_grows_too_large_is_evicted),
    ("terminals", streams::clients_attach_and_have_terminals),
];

#[test]
fn the_local_cluster_runs_what_charts_bring() {
    let devices = scheduling::descriptions();
    let folder = devices.path().to_str().unwrap();
    let Some(cluster) = Cluster::start(&["--nodes=2", "--gpu=L40S=1", "--devices", folder]) else { return };
    let only = std::env::var("WHEELHOUSE_SCENARIO").unwrap_or_default();
    let chosen: Vec<&Scenario> = SCENARIOS
        .iter()
        .filter(|(name, _)| only.is_empty() || only.split(',').any(|each| each == *name))
        .collect();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((name, scenario)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let begun = Instant::now();
                    let namespace = cluster.namespace(name);
                    let ended = catch_unwind(AssertUnwindSafe(|| scenario(&namespace)));
                    let word = if ended.is_ok() { "ok" } else { "FAILED" };
                    eprintln!("{name}: {word} in {:.1?}", begun.elapsed());
                    if ended.is_err() {
                        namespace.explain();
                        failed.lock().unwrap().push(*name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "these scenarios failed: {failed:?}");
    // What ran comes up again after the process was killed outright.
    if only.is_empty() {
        faults::nothing_acknowledged_is_lost_by_kills(&cluster);
        faults::pods_come_up_again_after_a_kill(cluster);
    }
}

#[test]
fn two_hundred_pods_start_at_once() {
    let Some(cluster) = Cluster::start(&["--nodes=2"]) else { return };
    faults::two_hundred_pods(&cluster.namespace("many"));
}

/// Tries until something is there; fails with what was there instead.
fn eventually<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        match look() {
            Ok(found) => return found,
            Err(instead) => assert!(Instant::now() < deadline, "never: {what}; instead: {instead}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
