//! Nodes over REST: how they stand, and what an operator does with them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use callsheet_leader::{Scheduler, SchedulerCommand};
use callsheet_model::{Author, NodeName};
use callsheet_protocol::text::Rule;
use callsheet_scheduler::Rejection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::told::NodeView;
use super::{Caller, Code, Maybe, PathOf, Problem, Routes, Shared};
use crate::grpc::views;

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(drain))
        .routes(routes!(undrain))
        .routes(routes!(clear))
}

/// All nodes ever seen.
#[derive(Serialize, ToSchema)]
struct Nodes {
    /// By name.
    nodes: Vec<NodeView>,
}

/// Lists all nodes ever seen, by name.
#[utoipa::path(
    get, path = "/api/v1/nodes", tag = "nodes", operation_id = "list_nodes",
    responses((status = 200, description = "All nodes", body = Nodes)),
)]
async fn list(State(shared): State<Arc<Shared>>) -> Result<Json<Nodes>, Problem> {
    let leader = shared.leader.clone();
    let look = move |scheduler: &Scheduler| -> Vec<_> {
        let nodes = scheduler.nodes();
        leader.latest(|latest| nodes.iter().map(|view| views::node(scheduler, latest, view)).collect())
    };
    let nodes = shared.leader.read(look).await?;
    Ok(Json(Nodes { nodes: nodes.into_iter().map(Into::into).collect() }))
}

fn named(text: &str) -> Result<NodeName, Problem> {
    // What cannot be a name is no node's.
    NodeName::new(text).map_err(|error| {
        Problem::of_field(Code::UnknownNode, "name", text, &format!("no node can be called so: {error}"))
    })
}

async fn view(shared: &Shared, node: NodeName) -> Result<Json<NodeView>, Problem> {
    let (leader, wanted) = (shared.leader.clone(), node.clone());
    let look = move |scheduler: &Scheduler| {
        let view = scheduler.node(&wanted)?;
        Some(leader.latest(|latest| views::node(scheduler, latest, &view)))
    };
    let view = shared.leader.read(look).await?;
    Ok(Json(view.ok_or(Rejection::UnknownNode { node })?.into()))
}

async fn change(
    shared: &Shared,
    author: Author,
    name: &str,
    command: impl FnOnce(NodeName) -> SchedulerCommand,
) -> Result<Json<NodeView>, Problem> {
    let node = named(name)?;
    shared.leader.command_as(author, command(node.clone())).await?;
    view(shared, node).await
}

/// Looks at one node.
#[utoipa::path(
    get, path = "/api/v1/nodes/{name}", tag = "nodes", operation_id = "get_node",
    params(("name" = String, Path, description = "The node's name")),
    responses(
        (status = 200, description = "The node", body = NodeView),
        (status = 404, description = "There is no such node", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn get(
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
) -> Result<Json<NodeView>, Problem> {
    view(&shared, named(&name)?).await
}

/// Gives a node no more work; what it holds is finished.
#[utoipa::path(
    post, path = "/api/v1/nodes/{name}/drain", tag = "nodes", operation_id = "drain_node",
    params(
        ("name" = String, Path, description = "The node's name"),
        ("x-actor-id" = Option<Uuid>, Header, description = "Which person asks."),
    ),
    responses(
        (status = 200, description = "The node, drained", body = NodeView),
        (status = 404, description = "There is no such node", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn drain(
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
    Caller(author): Caller,
) -> Result<Json<NodeView>, Problem> {
    change(&shared, author, &name, |node| SchedulerCommand::DrainNode { node }).await
}

/// Gives a drained node work again.
#[utoipa::path(
    post, path = "/api/v1/nodes/{name}/undrain", tag = "nodes", operation_id = "undrain_node",
    params(
        ("name" = String, Path, description = "The node's name"),
        ("x-actor-id" = Option<Uuid>, Header, description = "Which person asks."),
    ),
    responses(
        (status = 200, description = "The node, at work", body = NodeView),
        (status = 404, description = "There is no such node", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn undrain(
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
    Caller(author): Caller,
) -> Result<Json<NodeView>, Problem> {
    change(&shared, author, &name, |node| SchedulerCommand::UndrainNode { node }).await
}

/// With which renderer a node is trusted again.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Clear {
    /// Only this one; with all of them when it is left out.
    #[schema(required = false, min_length = 1, max_length = 64, example = "after_effects")]
    renderer: Option<String>,
}

/// Trusts a node again that is in quarantine; one that is not stays as it is.
#[utoipa::path(
    post, path = "/api/v1/nodes/{name}/clear", tag = "nodes", operation_id = "clear_node",
    params(
        ("name" = String, Path, description = "The node's name"),
        ("x-actor-id" = Option<Uuid>, Header, description = "Which person asks."),
    ),
    request_body(content = Option<Clear>, description = "May be left out"),
    responses(
        (status = 200, description = "The node, trusted", body = NodeView),
        (status = 404, description = "There is no such node", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn clear(
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
    Caller(author): Caller,
    Maybe(Clear { renderer }): Maybe<Clear>,
) -> Result<Json<NodeView>, Problem> {
    let named = renderer.as_deref().map(|name| Rule::Name.check("renderer", name)).transpose();
    named.map_err(Problem::of_wire(Code::Invalid))?;
    change(&shared, author, &name, |node| SchedulerCommand::ClearNode { node, renderer }).await
}
