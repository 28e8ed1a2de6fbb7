//! The functions domain: what a function is, and every decision about it.
//!
//! Plain data in, plain data out: no I/O, no clock, no randomness. Times and identifiers come in as
//! values. The services (`controlplane`, `gateway`, `agent`) carry out what is decided here.
//!
//! - [`id`]: typed identifiers; [`account`]: accounts and their limits.
//! - [`definition`]: a function version's definition and the rules for its fields.
//! - [`chart_reference`]: the forms in which a chart may be named.
//! - [`instance_type`]: the `<CSP>.GPU.<GPU>_<n>x[.x<nodes>]` grammar; [`catalogue`]: what clusters offer.
//! - [`gpu_specification`], [`deployment`]: what a deployment asks for.
//! - [`version_state`], [`instance_state`]: the two state machines.
//! - [`plan`]: which instances to start and stop; [`scaling`]: how many there should be.
//! - [`llm`]: what functions of type LLM say of their models.
//! - [`rate_limit`], [`scope`], [`access`]: who may do what, and how often.
//! - [`route`]: what the gateway must know of an invocable version.
//! - [`engine`]: the seam to the chart engine; [`work`]: what agents and the control plane tell each other.
//! - [`trace`]: W3C trace context, and spans for OpenTelemetry.
//! - [`problem`]: errors as clients see them (RFC 7807); [`violation`]: field errors in the reference's words.

pub mod access;
pub mod account;
pub mod catalogue;
pub mod chart_reference;
pub mod definition;
pub mod deployment;
pub mod engine;
pub mod gpu_specification;
pub mod id;
pub mod instance;
pub mod instance_state;
pub mod instance_type;
pub mod llm;
pub mod plan;
pub mod problem;
pub mod rate_limit;
pub mod route;
pub mod scaling;
pub mod scope;
pub mod trace;
pub mod version;
pub mod version_state;
pub mod violation;
pub mod work;
