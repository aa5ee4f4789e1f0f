//! Webhooks and brokers that are told of events: how they stand, and what they did not take.

use callsheet_leader::{DeadLetter, OutwardError, OutwardView, TargetView};
use callsheet_model::limits::MAX_PAGE;
use callsheet_protocol::text::TARGET;
use callsheet_protocol::v1;
use tonic::Status;

use super::cluster::Cluster;
use super::unreadable;

/// Events on a page when nothing is said.
const PAGE: usize = 100;
/// What stands before the name of a webhook.
const WEBHOOK: &str = "webhook-";

impl Cluster {
    pub(super) fn targets(&self) -> v1::ListTargetsResponse {
        let targets = self.leader.outward().map(|outward| outward.targets()).unwrap_or_default();
        v1::ListTargetsResponse { targets: targets.iter().map(target).collect() }
    }

    pub(super) async fn undelivered(
        &self,
        request: v1::ListUndeliveredRequest,
    ) -> Result<v1::ListUndeliveredResponse, Status> {
        let v1::ListUndeliveredRequest { target, after, page_size } = request;
        let (outward, target) = self.target(&target)?;
        let size = if page_size == 0 { PAGE } else { (page_size as usize).min(MAX_PAGE) };
        let letters = outward.dead_letters(&target, after, size).await.map_err(|error| status(&error))?;
        Ok(v1::ListUndeliveredResponse { events: letters.into_iter().map(letter).collect() })
    }

    pub(super) async fn deliver_again(
        &self,
        request: v1::RedeliverRequest,
    ) -> Result<v1::RedeliverResponse, Status> {
        let (outward, target) = self.target(&request.target)?;
        let tried = outward.redeliver(&target, request.sequence).await;
        Ok(v1::RedeliverResponse { events: tried.map_err(|error| status(&error))? })
    }

    /// A target by its name; a webhook also by the name it has in the config.
    fn target(&self, name: &str) -> Result<(&dyn OutwardView, String), Status> {
        TARGET.check("target", name).map_err(unreadable)?;
        let unknown = |known: Vec<String>| {
            let name = name.chars().take(60).collect();
            status(&OutwardError::NoSuchTarget { name, known })
        };
        let outward = self.leader.outward().ok_or_else(|| unknown(Vec::new()))?;
        let known: Vec<String> = outward.targets().into_iter().map(|target| target.name).collect();
        let fits = |target: &&String| *target == name || target.strip_prefix(WEBHOOK) == Some(name);
        match known.iter().find(fits) {
            Some(target) => Ok((outward.as_ref(), target.clone())),
            None => Err(unknown(known)),
        }
    }
}

fn status(error: &OutwardError) -> Status {
    match error {
        OutwardError::NoSuchTarget { .. } | OutwardError::NoSuchLetter { .. } => {
            Status::not_found(error.to_string())
        }
        OutwardError::Disk { .. } => Status::internal(error.to_string()),
    }
}

fn target(target: &TargetView) -> v1::TargetView {
    v1::TargetView {
        name: target.name.clone(),
        kind: target.kind.to_owned(),
        address: target.address.clone(),
        state: target.state.word().to_owned(),
        cursor: target.cursor,
        delivered: target.delivered,
        failed: target.failed,
        missed: target.missed,
        falls: target.falls,
        dead_letters: target.dead_letters,
        dropped: target.dropped,
        trouble: target.trouble.clone().unwrap_or_default(),
    }
}

fn letter(letter: DeadLetter) -> v1::Undelivered {
    v1::Undelivered {
        sequence: letter.sequence,
        id: letter.id.to_string(),
        r#type: letter.kind,
        at_ms: letter.at.0,
        attempts: letter.attempts,
        why: letter.why,
        envelope_json: letter.json.to_string(),
    }
}
