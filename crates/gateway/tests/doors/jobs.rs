//! Jobs over REST: each way in, and each refusal.

use callsheet_leader::{FromNode, ToNode};
use callsheet_model::signal::{LogChunk, Signal};
use callsheet_model::{NodeName, StepIndex};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bench::{Bench, PERSON, eventually, fields, good, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_taken_once_for_each_id_and_told_whole() {
    let bench = Bench::start().await;
    let mut job = bench.job("titles").await;
    let id = Uuid::new_v4().to_string();
    job["id"] = json!(id);
    let answer = bench.post("/api/v1/jobs").header("x-actor-id", PERSON).json(&job).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers()["location"], format!("/api/v1/jobs/{id}"));
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "id": id, "already": false }));
    let again = good(bench.post("/api/v1/jobs").json(&job), StatusCode::OK).await;
    assert_eq!(again, json!({ "id": id, "already": true }));
    job["priority"] = json!(7);
    refused(bench.post("/api/v1/jobs").json(&job), 409, "job_id_taken").await;

    let view = bench.json(&format!("/api/v1/jobs/{id}")).await;
    assert_eq!(
        (&view["id"], &view["state"], &view["spec"]["name"]),
        (&json!(id), &json!("queued"), &json!("titles"))
    );
    assert_eq!((&view["spec"]["project"], &view["spec"]["priority"]), (&json!("films"), &json!(50)));
    let step = &view["spec"]["steps"][0];
    assert_eq!((&step["frames"], &step["template"]["name"]), (&json!("0-9"), &json!("small.json")));
    assert_eq!(view["frames"]["total"], 10);
    assert_eq!(view["steps"][0]["state"], "open");
    assert!(view["submitted_at"].as_str().unwrap().ends_with('Z'), "{view}");
    assert!(!view["steps"][0]["explanation"].as_array().unwrap().is_empty());
    // The end of an id is enough.
    assert_eq!(bench.json(&format!("/api/v1/jobs/{}", &id[28..])).await["id"], id);
    let events = bench.json("/api/events?types=job.submitted").await;
    let event = &events["events"][0];
    assert_eq!((&event["actor_type"], &event["actor_id"]), (&json!("user"), &json!(PERSON)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_makes_two_submissions_one_job() {
    let bench = Bench::start().await;
    let job = bench.job("keyed").await;
    let with = |key: &str| bench.post("/api/v1/jobs").header("idempotency-key", key).json(&job);
    let first = good(with("\"order 66, scene 3\""), StatusCode::CREATED).await;
    let second = good(with("order 66, scene 3"), StatusCode::OK).await;
    assert_eq!((&first["id"], &second["already"]), (&second["id"], &json!(true)));
    let id = Uuid::new_v4().to_string();
    assert_eq!(good(with(&id), StatusCode::CREATED).await["id"], id);
    let both = bench.job("keyed").await.as_object().cloned().map(|mut job| {
        job.insert("id".into(), json!(Uuid::new_v4().to_string()));
        job
    });
    let both = bench.post("/api/v1/jobs").header("idempotency-key", &id).json(&both);
    assert_eq!(fields(&refused(both, 400, "bad_header").await), ["idempotency-key"]);
    refused(with(""), 400, "bad_header").await;
    refused(with(&"k".repeat(256)), 400, "bad_header").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_in_a_job_is_named_at_once_and_nothing_is_taken() {
    let bench = Bench::start().await;
    let good_job = bench.job("good").await;
    let mut bad = good_job.clone();
    bad["priority"] = json!(101);
    bad["colour"] = json!("blue");
    bad["steps"][0]["frames"] = json!("9-1");
    let problem = refused(bench.post("/api/v1/jobs").json(&bad), 422, "invalid_job").await;
    let mut named = fields(&problem);
    named.sort_unstable();
    assert_eq!(named, ["colour", "priority", "steps[0].frames"], "{problem}");
    let cases = [
        ("id", json!("7"), "id"),
        ("id", json!(7), "id"),
        ("steps", json!([]), "steps"),
        ("name", json!(""), "name"),
    ];
    for (key, value, field) in cases {
        let mut bad = good_job.clone();
        bad[key] = value;
        let problem = refused(bench.post("/api/v1/jobs").json(&bad), 422, "invalid_job").await;
        assert_eq!(fields(&problem), [field], "{problem}");
    }
    for (key, value) in [
        ("template", json!("small.json")),
        ("template", json!("00000000000000000000000000000000/small.json")),
        ("output", json!("out/f_[####].png")),
        ("renderer", json!("lotie")),
        ("frames", json!(i32::MIN)),
    ] {
        let mut bad = good_job.clone();
        bad["steps"][0][key] = value;
        let problem = refused(bench.post("/api/v1/jobs").json(&bad), 422, "invalid_job").await;
        assert_eq!(fields(&problem), [format!("steps[0].{key}")], "{problem}");
    }
    assert_eq!(bench.json("/api/v1/jobs").await, json!({ "jobs": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_is_refused_by_what_is_wrong_with_it() {
    let bench = Bench::with(|config, _| config.leader.http.body_limit = 4096).await;
    let post = |kind: &str, body: String| bench.post("/api/v1/jobs").header("content-type", kind).body(body);
    let problem = refused(post("application/json", "{\"name\": ".into()), 400, "malformed_body").await;
    assert!(problem["detail"].as_str().unwrap().contains("line 1"), "{problem}");
    refused(post("application/json", String::new()), 400, "malformed_body").await;
    refused(post("application/json", "[".repeat(3000)), 400, "malformed_body").await;
    let number = refused(post("application/json", "7".into()), 422, "invalid_job").await;
    assert_eq!(fields(&number), ["body"]);
    refused(post("text/plain", "{}".into()), 415, "wrong_media_type").await;
    refused(post("application/json", " ".repeat(5000)), 413, "body_too_large").await;
    refused(bench.post("/api/v1/jobs").body("{}"), 415, "wrong_media_type").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_checks_everything_and_takes_nothing() {
    let bench = Bench::start().await;
    let mut job = bench.job("dry").await;
    let answer = good(bench.post("/api/v1/jobs?dry_run=true").json(&job), StatusCode::OK).await;
    assert_eq!(answer["already"], false);
    job["steps"][0]["settings"] = json!({ "widht": 3 });
    let problem = refused(bench.post("/api/v1/jobs?dry_run=true").json(&job), 422, "invalid_job").await;
    assert_eq!(fields(&problem), ["steps[0].settings.widht"], "{problem}");
    assert_eq!(bench.json("/api/v1/jobs").await["jobs"], json!([]));
    let params = refused(bench.post("/api/v1/jobs?dry_run=maybe").json(&job), 400, "bad_parameter").await;
    assert_eq!(fields(&params), ["dry_run"], "{params}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_and_filtered() {
    let bench = Bench::start().await;
    let mut ids = Vec::new();
    for nth in 0..5 {
        ids.push(bench.submit(&bench.job(&format!("shot {nth}")).await).await);
    }
    ids.reverse();
    let (mut seen, mut path) = (Vec::new(), "/api/v1/jobs?page_size=2".to_owned());
    loop {
        let page = bench.json(&path).await;
        let jobs = page["jobs"].as_array().unwrap();
        assert!(jobs.len() <= 2);
        assert_eq!(jobs[0]["spec"]["steps"], json!([]), "lists are short");
        seen.extend(jobs.iter().map(|job| job["id"].as_str().unwrap().to_owned()));
        match page["next_page_token"].as_str() {
            Some(next) => path = format!("/api/v1/jobs?page_size=2&page_token={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ids);
    good(bench.post(&format!("/api/v1/jobs/{}/cancel", ids[0])), StatusCode::OK).await;
    let count = async |query: &str| {
        bench.json(&format!("/api/v1/jobs?{query}")).await["jobs"].as_array().unwrap().len()
    };
    assert_eq!(count("state=cancelled").await, 1);
    assert_eq!(count("state=cancelled,queued").await, 5);
    assert_eq!(count("name=SHOT%203").await, 1);
    assert_eq!(count("project=films").await, 5);
    assert_eq!(count("project=other").await, 0);
    for (query, field) in [
        ("page_size=0", "page_size"),
        ("page_size=1001", "page_size"),
        ("page_size=x", "page_size"),
        ("page_token=x", "page_token"),
        ("page_token=00000000-0000-4000-8000-00000000dead", "page_token"),
        ("state=", "state"),
        ("state=running,sleeping", "state"),
        ("colour=blue", "colour"),
    ] {
        let problem = refused(bench.get(&format!("/api/v1/jobs?{query}")), 400, "bad_parameter").await;
        assert_eq!(fields(&problem), [field], "{query}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_job_is_not_told_again() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("same").await).await;
    let path = format!("/api/v1/jobs/{id}");
    let first = bench.get(&path).send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    // Another job's events change nothing of this one.
    bench.submit(&bench.job("other").await).await;
    let known = bench.get(&path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((known.status(), &known.headers()["etag"]), (StatusCode::NOT_MODIFIED, &tag));
    assert_eq!(known.text().await.unwrap(), "");
    good(bench.post(&format!("{path}/pause")), StatusCode::OK).await;
    let changed = bench.get(&path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(changed.headers()["etag"], tag);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_paused_resumed_cancelled_and_retried() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("verbs").await).await;
    let state = async |verb: &str, body: Value| {
        let request =
            bench.post(&format!("/api/v1/jobs/{id}/{verb}")).header("x-actor-id", PERSON).json(&body);
        good(request, StatusCode::OK).await
    };
    let verb = |verb: &str| bench.post(&format!("/api/v1/jobs/{id}/{verb}"));
    assert_eq!(good(verb("pause"), StatusCode::OK).await["state"], "paused");
    assert_eq!(good(verb("resume"), StatusCode::OK).await["state"], "queued");
    refused(verb("retry"), 409, "wrong_state").await;
    let urgent = state("prioritise", json!({ "priority": 90 })).await;
    assert_eq!((&urgent["spec"]["priority"], &urgent["state"]), (&json!(90), &json!("queued")));
    assert_eq!(bench.json("/api/v1/jobs").await["jobs"][0]["spec"]["priority"], 90);
    let cancelled = state("cancel", json!({ "reason": "wrong colour" })).await;
    assert_eq!((&cancelled["state"], &cancelled["reason"]), (&json!("cancelled"), &json!("wrong colour")));
    assert!(cancelled["ended_at"].as_str().unwrap().ends_with('Z'));
    refused(verb("pause"), 409, "wrong_state").await;
    assert_eq!(state("retry", json!({})).await, json!({ "frames": 10 }));
    for (body, code, status, field) in [
        (json!({ "reason": "x".repeat(2000) }), "invalid", 422, "reason"),
        (json!({ "reason": 7 }), "invalid", 422, "reason"),
        (json!({ "why": "so" }), "invalid", 422, "why"),
    ] {
        let problem = refused(verb("cancel").json(&body), status, code).await;
        assert_eq!(fields(&problem), [field], "{problem}");
    }
    for body in [json!({ "priority": 101 }), json!({ "priority": -1 }), json!({})] {
        let problem = refused(verb("prioritise").json(&body), 422, "invalid").await;
        assert_eq!(fields(&problem), ["priority"], "{problem}");
    }
    refused(verb("prioritise"), 415, "wrong_media_type").await;
    let frames = refused(verb("retry").json(&json!({ "frames": "9-1" })), 422, "invalid").await;
    assert_eq!(fields(&frames), ["frames"]);
    refused(verb("cancel").header("content-type", "text/plain").body("x"), 415, "wrong_media_type").await;
    let who = refused(verb("cancel").header("x-actor-id", "me"), 400, "bad_header").await;
    assert_eq!(fields(&who), ["x-actor-id"]);
    refused(bench.post("/api/v1/jobs/ffffffff/pause"), 404, "unknown_job").await;
    refused(bench.get(&format!("/api/v1/jobs/{}", Uuid::new_v4())), 404, "unknown_job").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_jobs_with_the_same_end_are_told_apart() {
    let bench = Bench::start().await;
    let mut job = bench.job("twin").await;
    for head in ["1", "2"] {
        job["id"] = json!(format!("{head}0000000-0000-4000-8000-00000000abcd"));
        bench.submit(&job).await;
    }
    refused(bench.get("/api/v1/jobs/abcd"), 400, "ambiguous_job").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_are_told_by_where_they_are() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("frames").await).await;
    let frames = bench.json(&format!("/api/v1/jobs/{id}/frames")).await;
    assert_eq!(
        (&frames["steps"][0]["step"], &frames["steps"][0]["waiting"]),
        (&json!("frames"), &json!("0-9"))
    );
    let one = bench.json(&format!("/api/v1/jobs/{id}/frames?step=frames")).await;
    assert_eq!(one, frames);
    refused(bench.get(&format!("/api/v1/jobs/{id}/frames?step=encode")), 404, "unknown_step").await;
    refused(bench.get("/api/v1/jobs/ffffffff/frames"), 404, "unknown_job").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_is_told_to_programs_and_to_people() {
    let bench = Bench::start().await;
    let id = bench.submit(&bench.job("timeline").await).await;
    let path = format!("/api/v1/jobs/{id}/timeline");
    let json = bench.get(&path).send().await.unwrap();
    assert_eq!(json.headers()["content-type"], "application/json");
    assert!(json.json::<Value>().await.unwrap().is_object());
    let text = bench.get(&path).header("accept", "text/plain").send().await.unwrap();
    assert_eq!(text.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(text.text().await.unwrap().contains("submitted"));
    refused(bench.get("/api/v1/jobs/ffffffff/timeline"), 404, "unknown_job").await;
    let nobody = format!("/api/v1/jobs/{}/timeline", Uuid::new_v4());
    refused(bench.get(&nobody), 404, "unknown_job").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn output_of_attempts_is_listed_and_told() {
    let bench = Bench::start().await;
    let (door, mut told) = bench.node("anna").await;
    let id = bench.submit(&bench.job("logs").await).await;
    let token = eventually(async || match told.recv().await {
        Some(ToNode::Offers(offers)) => offers.first().map(|(lease, _)| lease.token),
        _ => None,
    })
    .await;
    let logs = format!("/api/v1/jobs/{id}/logs");
    assert_eq!(bench.json(&logs).await, json!({ "attempts": [] }));
    let chunk = LogChunk {
        node: NodeName::new("anna").unwrap(),
        token,
        job: id.parse().unwrap(),
        step: StepIndex(0),
        offset: 0,
        text: "frame 1 done\n".into(),
    };
    door.say(FromNode::Signal(Signal::Log(chunk))).await.unwrap();
    let listed = eventually(async || {
        let listed = bench.json(&logs).await;
        (listed["attempts"][0]["bytes"] == 13).then_some(listed)
    })
    .await;
    let attempt = &listed["attempts"][0];
    assert_eq!(
        (&attempt["token"], &attempt["node"], &attempt["end"]),
        (&json!(token.0), &json!("anna"), &json!(13))
    );
    let text = bench.get(attempt["log"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(text.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(text.text().await.unwrap(), "frame 1 done\n");
    let by_number = format!("/api/v1/jobs/{id}/attempts/{}/log", token.0);
    assert_eq!(bench.get(&by_number).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(bench.json(&format!("{logs}?token={token}")).await, listed);
    assert_eq!(bench.json(&format!("{logs}?token=8")).await, json!({ "attempts": [] }));
    refused(bench.get(&format!("/api/v1/jobs/{id}/attempts/8/log")), 404, "unknown_log").await;
    refused(bench.get(&format!("/api/v1/jobs/{id}/attempts/x/log")), 400, "bad_parameter").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_streamed_in_and_checked() {
    let bench = Bench::start().await;
    let body = vec![42_u8; 200_000];
    let md5 = format!("{:x}", md5::compute(&body));
    let path = format!("/api/v1/templates/{md5}");
    let head = |path: &str| bench.ask(Method::HEAD, path);
    assert_eq!(head(&path).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let missing = json!({ "md5s": [md5] });
    let ask = || bench.post("/api/v1/templates/missing").json(&missing);
    assert_eq!(good(ask(), StatusCode::OK).await, missing);
    let put = |body: Vec<u8>| bench.ask(Method::PUT, &path).body(body);
    refused(put(b"something else".to_vec()), 422, "broken_template").await;
    assert_eq!(good(put(body.clone()), StatusCode::CREATED).await, json!({ "md5": md5, "already": false }));
    assert_eq!(good(put(body), StatusCode::OK).await["already"], true);
    assert_eq!(head(&path).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(good(ask(), StatusCode::OK).await, json!({ "md5s": [] }));
    let large = bench.ask(Method::PUT, "/api/v1/templates/00000000000000000000000000000000");
    refused(large.body(vec![0; (1 << 20) + 1]), 413, "template_too_large").await;
    let name = bench.ask(Method::PUT, "/api/v1/templates/xyz").body("x");
    assert_eq!(fields(&refused(name, 400, "bad_parameter").await), ["md5"]);
    let bad = bench.post("/api/v1/templates/missing").json(&json!({ "md5s": ["xyz"] }));
    assert_eq!(fields(&refused(bad, 422, "invalid").await), ["md5s[0]"]);
}

/// The description of a job is written beside its reader, not made from it: whatever it names has to be known there.
#[tokio::test(flavor = "multi_thread")]
async fn every_key_of_a_job_that_is_described_is_read() {
    let bench = Bench::start().await;
    let mut job = bench.job("whole").await;
    job["id"] = json!(Uuid::new_v4().to_string());
    job["priority"] = json!(7);
    job["approval"] = json!({ "description": "?", "kind": "budget", "timeout": "1h", "overdue": "deny" });
    let step = job["steps"][0].as_object_mut().unwrap();
    let more = json!({
        "chunk": 5, "retries": 2, "after": [], "settings": {}, "approximate": false,
        "timeouts": { "start": "1m", "frame": "1m", "exit": "1m" },
        "requires": { "labels": ["gpu"], "memory": "1GiB", "renderer_version": "1" },
    });
    step.extend(more.as_object().unwrap().clone());
    good(bench.post("/api/v1/jobs?dry_run=true").json(&job), StatusCode::OK).await;
    let api: Value = serde_json::from_str(&callsheet_gateway::openapi()).unwrap();
    let described = |schema: &str| {
        let properties = api["components"]["schemas"][schema]["properties"].as_object().unwrap();
        properties.keys().cloned().collect::<std::collections::BTreeSet<_>>()
    };
    let written = |value: &Value| value.as_object().unwrap().keys().cloned().collect();
    let step = &job["steps"][0];
    for (schema, value) in [
        ("Job", &job),
        ("JobApproval", &job["approval"]),
        ("JobStep", step),
        ("JobTimeouts", &step["timeouts"]),
        ("JobRequirements", &step["requires"]),
    ] {
        assert_eq!(described(schema), written(value), "{schema}");
    }
}
