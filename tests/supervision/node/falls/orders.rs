//! A hundred thousand leases that come and go at once, each with something that takes its time: a template that does
//! not come, and a disk that stands still. What was ordered for them is withdrawn with them or has its bound, and the
//! next lease is rendered.

use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use callsheet_model::limits::MAX_HELD;
use callsheet_protocol::v1;
use callsheet_protocol::v1::leader_message::Body as Down;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::{advance, sleep};

use super::flooded::{Flooded, flooded, flooded_over_a_disk, holding, job};

const MANY: u64 = 100_000;

/// Leases in one word of the leader.
const TOGETHER: usize = 100;

/// Places for templates that are fetched at the same time.
const FETCHES: usize = 4;

/// Tasks that a node has beside those of its orders, and those that are just about to end.
const OTHERS: usize = 1000;

/// Orders of a kind (to publish, to tidy up) that may wait for the disk.
const ORDERS: usize = MAX_HELD;

/// A step whose template is its own.
fn brief_of(stage: &Flooded, number: u64) -> v1::StepBrief {
    let brief = stage.brief();
    let template = |spec: &v1::StepSpec| v1::Template {
        md5: format!("{number:032x}"),
        ..spec.template.clone().unwrap()
    };
    let spec = brief.spec.map(|spec| v1::StepSpec { template: Some(template(&spec)), ..spec });
    v1::StepBrief { job: job(number as usize), spec, ..brief }
}

fn close(stage: &Flooded, tokens: impl IntoIterator<Item = u64>) {
    stage.session.say(Down::Close(v1::Close { tokens: tokens.into_iter().collect() }));
}

/// Leases with a template of its own each, in one word.
fn offer_each(stage: &Flooded, tokens: std::ops::Range<u64>) {
    let steps: Vec<_> = tokens.clone().map(|token| brief_of(stage, token)).collect();
    let lease = |(token, brief): (u64, &v1::StepBrief)| v1::OfferedLease {
        token,
        job: brief.job.clone(),
        frames: vec![v1::FrameRange { first: 1, last: 1 }],
        // Every other one is to publish what an attempt has left.
        publish_of: if token % 2 == 1 { token } else { 0 },
        ..Default::default()
    };
    let leases = tokens.zip(&steps).map(lease).collect();
    stage.session.say(Down::Offers(v1::Offers { steps, leases }));
}

/// The next lease is rendered.
async fn renders(stage: &mut Flooded, token: u64) {
    stage.offer([token], (1, 2), stage.brief());
    let reports = stage.session.reports_until_the_end(token).await;
    assert_eq!(reports.last(), Some(&format!("{token}: Succeeded")), "{reports:?}");
}

#[test]
fn templates_that_nobody_waits_for_any_more_give_way_to_those_that_a_lease_needs() {
    flooded(|mut stage| async move {
        stage.leader.unanswered.begins.store(true, Ordering::SeqCst);
        stage.gauges.reset();
        let brief = brief_of(&stage, 0);
        for first in (1..=MANY).step_by(TOGETHER) {
            // One and the same in turn, and many others.
            stage.offer([first], (1, 1), brief.clone());
            close(&stage, [first]);
            offer_each(&stage, first + 1..first + TOGETHER as u64);
            close(&stage, first + 1..first + TOGETHER as u64);
        }
        renders(&mut stage, MANY + 1).await;
        let (most, levels) = (stage.leader.unanswered.most.load(Ordering::SeqCst), stage.gauges.read());
        assert!(levels.heard > 4 * MANY as usize / TOGETHER, "{}", levels.heard);
        assert!((1..=FETCHES).contains(&most), "{most} were fetched at the same time");
        assert!(levels.most_tasks < 2 * ORDERS + OTHERS, "{} tasks lived together", levels.most_tasks);
        stage.leaves().await;
    });
}

#[test]
fn a_template_that_is_wanted_and_not_wanted_in_turn_is_fetched_once() {
    flooded(|mut stage| async move {
        stage.leader.unanswered.begins.store(true, Ordering::SeqCst);
        stage.gauges.reset();
        let (brief, asked) = (brief_of(&stage, 0), stage.gauges.passed("cache", "asked"));
        for token in 1..=MANY {
            stage.offer([token], (1, 1), brief.clone());
            close(&stage, [token]);
        }
        renders(&mut stage, MANY + 1).await;
        let (fetches, levels) = (stage.leader.fetches.load(Ordering::SeqCst), stage.gauges.read());
        assert!(levels.heard > 2 * MANY as usize, "{}", levels.heard);
        assert_eq!(fetches, 2, "and the one that is rendered");
        assert!(levels.most_tasks < 2 * ORDERS + OTHERS, "{} tasks lived together", levels.most_tasks);
        let asked = stage.gauges.passed("cache", "asked") - asked;
        assert!(asked < MANY as usize / 10, "what waits is taken together, and not {asked} times");
        stage.leaves().await;
    });
}

#[test]
fn leases_that_wait_for_templates_wait_in_order_until_they_are_closed() {
    flooded(|mut stage| async move {
        stage.leader.unanswered.begins.store(true, Ordering::SeqCst);
        stage.gauges.reset();
        let held = 1..MAX_HELD as u64;
        offer_each(&stage, held.clone());
        // The same ones, as a leader may say again.
        offer_each(&stage, held.clone());
        holding(&mut stage.session, held.end - 1).await;
        let waiting = held.clone().filter(|token| token % 2 == 0).count();
        sleep(Duration::from_millis(50)).await;
        assert_eq!(stage.leader.unanswered.most.load(Ordering::SeqCst), FETCHES, "at the same time");
        let tasks = Handle::current().metrics().num_alive_tasks();
        assert!((waiting..waiting + OTHERS).contains(&tasks), "{tasks} tasks: one for each that waits");
        close(&stage, held);
        // Those under way are among the closed ones.
        renders(&mut stage, MANY + 1).await;
        assert_eq!(stage.leader.unanswered.most.load(Ordering::SeqCst), FETCHES);
        let tasks = Handle::current().metrics().num_alive_tasks();
        assert!(tasks < OTHERS, "{tasks} tasks are left");
        stage.leaves().await;
    });
}

#[test]
fn what_is_ordered_of_a_disk_that_stands_still_has_its_bounds() {
    flooded_over_a_disk(|mut stage| async move {
        let (go_on, stands_still) = mpsc::channel::<()>();
        let still = spawn_blocking(move || stands_still.recv());
        // The cache begins anew, and cannot read its directory.
        let before = stage.gauges.starts("cache");
        stage.gauges.fells("cache");
        stage.offer([1], (1, 1), stage.brief());
        while stage.gauges.starts("cache") == before {
            // Time does not go on by itself while the disk has something to do.
            advance(Duration::from_millis(10)).await;
        }
        close(&stage, [1]);
        stage.gauges.reset();
        for first in (2..MANY).step_by(TOGETHER) {
            offer_each(&stage, first..first + TOGETHER as u64);
            close(&stage, first..first + TOGETHER as u64);
        }
        let last = 2 * MANY;
        stage.offer([last], (1, 2), stage.brief());
        // The node hears all of it, and what comes behind it: a lease that cannot be read.
        let leases = vec![v1::OfferedLease { token: last + 1, job: job(0), step: 1, ..Default::default() }];
        stage.session.say(Down::Offers(v1::Offers { steps: Vec::new(), leases }));
        stage.session.report(&format!("{}: failed Agent", last + 1)).await;
        let most = stage.gauges.read().most_tasks;
        assert!((ORDERS..2 * ORDERS + OTHERS).contains(&most), "{most} tasks lived together");
        go_on.send(()).unwrap();
        still.await.unwrap().unwrap();
        let reports = stage.session.reports_until_the_end(last).await;
        assert_eq!(reports.last(), Some(&format!("{last}: Succeeded")), "{reports:?}");
        let fetches = stage.leader.fetches.load(Ordering::SeqCst);
        assert_eq!(fetches, 1, "templates of leases that are closed are not wanted");
        renders(&mut stage, last + 2).await;
        stage.leaves().await;
    });
}
