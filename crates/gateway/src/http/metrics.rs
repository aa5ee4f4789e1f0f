//! `/metrics` for Prometheus: asks everyone for their figures and fills in the page. Names and words of the metrics
//! are in `callsheet-telemetry`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use callsheet_leader::{Latest, Leader, Scheduler, TargetView, TimesRead, view};
use callsheet_monitor::Office;
use callsheet_telemetry::metrics::{self as is, Sheet, Spread};
use utoipa_axum::routes;

use super::{Code, Problem, Routes, Shared};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(metrics))
}

/// The leader's figures, in OpenMetrics' text format.
#[utoipa::path(
    get, path = "/metrics", tag = "status",
    responses(
        (status = 200, description = "The figures", body = String, content_type = "application/openmetrics-text"),
        (status = 503, description = "The leader restarts a part of itself.", body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn metrics(State(shared): State<Arc<Shared>>) -> Result<impl IntoResponse, Problem> {
    let leader = &shared.leader;
    let books = leader.read(Books::of).await?;
    let office = leader.office().await;
    let mut sheet = Sheet::new();
    sheet.gauge(is::BUILD, &[env!("CARGO_PKG_VERSION")], 1.0);
    books.tell(&mut sheet);
    of_leader(&mut sheet, leader);
    of_workers(&mut sheet, &office);
    leader.latest(|latest| of_nodes(&mut sheet, latest));
    for target in leader.outward().map(|outward| outward.targets()).unwrap_or_default() {
        of_target(&mut sheet, leader.range().1, &target);
    }
    let page = sheet.text().map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    Ok(([(CONTENT_TYPE, is::CONTENT_TYPE)], page))
}

/// What one read of the scheduler gives.
struct Books {
    epoch: u32,
    figures: view::Figures,
    queues: std::collections::BTreeMap<String, view::QueueView>,
}

impl Books {
    fn of(scheduler: &Scheduler) -> Self {
        Self { epoch: scheduler.epoch(), figures: scheduler.figures(), queues: scheduler.queues() }
    }

    fn tell(&self, sheet: &mut Sheet) {
        let Self { epoch, figures, queues } = self;
        sheet.gauge(is::EPOCH, &[], f64::from(*epoch));
        for (queue, view) in queues {
            for (state, frames) in [("waiting", view.waiting), ("leased", view.leased), ("dead", view.dead)] {
                sheet.gauge(is::QUEUE_FRAMES, &[queue, state], frames as f64);
            }
        }
        let frames = figures.frames;
        for (state, count) in [
            ("waiting", frames.waiting),
            ("retrying", frames.retrying),
            ("leased", frames.leased),
            ("accepted", frames.accepted),
            ("published", frames.published),
            ("dead", frames.dead),
        ] {
            sheet.gauge(is::FRAMES, &[state], count as f64);
        }
        for (state, count) in &figures.jobs {
            sheet.gauge(is::JOBS, &[state.word()], *count as f64);
        }
        for (standing, count) in &figures.nodes {
            sheet.gauge(is::NODES, &[standing.word()], *count as f64);
        }
        sheet.gauge(is::LEASES, &[], figures.leases as f64);
        sheet.gauge(is::PAUSES, &[], figures.pauses as f64);
        sheet.gauge(is::ALERTS_WAITING, &[], figures.alerts_waiting as f64);
    }
}

fn of_leader(sheet: &mut Sheet, leader: &Leader) {
    let (oldest, head) = leader.range();
    sheet.gauge(is::LOG_HEAD, &[], head as f64);
    sheet.gauge(is::LOG_OLDEST, &[], oldest as f64);
    let figures = leader.figures();
    sheet.histogram(is::COMMAND_TIME, &[], spread(figures.commands.read()));
    sheet.histogram(is::POST_TIME, &[], spread(figures.posts.read()));
    sheet.histogram(is::FLUSH_TIME, &[], spread(figures.flushes.read()));
    sheet.counter(is::FLUSHED, &[], figures.flushed.get());
    sheet.counter(is::INGESTED, &[], figures.ingested.get());
    sheet.counter(is::REPEATED, &[], figures.repeated.get());
    let readers = &figures.readers;
    sheet.gauge(is::READERS, &[], readers.live.get() as f64);
    sheet.counter(is::READERS_OPENED, &[], readers.opened.get());
    for (why, count) in [
        ("fell_behind", &readers.fell_behind),
        ("stalled", &readers.stalled),
        ("cursor_too_old", &readers.too_old),
    ] {
        sheet.counter(is::CUT_OFF, &[why], count.get());
    }
    sheet.counter(is::COLD_PAGES, &[], readers.cold_pages.get());
}

fn spread(TimesRead { buckets, sum, count }: TimesRead) -> Spread {
    Spread { buckets, sum, count }
}

fn of_workers(sheet: &mut Sheet, office: &Office) {
    for worker in &office.workers {
        let alive = f64::from(u8::from(worker.alive));
        sheet.gauge(is::WORKER_ALIVE, &[&worker.name, worker.kind], alive);
    }
}

fn of_nodes(sheet: &mut Sheet, latest: &Latest) {
    for (node, beat) in &latest.heartbeats {
        let node = node.as_str();
        let figures = [
            (is::NODE_CPU, beat.cpu_pct.map(f64::from)),
            (is::NODE_RAM, beat.ram_available_mb.map(|mib| mib as f64 * 1_048_576.0)),
            (is::NODE_CACHE, beat.cache_used_bytes.map(|bytes| bytes as f64)),
            (is::NODE_TEMPLATES, Some(beat.cached_templates.len() as f64)),
        ];
        for (metric, value) in figures {
            if let Some(value) = value {
                sheet.gauge(metric, &[node], value);
            }
        }
    }
}

fn of_target(sheet: &mut Sheet, head: u64, target: &TargetView) {
    let name = target.name.as_str();
    sheet.gauge(is::TARGET_LAG, &[name], head.saturating_sub(target.cursor) as f64);
    sheet.counter(is::TARGET_DELIVERED, &[name], target.delivered);
    sheet.counter(is::TARGET_FAILED, &[name], target.failed);
    sheet.gauge(is::TARGET_DEAD, &[name], target.dead_letters as f64);
    sheet.counter(is::TARGET_MISSED, &[name], target.missed);
}
