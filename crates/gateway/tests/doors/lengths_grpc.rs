//! Every text of every request over gRPC has a bound, and a refusal that names it. The table below is held against
//! the protocol's own description: a text that is added there and not here fails the test.

use std::collections::BTreeSet;

use callsheet_protocol::v1::cluster_client::ClusterClient;
use callsheet_protocol::v1::jobs_client::JobsClient;
use callsheet_protocol::v1::node_message::Body;
use callsheet_protocol::v1::nodes_client::NodesClient;
use callsheet_protocol::{DESCRIPTORS, v1};
use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use crate::bench::{Bench, PERSON};

/// Of these nothing is refused: they are cut to the limits on evidence, since a report has to be settled.
const CUT: [&str; 3] = ["Failure.evidence", "Failure.exit", "Failure.message"];
/// These are for those who watch: what a node says there is not listened to.
const UNHEARD: [&str; 3] = ["CacheUpdate.node", "LogChunk.node", "Progress.node"];

const JOB: &str = "018f2d3c-1111-7222-8333-0123456789ab";

/// Longer than any text may be that is not a whole document.
fn long() -> String {
    "x".repeat(600_000)
}

/// All texts that can come in.
fn texts() -> BTreeSet<String> {
    fn walk(message: &MessageDescriptor, seen: &mut BTreeSet<String>, texts: &mut BTreeSet<String>) {
        if !seen.insert(message.full_name().to_owned()) {
            return;
        }
        for field in message.fields() {
            match field.kind() {
                Kind::String => drop(texts.insert(format!("{}.{}", message.name(), field.name()))),
                Kind::Message(inner) => walk(&inner, seen, texts),
                _ => {}
            }
        }
    }
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let (mut seen, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for service in pool.services() {
        service.methods().for_each(|method| walk(&method.input(), &mut seen, &mut texts));
    }
    texts
}

/// What was refused, by the text that was too long.
#[derive(Default)]
struct Table(Vec<(&'static str, Status)>);

/// Asks with each of these requests, and notes the refusal.
macro_rules! ask {
    ($table:ident, $client:expr, $call:ident, $($message:ident { $field:ident $(, $other:ident: $value:expr)* })*) => {$(
        #[allow(clippy::needless_update, reason = "some requests have no other fields")]
        let request = v1::$message { $field: long().into(), $($other: $value,)* ..Default::default() };
        let mut request = Request::new(request);
        request.metadata_mut().insert("x-actor-id", PERSON.parse().unwrap());
        let refusal = $client.$call(request).await.map(|_| ()).unwrap_err();
        $table.0.push((concat!(stringify!($message), ".", stringify!($field)), refusal));
    )*};
}

async fn jobs(table: &mut Table, mut jobs: JobsClient<Channel>) {
    ask!(table, jobs, submit, SubmitRequest { id });
    ask!(table, jobs, get, GetJobRequest { id });
    ask!(table, jobs, list, ListJobsRequest { page_token } ListJobsRequest { project } ListJobsRequest { name_contains });
    ask!(table, jobs, frames, FramesRequest { id } FramesRequest { step, id: JOB.into() });
    ask!(table, jobs, cancel, CancelRequest { id } CancelRequest { reason, id: JOB.into() });
    ask!(table, jobs, pause, PauseRequest { id });
    ask!(table, jobs, resume, ResumeRequest { id });
    ask!(table, jobs, prioritise, PrioritiseRequest { id, priority: Some(1) });
    ask!(table, jobs, retry, RetryRequest { id } RetryRequest { frames, id: JOB.into() });
    ask!(table, jobs, approve, ApproveRequest { id } ApproveRequest { comments, id: JOB.into() });
    ask!(table, jobs, deny, DenyRequest { id, reason: "so".into() } DenyRequest { reason, id: JOB.into() });
    ask!(table, jobs, timeline, TimelineRequest { id });
    ask!(table, jobs, watch, WatchJobRequest { id });
    ask!(table, jobs, logs, LogsRequest { id });
    let md5s = v1::MissingTemplatesRequest { md5s: vec![long()] };
    table.0.push(("MissingTemplatesRequest.md5s", jobs.missing_templates(md5s).await.unwrap_err()));
    let piece = v1::PutTemplateRequest { md5: long(), ..Default::default() };
    let refusal = jobs.put_template(tokio_stream::iter([piece])).await.unwrap_err();
    table.0.push(("PutTemplateRequest.md5", refusal));
}

/// A job with one text too long, anywhere in it.
async fn specs(table: &mut Table, mut jobs: JobsClient<Channel>) {
    let step = || v1::StepSpec { name: "frames".into(), renderer: "lottie".into(), ..Default::default() };
    let with =
        |step| v1::JobSpec { name: "a".into(), project: "b".into(), steps: vec![step], ..Default::default() };
    let approval = |approval| v1::JobSpec { approval: Some(approval), ..with(step()) };
    let template = |template| with(v1::StepSpec { template: Some(template), ..step() });
    let md5 = || "07".repeat(16);
    let requires = |requires| with(v1::StepSpec { requires: Some(requires), ..step() });
    let described = || v1::Approval { kind: "release".into(), description: "?".into(), ..Default::default() };
    for (text, spec) in [
        ("JobSpec.name", v1::JobSpec { name: long(), ..with(step()) }),
        ("JobSpec.project", v1::JobSpec { project: long(), ..with(step()) }),
        ("Approval.kind", approval(v1::Approval { kind: long(), ..described() })),
        ("Approval.description", approval(v1::Approval { description: long(), ..described() })),
        ("StepSpec.name", with(v1::StepSpec { name: long(), ..step() })),
        ("StepSpec.renderer", with(v1::StepSpec { renderer: long(), ..step() })),
        ("StepSpec.frames", with(v1::StepSpec { frames: long(), ..step() })),
        ("StepSpec.output", with(v1::StepSpec { output: format!("/{}.png", long()), ..step() })),
        ("StepSpec.after", with(v1::StepSpec { after: vec![long()], ..step() })),
        ("StepSpec.settings_json", with(v1::StepSpec { settings_json: long(), ..step() })),
        ("Template.md5", template(v1::Template { md5: long(), ..Default::default() })),
        ("Template.name", template(v1::Template { md5: md5(), name: long(), ..Default::default() })),
        ("Template.path", template(v1::Template { md5: md5(), path: long(), ..Default::default() })),
        ("Requirements.labels", requires(v1::Requirements { labels: vec![long()], ..Default::default() })),
        (
            "Requirements.renderer_version",
            requires(v1::Requirements { renderer_version: long(), ..Default::default() }),
        ),
    ] {
        let request = v1::SubmitRequest { spec: Some(spec), ..Default::default() };
        table.0.push((text, jobs.submit(request).await.unwrap_err()));
    }
}

async fn cluster(table: &mut Table, mut cluster: ClusterClient<Channel>) {
    ask!(table, cluster, drain, DrainRequest { node });
    ask!(table, cluster, undrain, UndrainRequest { node });
    ask!(table, cluster, clear_node, ClearNodeRequest { node } ClearNodeRequest { renderer, node: "anna".into() });
    ask!(table, cluster, events, EventsRequest { job } EventsRequest { run } EventsRequest { workflow }
        EventsRequest { node } EventsRequest { project } EventsRequest { agent } EventsRequest { user }
        EventsRequest { correlation });
    let types = v1::EventsRequest { types: vec![long()], ..Default::default() };
    table.0.push(("EventsRequest.types", cluster.events(types).await.map(|_| ()).unwrap_err()));
    ask!(table, cluster, set_pause, SetPauseRequest { name, scope: 3 } SetPauseRequest { reason, scope: 1 });
    ask!(table, cluster, lift_pause, LiftPauseRequest { name, scope: 3 }
        LiftPauseRequest { source_name, scope: 1, source: 2 });
    ask!(table, cluster, beat, WorkerBeat { name }
        WorkerBeat { mode, name: "desk".into(), kind: 2, state: 4, ts_ms: 1 });
    ask!(table, cluster, list_undelivered, ListUndeliveredRequest { target });
    ask!(table, cluster, redeliver, RedeliverRequest { target });
}

/// What a node's session ends with that says this.
async fn session(bench: &Bench, hello: v1::Hello, then: Option<Body>) -> Status {
    let mut nodes = NodesClient::connect(bench.grpc.clone()).await.unwrap();
    let said = [Some(Body::Hello(hello)), then].into_iter().flatten();
    let said: Vec<_> = said.map(|body| v1::NodeMessage { body: Some(body) }).collect();
    let mut told = match nodes.session(tokio_stream::iter(said)).await {
        Ok(told) => told.into_inner(),
        Err(status) => return status,
    };
    loop {
        match told.message().await {
            Ok(message) => assert!(message.is_some(), "the session ends with a word"),
            Err(status) => return status,
        }
    }
}

fn hello() -> v1::Hello {
    let capabilities = v1::Capabilities { slots: 1, ..Default::default() };
    v1::Hello { node: "bruno".into(), capabilities: Some(capabilities), ..Default::default() }
}

async fn nodes(table: &mut Table, bench: &Bench) {
    let able = |capabilities| v1::Hello {
        capabilities: Some(v1::Capabilities { slots: 1, ..capabilities }),
        ..hello()
    };
    let renderers = |name: String, versions: String| v1::Capabilities {
        renderers: [(name, versions)].into(),
        ..Default::default()
    };
    for (text, hello) in [
        ("Hello.node", v1::Hello { node: long(), ..hello() }),
        ("Hello.cached_templates", v1::Hello { cached_templates: vec![long()], ..hello() }),
        ("RenderersEntry.key", able(renderers(long(), String::new()))),
        ("RenderersEntry.value", able(renderers("lottie".into(), long()))),
        ("Capabilities.labels", able(v1::Capabilities { labels: vec![long()], ..Default::default() })),
        ("Capabilities.os", able(v1::Capabilities { os: long(), ..Default::default() })),
        (
            "Capabilities.agent_version",
            able(v1::Capabilities { agent_version: long(), ..Default::default() }),
        ),
        ("Capabilities.region", able(v1::Capabilities { region: long(), ..Default::default() })),
    ] {
        table.0.push((text, session(bench, hello, None).await));
    }
    let mut client = NodesClient::connect(bench.grpc.clone()).await.unwrap();
    let fetch = v1::FetchTemplateRequest { md5: long() };
    table.0.push(("FetchTemplateRequest.md5", client.fetch_template(fetch).await.map(|_| ()).unwrap_err()));
    for (text, body) in said() {
        table.0.push((text, session(bench, hello(), Some(body)).await));
    }
}

/// What a node says in a session, each with one text too long.
fn said() -> Vec<(&'static str, Body)> {
    use v1::player_change::Change;
    let actor = |change| {
        Body::Troupe(v1::Troupe { changes: vec![v1::PlayerChange { change: Some(change) }], whole: false })
    };
    let spawned = |spawned| actor(Change::Spawned(spawned));
    let status = |status| actor(Change::Status(status));
    let ended = |ended| actor(Change::Ended(ended));
    let (instance, word) = (|| JOB.to_owned(), || "cache".to_owned());
    let beat = v1::Heartbeat { status: 1, current_token: Some(1), ..Default::default() };
    let verified = || v1::CacheUpdate { action: 3, md5: "07".repeat(16), ..Default::default() };
    vec![
        ("Heartbeat.current_job", Body::Heartbeat(v1::Heartbeat { current_job: long(), ..beat.clone() })),
        (
            "Heartbeat.cached_templates",
            Body::Heartbeat(v1::Heartbeat { current_token: None, cached_templates: vec![long()], ..beat }),
        ),
        ("Progress.job", Body::Progress(v1::Progress { job: long(), ..Default::default() })),
        ("LogChunk.job", Body::Log(v1::LogChunk { job: long(), ..Default::default() })),
        ("LogChunk.text", Body::Log(v1::LogChunk { text: long(), job: JOB.into(), ..Default::default() })),
        ("CacheUpdate.md5", Body::Cache(v1::CacheUpdate { md5: long(), ..verified() })),
        ("CacheUpdate.error", Body::Cache(v1::CacheUpdate { error: long(), ..verified() })),
        ("CacheUpdate.project_id", Body::Cache(v1::CacheUpdate { project_id: long(), ..verified() })),
        (
            "PlayerSpawned.instance",
            spawned(v1::PlayerSpawned { instance: long(), role: word(), name: word() }),
        ),
        (
            "PlayerSpawned.role",
            spawned(v1::PlayerSpawned { instance: instance(), role: long(), name: word() }),
        ),
        (
            "PlayerSpawned.name",
            spawned(v1::PlayerSpawned { instance: instance(), role: word(), name: long() }),
        ),
        (
            "PlayerStatus.instance",
            status(v1::PlayerStatus { instance: long(), status: word(), reason: word() }),
        ),
        (
            "PlayerStatus.status",
            status(v1::PlayerStatus { instance: instance(), status: long(), reason: word() }),
        ),
        (
            "PlayerStatus.reason",
            status(v1::PlayerStatus { instance: instance(), status: word(), reason: long() }),
        ),
        (
            "PlayerEnded.instance",
            ended(v1::PlayerEnded { instance: long(), status: "failed".into(), reason: word() }),
        ),
        (
            "PlayerEnded.status",
            ended(v1::PlayerEnded { instance: instance(), status: long(), reason: word() }),
        ),
        (
            "PlayerEnded.reason",
            ended(v1::PlayerEnded { instance: instance(), status: "failed".into(), reason: long() }),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_too_long_is_refused_by_its_name_whichever_it_is() {
    let bench = Bench::start().await;
    let mut table = Table::default();
    jobs(&mut table, JobsClient::connect(bench.grpc.clone()).await.unwrap()).await;
    specs(&mut table, JobsClient::connect(bench.grpc.clone()).await.unwrap()).await;
    cluster(&mut table, ClusterClient::connect(bench.grpc.clone()).await.unwrap()).await;
    nodes(&mut table, &bench).await;
    for (text, status) in &table.0 {
        assert_eq!(status.code(), Code::InvalidArgument, "{text}: {status}");
        let field = match text.split_once('.').unwrap().1 {
            "key" | "value" => "renderers",
            field => field,
        };
        assert!(status.message().contains(field), "{text}: {status}");
        assert!(status.message().len() < 4100, "{text}: {} bytes", status.message().len());
    }
    let mut ruled: BTreeSet<&str> = table.0.iter().map(|(text, _)| *text).collect();
    ruled.extend(CUT.iter().chain(&UNHEARD));
    let texts = texts();
    let texts: BTreeSet<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(ruled, texts, "every text has a row here, and every row is a text");
}

/// However many mistakes there are, the answer fits into a header, and comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_with_thousands_of_mistakes_is_refused_in_a_few_words() {
    let bench = Bench::start().await;
    let mut jobs = JobsClient::connect(bench.grpc.clone()).await.unwrap();
    let wrong = |count: usize, after: bool| {
        let step = |nth: usize| v1::StepSpec {
            name: format!("{nth} \u{e4}").repeat(9),
            after: if after { vec!["nobody".into()] } else { Vec::new() },
            ..Default::default()
        };
        v1::JobSpec {
            name: "many".into(),
            project: "x".into(),
            steps: (0..count).map(step).collect(),
            ..Default::default()
        }
    };
    for (spec, field) in [
        (wrong(256, true), "after[0]"),
        (wrong(256, false), "steps[0].name"),
        (wrong(20_000, true), "spec.steps"),
    ] {
        let request = v1::SubmitRequest { spec: Some(spec), ..Default::default() };
        let status = jobs.submit(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        assert!(status.message().contains(field) && status.message().len() < 4100, "{status}");
    }
}
