//! Traces, told to a collector that speaks OTLP over gRPC and can fail.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::node::{Hand, submit};
use crate::common::{Stage, within};
use callsheet_config::OutwardConfig;
use callsheet_events::Filter;
use callsheet_leader::{Leader, SchedulerCommand, Wanted};
use callsheet_model::{Failure, FailureClass, JobId};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status, transport};

/// What it has been told, and what it says to the next requests.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    trouble: Arc<Mutex<VecDeque<Code>>>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        if let Some(code) = self.trouble.lock().unwrap().pop_front() {
            return Err(Status::new(code, "as told"));
        }
        for resource in request.into_inner().resource_spans {
            let attributes = resource.resource.unwrap().attributes;
            assert!(attributes.iter().any(|pair| pair.key == "service.name"));
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.spans.lock().unwrap().extend(spans);
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    async fn start() -> (Self, OutwardConfig) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let otlp = Some(format!("http://{}", listener.local_addr().unwrap()));
        let server = transport::Server::builder().add_service(TraceServiceServer::new(collector.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (collector, OutwardConfig { otlp, ..OutwardConfig::default() })
    }

    /// All spans of a job, once there are this many.
    async fn trace(&self, job: JobId, count: usize) -> Vec<Span> {
        let poll = async {
            loop {
                let spans: Vec<Span> = self.spans.lock().unwrap().clone();
                let of_job: Vec<Span> =
                    spans.into_iter().filter(|span| span.trace_id == job.0.as_bytes()).collect();
                if of_job.len() >= count {
                    return of_job;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within("spans", poll).await
    }
}

fn failed(span: &Span) -> Option<&str> {
    let status = span.status.as_ref().unwrap();
    (status.code == StatusCode::Error as i32).then_some(status.message.as_str())
}

fn attribute(span: &Span, key: &str) -> String {
    let value = span.attributes.iter().find(|pair| pair.key == key).unwrap().value.clone().unwrap();
    match value.value.unwrap() {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Every span hangs below one that is there and covers it, and no id is there twice.
fn check(spans: &[Span]) {
    let by_id: BTreeMap<&[u8], &Span> = spans.iter().map(|span| (span.span_id.as_slice(), span)).collect();
    assert_eq!(by_id.len(), spans.len(), "an id came twice");
    for span in spans {
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano, "{span:?}");
        assert_eq!(span.span_id.len(), 8);
        let Some(parent) = by_id.get(span.parent_span_id.as_slice()) else {
            assert!(span.parent_span_id.is_empty(), "its parent was never told: {span:?}");
            continue;
        };
        let covered = parent.start_time_unix_nano <= span.start_time_unix_nano;
        assert!(covered && span.end_time_unix_nano <= parent.end_time_unix_nano, "{parent:?} {span:?}");
    }
    assert_eq!(spans.iter().filter(|span| span.parent_span_id.is_empty()).count(), 1, "a trace has one root");
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[tokio::test]
async fn a_rendered_job_is_one_trace_from_submit_to_its_last_published_frame() {
    let (collector, config) = Collector::start().await;
    // A collector that is away for a while gets everything all the same.
    *collector.trouble.lock().unwrap() = [Code::Unavailable, Code::ResourceExhausted].into();
    let stage = Stage::start(config).await;
    let job = submit(&stage.leader, "1-2").await;
    let mut node = Hand::connect(&stage.leader, "anna").await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let lease = node.lease().await;
        tokens.push(lease.token.0.to_be_bytes().to_vec());
        node.render(&lease).await;
    }
    let spans = collector.trace(job, 12).await;
    check(&spans);
    let [root] = named(&spans, "job beauty")[..] else { panic!("{spans:?}") };
    assert!(root.parent_span_id.is_empty());
    assert_eq!(attribute(root, "callsheet.project"), "show");
    let [step] = named(&spans, "step frames")[..] else { panic!("{spans:?}") };
    assert_eq!(step.parent_span_id, root.span_id);
    let frame_jobs = named(&spans, "frame job render");
    assert_eq!(frame_jobs.iter().map(|span| span.span_id.clone()).collect::<Vec<_>>(), tokens);
    for frame_job in frame_jobs {
        assert_eq!(frame_job.parent_span_id, step.span_id);
        assert_eq!(attribute(frame_job, "callsheet.node"), "anna");
        assert_eq!(attribute(frame_job, "callsheet.bytes"), "7");
        let below = spans.iter().filter(|span| span.parent_span_id == frame_job.span_id);
        let phases: Vec<&str> = below.map(|span| span.name.as_str()).collect();
        assert_eq!(phases, ["fetch", "load", "render", "publish"]);
    }
    assert!(spans.iter().all(|span| failed(span).is_none()), "{spans:?}");
}

#[tokio::test]
async fn what_failed_is_an_error_and_a_retry_hangs_below_the_first_round() {
    let (collector, config) = Collector::start().await;
    let stage = Stage::start(config).await;
    let job = submit(&stage.leader, "1").await;
    let mut node = Hand::connect(&stage.leader, "anna").await;
    let lease = node.lease().await;
    let failure = Failure::new(FailureClass::Crash, "it fell over");
    node.fail(&lease, failure).await;
    let cancel = SchedulerCommand::CancelJob { job, reason: "no more".into() };
    stage.leader.command(cancel).await.unwrap();
    let spans = collector.trace(job, 3).await;
    check(&spans);
    assert!(failed(named(&spans, "frame job render")[0]).unwrap().ends_with("it fell over"), "{spans:?}");
    for name in ["job beauty", "step frames"] {
        assert_eq!(failed(named(&spans, name)[0]), Some("cancelled: no more"));
    }
    stage.leader.command(SchedulerCommand::RetryJob { job, frames: None }).await.unwrap();
    let lease = node.lease().await;
    node.render(&lease).await;
    let all = collector.trace(job, 10).await;
    let again = named(&all, "job beauty, retried")[0];
    assert_eq!(again.parent_span_id, named(&all, "job beauty")[0].span_id);
    assert_eq!(failed(again), None);
    let steps = named(&all, "step frames");
    assert_eq!((steps.len(), &steps[1].parent_span_id), (2, &again.span_id));
    assert_eq!(named(&all, "frame job render")[1].parent_span_id, steps[1].span_id);
}

/// The number of the last event that traces are made of.
async fn last_event(leader: &Leader) -> u64 {
    let types = ["job.*", "step.*", "frame_job.*"].map(str::to_owned).to_vec();
    let filter = Filter { types, ..Filter::default() };
    let mut events = leader.follow(Wanted { after: Some(0), follow: false, filter });
    let mut last = 0;
    while let Some(page) = events.recv().await {
        last = page.unwrap().last().map_or(last, |event| event.envelope.sequence);
    }
    last
}

#[tokio::test]
async fn a_leader_that_is_started_again_goes_on_with_the_same_trace() {
    let (collector, config) = Collector::start().await;
    let stage = Stage::start(config).await;
    let job = submit(&stage.leader, "1-2").await;
    let mut node = Hand::connect(&stage.leader, "anna").await;
    let lease = node.lease().await;
    node.render(&lease).await;
    // It is in the node's hands when the leader goes, and the node does not know of it when it is back.
    let lost = node.lease().await;
    collector.trace(job, 5).await;
    // Until its answer is heard, the collector may be told once more.
    stage.written("otlp", last_event(&stage.leader).await).await;
    let stage = stage.restart().await;
    let mut node = Hand::connect(&stage.leader, "anna").await;
    let lease = node.lease().await;
    node.render(&lease).await;
    let spans = collector.trace(job, 13).await;
    check(&spans);
    let lost_span = spans.iter().find(|span| span.span_id == lost.token.0.to_be_bytes()).unwrap();
    assert_eq!(failed(lost_span), Some("unknown_to_node"));
    assert_eq!(named(&spans, "frame job render").len(), 3);
    assert_eq!(failed(named(&spans, "job beauty")[0]), None);
}

#[tokio::test]
async fn spans_that_the_collector_will_never_take_do_not_hold_up_the_others() {
    let (collector, config) = Collector::start().await;
    let stage = Stage::start(config).await;
    let mut node = Hand::connect(&stage.leader, "anna").await;
    *collector.trouble.lock().unwrap() = [Code::InvalidArgument].into();
    submit(&stage.leader, "1").await;
    let lease = node.lease().await;
    node.render(&lease).await;
    // What is refused for ever is refused as it was sent: the other job's spans must not be among it.
    while !collector.trouble.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let job = submit(&stage.leader, "1").await;
    let lease = node.lease().await;
    node.render(&lease).await;
    check(&collector.trace(job, 7).await);
}
