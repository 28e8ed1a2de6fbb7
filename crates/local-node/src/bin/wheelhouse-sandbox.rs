//! The sandbox process as a program of its own, for tests of this crate. The `wheelhouse` binary runs
//! the same function under a hidden command.

use std::process::ExitCode;

fn main() -> ExitCode {
    wheelhouse_local_node::sandbox::main()
}
