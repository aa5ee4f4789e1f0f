//! Bad input on every gRPC door: a code, the field by its name, no change of anything, and the leader serves on.

use callsheet_protocol::v1;
use callsheet_protocol::v1::node_message::Body;
use serde_json::json;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use crate::harness::{Api, Cluster, Recipe, work};

type Change = fn(&mut v1::JobSpec);

/// A job that is sound but for one thing, the word that names the field, and what is wrong with it.
const JOBS: [(&str, Change); 23] = [
    ("name", |job| job.name.clear()),
    ("name", |job| job.name = "n".repeat(201)),
    ("project", |job| job.project = "p".repeat(65)),
    ("priority", |job| job.priority = Some(101)),
    ("spec.approval.overdue", |job| job.approval = Some(v1::Approval { overdue: 9, ..Default::default() })),
    ("steps", |job| job.steps.clear()),
    ("steps", |job| job.steps = (0..257).map(|nth| named(&job.steps[0], &format!("s{nth}"))).collect()),
    ("steps[0].name", |job| job.steps[0].name = "../up".into()),
    ("steps[1].name", |job| job.steps.push(job.steps[0].clone())),
    ("renderer", |job| job.steps[0].renderer = "after_efects".into()),
    ("frames", |job| job.steps[0].frames = "9-1".into()),
    ("frames", |job| job.steps[0].frames = "1-99999999".into()),
    ("frames", |job| job.steps[0].frames = "1,".repeat(10_000)),
    ("output", |job| job.steps[0].output = "here/f_[####].png".into()),
    ("output", |job| job.steps[0].output = "/show/../../etc/f_[####].png".into()),
    ("output", |job| job.steps[0].output = "/show/one.png".into()),
    ("retries", |job| job.steps[0].retries = Some(101)),
    ("after", |job| job.steps[0].after = vec!["ghost".into()]),
    ("after", |job| job.steps[0].after = vec![job.steps[0].name.clone()]),
    ("settings", |job| job.steps[0].settings_json = "[1]".into()),
    ("settings.widht", |job| job.steps[0].settings_json = json!({ "widht": 3 }).to_string()),
    ("settings_json", |job| job.steps[0].settings_json = "x".repeat(70_000)),
    ("template", |job| {
        job.steps[0].template = Some(v1::Template { md5: "not hexadecimal".into(), ..Default::default() });
    }),
];

fn named(step: &v1::StepSpec, name: &str) -> v1::StepSpec {
    v1::StepSpec { name: name.into(), output: format!("/out/{name}/[####].png"), ..step.clone() }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, words: &str) {
    let status = answer.expect_err(words);
    assert_eq!(status.code(), code, "{words}: {status}");
    assert!(status.message().contains(words), "{words:?} is not named: {}", status.message());
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_jobs_are_refused_with_the_field_named() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let mut api = cluster.api.clone();
    let before = cluster.sequence().await;
    let good = work::job("good", vec![work::acted(&cluster.output("good"), "1-5", 1, &json!({}))]);
    for (field, spoil) in JOBS {
        let mut job = good.clone();
        spoil(&mut job);
        refused(api.submit("", job).await, Code::InvalidArgument, field);
    }
    refused(api.submit("no uuid", good.clone()).await, Code::InvalidArgument, "id");
    let nothing = v1::SubmitRequest::default();
    refused(api.jobs.submit(nothing).await, Code::InvalidArgument, "spec");
    let mut huge = good.clone();
    huge.name = "n".repeat(5 << 20);
    let status = api.submit("", huge).await.unwrap_err();
    assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted), "{status}");
    assert_eq!(cluster.sequence().await, before, "nothing has changed");
    let id = uuid::Uuid::new_v4().to_string();
    assert!(!api.submit(&id, good).await.unwrap().already, "and the leader takes what is good");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_on_every_other_door() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let Api { mut jobs, cluster: mut operators, mut nodes, .. } = cluster.api.clone();
    let before = cluster.sequence().await;
    let unknown = uuid::Uuid::new_v4().to_string();
    let id = || unknown.clone();
    for id in [unknown.clone(), "abc".into(), String::new(), "../../etc/passwd".into(), "x".repeat(4000)] {
        let answer = jobs.get(v1::GetJobRequest { id: id.clone() }).await.unwrap_err();
        assert!(matches!(answer.code(), Code::NotFound | Code::InvalidArgument), "{id}: {answer}");
        assert!(answer.message().len() < 500, "it does not say it all back");
    }
    refused(
        jobs.cancel(v1::CancelRequest { id: id(), ..Default::default() }).await,
        Code::NotFound,
        &unknown,
    );
    let reason = "r".repeat(2000);
    refused(jobs.cancel(v1::CancelRequest { id: id(), reason }).await, Code::InvalidArgument, "reason");
    refused(jobs.pause(v1::PauseRequest { id: id() }).await, Code::NotFound, &unknown);
    refused(jobs.resume(v1::ResumeRequest { id: id() }).await, Code::NotFound, &unknown);
    let urgent = |priority| v1::PrioritiseRequest { id: id(), priority };
    refused(jobs.prioritise(urgent(Some(7))).await, Code::NotFound, &unknown);
    refused(jobs.prioritise(urgent(None)).await, Code::InvalidArgument, "priority");
    refused(jobs.prioritise(urgent(Some(101))).await, Code::InvalidArgument, "priority");
    refused(jobs.retry(v1::RetryRequest { id: id(), ..Default::default() }).await, Code::NotFound, &unknown);
    let retry = v1::RetryRequest { id: id(), frames: "9-".into() };
    refused(jobs.retry(retry).await, Code::InvalidArgument, "frames");
    refused(
        jobs.frames(v1::FramesRequest { id: id(), ..Default::default() }).await,
        Code::NotFound,
        &unknown,
    );
    refused(jobs.watch(v1::WatchJobRequest { id: id() }).await, Code::NotFound, &unknown);
    refused(jobs.logs(v1::LogsRequest { id: id(), ..Default::default() }).await, Code::NotFound, &unknown);
    let page = v1::ListJobsRequest { page_token: "tomorrow".into(), ..Default::default() };
    refused(jobs.list(page).await, Code::InvalidArgument, "page_token");
    let md5s = v1::MissingTemplatesRequest { md5s: vec!["xyz".into()] };
    refused(jobs.missing_templates(md5s).await, Code::InvalidArgument, "md5s");
    let put = |md5: &str, bytes, data: &[u8]| {
        tokio_stream::iter(vec![v1::PutTemplateRequest { md5: md5.into(), bytes, data: data.to_vec() }])
    };
    refused(jobs.put_template(put("xyz", 3, b"abc")).await, Code::InvalidArgument, "md5");
    let md5 = format!("{:x}", md5::compute(b"abc"));
    refused(jobs.put_template(put(&md5, 3, b"abd")).await, Code::InvalidArgument, "announced");
    refused(jobs.put_template(put(&md5, 9, b"abc")).await, Code::InvalidArgument, "announced");
    refused(jobs.put_template(put(&md5, 1 << 60, b"abc")).await, Code::InvalidArgument, "at most");
    refused(operators.drain(v1::DrainRequest { node: "nobody".into() }).await, Code::NotFound, "nobody");
    refused(operators.drain(v1::DrainRequest { node: "a b".into() }).await, Code::InvalidArgument, "node");
    refused(
        operators.undrain(v1::UndrainRequest { node: String::new() }).await,
        Code::InvalidArgument,
        "node",
    );
    let events = v1::EventsRequest { job: "mine".into(), ..Default::default() };
    refused(operators.events(events).await, Code::InvalidArgument, "job");
    refused(
        nodes.fetch_template(v1::FetchTemplateRequest { md5: "x".into() }).await,
        Code::InvalidArgument,
        "md5",
    );
    let missing = nodes.fetch_template(v1::FetchTemplateRequest { md5: md5.clone() }).await;
    refused(missing, Code::NotFound, &md5);
    assert_eq!(cluster.sequence().await, before, "nothing has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_words_about_approvals_pauses_workers_and_deliveries_are_refused() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let Api { mut jobs, cluster: mut operators, .. } = cluster.api.clone();
    let before = cluster.sequence().await;
    let unknown = uuid::Uuid::new_v4().to_string();
    let by = |who: &str, request: v1::ApproveRequest| {
        let mut request = tonic::Request::new(request);
        request.metadata_mut().insert("x-actor-id", who.parse().unwrap());
        request
    };
    let approve = v1::ApproveRequest { id: unknown.clone(), ..Default::default() };
    refused(jobs.approve(approve.clone()).await, Code::InvalidArgument, "x-actor-id");
    refused(jobs.approve(by("anna", approve.clone())).await, Code::InvalidArgument, "x-actor-id");
    refused(jobs.approve(by(&unknown, approve.clone())).await, Code::NotFound, &unknown);
    let long = v1::ApproveRequest { comments: "c".repeat(2000), ..approve };
    refused(jobs.approve(by(&unknown, long)).await, Code::InvalidArgument, "comments");
    let mut deny = tonic::Request::new(v1::DenyRequest { id: unknown.clone(), reason: " ".into() });
    deny.metadata_mut().insert("x-actor-id", unknown.parse().unwrap());
    refused(jobs.deny(deny).await, Code::InvalidArgument, "reason");
    let timeline = v1::TimelineRequest { id: unknown.clone(), readable: false };
    refused(jobs.timeline(timeline).await, Code::NotFound, &unknown);

    let everything = v1::SetPauseRequest { scope: 1, reason: "so".into(), ..Default::default() };
    for (request, field) in [
        (v1::SetPauseRequest { scope: 0, ..everything.clone() }, "scope"),
        (v1::SetPauseRequest { scope: 77, ..everything.clone() }, "scope"),
        (v1::SetPauseRequest { scope: 2, ..everything.clone() }, "name"),
        (v1::SetPauseRequest { name: "x".into(), ..everything.clone() }, "name"),
        (v1::SetPauseRequest { for_ms: Some(0), ..everything.clone() }, "for_ms"),
        (v1::SetPauseRequest { reason: "r".repeat(2000), ..everything.clone() }, "reason"),
        (v1::SetPauseRequest { running: 9, ..everything }, "running"),
    ] {
        refused(operators.set_pause(request).await, Code::InvalidArgument, field);
    }
    let lift = v1::LiftPauseRequest { scope: 1, source: 3, ..Default::default() };
    refused(operators.lift_pause(lift).await, Code::InvalidArgument, "source_name");
    for body in [&b""[..], b"no json", b"7", b"\xff\xfe", b"[{\"event_type\":7}]"] {
        let status = operators.ingest(v1::IngestRequest { body: body.to_vec() }).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    }
    refused(operators.beat(v1::WorkerBeat::default()).await, Code::InvalidArgument, "name");
    let undelivered = v1::ListUndeliveredRequest { target: "nobody".into(), ..Default::default() };
    refused(operators.list_undelivered(undelivered).await, Code::NotFound, "nobody");
    let again = v1::RedeliverRequest { target: "nobody".into(), sequence: Some(u64::MAX) };
    refused(operators.redeliver(again).await, Code::NotFound, "nobody");
    assert_eq!(cluster.sequence().await, before, "nothing has changed");
}

fn hello(node: &str) -> v1::Hello {
    let renderers = [("actor".to_owned(), String::new())].into();
    let capabilities = v1::Capabilities { renderers, slots: 1, ..Default::default() };
    v1::Hello { node: node.into(), capabilities: Some(capabilities), ..Default::default() }
}

/// What a node's session answers to these messages: its end.
async fn session(api: &Api, bodies: Vec<Body>) -> Status {
    let (to, messages) = tokio::sync::mpsc::channel(16);
    for body in bodies {
        to.send(v1::NodeMessage { body: Some(body) }).await.unwrap();
    }
    let stream = tokio_stream::wrappers::ReceiverStream::new(messages);
    let mut answers = match api.nodes.clone().session(stream).await {
        Ok(answers) => answers.into_inner(),
        Err(status) => return status,
    };
    let end = async {
        loop {
            if let Err(status) = answers.message().await.map(|message| message.expect("a word at its end")) {
                return status;
            }
        }
    };
    let status = tokio::time::timeout(crate::harness::LONG, end).await.expect("the session is ended");
    drop(to);
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_talks_nonsense_is_told_so_and_changes_nothing() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let before = cluster.sequence().await;
    let nameless = v1::Hello { node: "no name!".into(), ..hello("x") };
    let bare = v1::Hello { capabilities: None, ..hello("x") };
    let pulse = v1::Pulse::default();
    for (body, field) in [
        (Body::Pulse(pulse), "hello"),
        (Body::Hello(nameless), "hello.node"),
        (Body::Hello(bare), "capabilities"),
    ] {
        let status = session(&cluster.api, vec![body]).await;
        refused(Err::<(), _>(status), Code::InvalidArgument, field);
    }
    // Who leaves before a word is not refused: a node that is does not come back.
    let silent = cluster.api.nodes.clone().session(tokio_stream::empty()).await.unwrap_err();
    assert_eq!(silent.code(), Code::Aborted, "{silent}");
    assert_eq!(cluster.sequence().await, before, "nothing has changed");

    // From here on the node is known, and only its coming and going may be in the log.
    let report = |report| Body::Reports(v1::Reports { reports: vec![report] });
    let empty = v1::Report { number: 1, token: 1, what: None };
    let backwards = v1::Proven { frames: vec![v1::FrameRange { first: 9, last: 1 }], ..Default::default() };
    let backwards = v1::Report { number: 1, token: 1, what: Some(v1::report::What::Proven(backwards)) };
    let log = v1::LogChunk { job: "none".into(), ..Default::default() };
    for (body, field) in [
        (Body::Hello(hello("ghost")), "hello"),
        (report(empty), "reports[0]"),
        (report(backwards), "frames"),
        (Body::Log(log), "log.job"),
    ] {
        let status = session(&cluster.api, vec![Body::Hello(hello("ghost")), body]).await;
        refused(Err::<(), _>(status), Code::InvalidArgument, field);
    }
    // Reports about leases that never were are dealt with, and are worth nothing.
    let proven = v1::Proven { frames: vec![v1::FrameRange { first: 1, last: 5 }], ..Default::default() };
    let invented = v1::Report { number: 1, token: 77, what: Some(v1::report::What::Proven(proven)) };
    let nonsense = Body::Hello(hello("ghost"));
    session(&cluster.api, vec![Body::Hello(hello("ghost")), report(invented), nonsense]).await;
    cluster.offline("ghost", 0).await;
    let surprising: Vec<_> = cluster
        .events()
        .into_iter()
        .filter(|event| event.sequence > before && event.node() != "ghost")
        .collect();
    assert!(surprising.is_empty(), "{surprising:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn generic_clients_find_health_and_reflection() {
    let cluster = Cluster::lead(Recipe::new()).await;
    let mut health = HealthClient::new(cluster.api.channel.clone());
    for service in ["", "callsheet.v1.Jobs", "callsheet.v1.Nodes", "callsheet.v1.Cluster"] {
        let answer = health.check(HealthCheckRequest { service: service.into() }).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let unknown = health.check(HealthCheckRequest { service: "callsheet.v1.Coffee".into() }).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);

    let mut reflection = ServerReflectionClient::new(cluster.api.channel.clone());
    let ask = |message| ServerReflectionRequest { host: String::new(), message_request: Some(message) };
    let questions = tokio_stream::iter([
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("callsheet.v1.JobSpec".into())),
    ]);
    let mut answers = reflection.server_reflection_info(questions).await.unwrap().into_inner();
    let mut answer = async || -> MessageResponse {
        let answer: ServerReflectionResponse = answers.message().await.unwrap().unwrap();
        answer.message_response.unwrap()
    };
    let MessageResponse::ListServicesResponse(list) = answer().await else { panic!("no list of services") };
    let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    for service in ["callsheet.v1.Jobs", "callsheet.v1.Nodes", "callsheet.v1.Cluster"] {
        assert!(names.iter().any(|name| name == service), "{service} is not among {names:?}");
    }
    let MessageResponse::FileDescriptorResponse(files) = answer().await else { panic!("no description") };
    assert!(!files.file_descriptor_proto.is_empty());
}
