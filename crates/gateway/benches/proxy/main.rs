//! What the gateway costs, beside nginx in front of the same backend, in one run. `cargo xtask bench-gateway`.
//!
//! Backend, gateway and nginx are processes of their own; the measuring process takes turns among them, so that
//! what else the machine does hits all alike. nginx (Debian: `nginx-light`) is left out, and that is said, where it
//! is not installed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic
)]

mod client;
mod processes;

use client::Target;
use processes::Running;
use std::time::Duration;

/// The allocator of the program the gateway is shipped in.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Turns of each measurement; the median is reported.
const TURNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("backend") => processes::backend(),
        Some("gateway") => processes::gateway(arguments[2].parse().unwrap()),
        // `cargo test --benches` runs this too, and has nothing to measure.
        _ if !arguments.iter().any(|argument| argument == "--bench") => {}
        _ => measure(),
    }
}

fn measure() {
    let backend = Running::role(&["backend"]);
    let gateway = Running::role(&["gateway", &backend.port.to_string()]);
    let nginx = Running::nginx(backend.port);
    let mut targets = vec![
        ("direct", Target::new(backend.port, "")),
        ("gateway", Target::new(gateway.port, &gateway.token)),
    ];
    match &nginx {
        Some(nginx) => targets.push(("nginx", Target::new(nginx.port, ""))),
        None => println!("nginx is not installed: its column is left out"),
    }

    latency(&targets);
    throughput(&targets);
    streams(&gateway, &targets[1].1);
    submissions(&targets[1].1);
}

/// One connection, one call at a time.
fn latency(targets: &[(&str, Target)]) {
    let mut samples: Vec<Vec<Duration>> = vec![Vec::new(); targets.len()];
    for _ in 0..TURNS {
        for ((_, target), samples) in targets.iter().zip(&mut samples) {
            samples.extend(target.latencies(2_000));
        }
    }
    let quantiles: Vec<(f64, f64)> = samples
        .iter_mut()
        .map(|samples| {
            samples.sort_unstable();
            let at = |part: usize| samples[samples.len() * part / 1_000].as_secs_f64() * 1e6;
            (at(500), at(990))
        })
        .collect();
    println!("latency at one connection, {} calls each", samples[0].len());
    for ((name, _), (middle, high)) in targets.iter().zip(&quantiles) {
        let (direct_middle, direct_high) = quantiles[0];
        println!(
            "  {name:<8} p50 {middle:>7.1} µs   p99 {high:>7.1} µs   added {:>7.1} / {:>7.1} µs",
            middle - direct_middle,
            high - direct_high
        );
    }
}

/// Many connections, as fast as they go.
fn throughput(targets: &[(&str, Target)]) {
    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); targets.len()];
    for _ in 0..TURNS {
        for ((_, target), rates) in targets.iter().zip(&mut rates) {
            rates.push(target.throughput(64, Duration::from_secs(2)));
        }
    }
    println!("throughput at 64 connections, median of {TURNS} turns of 2 s");
    let medians: Vec<f64> = rates
        .iter_mut()
        .map(|rates| {
            rates.sort_by(f64::total_cmp);
            rates[TURNS / 2]
        })
        .collect();
    for ((name, _), rate) in targets.iter().zip(&medians) {
        println!("  {name:<8} {rate:>9.0} calls/s");
    }
    if let [_, gateway, nginx] = medians[..] {
        println!("  gateway / nginx: {:.2}", gateway / nginx);
    }
}

/// What an idle stream holds on to.
fn streams(gateway: &Running, target: &Target) {
    let before = gateway.resident();
    let count = 10_000.min((processes::open_files() - 500) / 2);
    let held = target.streams(count);
    std::thread::sleep(Duration::from_secs(1));
    let grown = gateway.resident().saturating_sub(before);
    println!("{count} idle event streams: {:.1} KiB each", grown as f64 / count as f64 / 1024.0);
    drop(held);
}

/// Calls answered with 202, each on disk before its answer.
fn submissions(target: &Target) {
    let asynchronous = target.asynchronous();
    let mut rates: Vec<f64> = (0..3).map(|_| asynchronous.throughput(256, Duration::from_secs(2))).collect();
    rates.sort_by(f64::total_cmp);
    println!("durable submissions at 256 connections, median of 3 turns of 2 s: {:.0}/s", rates[1]);
}
