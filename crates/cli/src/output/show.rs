//! Jobs, failures, events and signals in lines for people.

use callsheet_protocol::v1;
use console::style;
use serde_json::Value;

use super::words::{self, printable};

/// A whole job: its state, its steps with why their frames are where they are, who works on it.
pub(crate) fn job(job: &v1::JobView) -> Vec<String> {
    let spec = job.spec.clone().unwrap_or_default();
    let frames = job.frames.unwrap_or_default();
    let priority = spec.priority.map(|priority| format!(", priority {priority}")).unwrap_or_default();
    let over = job
        .ended_at_ms
        .map(|ended| format!(", took {}", words::duration(ended.saturating_sub(job.submitted_at_ms))));
    let mut lines = vec![
        format!("{}  {}", style(&spec.name).bold(), words::job_state(job.state())),
        format!("  {}, project {}{priority}", job.id, spec.project),
        format!(
            "  submitted {}{}, {} of {} published",
            words::ago(job.submitted_at_ms),
            over.unwrap_or_default(),
            frames.published,
            words::count(frames.total, "frame"),
        ),
    ];
    let asked = spec.approval.filter(|_| job.state() == v1::JobState::Awaiting);
    lines.extend(asked.map(|asked| format!("  {} is asked for: {}", asked.kind, asked.description)));
    lines.extend(Some(&job.summary).filter(|text| !text.is_empty()).map(|text| format!("  {text}")));
    lines.extend(Some(&job.reason).filter(|text| !text.is_empty()).map(|text| format!("  because: {text}")));
    for (nth, step) in job.steps.iter().enumerate() {
        lines.extend(one_step(step, spec.steps.get(nth)));
        let leases = job.leases.iter().filter(|lease| lease.step as usize == nth);
        lines.extend(leases.map(|lease| format!("    {}", one_lease(lease))));
    }
    lines
}

fn one_step(step: &v1::StepView, spec: Option<&v1::StepSpec>) -> Vec<String> {
    let frames = step.frames.unwrap_or_default();
    let renderer = spec.map(|spec| format!(", {}", spec.renderer)).unwrap_or_default();
    let mut counts = vec![format!("{}/{} published", frames.published, frames.total)];
    let rest = [
        ("accepted", frames.accepted),
        ("leased", frames.leased),
        ("waiting", frames.waiting),
        ("retrying", frames.retrying),
        ("dead", frames.dead),
    ];
    counts.extend(rest.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} {word}")));
    if step.bytes > 0 {
        counts.push(format!(
            "{} in {} of rendering",
            words::bytes(step.bytes),
            words::duration(step.took_ms)
        ));
    }
    let mut lines = vec![
        format!("  {}  {}{renderer}", style(&step.name).bold(), words::step_state(step.state())),
        format!("    {}", counts.join(", ")),
    ];
    lines.extend(step.explanation.iter().map(|why| format!("    {why}")));
    if let Some(failure) = &step.last_failure {
        lines.push(format!("    {}", style("last failure").yellow()));
        lines.extend(self::failure(failure).map(|line| format!("      {line}")));
    }
    lines
}

fn one_lease(lease: &v1::LeaseView) -> String {
    let left =
        if lease.remaining == lease.frames { String::new() } else { format!(", left {}", lease.remaining) };
    let frames = if lease.frames.is_empty() { "the task" } else { &lease.frames };
    let node = style(&lease.node).cyan();
    let held = words::duration(words::now_ms().saturating_sub(lease.since_ms));
    if lease.preflight {
        return format!("{node} looks at it first, for {held} ({})", words::token(lease.token));
    }
    let left = if lease.gentle { format!("{left}, gently") } else { left };
    format!("{node} has {frames}{left}, for {held} ({})", words::token(lease.token))
}

/// What went wrong, and the lines that show it.
pub(crate) fn failure(failure: &v1::Failure) -> impl Iterator<Item = String> {
    let exit = match failure.exit.as_str() {
        "" => String::new(),
        exit if failure.message.contains(exit) => String::new(),
        exit => format!(" ({exit})"),
    };
    let first = format!("{}: {}{exit}", words::failure_class(failure.class()), failure.message);
    let evidence = failure.evidence.iter().map(|line| format!("| {}", printable(line))).collect::<Vec<_>>();
    std::iter::once(first).chain(evidence)
}

/// An event on one line.
pub(crate) fn event(event: &v1::StoredEvent) -> String {
    let payload: Value = serde_json::from_str(&event.payload_json).unwrap_or_default();
    let number = style(format!("{:>7}", event.sequence)).dim();
    let at = style(words::moment(event.at_ms)).dim();
    let kind = match printable(&event.r#type) {
        kind if ["failed", "dead", "offline", "crashed", "denied"].iter().any(|word| kind.contains(word)) => {
            style(kind).red()
        }
        kind if ["quarantined", "paused", "requested", "escalated"]
            .iter()
            .any(|word| kind.contains(word)) =>
        {
            style(kind).yellow()
        }
        kind if kind.ends_with("succeeded") || kind.contains("online") => style(kind).green(),
        kind => style(kind),
    };
    format!("{number} {at}  {kind}{}", told(&payload))
}

/// What an event says, without what only programs want.
fn told(payload: &Value) -> String {
    let Some(fields) = payload.as_object() else { return String::new() };
    let mut text = String::new();
    for (key, value) in fields {
        let value = match (key.as_str(), value) {
            (_, Value::Null) | ("frame_job_id" | "node_id" | "project_id" | "evidence", _) => continue,
            // Said by other fields, or too long for a line.
            ("render_job_id" | "crashed_at" | "ae_version" | "error_log_tail", _) => continue,
            (_, Value::String(value)) if value.is_empty() => continue,
            ("job_id", Value::String(id)) => words::short(id),
            (_, Value::String(value)) => printable(value),
            ("failure", failure) => {
                let part = |name: &str| failure.get(name).and_then(Value::as_str).unwrap_or_default();
                format!("{:?}", format!("{}: {}", part("class"), part("message")))
            }
            (_, value) => value.to_string(),
        };
        let name = if key == "job_id" { "job" } else { key };
        text.push_str(&format!(" {}{value}", style(format!(" {name}=")).dim()));
    }
    text
}

/// A passing signal on one line.
pub(crate) fn signal(signal: &v1::Signal) -> Option<String> {
    use v1::signal::Body;
    let text = match signal.body.as_ref()? {
        Body::Heartbeat(v1::NodeHeartbeat { node, heartbeat }) => {
            let beat = heartbeat.clone().unwrap_or_default();
            let status = beat.status().as_str_name().trim_start_matches("NODE_STATUS_").to_lowercase();
            let cpu = beat.cpu_pct.map(|cpu| format!(" cpu={cpu}%")).unwrap_or_default();
            let ram = beat.ram_available_mb.map(|mb| format!(" free={}", words::bytes(mb << 20)));
            format!("heartbeat  {node} {status}{cpu}{}", ram.unwrap_or_default())
        }
        Body::Progress(progress) => {
            let frame = progress.frame.map(|frame| format!(" frame {frame}")).unwrap_or_default();
            let part = progress.fraction.map(|part| format!(" {:.0} %", part * 100.0)).unwrap_or_default();
            let token = words::token(progress.token);
            format!("progress   {} {token} {}{frame}{part}", progress.node, words::short(&progress.job))
        }
        Body::Log(chunk) => {
            let lines = chunk.text.lines().map(printable).collect::<Vec<_>>().join(" / ");
            format!("output     {} {} {lines}", chunk.node, words::token(chunk.token))
        }
        Body::Worker(beat) => {
            let word = |name: &str, prefix: &str| name.trim_start_matches(prefix).to_lowercase();
            let state = word(beat.state().as_str_name(), "WORKER_STATE_");
            let mode = beat.mode.as_ref().map(|mode| format!(" mode={}", printable(mode)));
            format!("worker     {} {state}{}", printable(&beat.name), mode.unwrap_or_default())
        }
        Body::Foreign(beat) => {
            let status = beat.status().as_str_name().trim_start_matches("NODE_STATUS_").to_lowercase();
            format!("heartbeat  {} {status}", beat.node_id)
        }
        Body::FrameCompleted(done) => {
            format!("frame      {} {} is done", words::short(&done.render_job_id), done.frame_number)
        }
    };
    Some(style(format!("      ~ {}", text.trim_end())).dim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_says_why() {
        console::set_colors_enabled(false);
        let view = v1::JobView {
            id: "0197c5a1-0000-7000-8000-0123456789ab".into(),
            spec: Some(v1::JobSpec { name: "Titles".into(), project: "show".into(), ..Default::default() }),
            state: v1::JobState::Running.into(),
            submitted_at_ms: words::now_ms(),
            frames: Some(v1::FrameCounts { total: 10, published: 4, ..Default::default() }),
            steps: vec![v1::StepView {
                name: "beauty".into(),
                state: v1::StepState::Open.into(),
                frames: Some(v1::FrameCounts { total: 10, published: 4, waiting: 6, ..Default::default() }),
                explanation: vec!["5-10 wait: every slot is taken".into()],
                ..Default::default()
            }],
            leases: vec![v1::LeaseView {
                token: (1 << 32) | 3,
                node: "anna".into(),
                frames: "1-4".into(),
                remaining: "4".into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let text = job(&view).join("\n");
        for part in
            ["Titles  running", "4/10 published, 6 waiting", "every slot is taken", "anna has 1-4, left 4"]
        {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
    }

    #[test]
    fn a_crash_is_one_line_with_what_matters() {
        console::set_colors_enabled(false);
        let payload = r#"{"node_id":"x","render_job_id":"y","error_log_tail":"a\nb","crash_signal":"exit code 3",
            "last_known_frame":42,"node":"anna","renderer":"after_effects","log_file_url":"file:///l/1.7.log"}"#;
        let stored = v1::StoredEvent {
            r#type: "node.crashed.v1".into(),
            payload_json: payload.into(),
            ..Default::default()
        };
        let text = event(&stored);
        for part in ["crash_signal=exit code 3", "last_known_frame=42", "node=anna", "file:///l/1.7.log"] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
        assert!(!text.contains("error_log_tail") && text.lines().count() == 1, "{text}");
    }

    #[test]
    fn an_event_is_one_line_whatever_it_holds() {
        console::set_colors_enabled(false);
        let payload =
            r#"{"job_id":"0197c5a1-0000-7000-8000-0123456789ab","reason":"line\nbreak","node_id":"x"}"#;
        let stored = v1::StoredEvent {
            sequence: 12,
            r#type: "job.cancelled".into(),
            payload_json: payload.into(),
            ..Default::default()
        };
        let text = event(&stored);
        assert!(text.contains("job=456789ab") && text.contains("reason=line break"), "{text}");
        assert!(!text.contains("node_id") && text.lines().count() == 1, "{text}");
        let odd = v1::StoredEvent { payload_json: "no json".into(), ..stored };
        assert_eq!(event(&odd).lines().count(), 1);
    }
}
