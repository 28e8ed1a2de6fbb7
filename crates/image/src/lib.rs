//! OCI images from a program and the shared libraries it needs, without a container engine.
//!
//! [`Program`] says what runs, [`Image::of_program`] makes the image, [`Image::write_archive`] writes it as an OCI
//! layout that container engines load, and its layers, configuration and manifest are there to be pushed.
//!
//! - `elf`: what a program's file says about itself; pure.
//! - `libraries`: what its loader would load.
//! - `layer`: files as a tar whose bytes depend on nothing else.
//!
//! The same program on the same machine gives the same bytes, and so the same digest.

mod archive;
mod elf;
mod image;
mod layer;
mod libraries;

pub use elf::NotAProgram;
pub use image::{Error, Image, Layer, Program};
