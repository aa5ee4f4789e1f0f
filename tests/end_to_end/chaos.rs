//! Everything at once: leader, nodes and renderers die and freeze at random for a while; then it heals, and
//! every frame must be there.

use std::time::{Duration, Instant};

use callsheet_protocol::v1;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::{Cluster, Dice, LEADER, Recipe, disk, invariants, strays, work};

const NODES: [&str; 3] = ["anna", "bruno", "clara"];
const CHAOS: Duration = Duration::from_secs(20);
const RETRY: &str = "[retry]\nfirst = \"100ms\"\nmax = \"500ms\"\n\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_frame_is_there_after_everything_has_died() {
    let mut dice = Dice::new("chaos");
    let mut cluster = Cluster::start(Recipe::new().three(2).section(RETRY)).await;
    let template = cluster.template().await;
    let output = cluster.output("frames");
    // A renderer that is killed costs its frame a retry, and these are killed often.
    let frames = v1::StepSpec { retries: Some(50), ..work::drawn(&template, &output, "0-199", 2, 450) };
    let job = cluster.submit(work::job("chaos", vec![frames])).await;
    let began = Instant::now();
    let mut faults = Vec::new();
    while began.elapsed() < CHAOS {
        tokio::time::sleep(dice.millis(200, 900)).await;
        let fault = fault(&mut cluster, &mut dice).await;
        faults.push(format!("{:>5} ms  {fault}", began.elapsed().as_millis()));
    }
    println!("chaos: {} faults\n{}", faults.len(), faults.join("\n"));
    heal(&mut cluster).await;
    cluster.succeeded(&job).await;
    disk::assert_frames(&output, "0-199", work::SIZE);
    let again = invariants::handed_out_again(&cluster.events(), &job);
    println!("chaos: 200 frames, {again} handed out again");
}

/// Does one thing to the cluster, and says what.
async fn fault(cluster: &mut Cluster, dice: &mut Dice) -> String {
    let name = NODES[dice.below(NODES.len())];
    match dice.below(6) {
        0 | 1 => {
            cluster.kill(LEADER).await;
            let pause = dice.millis(0, 600);
            tokio::time::sleep(pause).await;
            cluster.start_leader().await;
            format!("the leader was killed, and back after {} ms", pause.as_millis())
        }
        2 | 3 => {
            if cluster.runs(name) {
                cluster.kill(name).await;
                format!("{name} was killed")
            } else {
                cluster.spawn(name);
                format!("{name} was started")
            }
        }
        4 => {
            let renderers = strays::renderers_of(cluster.root());
            if renderers.is_empty() {
                return "no renderer was there to be killed".into();
            }
            let victim = renderers[dice.below(renderers.len())];
            // It may have ended since it was looked for.
            let _ = kill(Pid::from_raw(victim), Signal::SIGKILL);
            format!("renderer {victim} was killed")
        }
        _ => {
            if !cluster.runs(name) {
                return format!("{name} does not run, so it is not frozen");
            }
            let pause = dice.millis(100, 1500);
            cluster.signal(name, Signal::SIGSTOP);
            tokio::time::sleep(pause).await;
            cluster.signal(name, Signal::SIGCONT);
            format!("{name} was frozen for {} ms", pause.as_millis())
        }
    }
}

async fn heal(cluster: &mut Cluster) {
    for name in NODES {
        if !cluster.runs(name) {
            cluster.spawn(name);
        }
    }
}
