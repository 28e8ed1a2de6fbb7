//! What a Kubernetes API server answers, as recorded transcripts.
//!
//! Each file of `cases` holds transcripts of requests and answers; the answers were recorded from a
//! real kube-apiserver. By default they are played against the server of this crate, in process.
//!
//! - `CONFORMANCE_KUBECONFIG=FILE` plays them against another cluster.
//! - `CONFORMANCE_RECORD=1` writes the answers into the files instead (only sensible with a real one).
//! - `CONFORMANCE_PAUSE=MILLISECONDS` waits before each request: no answer may depend on the second it is
//!   given in.
//! - `CONFORMANCE_ONLY=TEXT` plays the cases whose name contains the text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod client;
mod controllers;
mod runner;
mod scrub;
mod transcript;

#[test]
fn answers_are_those_of_a_real_server() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    runtime.block_on(runner::run());
}

#[test]
#[ignore = "played by `cargo xtask reference kubernetes`, here and on a real control plane"]
fn controllers_do_what_those_of_a_real_control_plane_do() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    runtime.block_on(controllers::run());
}
