//! Every metric that the leader shows to Prometheus: its name, its help, its unit and its labels, here and nowhere
//! else. Values are filled in at each scrape by whoever knows them; nothing here counts, and nothing is global.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

/// What kind of figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Goes up from the leader's start; its name ends in `_total` on the page.
    Counter,
    /// How often something took how long, in seconds.
    Histogram,
}

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, without the `_total` of a counter and the unit.
    pub name: &'static str,
    /// What it says, for people.
    pub help: &'static str,
    /// What kind of figure.
    pub kind: Kind,
    /// Its unit, which stands behind its name.
    pub unit: Option<&'static str>,
    /// Its labels.
    pub labels: &'static [&'static str],
}

macro_rules! metrics {
    ($($constant:ident = $kind:ident $name:literal $(in $unit:literal)? [$($label:literal),*]: $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $constant: Metric = Metric {
                name: $name,
                help: $help,
                kind: Kind::$kind,
                unit: metrics!(@unit $($unit)?),
                labels: &[$($label),*],
            };
        )+

        /// All of them, in the order of the page.
        pub const ALL: &[Metric] = &[$($constant),+];
    };
    (@unit) => { None };
    (@unit $unit:literal) => { Some($unit) };
}

metrics! {
    BUILD = Gauge "callsheet_build" ["version"]: "Always 1; the version that runs";
    EPOCH = Gauge "callsheet_leader_epoch" []: "How many leaders this journal has seen";
    QUEUE_FRAMES = Gauge "callsheet_queue_frames" ["queue", "state"]: "Frames of a renderer that wait, are in hands, or are dead letters";
    FRAMES = Gauge "callsheet_frames" ["state"]: "Frames of all jobs that are not over";
    JOBS = Gauge "callsheet_jobs" ["state"]: "Jobs that are remembered";
    NODES = Gauge "callsheet_nodes" ["state"]: "Nodes ever seen, by where they stand";
    LEASES = Gauge "callsheet_leases" []: "Leases in force";
    PAUSES = Gauge "callsheet_pauses" []: "Pauses in force, of the cluster, pools and queues";
    COMMAND_TIME = Histogram "callsheet_command" in "seconds" []: "From a command's or report's arrival until what follows from it leaves: waiting, deciding, becoming durable";
    POST_TIME = Histogram "callsheet_post" in "seconds" []: "From the arrival of events from outside until they are durable";
    FLUSH_TIME = Histogram "callsheet_journal_flush" in "seconds" []: "Writing and syncing of events that go to the disk together";
    FLUSHED = Counter "callsheet_journal_flushed_events" []: "Events written to the journal";
    LOG_HEAD = Gauge "callsheet_log_head" []: "The number of the last event in the log";
    LOG_OLDEST = Gauge "callsheet_log_oldest" []: "The number of the oldest event that is kept";
    INGESTED = Counter "callsheet_ingested_events" []: "Events from outside that were taken into the log";
    REPEATED = Counter "callsheet_repeated_events" []: "Events from outside that were in the log already";
    READERS = Gauge "callsheet_stream_readers" []: "Readers of streams";
    READERS_OPENED = Counter "callsheet_stream_readers_opened" []: "Readers of streams that there have been";
    CUT_OFF = Counter "callsheet_stream_readers_cut_off" ["why"]: "Readers that were cut off";
    COLD_PAGES = Counter "callsheet_stream_cold_pages" []: "Pages of events that had to be read from the disk for streams";
    ALERTS_WAITING = Gauge "callsheet_alerts_waiting" []: "Deliveries of alerts that are still to be made";
    TARGET_LAG = Gauge "callsheet_target_lag_events" ["target"]: "Events that a webhook or broker is behind";
    TARGET_DELIVERED = Counter "callsheet_target_delivered_events" ["target"]: "Events that a webhook or broker has confirmed";
    TARGET_FAILED = Counter "callsheet_target_failed_tries" ["target"]: "Tries of a webhook or broker that failed";
    TARGET_DEAD = Gauge "callsheet_target_dead_letters" ["target"]: "Events that a webhook or broker did not take";
    TARGET_MISSED = Counter "callsheet_target_missed_events" ["target"]: "Events that were dropped from the log before a target could be told";
    WORKER_ALIVE = Gauge "callsheet_worker_alive" ["worker", "kind"]: "Whether a worker or node gives signs of life";
    NODE_CPU = Gauge "callsheet_node_cpu_percent" ["node"]: "Use of all processors of a node together";
    NODE_RAM = Gauge "callsheet_node_ram_available" in "bytes" ["node"]: "Memory of a node still to be had";
    NODE_CACHE = Gauge "callsheet_node_cache" in "bytes" ["node"]: "The template cache of a node";
    NODE_TEMPLATES = Gauge "callsheet_node_cached_templates" ["node"]: "Templates in the cache of a node";
}

/// How often something took how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// Upper ends in seconds, the last infinite, and how many were not above each: cumulative.
    pub buckets: Vec<(f64, u64)>,
    /// All times together, in seconds.
    pub sum: f64,
    /// How many.
    pub count: u64,
}

/// One page of figures, being filled in.
#[derive(Debug, Default)]
pub struct Sheet(Vec<Line>);

#[derive(Debug)]
struct Line {
    metric: Metric,
    labels: Vec<(&'static str, String)>,
    value: Figure,
}

#[derive(Debug)]
enum Figure {
    Number(f64),
    Count(u64),
    Spread(Spread),
}

impl Sheet {
    /// An empty page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A gauge's value. `labels` are values, in the order of the metric's labels.
    pub fn gauge(&mut self, metric: Metric, labels: &[&str], value: f64) {
        self.put(metric, labels, Figure::Number(value));
    }

    /// A counter's value.
    pub fn counter(&mut self, metric: Metric, labels: &[&str], value: u64) {
        self.put(metric, labels, Figure::Count(value));
    }

    /// A histogram's value.
    pub fn histogram(&mut self, metric: Metric, labels: &[&str], value: Spread) {
        self.put(metric, labels, Figure::Spread(value));
    }

    fn put(&mut self, metric: Metric, labels: &[&str], value: Figure) {
        debug_assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        let labels = metric.labels.iter().copied().zip(labels.iter().map(|&value| value.to_owned()));
        self.0.push(Line { metric, labels: labels.collect(), value });
    }

    /// The page in OpenMetrics' text format, metrics in the order of [`ALL`].
    ///
    /// # Errors
    /// None that a text in memory could give; the library's signature has one.
    pub fn text(self) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Page(Arc::new(self))));
        let mut page = String::new();
        text::encode(&mut page, &registry)?;
        Ok(page)
    }
}

/// The content type of [`Sheet::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug)]
struct Page(Arc<Sheet>);

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for metric in ALL {
            let lines: Vec<&Line> = self.0.0.iter().filter(|line| line.metric == *metric).collect();
            if lines.is_empty() {
                continue;
            }
            let kind = match metric.kind {
                Kind::Gauge => MetricType::Gauge,
                Kind::Counter => MetricType::Counter,
                Kind::Histogram => MetricType::Histogram,
            };
            let unit = metric.unit.map(|unit| Unit::Other(unit.to_owned()));
            let mut family = encoder.encode_descriptor(metric.name, metric.help, unit.as_ref(), kind)?;
            for Line { labels, value, .. } in lines {
                let labels: Vec<(&str, &str)> =
                    labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let labels = labels.as_slice();
                let mut encoder = family.encode_family(&labels)?;
                match value {
                    Figure::Number(value) => encoder.encode_gauge(value)?,
                    Figure::Count(value) => encoder.encode_counter::<NoLabelSet, _, f64>(value, None)?,
                    Figure::Spread(Spread { buckets, sum, count }) => {
                        encoder.encode_histogram::<NoLabelSet>(*sum, *count, &single(buckets), None)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The library wants each bucket's own count, and adds them up again.
fn single(cumulative: &[(f64, u64)]) -> Vec<(f64, u64)> {
    let before = std::iter::once(0).chain(cumulative.iter().map(|(_, count)| *count));
    cumulative.iter().zip(before).map(|((end, count), before)| (*end, count.saturating_sub(before))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_prometheus_reads() {
        let mut sheet = Sheet::new();
        sheet.counter(INGESTED, &[], 7);
        sheet.gauge(QUEUE_FRAMES, &["lot\"tie", "waiting"], 12.0);
        sheet.gauge(NODE_CACHE, &["anna"], 1024.0);
        let buckets = vec![(0.1, 2), (1.0, 5), (f64::INFINITY, 6)];
        sheet.histogram(FLUSH_TIME, &[], Spread { buckets, sum: 4.5, count: 6 });
        let page = sheet.text().unwrap();
        for line in [
            "# TYPE callsheet_ingested_events counter",
            "callsheet_ingested_events_total{} 7",
            r#"callsheet_queue_frames{queue="lot\"tie",state="waiting"} 12.0"#,
            "# UNIT callsheet_node_cache_bytes bytes",
            r#"callsheet_node_cache_bytes{node="anna"} 1024.0"#,
            r#"callsheet_journal_flush_seconds_bucket{le="0.1"} 2"#,
            r#"callsheet_journal_flush_seconds_bucket{le="1.0"} 5"#,
            r#"callsheet_journal_flush_seconds_bucket{le="+Inf"} 6"#,
            "callsheet_journal_flush_seconds_sum{} 4.5",
            "callsheet_journal_flush_seconds_count{} 6",
            "# EOF",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is missing in\n{page}");
        }
    }

    #[test]
    fn names_are_unique_and_say_what_they_are() {
        let mut names: Vec<&str> = ALL.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            assert!(
                metric.name.starts_with("callsheet_") && !metric.name.ends_with("_total"),
                "{}",
                metric.name
            );
            assert!(!metric.help.is_empty());
        }
    }
}
