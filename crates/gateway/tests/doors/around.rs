//! What stands around all HTTP doors: tokens, origins, compression, and paths that lead nowhere.

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::bench::{Bench, CLIENT_SECRET, NODE_SECRET, eventually, fields, good, refused};

#[tokio::test(flavor = "multi_thread")]
async fn only_who_shows_the_right_token_is_let_in() {
    let bench = Bench::guarded().await;
    let clients =
        ["/api/v1/jobs", "/api/v1/status", "/api/events", "/api/agent-office/nodes", "/openapi.json"];
    for path in clients {
        let answer = bench.get(path).send().await.unwrap();
        assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"callsheet\"");
        refused(bench.get(path), 401, "unauthenticated").await;
        refused(bench.get(path).bearer_auth(NODE_SECRET), 401, "unauthenticated").await;
        let token = [("access_token", CLIENT_SECRET)];
        refused(bench.get(path).query(&token), 401, "unauthenticated").await;
        let answer = bench.get(path).bearer_auth(CLIENT_SECRET).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    let beat = "/v1/internal/nodes/6b1f1c4e-0f0e-4b57-9a43-6f1f8a5c2d11/heartbeat";
    refused(bench.post(beat).bearer_auth(CLIENT_SECRET), 401, "unauthenticated").await;
    refused(bench.post(beat).bearer_auth(NODE_SECRET).body("{}"), 415, "wrong_media_type").await;
    for open in ["/healthz", "/readyz"] {
        let answer = bench.get(open).send().await.unwrap();
        assert_eq!((answer.status(), answer.text().await.unwrap().as_str()), (StatusCode::OK, "ok\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_take_the_token_as_a_parameter_too() {
    let bench = Bench::guarded().await;
    let with = |token: &str| bench.get("/api/events/stream?after=0").query(&[("access_token", token)]);
    refused(bench.get("/api/events/stream?after=0"), 401, "unauthenticated").await;
    refused(with(NODE_SECRET), 401, "unauthenticated").await;
    let answer = with(CLIENT_SECRET).send().await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &HeaderValue::from_static("text/event-stream"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_who_is_still_sending() {
    let body = json!({ "name": "x".repeat(10 << 20) });
    let guarded = Bench::guarded().await;
    refused(guarded.post("/api/v1/jobs").json(&body), 401, "unauthenticated").await;
    let open = Bench::start().await;
    refused(open.post("/api/v1/jobs").json(&body), 413, "body_too_large").await;
    refused(open.ask(Method::PUT, "/api/v1/status").json(&body), 405, "method_not_allowed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_leads_nowhere_and_a_method_that_is_not_known_are_problems() {
    let bench = Bench::start().await;
    for path in ["/", "/api", "/api/v1", "/api/v1/jobs/", "/api/v2/jobs", "/callsheet.v1.Jobs/Get", "/%00"] {
        refused(bench.get(path), 404, "no_such_path").await;
    }
    let answer = bench.ask(Method::PATCH, "/api/v1/jobs").send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "GET,HEAD,POST");
    refused(bench.ask(Method::PATCH, "/api/v1/jobs"), 405, "method_not_allowed").await;
    refused(bench.ask(Method::DELETE, "/api/v1/status"), 405, "method_not_allowed").await;
    refused(bench.ask(Method::OPTIONS, "/api/v1/status"), 405, "method_not_allowed").await;
    let head = bench.ask(Method::HEAD, "/api/v1/status").send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.text().await.unwrap(), "");
}

fn preflight(bench: &Bench, origin: &str) -> reqwest::RequestBuilder {
    let headers: HeaderMap = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type,idempotency-key"),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect();
    bench.ask(Method::OPTIONS, "/api/v1/jobs").headers(headers)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_call_when_the_config_says_so() {
    let allowed = async |bench: &Bench, origin: &str| {
        let answer = preflight(bench, origin).send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        header("access-control-allow-origin")
    };
    let none = Bench::start().await;
    assert_eq!(allowed(&none, "https://studio.example").await, None);
    let some = Bench::with(|config, _| config.leader.http.cors = vec!["https://studio.example".into()]).await;
    assert_eq!(allowed(&some, "https://studio.example").await.as_deref(), Some("https://studio.example"));
    assert_eq!(allowed(&some, "https://evil.example").await, None);
    let any = Bench::with(|config, _| config.leader.http.cors = vec!["*".into()]).await;
    assert_eq!(allowed(&any, "https://anyone.example").await.as_deref(), Some("*"));
    // A refusal can be read by the page that caused it.
    let answer = some.get("/api/v1/jobs/nothing").header("origin", "https://studio.example").send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://studio.example");
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap().to_owned();
    assert!(exposed.contains("etag") && exposed.contains("location"), "{exposed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_guarded_leader_may_ask_what_it_may_do() {
    let bench = Bench::with(|config, directory| {
        let path = directory.path().join("secret");
        std::fs::write(&path, CLIENT_SECRET).unwrap();
        config.leader.http.cors = vec!["*".into()];
        config.leader.tokens =
            Some(callsheet_config::cluster::Tokens { node_file: path.clone(), client_file: path });
    })
    .await;
    let answer = preflight(&bench, "https://studio.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_answers_are_compressed_for_who_takes_it_and_streams_never() {
    let bench = Bench::start().await;
    for nth in 0..5 {
        bench.submit(&bench.job(&format!("long {nth}")).await).await;
    }
    let encoding = async |path: &str, accept: &str| {
        let answer = bench.get(path).header("accept-encoding", accept).send().await.unwrap();
        answer.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(encoding("/api/v1/jobs", "gzip").await.as_deref(), Some("gzip"));
    assert_eq!(encoding("/api/v1/jobs", "identity").await, None);
    assert_eq!(encoding("/healthz", "gzip").await, None);
    let mut stream =
        bench.get("/api/events/stream?after=0").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(stream.headers().get("content-encoding"), None);
    let first = stream.chunk().await.unwrap().unwrap();
    assert!(!first.is_empty(), "it is told at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_are_not_known_are_refused_by_name() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("strict").await).await;
    for path in [
        "/api/v1/jobs?jobs=1".to_owned(),
        format!("/api/v1/jobs/{id}/frames?jobs=1"),
        format!("/api/v1/jobs/{id}/logs?jobs=1"),
    ] {
        let problem = refused(bench.get(&path), 400, "bad_parameter").await;
        assert_eq!(fields(&problem), ["jobs"], "{problem}");
    }
    refused(bench.get("/api/v1/jobs/%FF"), 400, "bad_parameter").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_leaves_is_not_ready() {
    let bench = Bench::start().await;
    // A stream that is open when the leader leaves keeps its connection; another one asks on it, over HTTP/1.1 a new
    // connection is refused.
    bench.leave.cancel();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), bench.serving).await;
    ended.unwrap().unwrap().unwrap();
    assert!(bench.client.get(format!("{}/readyz", bench.url)).send().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_office_tells_is_what_the_contract_says() {
    let bench = Bench::start().await;
    let (_door, _told) = bench.node("anna").await;
    let office = eventually(async || {
        let office = bench.json("/api/agent-office/nodes").await;
        (office["workers"] != json!([])).then_some(office)
    })
    .await;
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut whole = keys(&office);
    whole.sort();
    assert_eq!(whole, ["generated_at", "links", "paused", "paused_reason", "redis_ok", "workers"]);
    assert_eq!(
        (&office["redis_ok"], &office["paused"], &office["paused_reason"]),
        (&json!(true), &json!(false), &json!("trading"))
    );
    let mut worker = keys(&office["workers"][0]);
    worker.sort();
    let wanted = [
        "alive",
        "dead_letter",
        "jobs_done",
        "jobs_failed",
        "kind",
        "last_beat_age_s",
        "last_job_at",
        "name",
        "processing",
        "queue_depth",
        "state",
    ];
    assert_eq!(worker, wanted);
    assert_eq!(
        (&office["workers"][0]["name"], &office["workers"][0]["kind"]),
        (&json!("anna"), &json!("render"))
    );
    let mut link = keys(&office["links"][0]);
    link.sort();
    assert_eq!(link, ["from", "status", "to", "type"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_does_not_answer_is_told_with_a_good_status() {
    let bench = Bench::start().await;
    bench.leader.stop().await;
    let office = good(bench.get("/api/agent-office/nodes"), StatusCode::OK).await;
    assert_eq!(
        (&office["redis_ok"], &office["workers"], &office["links"]),
        (&json!(false), &json!([]), &json!([]))
    );
    let answer = bench.get("/api/v1/status").send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "1");
    refused(bench.get("/readyz"), 503, "restarting").await;
    assert_eq!(bench.get("/healthz").send().await.unwrap().status(), StatusCode::OK);
}
