//! A leader played by the test: it listens for real, says what the test says, and answers pulses by itself.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use callsheet_protocol::v1;
use callsheet_protocol::v1::leader_message::Body as Down;
use callsheet_protocol::v1::node_message::Body as Up;
use callsheet_protocol::v1::nodes_server::{Nodes, NodesServer};
use callsheet_protocol::v1::report::What;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_stream::Stream;
use tokio_stream::wrappers::{TcpListenerStream, UnboundedReceiverStream};
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tonic::{Request, Response, Status, Streaming};

use crate::processes::LONG;

pub(crate) struct Leader {
    pub(crate) address: SocketAddr,
    sessions: mpsc::UnboundedReceiver<Session>,
    /// How often a template was asked for.
    pub(crate) fetches: Arc<AtomicUsize>,
    pub(crate) unanswered: Arc<Unanswered>,
    server: JoinHandle<()>,
}

/// One stream of a node.
pub(crate) struct Session {
    down: mpsc::UnboundedSender<Result<v1::LeaderMessage, Status>>,
    up: mpsc::UnboundedReceiver<Up>,
    /// While set, pulses are answered.
    pub(crate) answers: Arc<AtomicBool>,
    /// What came while something else was waited for.
    pub(crate) seen: Vec<Up>,
}

/// Templates that are asked for and never come.
#[derive(Default)]
pub(crate) struct Unanswered {
    /// While set, only [`TEMPLATE`] comes.
    pub(crate) begins: AtomicBool,
    open: AtomicUsize,
    /// Most that were waited for at the same time.
    pub(crate) most: AtomicUsize,
}

/// One that is waited for.
struct Waits(Arc<Unanswered>);

impl Waits {
    fn begin(unanswered: &Arc<Unanswered>) -> Self {
        let open = unanswered.open.fetch_add(1, Ordering::SeqCst) + 1;
        unanswered.most.fetch_max(open, Ordering::SeqCst);
        Self(unanswered.clone())
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Door {
    /// What every hello is refused with, if at all.
    refusal: Option<Status>,
    sessions: mpsc::UnboundedSender<Session>,
    fetches: Arc<AtomicUsize>,
    unanswered: Arc<Unanswered>,
    template: Vec<u8>,
}

#[tonic::async_trait]
impl Nodes for Door {
    type SessionStream = UnboundedReceiverStream<Result<v1::LeaderMessage, Status>>;
    type FetchTemplateStream = UnboundedReceiverStream<Result<v1::TemplatePiece, Status>>;

    async fn session(
        &self,
        request: Request<Streaming<v1::NodeMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let mut stream = request.into_inner();
        if let Some(refusal) = &self.refusal {
            // As a leader does: once it has the hello.
            let _ = stream.message().await;
            return Err(refusal.clone());
        }
        let (down, answers_down) = mpsc::unbounded_channel();
        let (heard, up) = mpsc::unbounded_channel();
        let answers = Arc::new(AtomicBool::new(true));
        let (pulses, answering) = (down.clone(), answers.clone());
        let session = Session { down, up, answers, seen: Vec::new() };
        self.sessions.send(session).map_err(|_| Status::unavailable("the test is over"))?;
        tokio::spawn(async move {
            while let Ok(Some(message)) = stream.message().await {
                let body = message.body.unwrap();
                if let Up::Pulse(pulse) = &body
                    && answering.load(Ordering::SeqCst)
                {
                    let ack = Down::PulseAck(v1::PulseAck { number: pulse.number });
                    let _ = pulses.send(Ok(v1::LeaderMessage { body: Some(ack) }));
                }
                if heard.send(body).is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(UnboundedReceiverStream::new(answers_down)))
    }

    async fn fetch_template(
        &self,
        request: Request<v1::FetchTemplateRequest>,
    ) -> Result<Response<Self::FetchTemplateStream>, Status> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let is_here = request.into_inner().md5 == format!("{:x}", md5::compute(&self.template));
        if self.unanswered.begins.load(Ordering::SeqCst) && !is_here {
            let _waits = Waits::begin(&self.unanswered);
            return std::future::pending().await;
        }
        let (pieces, stream) = mpsc::unbounded_channel();
        for piece in self.template.chunks(7) {
            let _ = pieces.send(Ok(v1::TemplatePiece { data: piece.to_vec() }));
        }
        Ok(Response::new(UnboundedReceiverStream::new(stream)))
    }
}

/// The template that every leader in these tests has.
pub(crate) const TEMPLATE: &[u8] = b"a project file with more than one piece of bytes";

impl Leader {
    pub(crate) async fn listen() -> Self {
        Self::listen_at("127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn listen_at(address: SocketAddr) -> Self {
        Self::with(address, None).await
    }

    /// One that takes no hello.
    pub(crate) async fn refusing(refusal: Status) -> Self {
        Self::with("127.0.0.1:0".parse().unwrap(), Some(refusal)).await
    }

    async fn with(address: SocketAddr, refusal: Option<Status>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        Self::over(address, refusal, TcpListenerStream::new(listener))
    }

    /// One that is reached in whatever way.
    pub(crate) fn over<S>(
        address: SocketAddr,
        refusal: Option<Status>,
        incoming: impl Stream<Item = io::Result<S>> + Send + 'static,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Connected + Send + Unpin + 'static,
    {
        let (sender, sessions) = mpsc::unbounded_channel();
        let fetches = Arc::new(AtomicUsize::new(0));
        let template = TEMPLATE.to_vec();
        let unanswered = Arc::<Unanswered>::default();
        let door = Door {
            refusal,
            sessions: sender,
            fetches: fetches.clone(),
            unanswered: unanswered.clone(),
            template,
        };
        let server = tokio::spawn(async move {
            Server::builder()
                .add_service(NodesServer::new(door))
                .serve_with_incoming(incoming)
                .await
                .unwrap();
        });
        Self { address, sessions, fetches, unanswered, server }
    }

    /// The next stream, with its hello, welcomed.
    pub(crate) async fn welcome(&mut self) -> (Session, v1::Hello) {
        self.welcome_beating(200).await
    }

    /// As above, with a heartbeat each so many milliseconds.
    pub(crate) async fn welcome_beating(&mut self, heartbeat_ms: u64) -> (Session, v1::Hello) {
        let mut session = self.dialled().await;
        let Up::Hello(hello) = session.next().await else { panic!("a hello comes first") };
        session.say(Down::Welcome(v1::Welcome {
            epoch: 1,
            silence_ms: 2_000,
            pulse_ms: 100,
            heartbeat_ms,
            log_bytes: 1 << 16,
        }));
        (session, hello)
    }

    /// The next stream; what was said on it is still to be heard.
    pub(crate) async fn dialled(&mut self) -> Session {
        timeout(LONG, self.sessions.recv()).await.expect("a node dials").unwrap()
    }

    /// As if the process died: its port is closed, and all streams break.
    pub(crate) async fn die(self) -> SocketAddr {
        let Self { address, mut sessions, server, .. } = self;
        server.abort();
        let _ = server.await;
        sessions.close();
        while sessions.recv().await.is_some() {}
        address
    }
}

impl Session {
    pub(crate) fn say(&self, body: Down) {
        self.down.send(Ok(v1::LeaderMessage { body: Some(body) })).unwrap();
    }

    /// Ends the stream from this side, after all that was said.
    pub(crate) fn break_off(self) {
        self.down.send(Err(Status::unavailable("the test broke it off"))).unwrap();
    }

    pub(crate) async fn next(&mut self) -> Up {
        timeout(LONG, self.up.recv()).await.expect("the node says something").expect("the stream lives")
    }

    /// Waits for a message of some kind. Others are kept in `seen`.
    pub(crate) async fn wait_for<T>(&mut self, mut wanted: impl FnMut(&Up) -> Option<T>) -> T {
        loop {
            let message = self.next().await;
            let found = wanted(&message);
            self.seen.push(message);
            if let Some(found) = found {
                return found;
            }
        }
    }

    /// The reports from here on, until this many frames are proven and the lease has ended, as text.
    pub(crate) async fn reports_until_the_end(&mut self, token: u64) -> Vec<String> {
        let mut reports = Vec::new();
        loop {
            let Up::Reports(more) = self.next().await else { continue };
            // How long getting ready took is another matter, and takes another time in every run.
            let told =
                |report: &v1::Report| report.token == token && !matches!(report.what, Some(What::Began(_)));
            for report in more.reports.into_iter().filter(told) {
                let line = words(&report);
                let is_end = matches!(report.what, Some(What::Ended(_)));
                reports.push(line);
                if is_end {
                    return reports;
                }
            }
        }
    }

    /// The number of a report that says this. Reports come in batches, so it may have come already.
    pub(crate) async fn report(&mut self, wanted: &str) -> u64 {
        let number = |message: &Up| {
            let Up::Reports(reports) = message else { return None };
            reports.reports.iter().find(|report| words(report) == wanted).map(|report| report.number)
        };
        match self.seen.iter().find_map(number) {
            Some(number) => number,
            None => self.wait_for(number).await,
        }
    }

    /// How a lease ended.
    pub(crate) async fn end_of(&mut self, token: u64) -> v1::Ended {
        let end = |message: &Up| {
            let Up::Reports(reports) = message else { return None };
            let mut whats = reports.reports.iter().filter(|report| report.token == token);
            whats.find_map(|report| match report.what.as_ref() {
                Some(What::Ended(ended)) => Some(ended.clone()),
                _ => None,
            })
        };
        match self.seen.iter().find_map(end) {
            Some(ended) => ended,
            None => self.wait_for(end).await,
        }
    }

    /// Waits until the node has ended the stream.
    pub(crate) async fn is_over(&mut self) {
        while let Some(message) = timeout(LONG, self.up.recv()).await.expect("the stream ends") {
            self.seen.push(message);
        }
    }
}

/// A report in words: `7: proven 1-2`.
pub(crate) fn words(report: &v1::Report) -> String {
    let set = |ranges: &[v1::FrameRange]| callsheet_protocol::ranges_from_wire("frames", ranges).unwrap();
    let what = match report.what.as_ref().unwrap() {
        What::Proven(proven) => format!("proven {}", set(&proven.frames)),
        What::Published(published) => format!("published {}", set(&published.frames)),
        What::Lost(lost) => format!("lost {}", set(&lost.frames)),
        What::Began(_) => "began".to_owned(),
        What::Ended(ended) => match &ended.failure {
            Some(failure) => format!("failed {:?} {}", failure.class(), set(&ended.blamed)),
            None => format!("{:?}", ended.how()),
        },
    };
    format!("{}: {}", report.token, what.trim())
}
