//! A wire between a client and the leader that breaks when it is told to: whoever is connected then is not any more,
//! and finds it whole when they dial again.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::harness::Cluster;

pub(super) struct Wire {
    /// Where it begins.
    pub(super) url: String,
    cuts: watch::Sender<u64>,
    carried: watch::Receiver<u64>,
}

impl Wire {
    /// To the leader of a cluster, over all its lives.
    pub(super) async fn to(cluster: &Cluster) -> Self {
        let leader = cluster.url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (cuts, carried) = (watch::Sender::new(0), watch::Sender::new(0));
        let wire = Self { url, cuts: cuts.clone(), carried: carried.subscribe() };
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (mut cut, leader) = (cuts.subscribe(), leader.clone());
                carried.send_modify(|count| *count += 1);
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(&leader).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        wire
    }

    /// Breaks every connection.
    pub(super) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Connections so far.
    pub(super) fn connections(&self) -> u64 {
        *self.carried.borrow()
    }

    /// Waits until someone has dialled after so many others.
    pub(super) async fn dialled(&self, before: u64) {
        self.carried.clone().wait_for(|count| *count > before).await.unwrap();
    }
}
