//! The chart engine as the platform gets it: this machine's clock and randomness, and a bound on time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wheelhouse_check::Engine;
use wheelhouse_functions::engine::ChartEngine;
use wheelhouse_gotemplate::error::LimitReached;

use crate::host::MachineHost;

/// How long a stranger's chart may take to render.
const RENDER_TIME: Duration = Duration::from_secs(10);

/// An engine for charts of others: names are not looked up for them.
pub(crate) fn engine() -> Arc<dyn ChartEngine> {
    let host = Box::new(|| -> Box<dyn wheelhouse_sprig::Host> {
        Box::new(MachineHost::new(false, wheelhouse_chart::Compat::V4))
    });
    let deadline = Box::new(|| -> Box<dyn Fn() -> Result<(), LimitReached>> {
        let start = Instant::now();
        Box::new(move || {
            if start.elapsed() <= RENDER_TIME {
                return Ok(());
            }
            Err(LimitReached::Time { limit_ms: u64::try_from(RENDER_TIME.as_millis()).unwrap_or(u64::MAX) })
        })
    });
    Arc::new(Engine::new(host, deadline))
}
