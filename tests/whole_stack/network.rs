//! The simulated network as the stack sees it: a listener for the leader's doors, a way to dial for nodes and
//! clients. Two things that the simulation makes too easy are put right: a dial that gets lost is never answered
//! (there it would be refused, and a refusal says that nobody is there), and a dial over a link that is cut in one
//! direction only is not answered either.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use callsheet_gateway::Listener;
use callsheet_node::Dial;
use callsheet_tests::plug::Plug;
use tonic::codegen::http::Uri;
use tonic::transport::{Channel, Endpoint};
use turmoil::net::{TcpListener, TcpStream};

/// The leader's port.
pub(crate) const PORT: u16 = 7420;
/// The leader's host.
pub(crate) const LEADER: &str = "leader";

/// What is known of the network beside the simulation: which ways are cut, and whether the leader listens.
#[derive(Clone, Default)]
pub(crate) struct Ways {
    cut: Arc<Mutex<BTreeSet<(String, String)>>>,
    listens: Arc<AtomicBool>,
}

impl Ways {
    pub(crate) fn cut(&self, from: &str, to: &str) {
        self.cut.lock().unwrap().insert((from.to_owned(), to.to_owned()));
    }

    pub(crate) fn mend(&self, from: &str, to: &str) {
        self.cut.lock().unwrap().remove(&(from.to_owned(), to.to_owned()));
    }

    pub(crate) fn leader_listens(&self, listens: bool) {
        self.listens.store(listens, Ordering::SeqCst);
    }

    fn is_open(&self, host: &str) -> bool {
        let cut = self.cut.lock().unwrap();
        let way = |from: &str, to: &str| !cut.contains(&(from.to_owned(), to.to_owned()));
        way(host, LEADER) && way(LEADER, host)
    }

    async fn connect(self, from: String, to: String, port: u16) -> io::Result<TcpStream> {
        if !self.is_open(&from) {
            return std::future::pending().await;
        }
        match TcpStream::connect((to, port)).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                let lost = self.listens.load(Ordering::SeqCst) || !self.is_open(&from);
                if lost { std::future::pending().await } else { Err(error) }
            }
            other => other,
        }
    }

    /// How a host's node dials.
    pub(crate) fn dial(&self, host: &str) -> Dial {
        let (ways, host) = (self.clone(), host.to_owned());
        Dial::new(move |to, port| ways.clone().connect(host.clone(), to, port))
    }

    /// How a client dials: it gives up a connection that is dead, and a call that is not answered.
    pub(crate) async fn channel(&self, host: &str) -> Result<Channel, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(format!("http://{LEADER}:{PORT}"))?
            .connect_timeout(Duration::from_secs(2))
            .http2_keep_alive_interval(Duration::from_secs(1))
            .keep_alive_timeout(Duration::from_secs(2))
            .keep_alive_while_idle(true);
        let (ways, host) = (self.clone(), host.to_owned());
        let connector = tower::service_fn(move |uri: Uri| {
            let (to, port) = (uri.host().unwrap_or_default().to_owned(), uri.port_u16().unwrap_or(PORT));
            let dialling = ways.clone().connect(host.clone(), to, port);
            async move { dialling.await.map(hyper_util::rt::TokioIo::new) }
        });
        endpoint.connect_with_connector(connector).await
    }
}

/// The leader's port on the simulated network.
pub(crate) struct Port(TcpListener);

impl Port {
    pub(crate) async fn open() -> io::Result<Self> {
        TcpListener::bind(("0.0.0.0", PORT)).await.map(Self)
    }
}

impl Listener for Port {
    type Socket = Plug<TcpStream>;

    async fn accept(&self) -> io::Result<(Plug<TcpStream>, SocketAddr)> {
        let (stream, from) = self.0.accept().await?;
        Ok((Plug(stream), from))
    }
}
