//! The dashboard and the rules name metrics that exist, and Prometheus' own tool can read both them and the page.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use callsheet_telemetry::metrics::{ALL, Kind, Sheet, Spread};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cluster/monitoring").join(name)
}

/// Every name of a series that the page can have.
fn series() -> BTreeSet<String> {
    let names = |metric: &callsheet_telemetry::metrics::Metric| {
        let unit = metric.unit.map(|unit| format!("_{unit}")).unwrap_or_default();
        let endings: &[&str] = match metric.kind {
            Kind::Gauge => &[""],
            Kind::Counter => &["_total"],
            Kind::Histogram => &["_bucket", "_sum", "_count"],
        };
        endings.iter().map(|ending| format!("{}{unit}{ending}", metric.name)).collect::<Vec<_>>()
    };
    ALL.iter().flat_map(names).collect()
}

fn named_in(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !word(c)).filter(|word| word.starts_with("callsheet_")).map(str::to_owned).collect()
}

#[test]
fn the_dashboard_and_the_rules_name_only_metrics_that_exist() {
    let known = series();
    for name in ["grafana.json", "alerts.yml"] {
        let text = std::fs::read_to_string(file(name)).unwrap();
        let named = named_in(&text);
        assert!(named.len() >= 5, "{name}: {named:?}");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{name} names {unknown:?}");
    }
}

/// `promtool` with these arguments and this input; nothing when it is not installed.
fn promtool(arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let tool = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut tool) = tool else {
        eprintln!("SKIPPED: promtool is not installed (Debian's package is prometheus)");
        return None;
    };
    tool.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = tool.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    Some((done.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn prometheus_reads_the_rules() {
    let rules = file("alerts.yml");
    let Some((well, said)) = promtool(&["check", "rules", rules.to_str().unwrap()], "") else { return };
    assert!(well && said.contains("rules found"), "{said}");
}

#[test]
fn prometheus_reads_the_page() {
    let mut sheet = Sheet::new();
    for metric in ALL {
        let labels = vec!["a\\b\"c"; metric.labels.len()];
        match metric.kind {
            Kind::Gauge => sheet.gauge(*metric, &labels, 1.5),
            Kind::Counter => sheet.counter(*metric, &labels, 3),
            Kind::Histogram => {
                let buckets = vec![(0.5, 1), (f64::INFINITY, 2)];
                sheet.histogram(*metric, &labels, Spread { buckets, sum: 2.0, count: 2 });
            }
        }
    }
    let page = sheet.text().unwrap();
    // The tool reads the older text format, which differs in the end mark and in where a counter's name ends.
    let page = page.replace("# EOF\n", "");
    let Some((_, said)) = promtool(&["check", "metrics"], &page) else { return };
    // It exits with 3 for mere advice on names.
    assert!(!said.contains("error while linting") && !said.contains("parse error"), "{said}");
}
