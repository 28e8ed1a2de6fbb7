use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use wheelhouse_chart::values::Table;
use wheelhouse_chart::{Compat, File, LoadOptions, load_files};
use wheelhouse_gotemplate::Limits;
use wheelhouse_render::{Capabilities, Operation, Release, Renderer, Request};
use wheelhouse_sprig::{Environment, Host};

use crate::corpus::Random;
use crate::measure::thread_time;

/// Native stack that evaluation may use.
pub(super) const STACK: usize = 256 << 20;

/// A renderer and what it is given beside the chart.
pub(super) struct Job {
    renderer: Renderer,
}

impl Job {
    pub(super) fn new() -> Self {
        Job { renderer: Renderer::new(Compat::V4) }
    }

    /// How much processor time it takes to load the files as a chart, render it and let go of everything.
    pub(super) fn render(&self, files: &[File]) -> Result<Duration> {
        let files = files.to_vec();
        let host = FixedHost { random: RefCell::new(Random::new(1)) };
        let environment = Environment::new(Box::new(host), Compat::V4);
        let release = Release {
            name: "release".into(),
            namespace: "default".into(),
            revision: 1,
            operation: Operation::Install,
        };
        let capabilities = Capabilities::offline(Compat::V4);
        let mut warnings = Vec::new();
        let start = thread_time();
        let chart = load_files(files, LoadOptions::default(), &mut warnings)?;
        let request = Request {
            values: &Table::new(),
            release: &release,
            capabilities: &capabilities,
            environment: &environment,
            limits: Limits { stack: STACK, ..Limits::default() },
            checkpoint: None,
            skip_schema_validation: false,
            trace: false,
            clock: None,
            lenient: false,
        };
        let rendered = self.renderer.release(chart, &request, &mut warnings)?;
        rendered.manifests.as_ref().ok().context("a rendered document is no manifest")?;
        drop(rendered);
        Ok(thread_time().saturating_sub(start))
    }
}

/// A machine that is the same in every run, so that the same keys are made.
#[derive(Debug)]
struct FixedHost {
    random: RefCell<Random>,
}

impl Host for FixedHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        let mut random = self.random.borrow_mut();
        for byte in buffer {
            *byte = u8::try_from(random.below(256)).unwrap_or_default();
        }
    }
}
