//! The way between node and leader, in memory: it can be cut, and it can fall silent without anyone being told.

use std::io;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};

use callsheet_gateway::Listener;
use callsheet_node::Dial;
use callsheet_tests::plug;
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::{Stream, StreamExt};

type Plug = plug::Plug<DuplexStream>;

/// What is done to all connections that are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disturbance {
    Cut,
    /// Both ends think that nothing is wrong.
    Silence,
}

/// The node's end, and whoever disturbs it.
#[derive(Clone)]
pub(super) struct Wire {
    disturb: watch::Sender<Disturbance>,
    plugs: mpsc::UnboundedSender<Plug>,
    /// The next dial is to panic.
    panics: Arc<Mutex<bool>>,
}

/// The leader's end.
pub(super) struct Port(tokio::sync::Mutex<mpsc::UnboundedReceiver<Plug>>);

impl Wire {
    pub(super) fn new() -> (Self, Port) {
        let (plugs, port) = mpsc::unbounded_channel();
        let wire = Self { disturb: watch::Sender::new(Disturbance::Cut), plugs, panics: Arc::default() };
        (wire, Port(tokio::sync::Mutex::new(port)))
    }

    /// All connections break.
    pub(super) fn cut(&self) {
        self.disturb.send_replace(Disturbance::Cut);
    }

    /// What is said on connections that are open now comes to nobody any more.
    pub(super) fn falls_silent(&self) {
        self.disturb.send_replace(Disturbance::Silence);
    }

    /// The next dial panics.
    pub(super) fn panics(&self) {
        *self.panics.lock().unwrap() = true;
    }

    pub(super) fn dial(&self) -> Dial {
        let wire = self.clone();
        Dial::new(move |_, _| {
            let panics = std::mem::take(&mut *wire.panics.lock().unwrap());
            let wire = wire.clone();
            async move {
                if panics {
                    resume_unwind(Box::new("the test has made dialling panic"));
                }
                wire.connect()
            }
        })
    }

    fn connect(&self) -> io::Result<DuplexStream> {
        let ((ours, mut near), (mut far, theirs)) = (duplex(1 << 16), duplex(1 << 16));
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        self.plugs.send(plug::Plug(theirs)).map_err(|_| refused())?;
        let mut disturbed = self.disturb.subscribe();
        tokio::spawn(async move {
            let is_silent = tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => false,
                done = disturbed.changed() => done.is_ok() && *disturbed.borrow() == Disturbance::Silence,
            };
            if is_silent {
                // Held open until someone cuts it, or the day is over.
                let _ = disturbed.wait_for(|done| *done == Disturbance::Cut).await;
            }
        });
        Ok(ours)
    }
}

impl Port {
    /// Connections as they come, for a leader that is played.
    pub(super) fn incoming(self) -> impl Stream<Item = io::Result<Plug>> + Send {
        UnboundedReceiverStream::new(self.0.into_inner()).map(Ok)
    }
}

impl Listener for Port {
    type Socket = Plug;

    async fn accept(&self) -> io::Result<(Plug, SocketAddr)> {
        match self.0.lock().await.recv().await {
            Some(plug) => Ok((plug, SocketAddr::from(([127, 0, 0, 1], 1)))),
            None => std::future::pending().await,
        }
    }
}
