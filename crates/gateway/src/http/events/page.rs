//! The log in pages, and the page that says which types of events there are.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use callsheet_events::{Filter, Sealed};
use callsheet_leader::{Leader, LeaderError, Wanted};

use super::asked::{AskedPage, Pairs};
use super::described::{FilterParams, Page, PageParams};
use crate::http::{Params, Problem, Shared};

/// Events looked at for one page, whatever fits the filter.
const MOST_LOOKED_AT: u64 = 20_000;
/// A page ends when it is as large as this, in bytes.
const LARGE: usize = 4 << 20;

/// Reads the log.
#[utoipa::path(
    get,
    path = "/api/events",
    tag = "events",
    operation_id = "list_events",
    description = "Events after the cursor, ascending. `next` is the cursor for the next page; with a filter a page \
        may be empty although there is more.",
    params(PageParams, FilterParams),
    responses(
        (status = 200, description = "A page of the log.", body = Page),
        (status = 400, description = "A parameter cannot be read, or the cursor is ahead of the log.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The events after the cursor are not kept any more. `oldest` says which are, `snapshot` where to begin.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The leader restarts a part of itself.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, Problem> {
    let AskedPage { after, limit, filter } = AskedPage::read(pairs)?;
    let after = after.unwrap_or_else(|| shared.leader.range().0.saturating_sub(1));
    let mut reading = Reading { text: String::from("{\"events\":["), told: 0, next: after };
    reading.read(&shared.leader, &filter, limit).await?;
    let Reading { mut text, next, .. } = reading;
    let (oldest, head) = shared.leader.range();
    let more = next < head;
    text.push_str(&format!("],\"next\":{next},\"more\":{more},\"oldest\":{oldest},\"head\":{head}}}"));
    Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
}

/// A page that is being read.
struct Reading {
    text: String,
    told: usize,
    /// The last event looked at.
    next: u64,
}

impl Reading {
    async fn read(&mut self, leader: &Leader, filter: &Filter, limit: usize) -> Result<(), LeaderError> {
        let end = self.next.saturating_add(MOST_LOOKED_AT);
        // Without the filter: then it is known how far was read where nothing fits.
        let wanted = Wanted { after: Some(self.next), follow: false, filter: Filter::default() };
        let mut pages = leader.follow(wanted);
        while let Some(page) = pages.recv().await {
            for event in page? {
                if self.told >= limit || self.next >= end || self.text.len() >= LARGE {
                    return Ok(());
                }
                self.next = event.envelope.sequence;
                if filter.takes(event.envelope.event.kind(), &event.scopes) {
                    self.tell(&event);
                }
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: &Sealed) {
        if self.told > 0 {
            self.text.push(',');
        }
        self.text.push_str(&event.json);
        self.told += 1;
    }
}

/// Says which types of events there are.
#[utoipa::path(
    get,
    path = "/api/events/types",
    tag = "events",
    operation_id = "list_event_types",
    description = "Every known type: who makes it, its payload's fields, an example, and whether it is on the topic. \
        Other types pass through as they are.",
    responses((status = 200, description = "The types.", body = Vec<Object>))
)]
pub(super) async fn types() -> Response {
    axum::Json(callsheet_events::catalogue::json()).into_response()
}
