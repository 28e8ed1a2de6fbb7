//! The `wheelhouse` binary.
//!
//! A command line becomes arguments (`arguments`), arguments become a call (`commands`, one file
//! each), and what the call gives is printed by the one printer (`printer`). Everything a command
//! needs from the machine (files, environment, clock, randomness) is fetched here, at the top, and
//! handed down as values.

mod api;
mod archives;
mod arguments;
mod charts;
mod commands;
mod contexts;
mod dependencies;
mod durations;
mod engine;
mod events;
mod filesystem;
mod host;
mod narrator;
mod output;
mod parse;
mod plugins;
mod printer;
mod profile;
mod remote;
mod rendering;
mod running;
mod settings;
mod signatures;
mod stack;
mod table;

use std::process::ExitCode;

use printer::Printer;

/// The C library's allocator asks the kernel for every few pages, and gives them back as often.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before any thread: pods of the local cluster are started by this program.
    if let Some(code) = wheelhouse_local::sandbox() {
        return code;
    }
    // The example function's server is this program too: the demo makes its image from it.
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(commands::INFERENCE_SERVER) {
        return wheelhouse_inference_server::main(words);
    }
    // Templates recurse on the native stack: it has what a render may use, and some more. A thread
    // with such a stack would have to wake another processor, which takes longer than a small chart.
    let code = stacker::grow(charts::RENDER_STACK + (8 << 20), run);
    // All is written, and what is left in memory need not be taken apart.
    #[allow(clippy::disallowed_methods, reason = "this is the end of the program")]
    std::process::exit(i32::from(code))
}

fn run() -> u8 {
    let mut printer = Printer::from_environment();
    let arguments = match parse::arguments(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(parse::Stop::Help(text)) => {
            printer.data(&text);
            return 0;
        }
        Err(parse::Stop::Wrong(message)) => {
            printer.error(&message);
            return 1;
        }
    };
    if let Some(mode) = &arguments.global.color {
        match Printer::with_mode(mode) {
            Ok(wanted) => printer = wanted,
            Err(message) => {
                printer.error(&message);
                return 1;
            }
        }
    }
    match commands::run(arguments, &printer) {
        Ok(()) => 0,
        Err(failure) => {
            printer.failure(&failure);
            failure.exit_code
        }
    }
}
