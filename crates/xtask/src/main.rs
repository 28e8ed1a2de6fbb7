//! Developer commands of Wheelhouse: `cargo xtask COMMAND`.

mod bench_check;
mod bench_engine;
mod bench_gateway;
mod bench_hostile;
mod bench_local;
mod bench_platform;
mod compare_helm;
mod corpus;
mod faults;
mod generated;
mod image;
mod measure;
mod output;
mod reference;
mod reference_kubernetes;
mod reference_plugins;
mod reference_signatures;

use std::process::ExitCode;

use output::say;

/// The allocator of the binary that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
cargo xtask COMMAND

  reference helm [--all]          build the pinned Helm 4 and Helm 3 and compare our output with theirs
  reference kubernetes [--record] build the pinned control plane and play the conformance transcripts against
                                  it and against the local API server; or record them from it
  bench-local [OBJECTS [WATCHERS]]
                                  measure the local API server, beside the real one when it has been built
  compare-helm --helm PATH [--runs N] CHARTS...
                                  render charts with both and print: identical, times, ratio, peak memory
  image [--output FILE] [--name NAME]
                                  build the example server into an OCI image and print its digest
  bench-gateway                   latency, throughput and memory of the gateway, beside nginx where it is installed
  bench-platform [FUNCTIONS]      measure the control plane with many functions
  faults [ROUNDS]                 kill the process at each step of what it does, and look for what was lost
  bench-check [--helm PATH] [--runs N]
                                  measure check and template as whole processes on 300 objects
  bench-engine [--helm PATH] [--runs N] [CHARTS...]
                                  measure the engine against its goals; of the repository's and generated
                                  charts where none are named
  bench-hostile [--only TEXT]     measure inputs that try to use up the machine; fails over 2 s or 300 MiB
  generated [--check]             write the generated references under docs/, or fail if they are stale
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["reference", "helm", rest @ ..] => reference::helm(rest),
        ["reference", "kubernetes", rest @ ..] => reference_kubernetes::run(rest),
        ["bench-local", rest @ ..] => bench_local::run(rest),
        ["compare-helm", rest @ ..] => compare_helm::run(rest),
        ["image", rest @ ..] => image::run(rest),
        ["bench-gateway"] => bench_gateway::run(),
        ["bench-platform", rest @ ..] => bench_platform::run(rest),
        ["faults", rest @ ..] => faults::run(rest),
        ["bench-check", rest @ ..] => bench_check::run(rest),
        ["bench-engine", rest @ ..] => bench_engine::run(rest),
        ["bench-hostile", rest @ ..] => bench_hostile::run(rest),
        ["generated", rest @ ..] => generated::run(rest),
        _ => {
            say!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
