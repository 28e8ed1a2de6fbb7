//! What the functions need from outside: clock, randomness, names, a cluster.

use std::cell::RefCell;
use std::fmt;
use std::time::{Duration, SystemTime};

use wheelhouse_compat::Compat;
use wheelhouse_goregex::Cache;
use wheelhouse_gotemplate::{CallError, Context, Map};

/// The machine a render runs on, as far as templates can see it.
pub trait Host {
    /// The time `now` tells.
    fn now(&self) -> SystemTime;

    /// How long the program has been running, by a clock that only goes forward. Go shows it behind
    /// the time of `now` when that is printed whole (`m=+0.012`); without it nothing is shown.
    fn running_for(&self) -> Option<Duration> {
        None
    }

    /// The IANA name of the zone dates are written in when a template names none.
    fn local_zone(&self) -> String {
        String::from("UTC")
    }

    /// Fills the buffer with bytes nobody can guess.
    fn fill_random(&self, buffer: &mut [u8]);

    /// The addresses of a host; `None` where looking names up is switched off, as it is by default.
    fn resolve_host(&self, _name: &str) -> Option<Vec<String>> {
        None
    }

    /// What lies at an address that a schema of values refers to. By default nothing is fetched: a
    /// chart that nobody vouches for may name any address.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn schema_document(&self, _url: &str) -> Result<Vec<u8>, String> {
        Err("references out of the schema are not followed".to_owned())
    }

    /// Takes note of what a template would have failed with outside of lint mode.
    fn note(&self, _note: LintNote<'_>) {}
}

/// What lint mode lets pass, with the text the template gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LintNote<'a> {
    /// `required` was given nil.
    MissingValue(&'a str),
    /// `required` was given an empty string.
    EmptyValue(&'a str),
    /// `fail` was called.
    Failure(&'a str),
}

/// What `lookup` asks the cluster for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupRequest<'a> {
    /// `v1`, `apps/v1`
    pub api_version: &'a str,
    /// `ConfigMap`
    pub kind: &'a str,
    /// Empty for all namespaces and for cluster-wide kinds.
    pub namespace: &'a str,
    /// Empty for a list of all.
    pub name: &'a str,
}

/// A cluster that templates can look objects up in.
pub trait Lookup {
    /// The object or list asked for; an empty map if there is none.
    ///
    /// # Errors
    /// The text of the cluster's answer if it is anything but "not found".
    fn lookup(&self, request: LookupRequest<'_>) -> Result<Map, String>;
}

/// The cluster of `helm template`: it holds nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmptyCluster;

impl Lookup for EmptyCluster {
    fn lookup(&self, _request: LookupRequest<'_>) -> Result<Map, String> {
        Ok(Map::new())
    }
}

/// What a render hands to its functions through
/// [`Context::environment`](wheelhouse_gotemplate::Context::environment).
pub struct Environment {
    /// Clock, randomness, names.
    pub host: Box<dyn Host>,
    /// The cluster `lookup` asks.
    pub lookup: Box<dyn Lookup>,
    /// Which Helm's texts are given.
    pub compat: Compat,
    /// Whether `required` and `fail` let pass what they would otherwise stop at.
    pub lint_mode: bool,
    /// The regular expressions used last.
    pub(crate) patterns: RefCell<Cache>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("compat", &self.compat)
            .field("lint_mode", &self.lint_mode)
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// The environment of `helm template` with the given host: no cluster, no lint mode.
    #[must_use]
    pub fn new(host: Box<dyn Host>, compat: Compat) -> Self {
        Self {
            host,
            lookup: Box::new(EmptyCluster),
            compat,
            lint_mode: false,
            patterns: RefCell::new(Cache::new(PATTERNS)),
        }
    }
}

/// How many compiled regular expressions are kept.
const PATTERNS: usize = 64;

/// The environment of a running call.
///
/// # Errors
/// When the render was started with something else: a fault of the render, not of the chart.
pub fn environment(context: &dyn Context) -> Result<&Environment, CallError> {
    context
        .environment()
        .downcast_ref()
        .ok_or_else(|| CallError::message("the render has no environment for its functions"))
}

/// How deep values may nest in functions that walk them.
pub const MAX_DEPTH: usize = 1_000;
