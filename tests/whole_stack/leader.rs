//! The leader's host: the leader that ships, on a disk that is not quick and forgets what was not synced.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callsheet_config::ClusterConfig;
use callsheet_gateway::Doors;
use callsheet_journal::MemoryStore;
use callsheet_leader::{Leader, WallClock};
use callsheet_model::Timestamp;
use callsheet_tests::player::description;
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::network::{Port, Ways};
use crate::trace::Trace;

/// Where results go, as jobs write it: the same in every run.
pub(crate) const SHOW: &str = "/show";
/// Where that is below a run's own directory.
pub(crate) const OUT: &str = "out";
/// A node unheard of for this long is lost, in milliseconds.
pub(crate) const SILENCE: u64 = 3000;

/// The cluster's config: these nodes, of two slots each, and all directories below `home`.
pub(crate) fn config(home: &Path, nodes: &[&str], grace: Duration) -> ClusterConfig {
    let mut text = format!(
        "[cluster]\nname = \"simulated\"\n\n[leader]\ndata = \"leader\"\nsilence = \"{SILENCE}ms\"\n\
         reconnect_grace = \"{}ms\"\n[leader.keep]\nsnapshot_every = 1000\nevents = 100000\n\n\
         [leader.quarantine]\nfirst = \"2s\"\n\n[retry]\nfirst = \"500ms\"\n\n\
         [node_defaults]\nslots = 2\nmemory = \"8GiB\"\nmin_free_disk = \"1MiB\"\nrenderers = [\"player\"]\n\
         path_map = {{ \"{SHOW}\" = {:?} }}\n\n",
        grace.as_millis(),
        home.join(OUT),
    );
    for node in nodes {
        text.push_str(&format!(
            "[[node]]\nname = \"{node}\"\nwork = \"{node}/work\"\ncache = \"{node}/cache\"\n"
        ));
    }
    text.push_str(&description(false));
    let nothing = |path: &Path| Err(std::io::Error::other(format!("{} is not included", path.display())));
    ClusterConfig::parse(&text, "simulated.toml", home, &nothing)
        .unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// All that a leader's host has.
#[derive(Clone)]
pub(crate) struct LeaderHost {
    pub(crate) config: ClusterConfig,
    pub(crate) store: MemoryStore,
    pub(crate) ways: Ways,
    pub(crate) trace: Trace,
    pub(crate) dice: Dice,
}

impl LeaderHost {
    /// One life of it.
    pub(crate) async fn live(self) -> turmoil::Result {
        let wall = WallClock::new(|| {
            let since = turmoil::since_epoch().expect("a leader lives on a host");
            Timestamp(callsheet_model::time::millis(since))
        });
        self.store.hold(true);
        tokio::spawn(sync(self.store.clone(), self.dice.clone()));
        let leader = Leader::start_by(self.config, Arc::new(self.store), wall).await?;
        let doors = Doors::over(leader.clone(), Port::open().await?);
        self.ways.leader_listens(true);
        self.trace.fate("the leader serves");
        tokio::select! {
            biased;
            why = leader.failed() => Err(why.into()),
            ended = doors.serve(CancellationToken::new()) => Ok(ended?),
        }
    }
}

/// The disk: what is submitted becomes durable a little later, and what came meanwhile later still.
async fn sync(store: MemoryStore, dice: Dice) {
    loop {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let batches = store.waiting();
        if batches > 0 {
            tokio::time::sleep(Duration::from_millis(dice.between(0, 6))).await;
            store.sync_first(batches);
        }
    }
}
