//! A node whose network is cut, without a word to anyone: it stops its renderers by its own clock, before the
//! leader gives their frames to somebody else.

use callsheet_protocol::v1;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::harness::strays::is_alive;
use crate::harness::{Cluster, Recipe, disk, ledger, now_ms, work};

/// A wire that can be cut: then nothing comes through, and neither side hears of it.
struct Wire {
    port: u16,
    cut: watch::Sender<bool>,
}

impl Wire {
    async fn to(leader: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = watch::Sender::new(false);
        let state = cut.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(&leader).await else { continue };
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near_in, far_out, state.subscribe()));
                tokio::spawn(carry(far_in, near_out, state.subscribe()));
            }
        });
        Self { port, cut }
    }

    fn set_cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut cut: watch::Receiver<bool>) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if cut.wait_for(|cut| !cut).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_cut_off_stops_before_its_frames_go_elsewhere() {
    let mut cluster = Cluster::lead(Recipe::new().node("anna", 1).node("bruno", 1)).await;
    let leader = cluster.url.strip_prefix("http://").unwrap().to_owned();
    let wire = Wire::to(leader.clone()).await;
    let text = std::fs::read_to_string(&cluster.config).unwrap();
    let through = cluster.root().join("through-the-wire.toml");
    let advertised = |address: &str| format!("advertise = \"http://{address}\"");
    let text = text.replace(&advertised(&leader), &advertised(&format!("127.0.0.1:{}", wire.port)));
    std::fs::write(&through, text).unwrap();
    cluster.spawn_with("anna", &through);
    cluster.online("anna", 0).await;
    let output = cluster.output("frames");
    // Far longer than a lease is good without the leader.
    let job =
        cluster.submit(work::job("cut", vec![work::acted(&output, "1", 1, &json!({ "pace": 8000 }))])).await;
    let root = cluster.root().to_owned();
    cluster.until("anna renders", || ledger::entries(&root).len() == 1).await;
    let renderer = ledger::entries(&root)[0].pid;
    cluster.spawn("bruno");
    cluster.online("bruno", 0).await;

    wire.set_cut(true);
    let cut_at = now_ms();
    cluster.until("anna's renderer is stopped", || !is_alive(renderer)).await;
    let stopped_at = now_ms();
    let gone = cluster.offline("anna", 0).await;
    let again =
        cluster.event("its frame goes to bruno", gone.sequence - 1, |event| event.is_render_lease()).await;
    println!(
        "cut wire: renderer stopped after {} ms, noticed by the leader after {} ms",
        stopped_at - cut_at,
        gone.at_ms.saturating_sub(cut_at)
    );
    assert!(gone.at_ms < cut_at + 6000, "{} ms", gone.at_ms - cut_at);
    assert!(stopped_at <= again.at_ms, "the renderer was stopped {} ms late", stopped_at - again.at_ms);
    assert_eq!((again.node(), again.text("frames")), ("bruno", "1"));

    wire.set_cut(false);
    cluster.online("anna", gone.sequence).await;
    let requires = Some(v1::Requirements { labels: vec!["anna".into()], ..Default::default() });
    let own = v1::StepSpec { requires, ..work::acted(&cluster.output("own"), "1-2", 1, &json!({})) };
    let second = cluster.submit(work::job("own", vec![own])).await;
    cluster.succeeded(&second).await;
    cluster.succeeded(&job).await;
    disk::assert_frames(&output, "1", work::ACTED);
    disk::assert_frames(&cluster.output("own"), "1-2", work::ACTED);
}
