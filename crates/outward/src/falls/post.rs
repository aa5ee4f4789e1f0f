//! Everyone who is told in these tests, over real sockets: a webhook for events, two channels for alerts (Telegram,
//! which cannot tell repeats apart, and a webhook, which can), and a collector of traces. What arrives is kept, and
//! something can be done at the moment of an arrival, when its sender does not know of it yet.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use callsheet_config::{AlertChannel, AlertWay, OutwardConfig, Webhook};
use callsheet_supervision::Held;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// The channel that cannot tell repeats apart.
pub(super) const PEOPLE: &str = "people";
/// The channel that can.
pub(super) const DESK: &str = "desk";

/// No try takes longer, by a clock that runs on while bytes are on their way.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
const SOON: Duration = Duration::from_millis(10);

/// Done at a request.
struct Strike {
    /// Its number.
    at: usize,
    /// It comes to nobody.
    is_lost: bool,
    strike: Box<dyn FnOnce() + Send>,
}

/// What has arrived.
#[derive(Default)]
pub(super) struct Arrived {
    /// Ids and numbers of events, in order.
    pub(super) events: Vec<(String, u64)>,
    /// Texts of alerts.
    pub(super) texts: Vec<String>,
    /// Ids of alerts.
    pub(super) alerts: Vec<String>,
    pub(super) spans: Vec<Span>,
    /// Of all kinds.
    pub(super) requests: usize,
    strike: Option<Strike>,
}

/// Whoever is told.
#[derive(Clone)]
struct Receiver {
    arrived: Arc<Mutex<Arrived>>,
    answer: watch::Receiver<Answer>,
}

/// What is said of events that arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Taken,
    Refused,
    /// Nothing, until something else is to be said.
    Nothing,
}

impl Receiver {
    /// Whether it does.
    fn arrives(&self, keep: impl FnOnce(&mut Arrived)) -> bool {
        let mut arrived = self.arrived.lock().unwrap();
        arrived.requests += 1;
        let nth = arrived.requests;
        let strike = arrived.strike.take_if(|strike| strike.at == nth);
        let is_kept = strike.as_ref().is_none_or(|strike| !strike.is_lost);
        if is_kept {
            keep(&mut arrived);
        }
        if let Some(strike) = strike {
            (strike.strike)();
        }
        is_kept
    }
}

async fn take(
    State(receiver): State<Receiver>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let json: Value = serde_json::from_str(&body).unwrap();
    let is_kept = match uri.path() {
        "/events" => {
            let number = json["sequence"].as_u64().unwrap();
            receiver.arrives(|arrived| arrived.events.push((header("webhook-id"), number)))
        }
        "/alerts" => receiver.arrives(|arrived| arrived.alerts.push(header("webhook-id"))),
        _ => {
            let text = json["text"].as_str().unwrap().to_owned();
            receiver.arrives(|arrived| arrived.texts.push(text))
        }
    };
    if uri.path() == "/events" {
        let mut answer = receiver.answer.clone();
        let said = answer.wait_for(|answer| *answer != Answer::Nothing).await;
        if said.is_ok_and(|answer| *answer == Answer::Refused) {
            return (StatusCode::FORBIDDEN, String::new());
        }
    }
    match is_kept {
        true => (StatusCode::OK, r#"{"ok":true,"result":{}}"#.to_owned()),
        false => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes =
            request.into_inner().resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        let spans: Vec<Span> = scopes.flat_map(|scope| scope.spans).collect();
        if !self.arrives(|arrived| arrived.spans.extend(spans)) {
            return Err(Status::unavailable("it is lost"));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// All of them.
pub(super) struct Post {
    receiver: Receiver,
    answer: watch::Sender<Answer>,
    url: String,
    collector: String,
    secrets: TempDir,
    _serving: [Held; 2],
}

impl Post {
    pub(super) async fn open() -> Self {
        let (answer, answers) = watch::channel(Answer::Taken);
        let receiver = Receiver { arrived: Arc::default(), answer: answers };
        let [doors, collects] = [listen().await, listen().await];
        let url = format!("http://{}", doors.local_addr().unwrap());
        let collector = format!("http://{}", collects.local_addr().unwrap());
        let takes = Router::new().fallback(take).with_state(receiver.clone());
        let traces = TraceServiceServer::new(receiver.clone());
        let _serving = [
            Held::spawn(async move { axum::serve(doors, takes).await.unwrap() }),
            Held::spawn(async move {
                let server = tonic::transport::Server::builder().add_service(traces);
                server.serve_with_incoming(TcpListenerStream::new(collects)).await.unwrap();
            }),
        ];
        let secrets = tempfile::tempdir().unwrap();
        std::fs::write(secrets.path().join("token"), "4711:token").unwrap();
        Self { receiver, answer, url, collector, secrets, _serving }
    }

    /// A config in which all of them are told.
    pub(super) fn config(&self) -> OutwardConfig {
        let channel = |name: &str, way| AlertChannel {
            name: name.into(),
            way,
            timeout: PATIENCE,
            retry_first: SOON,
            retry_max: SOON,
            give_up: 365 * PATIENCE,
        };
        let telegram = AlertWay::Telegram {
            url: self.url.clone(),
            token_file: self.secrets.path().join("token"),
            chat: "-100".into(),
        };
        let desk = AlertWay::Webhook { url: format!("{}/alerts", self.url), secret_file: None };
        let webhook = Webhook {
            name: "studio".into(),
            url: format!("{}/events", self.url),
            secret_file: None,
            types: vec!["call.*".into()],
            project: None,
            timeout: PATIENCE,
            attempts: 3,
            retry_first: SOON,
            retry_max: SOON,
        };
        OutwardConfig {
            alerts: vec![channel(PEOPLE, telegram), channel(DESK, desk)],
            webhooks: vec![webhook],
            otlp: Some(self.collector.clone()),
            ..OutwardConfig::default()
        }
    }

    pub(super) fn arrived<T>(&self, look: impl FnOnce(&Arrived) -> T) -> T {
        look(&self.receiver.arrived.lock().unwrap())
    }

    /// Does this when a request arrives as the one of this number, counted from 1, before its sender knows; and
    /// loses it, if that is wanted.
    pub(super) fn at_request(&self, at: usize, is_lost: bool, strike: impl FnOnce() + Send + 'static) {
        let strike = Strike { at, is_lost, strike: Box::new(strike) };
        self.receiver.arrived.lock().unwrap().strike = Some(strike);
    }

    /// From now on this is said of events.
    pub(super) fn answers(&self, answer: Answer) {
        self.answer.send_replace(answer);
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}
