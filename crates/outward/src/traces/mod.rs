//! Traces: each job's way from submit to its last published frame, told to an OpenTelemetry collector (OTLP over gRPC).
//!
//! ```text
//!   log ──► timelines of jobs ──► spans that have ended ──► collector ──► cursor (on disk)
//! ```
//!
//! A trace is a job: its id is the job's UUID. Spans are made from the log and nothing else, with ids that follow from
//! what they are about, so that a leader that was restarted goes on with the traces of the one before it: it reads the
//! log from its beginning and tells what the cursor says is not told yet. A collector that is away holds up traces
//! only, and what comes twice comes under the same ids. What is not in the log (the time of a single frame) is not in a
//! trace.

mod fold;
mod ids;
mod run;
mod span;

use std::path::Path;
use std::sync::Arc;

use callsheet_leader::Leader;

use crate::StartError;
use crate::secret;
use crate::supervisor::errand::{Errand, Fall, Leaving, Running};
use crate::target::cursor::{CursorFile, Found};

/// What the cursor's file is called.
const NAME: &str = "otlp";

/// The way to a collector.
pub(crate) struct Traces {
    collector: String,
    cursor: CursorFile,
    leader: Leader,
}

impl Traces {
    /// When the config has a collector. Blocks for a look at the disk.
    pub(crate) fn open(directory: &Path, leader: &Leader) -> Result<Option<Arc<Self>>, StartError> {
        let Some(collector) = leader.config().outward.otlp.clone() else { return Ok(None) };
        let wrong = |why| StartError::Target { target: "telemetry.otlp".to_owned(), why };
        run::endpoint(&collector).map_err(wrong)?;
        let path = directory.join(format!("{NAME}.json"));
        let traces = Self { collector, cursor: CursorFile::new(path.clone(), NAME), leader: leader.clone() };
        // Now, so that what happens from here on is told too.
        traces.told_up_to().map_err(|source| StartError::Disk { path, source })?;
        Ok(Some(Arc::new(traces)))
    }

    /// Up to which event everything is told. A new collector is told of what ends from now on.
    fn told_up_to(&self) -> std::io::Result<u64> {
        let head = self.leader.range().1;
        let at = match self.cursor.load()? {
            // Of another, longer log.
            Found::At(at) if at > head => head,
            Found::At(at) => return Ok(at),
            Found::Nothing => head,
            Found::Damaged { why, aside } => {
                tracing::error!(why, aside = %aside.display(), "the cursor of traces is damaged: going on from now");
                head
            }
        };
        self.cursor.store(at)?;
        Ok(at)
    }
}

impl Errand for Traces {
    fn name(&self) -> &str {
        NAME
    }

    fn actor(&self) -> &'static str {
        "traces"
    }

    fn run(self: Arc<Self>, leaving: Leaving) -> Running {
        Box::pin(async move {
            run::run(&self, leaving).await.map_err(Fall::from)?;
            Ok(())
        })
    }

    fn fell(&self, why: &str) {
        tracing::error!(
            collector = secret::shown(&self.collector),
            why,
            "traces wait until it is started again"
        );
    }
}
