//! Figures and states in words.

use std::time::{SystemTime, UNIX_EPOCH};

use callsheet_model::{Timestamp, Token};
use callsheet_protocol::v1;
use console::{StyledObject, style};

/// `4.2 GiB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut value, mut unit) = (count as f64, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("B");
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {name}") }
}

/// `230 ms`, `4.2 s`, `3 min 07 s`, `2 h 05 min`, `3 d 4 h`.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{:.1} s", ms as f64 / 1000.0),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// This machine's clock, in the leader's unit.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, callsheet_model::time::millis)
}

/// `4.2 s ago`.
pub(crate) fn ago(at_ms: u64) -> String {
    format!("{} ago", duration(now_ms().saturating_sub(at_ms)))
}

/// `2026-11-20 23:05:13Z`, without what is the same in a whole screen of them.
pub(crate) fn moment(at_ms: u64) -> String {
    Timestamp(at_ms).to_string().replace('T', " ")
}

/// `1 frame`, `2 frames`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The end of a job's id: enough to tell it from others, and to name it by.
pub(crate) fn short(id: &str) -> String {
    let plain: String = id.chars().filter(|c| *c != '-').collect();
    let skip = plain.chars().count().saturating_sub(8);
    plain.chars().skip(skip).collect()
}

/// `1.17`.
pub(crate) fn token(token: u64) -> String {
    Token(token).to_string()
}

/// A job's state, in its colour.
pub(crate) fn job_state(state: v1::JobState) -> StyledObject<&'static str> {
    match state {
        v1::JobState::Awaiting => style("awaiting approval").yellow(),
        v1::JobState::Queued => style("queued"),
        v1::JobState::Running => style("running").cyan(),
        v1::JobState::Paused => style("paused").yellow(),
        v1::JobState::Succeeded => style("succeeded").green(),
        v1::JobState::Failed => style("failed").red(),
        v1::JobState::Cancelled => style("cancelled").magenta(),
        v1::JobState::Unspecified => style("unknown").dim(),
    }
}

/// A step's state, in its colour.
pub(crate) fn step_state(state: v1::StepState) -> StyledObject<&'static str> {
    match state {
        v1::StepState::Blocked => style("blocked").dim(),
        v1::StepState::Open => style("open").cyan(),
        v1::StepState::Succeeded => style("succeeded").green(),
        v1::StepState::Failed => style("failed").red(),
        v1::StepState::Unspecified => style("unknown").dim(),
    }
}

/// Why a node is not there.
pub(crate) fn offline(reason: v1::OfflineReason) -> &'static str {
    match reason {
        v1::OfflineReason::Shutdown => "shut down",
        v1::OfflineReason::HeartbeatLost => "lost",
        v1::OfflineReason::Maintenance => "in maintenance",
        v1::OfflineReason::Disabled => "disabled",
        v1::OfflineReason::Unspecified => "offline",
    }
}

/// What kind of failure it was.
pub(crate) fn failure_class(class: v1::FailureClass) -> String {
    class.as_str_name().trim_start_matches("FAILURE_CLASS_").to_lowercase().replace('_', " ")
}

/// What a pause covers: `cluster`, `pool gpu`, `queue lottie`.
pub(crate) fn pause(pause: &v1::PauseView) -> String {
    let name = &pause.name;
    match pause.scope() {
        v1::PauseScope::Cluster => "cluster".to_owned(),
        v1::PauseScope::Pool => format!("pool {name}"),
        v1::PauseScope::Queue => format!("queue {name}"),
        v1::PauseScope::Unspecified => format!("something unknown {name}"),
    }
}

/// What someone else wrote must not steer the terminal.
pub(crate) fn printable(line: &str) -> String {
    line.replace(|c: char| c.is_control(), " ")
}

/// Whether a job in this state changes no more.
pub(crate) fn is_over(state: v1::JobState) -> bool {
    matches!(state, v1::JobState::Succeeded | v1::JobState::Failed | v1::JobState::Cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        let told: Vec<String> = [0, 1023, 1536, 5 << 30].map(bytes).into();
        assert_eq!(told, ["0 B", "1023 B", "1.5 KiB", "5.0 GiB"]);
        let told: Vec<String> = [7, 4200, 187_000, 7_500_000, 273_600_000].map(duration).into();
        assert_eq!(told, ["7 ms", "4.2 s", "3 min 07 s", "2 h 05 min", "3 d 4 h"]);
        assert_eq!((count(1, "frame"), count(0, "frame")), ("1 frame".into(), "0 frames".into()));
    }

    #[test]
    fn a_short_id_is_the_end_that_the_leader_takes() {
        let id: callsheet_model::JobId = "0197c5a1-0000-7000-8000-0123456789ab".parse().unwrap();
        assert_eq!(short(&id.to_string()), id.short());
        assert_eq!(short("ab"), "ab");
    }

    #[test]
    fn classes_are_words() {
        assert_eq!(failure_class(v1::FailureClass::HangFrame), "hang frame");
    }
}
