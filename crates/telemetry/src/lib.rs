//! Tracing, set up once, and the names of every metric, in one place.
//!
//! Diagnostics go to standard error: standard output belongs to what a command was asked for.

pub mod metrics;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::UtcTime;

/// The variable that overrides the log filter, in `tracing`'s own syntax.
pub const FILTER_VARIABLE: &str = "CALLSHEET_LOG";

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object per line, for collectors.
    Json,
}

/// Starts writing diagnostics of this program and those libraries that have something to say. A second call
/// does nothing.
pub fn start(level: &str, form: Form) {
    // The two tell broken connections to brokers as errors; what is done about it is told by ourselves.
    let default = || EnvFilter::new(format!("warn,lapin=off,async_nats=off,callsheet={level}"));
    let filter = std::env::var(FILTER_VARIABLE).ok().and_then(|text| EnvFilter::try_new(text).ok());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(default))
        .with_timer(UtcTime::rfc_3339())
        .with_target(true)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // The only error is that a subscriber is set already, which is what a second call means.
    let _ = match form {
        Form::Text => subscriber.try_init(),
        Form::Json => subscriber.json().try_init(),
    };
}
