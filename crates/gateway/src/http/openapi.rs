//! The description of the HTTP doors, OpenAPI 3.1, made from the code that serves them.

use std::sync::{Arc, LazyLock};

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response as Answer, ResponseBuilder};
use utoipa_axum::routes;

use super::problem::{FieldProblem, MEDIA_TYPE, Problem};
use super::{Routes, client_routes, metrics, node_routes, open_routes};

/// What clients show.
const CLIENT: &str = "client_token";
/// What agents show.
const NODE: &str = "node_token";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Callsheet",
        description = "The doors of a Callsheet leader over HTTP: jobs, nodes, events, streams. Refusals are \
                       `application/problem+json` with a `code` that stays. Lists are paged by a token that the \
                       page before brings.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(Problem, FieldProblem))
)]
struct Described;

static TEXT: LazyLock<Arc<str>> = LazyLock::new(|| describe().into());

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(served))
}

/// The description, as it is served.
pub(crate) fn openapi() -> String {
    TEXT.to_string()
}

/// This description.
#[utoipa::path(
    get, path = "/openapi.json", tag = "description",
    responses((status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/json")),
)]
async fn served() -> Response {
    ([(CONTENT_TYPE, "application/json")], TEXT.to_string()).into_response()
}

fn describe() -> String {
    let mut whole = Routes::with_openapi(Described::openapi());
    for (routes, scheme) in
        [(client_routes().merge(metrics::router()).merge(router()), CLIENT), (node_routes(), NODE)]
    {
        let mut routes = routes;
        for item in routes.get_openapi_mut().paths.paths.values_mut() {
            for operation in operations(item) {
                operation.security = Some(vec![SecurityRequirement::new(scheme, Vec::<String>::new())]);
            }
        }
        whole = whole.merge(routes);
    }
    let (_, mut api) = whole.merge(open_routes()).split_for_parts();
    for item in api.paths.paths.values_mut() {
        for operation in operations(item) {
            declare_problems(operation);
            parameters_are_never_null(operation);
        }
    }
    let components = api.components.get_or_insert_default();
    for (name, what) in [(CLIENT, "The clients' secret"), (NODE, "The nodes' secret")] {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some(format!("{what}, when the leader's config names one."));
        components.security_schemes.insert(name.to_owned(), RefOr::T(SecurityScheme::Http(bearer)));
    }
    api.to_pretty_json().unwrap_or_default() + "\n"
}

fn operations(item: &mut utoipa::openapi::PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.head].into_iter().flatten()
}

/// Adds the refusals that any door may answer with: they come from what stands around all of them.
fn declare_problems(operation: &mut Operation) {
    let guarded = operation.security.as_ref().is_some_and(|needed| {
        needed.iter().any(|requirement| *requirement != SecurityRequirement::default())
    });
    let mut common = vec![("500", "The leader failed"), ("503", "Ask again: see `retry-after`")];
    if guarded {
        common.push(("401", "A token is wanted"));
    }
    if operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
        common.push(("400", "A parameter, header or body cannot be read"));
    }
    if operation.request_body.is_some() {
        common.push(("400", "A parameter, header or body cannot be read"));
        common.push(("408", "The body came too slowly"));
        common.push(("413", "The body is too large"));
        common.push(("415", "The body is in no form that is read here"));
        common.push(("422", "Something in the body is wrong"));
    }
    for (status, what) in common {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(refusal(what)));
    }
}

/// An optional parameter is left out; there is no null that it could be.
fn parameters_are_never_null(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let schema = match &mut parameter.schema {
            Some(RefOr::T(Schema::Object(object))) => &mut object.schema_type,
            Some(RefOr::T(Schema::Array(array))) => &mut array.schema_type,
            _ => continue,
        };
        if let SchemaType::Array(kinds) = schema {
            kinds.retain(|kind| *kind != Type::Null);
            if let [one] = kinds.as_slice() {
                *schema = SchemaType::Type(one.clone());
            }
        }
    }
}

fn refusal(what: &str) -> Answer {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(what).content(MEDIA_TYPE, content).build()
}
