//! Charts and values into manifests, with Helm's semantics.
//!
//! - [`Renderer`]: parses and executes the templates of a chart.
//! - [`Capabilities`], [`KubeVersion`], [`Release`]: what templates are told.
//! - [`Renderer::release`]: chart and user values to sorted manifests, all steps in order.
//! - [`manifests`]: rendered files into manifests and hooks, in install order.
//! - [`merge_files`], [`split_output`]: what goes to a post-renderer of Helm 4 and what comes back.
//! - [`RenderError`]: Helm's text, and the places the error went through.

mod capabilities;
mod chart_value;
mod engine;
mod error;
mod files;
mod glob;
mod head;
mod kube_version;
mod manifest;
mod name;
mod pipeline;
mod post_render;
mod provenance;
mod scope;
mod split;

pub use capabilities::Capabilities;
pub use engine::{BranchSite, Job, Operation, Release, Rendered, Renderer};
pub use error::{Frame, RenderError};
pub use glob::path_matches;
pub use head::{Head, HeadError};
pub use kube_version::{InvalidKubeVersion, KubeVersion};
pub use manifest::{Hook, HookEvent, Manifest, ManifestError, Manifests, RenderedFile, Tree, manifests};
pub use name::render_name;
pub use pipeline::{PipelineError, RenderedChart, Request};
pub use post_render::{PostRenderError, merge_files, split_output};
pub use provenance::{Location, Provenance, ValueOrigin};
pub use scope::{VALUES, VALUES_V3, values_type};
pub use split::{documents, trim_space, trim_start};
