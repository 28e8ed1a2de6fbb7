//! The example inference server as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    wheelhouse_inference_server::main(std::env::args().skip(1))
}
