//! Events of other services, as `POST /api/events` takes them.

use callsheet_events::ingest::{Refused, read};
use callsheet_protocol::{detailed, v1};
use tonic::{Code, Status};
use uuid::Uuid;

use super::cluster::Cluster;
use super::refused;

/// So many refusals are told one by one: the answer's header has to stay short.
const TOLD: usize = 20;

impl Cluster {
    /// All of them, durably, or none.
    pub(super) async fn take_in(&self, body: &[u8]) -> Result<v1::IngestResponse, Status> {
        let posted = read(body, self.leader.now(), &mut Uuid::new_v4).map_err(|wrong| refusals(&wrong))?;
        let events = self.leader.ingest(posted).await.map_err(refused)?;
        let events = events.into_iter().map(|event| v1::Ingested {
            id: event.id.to_string(),
            sequence: event.sequence,
            already: event.already,
        });
        Ok(v1::IngestResponse { events: events.collect() })
    }
}

fn refusals(wrong: &[Refused]) -> Status {
    let told = &wrong[..wrong.len().min(TOLD)];
    let more = (wrong.len() - told.len()) as u64;
    let mut message = told.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if more > 0 {
        message.push_str(&format!("; and {more} more"));
    }
    let refusal = |wrong: &Refused| v1::Refusal {
        field: wrong.field.clone(),
        found: wrong.found.clone(),
        allowed: wrong.allowed.clone(),
    };
    let detail = v1::Refusals { refusals: told.iter().map(refusal).collect(), more };
    detailed(Code::InvalidArgument, message, &detail)
}

#[cfg(test)]
mod tests {
    use callsheet_protocol::detail;

    use super::*;

    #[test]
    fn every_refusal_is_told_with_its_field_and_a_flood_of_them_is_cut() {
        let refusal = |nth: usize| Refused {
            field: format!("[{nth}].event_type"),
            found: "7".into(),
            allowed: "a text is wanted".into(),
        };
        let status = refusals(&[refusal(0), refusal(1)]);
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("[1].event_type"), "{status}");
        let told: v1::Refusals = detail(&status).unwrap();
        assert_eq!((told.refusals.len(), told.refusals[1].found.as_str(), told.more), (2, "7", 0));
        let many: Vec<_> = (0..100).map(refusal).collect();
        let status = refusals(&many);
        assert!(status.message().ends_with("; and 80 more"), "{status}");
        assert!(status.message().len() < 4000);
    }
}
