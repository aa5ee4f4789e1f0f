//! The errand of traces: reads the log, tells the collector, writes down how far it is.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use callsheet_events::{Filter, Sealed};
use callsheet_leader::{Events, LeaderError, Wanted};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tokio::time::{Instant, sleep, sleep_until};
use tonic::Code;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use super::Traces;
use super::fold::Jobs;
use super::span::text;
use crate::backoff::Backoff;
use crate::disk;
use crate::secret;
use crate::supervisor::errand::Leaving;

/// Most spans in one message.
const BATCH: usize = 512;
/// A collector that takes longer has not taken it.
const PATIENCE: Duration = Duration::from_secs(10);
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(30) };
/// The cursor is written so long after something was told.
const WRITE_AFTER: Duration = Duration::from_secs(1);
/// Between tries of what the leader or the disk cannot do right now.
const PAUSE: Duration = Duration::from_secs(1);
/// What timelines are made of.
const TYPES: [&str; 4] = ["job.*", "step.*", "frame_job.*", "approval.*"];

/// A collector's address.
///
/// # Errors
/// What is wrong with it.
pub(super) fn endpoint(address: &str) -> Result<Endpoint, String> {
    let wrong = |error: tonic::transport::Error| format!("{}: {error}", secret::shown(address));
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(wrong)?;
    let endpoint = endpoint.connect_timeout(PATIENCE).timeout(PATIENCE);
    if !address.starts_with("https://") {
        return Ok(endpoint);
    }
    endpoint.tls_config(ClientTlsConfig::new().with_native_roots()).map_err(wrong)
}

/// Goes on until the leader leaves.
pub(super) async fn run(traces: &Arc<Traces>, mut leaving: Leaving) -> io::Result<()> {
    let opened = traces.clone();
    let told = disk::blocking(move || opened.told_up_to()).await?;
    let channel = endpoint(&traces.collector).map_err(io::Error::other)?.connect_lazy();
    let collector = Collector { client: TraceServiceClient::new(channel), traces };
    let mut round = Round { collector, jobs: Jobs::default(), told, stored: told, due: None };
    let ended = tokio::select! {
        ended = round.go_on() => ended,
        () = leaving.told() => Ok(()),
    };
    round.store().await;
    ended
}

struct Round<'a> {
    collector: Collector<'a>,
    jobs: Jobs,
    /// Everything that ended up to this event is told.
    told: u64,
    /// What the file says.
    stored: u64,
    /// When it is to be written.
    due: Option<Instant>,
}

impl Round<'_> {
    async fn go_on(&mut self) -> io::Result<()> {
        // From the beginning: what began before the cursor may end after it.
        let mut at = self.collector.traces.leader.range().0.saturating_sub(1);
        loop {
            let mut events = self.follow(at);
            loop {
                let due = self.due.unwrap_or_else(Instant::now);
                tokio::select! {
                    biased;
                    () = sleep_until(due), if self.due.is_some() => self.store().await,
                    page = events.recv() => match page {
                        Some(Ok(page)) => {
                            self.take(&page).await;
                            at = events.cursor();
                        }
                        Some(Err(error)) => {
                            at = self.lost(at, error).await;
                            break;
                        }
                        None => {
                            sleep(PAUSE).await;
                            break;
                        }
                    },
                }
            }
        }
    }

    fn follow(&self, after: u64) -> Events {
        let filter = Filter { types: TYPES.map(str::to_owned).to_vec(), ..Filter::default() };
        self.collector.traces.leader.follow(Wanted { after: Some(after), follow: true, filter })
    }

    /// Where to go on.
    async fn lost(&mut self, at: u64, error: LeaderError) -> u64 {
        match error {
            LeaderError::CursorTooOld { oldest, .. } => {
                tracing::warn!(oldest, "events were dropped before they were told: traces have gaps");
                oldest.saturating_sub(1)
            }
            LeaderError::FellBehind { cursor } => cursor,
            error => {
                tracing::debug!(%error, "the log cannot be followed right now");
                sleep(PAUSE).await;
                at
            }
        }
    }

    async fn take(&mut self, page: &[Arc<Sealed>]) {
        let mut spans = Vec::new();
        for event in page {
            let ended = self.jobs.add(event);
            if event.envelope.sequence > self.told {
                spans.extend(ended);
            }
        }
        while !spans.is_empty() {
            let rest = spans.split_off(spans.len().min(BATCH));
            self.collector.tell(std::mem::replace(&mut spans, rest)).await;
        }
        if let Some(last) = page.last().map(|event| event.envelope.sequence).filter(|last| *last > self.told)
        {
            self.told = last;
            self.due.get_or_insert_with(|| Instant::now() + WRITE_AFTER);
        }
    }

    /// A disk that takes nothing costs repetitions: it is tried again later.
    async fn store(&mut self) {
        self.due = None;
        if self.told == self.stored {
            return;
        }
        let (file, told) = (self.collector.traces.cursor.clone(), self.told);
        match disk::blocking(move || file.store(told)).await {
            Ok(()) => self.stored = told,
            Err(error) => {
                tracing::warn!(%error, "the cursor of traces cannot be written");
                self.due = Some(Instant::now() + PAUSE);
            }
        }
    }
}

struct Collector<'a> {
    client: TraceServiceClient<Channel>,
    traces: &'a Traces,
}

impl Collector<'_> {
    /// Tells spans, as often as it takes. Those that the collector will never take are dropped.
    async fn tell(&mut self, spans: Vec<Span>) {
        let request = self.request(spans);
        let mut tries = 0;
        loop {
            let collector = secret::shown(&self.traces.collector);
            match self.client.export(request.clone()).await {
                Ok(answer) => {
                    let partly = answer.into_inner().partial_success.unwrap_or_default();
                    if partly.rejected_spans > 0 {
                        let (spans, why) = (partly.rejected_spans, partly.error_message);
                        tracing::warn!(collector, spans, why, "the collector refuses spans");
                    } else if tries > 0 {
                        tracing::info!(collector, "the collector takes traces again");
                    }
                    return;
                }
                Err(status) if status.code() == Code::InvalidArgument => {
                    tracing::error!(
                        collector,
                        why = status.message(),
                        "the collector refuses spans: they are dropped"
                    );
                    return;
                }
                Err(status) => {
                    if tries == 0 {
                        tracing::warn!(collector, why = %status, "the collector takes no traces: trying on");
                    }
                    tries += 1;
                    sleep(BACKOFF.wait(tries, 0)).await;
                }
            }
        }
    }

    fn request(&self, spans: Vec<Span>) -> ExportTraceServiceRequest {
        let version = env!("CARGO_PKG_VERSION");
        let attributes = vec![
            text("service.name", "callsheet-leader"),
            text("service.version", version),
            text("service.namespace", &self.traces.leader.config().name),
        ];
        let scope =
            InstrumentationScope { name: "callsheet".into(), version: version.into(), ..Default::default() };
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..Default::default() }];
        let resource = Some(Resource { attributes, ..Default::default() });
        let resource_spans = vec![ResourceSpans { resource, scope_spans, ..Default::default() }];
        ExportTraceServiceRequest { resource_spans }
    }
}
