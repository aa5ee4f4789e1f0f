//! Who may come in. Clients show the clients' token, agents the nodes'; a browser's `EventSource` and `WebSocket`
//! cannot set headers, so streams take the token as a parameter, too.

use axum::Router;
use axum::extract::{Query, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

use super::{Code, Problem};
use crate::auth::Guard;

/// The parameter that streams take a token in.
const PARAMETER: &str = "access_token";

/// These routes, for those who show the right token.
pub(super) fn guarded<S>(router: Router<S>, guard: Guard) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router.route_layer(from_fn(move |request: Request, next: Next| {
        let admitted = guard.admits(request.headers()) || shown_in_query(&guard, &request);
        async move { if admitted { next.run(request).await } else { refusal() } }
    }))
}

fn refusal() -> Response {
    let detail = "this door wants a token: send `authorization: Bearer <secret>`";
    Problem::new(Code::Unauthenticated, detail).into_response()
}

/// A token in an address ends up in histories and logs, so only streams take it.
fn shown_in_query(guard: &Guard, request: &Request) -> bool {
    let path = request.uri().path();
    let (stream, output) = (path.ends_with("/stream") || path.ends_with("/ws"), path.ends_with("/logs"));
    if !stream && !output {
        return false;
    }
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()) else { return false };
    let has = |wanted: &str, fits: &dyn Fn(&str) -> bool| {
        pairs.iter().any(|(key, value)| key == wanted && fits(value))
    };
    (stream || has("follow", &|value| value == "true")) && has(PARAMETER, &|token| guard.admits_token(token))
}
