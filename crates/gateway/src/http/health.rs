//! Whether the leader is alive, and whether it serves: for those that start, watch and balance processes. Neither
//! asks for a token, and neither tells anything else.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::routes;

use super::{Code, Problem, Routes, Shared};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(healthz)).routes(routes!(readyz))
}

/// Whether the process is alive.
#[utoipa::path(
    get, path = "/healthz", tag = "health", security(()),
    responses((status = 200, description = "It is", body = String, content_type = "text/plain", example = "ok\n")),
)]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether it takes work right now.
#[utoipa::path(
    get, path = "/readyz", tag = "health", security(()),
    responses((status = 200, description = "It does", body = String, content_type = "text/plain", example = "ok\n")),
)]
async fn readyz(State(shared): State<Arc<Shared>>) -> Result<&'static str, Problem> {
    if shared.leave.is_cancelled() {
        return Err(Problem::new(Code::Leaving, "the leader is leaving: ask again in a moment"));
    }
    shared.leader.read(|_| ()).await?;
    Ok("ok\n")
}
