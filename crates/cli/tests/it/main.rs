//! The binary as its users run it: what it prints, what it writes, how it exits.

mod create;
mod dependency;
mod package;
mod support;
mod version;
