//! The OCI runtime configuration of a container.

mod capabilities;
mod config;
mod user;

pub use config::{ContainerConfig, Device, Limits, Mount, ProcessNamespace, runtime_config};
pub use user::{User, resolve};
