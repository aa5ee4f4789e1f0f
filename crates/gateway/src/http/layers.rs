//! What stands around all HTTP doors: a trace of each request, answers to panics and to paths that lead nowhere,
//! what browsers of other origins may do, and compression.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use callsheet_config::HttpConfig;
use futures::FutureExt;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{Code, Problem, leftover, origin};
use crate::DoorError;

/// Answers shorter than this, in bytes, are not worth compressing.
const WORTH: u16 = 1024;
/// A browser asks again after this long what it may do.
const PREFLIGHT: Duration = Duration::from_secs(3600);

/// The routes with everything around them.
pub(super) fn around(router: Router, config: &HttpConfig) -> Result<Router, DoorError> {
    // A stream's events have to leave one by one, whatever its client accepts.
    let worth = SizeAbove::new(WORTH)
        .and(NotForContentType::SSE)
        .and(NotForContentType::GRPC)
        .and(NotForContentType::IMAGES);
    let named: Arc<[String]> = config.cors.clone().into();
    let router = router.layer(from_fn(move |request, next| origin::guard(named.clone(), request, next)));
    let router = router.layer(from_fn(leftover::clear)).layer(CompressionLayer::new().compress_when(worth));
    let router = match cors(&config.cors)? {
        Some(cors) => router.layer(cors),
        None => router,
    };
    Ok(router.layer(from_fn(catch)).layer(from_fn(trace)))
}

/// What pages of other origins may do; nothing, when none is configured.
fn cors(origins: &[String]) -> Result<Option<CorsLayer>, DoorError> {
    let origin = match origins {
        [] => return Ok(None),
        [all] if all == "*" => AllowOrigin::any(),
        some => AllowOrigin::list(some.iter().map(|text| origin(text)).collect::<Result<Vec<_>, _>>()?),
    };
    let headers = ["idempotency-key", "last-event-id", "x-actor-id"].map(HeaderName::from_static);
    let headers = headers.into_iter().chain([AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH]);
    let cors = CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(headers.collect::<Vec<_>>())
        .expose_headers([ETAG, LOCATION, RETRY_AFTER])
        .max_age(PREFLIGHT);
    Ok(Some(cors))
}

fn origin(text: &str) -> Result<HeaderValue, DoorError> {
    let wrong = || DoorError::Origin(text.to_owned());
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let bare = uri.scheme().is_some() && uri.authority().is_some() && !text.ends_with('/');
    if !bare || uri.path() != "/" || uri.query().is_some() {
        return Err(wrong());
    }
    HeaderValue::from_str(text).map_err(|_| wrong())
}

/// A handler that panics has answered one request badly; the connection's others go on.
async fn catch(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            let detail = "the leader has a mistake here: see its log";
            Problem::new(Code::Internal, detail).into_response()
        }
    }
}

/// One line for each request. Its query is left out: it may hold a token.
async fn trace(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let path = path.unwrap_or_else(|| request.uri().path().chars().take(100).collect());
    let response = next.run(request).await;
    let (status, took_us) = (response.status().as_u16(), began.elapsed().as_micros() as u64);
    if response.status().is_server_error() {
        tracing::warn!(%method, path, status, took_us, "http request failed");
    } else {
        tracing::debug!(%method, path, status, took_us, "http request");
    }
    response
}

/// What is said at paths that lead nowhere.
pub(super) async fn no_such_path(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(100).collect();
    Problem::new(Code::NoSuchPath, format!("there is nothing at {path:?}: /openapi.json says what there is"))
}

/// What is said to methods that a path does not know; the header `allow` says which it knows.
pub(super) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(100).collect();
    Problem::new(Code::MethodNotAllowed, format!("{path:?} knows no {method}: see the header `allow`"))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_answers_with_a_problem() {
        async fn broken() -> &'static str {
            panic!("a bug")
        }
        let router: Router = Router::new().route("/", get(broken));
        let router = around(router, &HttpConfig::default()).unwrap();
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status().as_u16(), 500);
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "internal");
        assert!(!problem["detail"].as_str().unwrap().contains("a bug"), "a stranger does not see inside");
    }

    #[test]
    fn origins_are_scheme_host_and_port_alone() {
        for good in ["https://studio.example", "http://localhost:5173", "http://[::1]:80"] {
            assert!(origin(good).is_ok(), "{good}");
        }
        for bad in ["studio.example", "https://studio.example/", "https://a.example/b", "*", "", "https://"] {
            assert!(origin(bad).is_err(), "{bad}");
        }
        assert!(cors(&["*".into(), "https://a.example".into()]).is_err(), "any, or some");
        assert!(cors(&[]).unwrap().is_none());
    }
}
