//! What a kill led to, told by the event stream: when the leader knew, where the frames went, when the node was
//! back. Times are those of the events; the killer's clock is the same machine's.

use std::collections::BTreeMap;
use std::time::Duration;

use callsheet_model::FrameSet;
use callsheet_protocol::v1;
use serde_json::Value;

use crate::output::words;

/// Who holds which frames, and then what happened to the one that was killed.
#[derive(Default)]
pub(crate) struct Incident {
    leases: BTreeMap<String, Lease>,
    pub(crate) killed: Option<Killed>,
}

struct Lease {
    node: String,
    step: u64,
    /// Neither accepted nor failed yet.
    left: FrameSet,
}

/// The node that was killed.
pub(crate) struct Killed {
    pub(crate) node: String,
    /// The frame in its renderer.
    pub(crate) frame: i32,
    at_ms: u64,
    /// Frames it held that nobody had accepted, and those of them that are not out again yet.
    lost: FrameSet,
    waiting: FrameSet,
    step: u64,
    heirs: Vec<String>,
    known_ms: Option<u64>,
    out_ms: Option<u64>,
    back_ms: Option<u64>,
}

impl Incident {
    /// The node was killed at this moment, while it drew this frame.
    pub(crate) fn kill(&mut self, node: &str, frame: i32, at_ms: u64) {
        self.killed = Some(Killed {
            node: node.to_owned(),
            frame,
            at_ms,
            lost: FrameSet::new(),
            waiting: FrameSet::new(),
            step: 0,
            heirs: Vec::new(),
            known_ms: None,
            out_ms: None,
            back_ms: None,
        });
    }

    /// Whether everything that a kill leads to has happened: only then has it been shown.
    pub(crate) fn is_over(&self) -> bool {
        self.killed.as_ref().is_some_and(|killed| {
            killed.back_ms.is_some() && killed.known_ms.is_some() && killed.waiting.is_empty()
        })
    }

    /// Something happened; a sentence if it came of the kill.
    pub(crate) fn event(&mut self, event: &v1::StoredEvent) -> Option<String> {
        let payload: Value = serde_json::from_str(&event.payload_json).ok()?;
        let text = |key: &str| payload.get(key).and_then(Value::as_str).unwrap_or_default();
        let frames: FrameSet = text("frames").parse().unwrap_or_default();
        let step = payload.get("step").and_then(Value::as_u64).unwrap_or_default();
        match event.r#type.as_str() {
            "frame_job.leased" if text("publish_of").is_empty() => {
                let lease = Lease { node: text("node").to_owned(), step, left: frames.clone() };
                self.leases.insert(text("token").to_owned(), lease);
                self.killed.as_mut()?.handed_out(text("node"), step, &frames, event.at_ms)
            }
            "frame_job.leased" => {
                let (killed, node) = (self.killed.as_ref()?, text("node"));
                let of = self.leases.get(text("publish_of")).is_some_and(|lease| lease.node == killed.node);
                let after = killed.after(event.at_ms);
                of.then(|| {
                    format!(
                        "{after}  frames {frames}, proven by {} before, are published by {node}",
                        killed.node
                    )
                })
            }
            "frame_job.frames_accepted" | "frame_job.frames_failed" => {
                if let Some(lease) = self.leases.get_mut(text("token")) {
                    lease.left.subtract(&frames);
                }
                None
            }
            "frame_job.released" => {
                let lease = self.leases.remove(text("token"))?;
                let killed = self.killed.as_mut().filter(|killed| killed.node == lease.node)?;
                killed.lost(&lease);
                None
            }
            "node.offline.v1" => self.killed.as_mut()?.known(text("node"), event.at_ms),
            "node.online.v1" => self.killed.as_mut()?.back(text("node"), event.at_ms),
            _ => None,
        }
    }
}

impl Killed {
    /// `+ 103 ms`, from the kill to an event.
    fn after(&self, at_ms: u64) -> String {
        let text = words::duration(at_ms.saturating_sub(self.at_ms));
        format!("+{text:>7}")
    }

    fn lost(&mut self, lease: &Lease) {
        self.step = lease.step;
        self.lost.add(&lease.left);
        self.waiting.add(&lease.left);
    }

    fn known(&mut self, node: &str, at_ms: u64) -> Option<String> {
        if node != self.node || self.known_ms.is_some() {
            return None;
        }
        self.known_ms = Some(at_ms);
        Some(format!("{}  the leader takes {node} for lost: what it held goes to others", self.after(at_ms)))
    }

    fn handed_out(&mut self, node: &str, step: u64, frames: &FrameSet, at_ms: u64) -> Option<String> {
        let again = self.waiting.intersection(frames);
        if again.is_empty() || step != self.step {
            return None;
        }
        self.waiting.subtract(&again);
        self.out_ms.get_or_insert(at_ms);
        if !self.heirs.iter().any(|heir| heir == node) {
            self.heirs.push(node.to_owned());
        }
        Some(format!("{}  frames {again} are out again, to {node}", self.after(at_ms)))
    }

    fn back(&mut self, node: &str, at_ms: u64) -> Option<String> {
        if node != self.node || self.back_ms.is_some() {
            return None;
        }
        self.back_ms = Some(at_ms);
        Some(format!("{}  {node} is back", self.after(at_ms)))
    }

    /// The whole of it, once it is over.
    pub(crate) fn told(&self, grace: Duration) -> Vec<String> {
        let mut lines =
            vec![format!("{} was killed with SIGKILL while it drew frame {}", self.node, self.frame)];
        let since = |at: u64| words::duration(at.saturating_sub(self.at_ms));
        if let Some(at) = self.known_ms {
            let grace = words::duration(callsheet_model::time::millis(grace));
            lines.push(format!(
                "its stream broke at once; after {} the leader gave it up (it may take {grace} to dial again)",
                since(at)
            ));
        }
        if let Some(at) = self.out_ms {
            let again = words::count(self.lost.len(), "frame");
            let heirs = self.heirs.join(", ");
            lines.push(format!(
                "{again} ({}) went to the next free slot after {}: {heirs}",
                self.lost,
                since(at)
            ));
        }
        lines.push(match self.back_ms {
            Some(at) => format!("it was back after {}", since(at)),
            None => "it has not come back".to_owned(),
        });
        lines.push(match self.begun_twice() {
            0 => "no frame was rendered twice".to_owned(),
            1 => "1 frame was begun twice: the one it was drawing".to_owned(),
            more => {
                format!("{more} frames were begun twice: the one it was drawing, and what was not proven yet")
            }
        });
        lines
    }

    /// Frames that it had begun, by its own last word, and that others rendered.
    fn begun_twice(&self) -> u64 {
        self.lost.intersection(&FrameSet::range(i32::MIN, self.frame)).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at_ms: u64, kind: &str, payload: &str) -> v1::StoredEvent {
        v1::StoredEvent { at_ms, r#type: kind.into(), payload_json: payload.into(), ..Default::default() }
    }

    #[test]
    fn a_kill_is_told_from_the_lost_frames_to_the_nodes_return() {
        let mut incident = Incident::default();
        let tell = |incident: &mut Incident, at, kind: &str, payload: &str| {
            incident.event(&event(at, kind, payload))
        };
        tell(
            &mut incident,
            900,
            "frame_job.leased",
            r#"{"token":"1.1","node":"bruno","step":0,"frames":"30-35"}"#,
        );
        tell(&mut incident, 950, "frame_job.frames_accepted", r#"{"token":"1.1","step":0,"frames":"30-31"}"#);
        incident.kill("bruno", 32, 1000);
        assert!(!incident.is_over());
        let known = tell(&mut incident, 1101, "node.offline.v1", r#"{"node":"bruno"}"#).unwrap();
        assert!(known.starts_with("+ 101 ms"), "{known}");
        tell(&mut incident, 1101, "frame_job.released", r#"{"token":"1.1","step":0,"reason":"node_lost"}"#);
        let out = tell(
            &mut incident,
            1103,
            "frame_job.leased",
            r#"{"token":"1.9","node":"anna","step":0,"frames":"32-33"}"#,
        );
        assert_eq!(out.unwrap(), "+ 103 ms  frames 32-33 are out again, to anna");
        let other = tell(
            &mut incident,
            1104,
            "frame_job.leased",
            r#"{"token":"1.10","node":"anna","step":0,"frames":"60-65"}"#,
        );
        assert_eq!(other, None, "those were never bruno's");
        tell(
            &mut incident,
            1300,
            "frame_job.leased",
            r#"{"token":"1.11","node":"clara","step":0,"frames":"34-35"}"#,
        );
        assert!(!incident.is_over());
        let back = tell(&mut incident, 1900, "node.online.v1", r#"{"node":"bruno"}"#).unwrap();
        assert_eq!(back, "+ 900 ms  bruno is back");
        assert!(incident.is_over());
        let told = incident.killed.unwrap().told(Duration::from_millis(100)).join("\n");
        assert!(
            told.contains("4 frames (32-35) went to the next free slot after 103 ms: anna, clara"),
            "{told}"
        );
        assert!(told.contains("1 frame was begun twice"), "{told}");
    }

    #[test]
    fn others_are_none_of_its_business() {
        let mut incident = Incident::default();
        incident.kill("bruno", 1, 0);
        assert_eq!(incident.event(&event(1, "node.offline.v1", r#"{"node":"anna"}"#)), None);
        assert_eq!(incident.event(&event(1, "node.online.v1", r#"{"node":"anna"}"#)), None);
        assert!(!incident.is_over());
    }
}
