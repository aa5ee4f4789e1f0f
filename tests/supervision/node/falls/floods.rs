//! A hundred thousand messages at once, at everything in a node that a stranger can fill: a leader that says too much,
//! and renderers that never stop talking. What waits inside is counted: it stays within its places, the rest waits
//! outside, is handed back or is left out, and what is urgent still gets through.

use std::sync::mpsc;
use std::time::Duration;

use callsheet_model::limits::MAX_HELD;
use callsheet_protocol::v1;
use callsheet_protocol::v1::leader_message::Body as Down;
use callsheet_protocol::v1::node_message::Body as Up;
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::sleep;

use super::flooded::{flooded, flooded_over_a_disk, holding, job};
use crate::leader::words;

const MANY: usize = 100_000;

/// Places for what the leader says.
const UNHEARD: usize = 256;

/// Places for reports that the leader has not settled.
const UNSETTLED: usize = 20_000;

fn welcome() -> Down {
    Down::Welcome(v1::Welcome {
        epoch: 1,
        silence_ms: 2_000,
        pulse_ms: 100,
        heartbeat_ms: 200,
        log_bytes: 1 << 16,
    })
}

/// Something that changes nothing.
fn chatter(number: usize) -> Down {
    let token = (MANY + number) as u64;
    match number % 4 {
        0 => Down::Settled(v1::Settled { up_to: 0, accepted: Vec::new() }),
        1 => Down::Revoke(v1::Revoke { token, why: "test".into() }),
        2 => Down::Close(v1::Close { tokens: vec![token] }),
        _ => Down::PulseAck(v1::PulseAck { number: 0 }),
    }
}

#[test]
fn what_the_leader_says_too_fast_waits_in_its_stream() {
    flooded(|mut stage| async move {
        stage.gauges.reset();
        // The heartbeat falls amid the flood.
        stage.gauges.fells("heartbeat");
        stage.session.say(welcome());
        (0..MANY).for_each(|number| stage.session.say(chatter(number)));
        stage.offer([1], (1, 2), stage.brief());
        let reports = stage.session.reports_until_the_end(1).await;
        assert_eq!(reports, ["1: proven 1", "1: proven 2", "1: Succeeded"]);
        let levels = stage.gauges.read();
        assert!(levels.heard > MANY, "{}", levels.heard);
        assert!(levels.most_heard <= UNHEARD, "{} waited together", levels.most_heard);
        // Supervision did not wait for its turn behind it, and the heartbeat beats again.
        assert!((1..MANY / 2).contains(&levels.heard_at_end), "{} heard before", levels.heard_at_end);
        holding(&mut stage.session, 1).await;
        stage.leaves().await;
    });
}

#[test]
fn a_node_leaves_at_once_whatever_its_leader_still_has_to_say() {
    flooded(|mut stage| async move {
        stage.offer([1, 2], (1, 100), stage.brief());
        while stage.players.living() < 2 {
            sleep(Duration::from_millis(1)).await;
        }
        stage.gauges.reset();
        (0..MANY).for_each(|number| stage.session.say(chatter(number)));
        while stage.gauges.read().heard < UNHEARD {
            yield_now().await;
        }
        stage.leaves().await;
        let heard = stage.gauges.read().heard;
        assert!(heard < MANY / 2, "{heard} were heard before it left");
    });
}

#[test]
fn leases_beyond_what_a_node_can_tell_of_are_handed_back() {
    flooded(|mut stage| async move {
        // These two keep the slots busy.
        stage.offer([1, 2], (1, 100), stage.brief());
        while stage.players.living() < 2 {
            sleep(Duration::from_millis(1)).await;
        }
        let plain = v1::StepBrief { job: job(1), ..stage.brief() };
        let spec = plain.spec.clone().map(|spec| v1::StepSpec { template: None, ..spec });
        let plain = v1::StepBrief { spec, ..plain };
        for first in (3..MANY as u64).step_by(10_000) {
            stage.offer(first..first + 10_000, (1, 1), plain.clone());
        }
        let held = holding(&mut stage.session, MANY as u64 + 2).await;
        let all: Vec<u64> = (1..=MAX_HELD as u64).collect();
        assert!(
            held == all,
            "{} are held: the first ones; of the others the leader hears that they are not held",
            held.len()
        );
        assert_eq!(stage.players.living(), 2);
        stage.leaves().await;
    });
}

#[test]
fn leases_that_cannot_be_read_fill_the_outbox_no_further_than_its_brim() {
    flooded(|mut stage| async move {
        let (unknown, brief) = (job(1), stage.brief());
        for first in (1..=MANY as u64).step_by(10_000) {
            let lease = |token| v1::OfferedLease { token, job: unknown.clone(), ..Default::default() };
            let leases = (first..first + 10_000).map(lease).collect();
            stage.session.say(Down::Offers(v1::Offers { steps: Vec::new(), leases }));
        }
        assert_eq!(holding(&mut stage.session, MANY as u64).await, [0_u64; 0]);
        let mut told = 0;
        for message in &stage.session.seen {
            let Up::Reports(reports) = message else { continue };
            assert!(reports.reports.iter().all(|report| words(report).ends_with(": failed Agent")));
            told += reports.reports.len();
        }
        assert_eq!(told, UNSETTLED, "and the stream takes them");
        // Once they are settled, there is room for what counts.
        stage.session.say(Down::Settled(v1::Settled { up_to: told as u64, accepted: Vec::new() }));
        let token = MANY as u64 + 1;
        stage.offer([token], (1, 1), brief);
        let last = stage.session.reports_until_the_end(token).await.pop();
        assert_eq!(last, Some(format!("{token}: Succeeded")));
        stage.leaves().await;
    });
}

#[test]
fn welcomes_do_not_pile_up_at_the_heartbeat() {
    flooded(|mut stage| async move {
        stage.gauges.reset();
        (0..MANY).for_each(|_| stage.session.say(welcome()));
        stage.offer([1], (1, 1), stage.brief());
        stage.session.report("1: Succeeded").await;
        let levels = stage.gauges.read();
        assert!(levels.heard > MANY);
        assert!((1..=2).contains(&levels.told_since_welcome), "{} waited", levels.told_since_welcome);
        stage.leaves().await;
    });
}

/// Sweeps that may wait for the disk.
const SWEEPS: usize = 1000;
/// Jobs of which something was left beside their output: half of them beyond those that may wait.
const LITTERED: std::ops::Range<usize> = SWEEPS - 50..SWEEPS + 50;

#[test]
fn sweeps_that_the_disk_is_too_slow_for_are_left_out() {
    flooded_over_a_disk(|mut stage| async move {
        // The directory of the cache was read before the hello: nothing else is on its way to the disk.
        let out = stage.home.path().join("out");
        let folder = |number| out.join(".callsheet").join(job(number));
        LITTERED.for_each(|number| std::fs::create_dir_all(folder(number).join("0.1")).unwrap());
        let (go_on, stands_still) = mpsc::channel::<()>();
        let still = spawn_blocking(move || stands_still.recv());
        stage.gauges.reset();
        let output = out.join("a_[####].png").to_str().unwrap().to_owned();
        for number in 0..MANY {
            let (job, outputs) = (job(number), vec![output.clone()]);
            stage.session.say(Down::Sweep(v1::Sweep { job, up_to: 1, outputs }));
        }
        // The node hears all of it, and what comes behind it.
        stage.session.say(Down::Offers(v1::Offers {
            steps: Vec::new(),
            leases: vec![v1::OfferedLease { token: 1, job: job(0), ..Default::default() }],
        }));
        stage.session.report("1: failed Agent").await;
        assert!(stage.gauges.read().heard > MANY);
        go_on.send(()).unwrap();
        still.await.unwrap().unwrap();
        // Time goes on once the disk has nothing more to do.
        sleep(Duration::from_secs(1)).await;
        let left = LITTERED.filter(|number| folder(*number).exists()).count();
        let swept = LITTERED.end - left;
        assert!((SWEEPS..=SWEEPS + 2).contains(&swept), "{swept} waited for the disk");
        stage.leaves().await;
    });
}

#[test]
fn a_renderer_that_never_stops_talking_is_read_kept_short_and_stopped() {
    flooded(|mut stage| async move {
        stage.players.talk(true);
        stage.offer([1], (1, 3), stage.brief());
        // No time passes while it talks.
        let talks = |message: &Up| matches!(message, Up::Progress(told) if told.token == 1).then_some(());
        stage.session.wait_for(talks).await;
        stage.gauges.reset();
        while stage.players.said() < MANY {
            yield_now().await;
        }
        stage.players.talk(false);
        stage.session.say(Down::Revoke(v1::Revoke { token: 1, why: "test".into() }));
        while stage.players.living() > 0 {
            yield_now().await;
        }
        let said = stage.players.said();
        assert!(said < 2 * MANY, "{said} lines until it was stopped");
        stage.offer([2], (1, 1), stage.brief());
        stage.session.report("2: Succeeded").await;
        let most = stage.gauges.read().most_of_attempts;
        assert!(most <= 64, "{most} words of attempts waited together");
        let log = |message: &Up| match message {
            Up::Log(chunk) if chunk.token == 1 => chunk.text.len(),
            _ => 0,
        };
        let kept: usize = stage.session.seen.iter().map(log).sum();
        assert!((1..(1 << 16) + 1000).contains(&kept), "{kept} bytes of its output were passed on");
        stage.leaves().await;
    });
}
