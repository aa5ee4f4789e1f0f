//! Pages of other origins that change something. A browser lets any page post to anywhere, without asking first and
//! without its reader's knowledge: what it cannot do is hide the origin. So a leader that asks for no token does
//! nothing for a page that is neither its own nor named in the config. It refuses to judge programs: they say no
//! origin, and whoever looks only is answered as before.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Code, Problem};

/// Answers a request that changes something, unless a foreign page asks. `cors` are the origins of the config.
pub(super) async fn guard(cors: Arc<[String]>, request: Request, next: Next) -> Response {
    let looks = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::CONNECT);
    match may_ask(request.headers(), request.uri(), &cors) {
        Err(problem) if !looks => problem.into_response(),
        _ => next.run(request).await,
    }
}

/// Whether a page may ask for something here, by the origin that its browser says: programs say none.
pub(super) fn may_ask(headers: &HeaderMap, uri: &Uri, cors: &[String]) -> Result<(), Problem> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(origin) = text(ORIGIN) else { return Ok(()) };
    // HTTP/2 says in the address what HTTP/1.1 says in a header.
    let own = text(HOST).or(uri.authority().map(|authority| authority.as_str()));
    let of = origin.split_once("://").map(|(_, authority)| authority);
    if of.is_some() && of == own || cors.iter().any(|one| one == "*" || one == origin) {
        return Ok(());
    }
    let allowed = "pages of this origin may not ask here: leader.http.cors names those that may";
    Err(Problem::of_field(Code::ForeignOrigin, "origin", origin, allowed))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use tower::ServiceExt;

    use super::*;

    async fn status(method: Method, origin: Option<&str>, cors: &[&str]) -> u16 {
        let cors: Arc<[String]> = cors.iter().map(|&one| one.to_owned()).collect();
        let guarded = from_fn(move |request, next| guard(cors.clone(), request, next));
        let router: Router = Router::new().route("/", post(|| async {}).get(|| async {})).layer(guarded);
        let mut request = Request::builder().method(method).uri("/").header(HOST, "leader.example:7420");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn foreign_pages_change_nothing() {
        let evil = Some("https://evil.example");
        assert_eq!(status(Method::POST, evil, &[]).await, 403);
        assert_eq!(status(Method::POST, evil, &["https://studio.example"]).await, 403);
        assert_eq!(
            status(Method::POST, Some("null"), &[]).await,
            403,
            "a page that was saved, or put in a frame"
        );
        assert_eq!(status(Method::GET, evil, &[]).await, 200, "its browser keeps the answer from it");
        assert_eq!(status(Method::POST, None, &[]).await, 200, "a program");
        assert_eq!(status(Method::POST, Some("http://leader.example:7420"), &[]).await, 200, "its own page");
        assert_eq!(
            status(Method::POST, Some("https://studio.example"), &["https://studio.example"]).await,
            200
        );
        assert_eq!(status(Method::POST, evil, &["*"]).await, 200);
    }

    #[test]
    fn only_pages_of_this_door_and_named_ones_may_open_a_stream() {
        let asks = |origin: Option<&str>, cors: &[&str]| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "leader.example:7420".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            let cors: Vec<String> = cors.iter().map(|&one| one.to_owned()).collect();
            may_ask(&headers, &Uri::from_static("/"), &cors).is_ok()
        };
        assert!(asks(None, &[]));
        assert!(asks(Some("https://leader.example:7420"), &[]));
        assert!(asks(Some("https://studio.example"), &["https://studio.example"]));
        assert!(asks(Some("https://evil.example"), &["*"]));
        assert!(!asks(Some("https://evil.example"), &[]));
        assert!(!asks(Some("https://evil.example"), &["https://studio.example"]));
        assert!(!asks(Some("null"), &[]));
        assert!(!asks(Some("https://leader.example:7421"), &[]));

        let over_http2 = Uri::from_static("https://leader.example:7420/api/events/ws");
        let from = |origin: &str| [(ORIGIN, origin.parse().unwrap())].into_iter().collect();
        assert!(may_ask(&from("https://leader.example:7420"), &over_http2, &[]).is_ok());
        assert!(may_ask(&from("https://evil.example"), &over_http2, &[]).is_err());
    }
}
