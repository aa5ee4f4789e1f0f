//! Tags of answers, by which a client learns that nothing has changed.

use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use callsheet_events::Digest;
use serde::Serialize;

/// The tag of what is told. It is a weak one: what is told later may say it in other bytes.
pub(crate) fn of(told: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(told).unwrap_or_default();
    let digest = Digest::of(&bytes).to_string();
    format!("W/\"{}\"", digest.get(..32).unwrap_or(&digest))
}

/// The answer, or that the client has it already.
pub(crate) fn answer<T: IntoResponse>(
    headers: &HeaderMap,
    tag: &str,
    answer: impl FnOnce() -> T,
) -> Response {
    let about = [(ETAG, tag.to_owned()), (CACHE_CONTROL, "no-cache".to_owned())];
    if known(headers, tag) {
        (StatusCode::NOT_MODIFIED, about).into_response()
    } else {
        (about, answer()).into_response()
    }
}

fn known(headers: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let given = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    given.flat_map(|value| value.split(',')).any(|given| given.trim() == "*" || bare(given) == bare(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_however_it_is_listed() {
        let tag = of(&"x");
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, value.parse().unwrap());
            known(&headers, &tag)
        };
        assert!(
            with(&tag) && with("*") && with(&format!("\"a\", {tag}")) && with(tag.trim_start_matches("W/"))
        );
        assert!(!with("\"a\"") && !with("") && !known(&HeaderMap::new(), &tag));
        assert_ne!(tag, of(&"y"));
    }
}
