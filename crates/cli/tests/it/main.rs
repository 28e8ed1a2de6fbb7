//! The binary as its users run it: what it prints, what it writes, how it exits.

mod dependency;
mod package;
mod support;
