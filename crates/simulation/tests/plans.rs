//! Plans: every kind of fault is drawn, and a plan is text that says exactly what it is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::collections::BTreeSet;

use callsheet_simulation::case::Case;
use callsheet_simulation::faults::{
    Child, Fault, Kind, Misbehaviour, Moment, Plan, Planned, WORDS, Way, draw,
};
use callsheet_simulation::scenario::Size;

const STORM: u64 = 3600 * 1_000_000;

fn drawn(kind: Kind) -> impl Iterator<Item = Planned> {
    (0..300).flat_map(move |seed| draw(kind, seed, STORM).faults)
}

#[test]
fn every_kind_of_fault_is_drawn_by_some_kind_of_plan() {
    let all: BTreeSet<&str> =
        Kind::ALL.into_iter().flat_map(drawn).map(|planned| planned.fault.word()).collect();
    assert_eq!(all, WORDS.into(), "drawn, and known");
}

#[test]
fn every_way_to_go_wrong_is_drawn() {
    let (mut moods, mut children, mut moments, mut ways) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for planned in Kind::ALL.into_iter().flat_map(drawn) {
        match planned.fault {
            Fault::Renderer { how, .. } => drop(moods.insert(how as u8)),
            Fault::ActorFall { child: Child::AeProcess(_), .. } => drop(children.insert(Child::AeProcess(0))),
            Fault::ActorFall { child, .. } => drop(children.insert(child)),
            Fault::LeaderCrashAt { moment } => drop(moments.insert(moment as u8)),
            Fault::Partition { way, .. } => drop(ways.insert(way as u8)),
            _ => {}
        }
    }
    assert_eq!(moods.len(), Misbehaviour::Crawls as usize + 1);
    assert_eq!(children.len(), 5);
    assert_eq!(moments.len(), Moment::AfterSubmission as usize + 1);
    assert_eq!(ways.len(), Way::ToNode as usize + 1);
}

#[test]
fn no_plan_is_no_fault_and_targeted_plans_aim_at_the_leader() {
    assert_eq!(drawn(Kind::None).count(), 0);
    for seed in 0..50 {
        let plan = draw(Kind::Targeted, seed, STORM);
        assert!(plan.faults.iter().any(|planned| matches!(planned.fault, Fault::LeaderCrashAt { .. })));
    }
}

#[test]
fn swizzled_faults_come_one_by_one_and_go_in_another_order() {
    let mut reordered = 0;
    for seed in 0..50 {
        let faults = draw(Kind::Swizzled, seed, STORM).faults;
        let last_begin = faults.iter().map(|planned| planned.at).max().unwrap();
        let ends: Vec<u64> = faults.iter().map(|planned| planned.at + planned.lasts).collect();
        assert!(ends.iter().all(|end| *end > last_begin && *end <= STORM), "all of them at once, in the end");
        reordered += u32::from(!ends.is_sorted());
    }
    assert!(reordered > 40, "{reordered}");
}

#[test]
fn a_plan_is_its_text() {
    for kind in Kind::ALL {
        for seed in 0..50 {
            let plan = draw(kind, seed, STORM);
            assert_eq!(Plan::parse(&plan.to_text()).unwrap(), plan, "seed {seed}");
            let size = Size { nodes: 3, jobs: 1, storm: STORM + seed, silence: None };
            let case = Case { seed, size, plan };
            let text = format!("# for people\n\n{}", case.to_text());
            assert_eq!(Case::parse(&text, 0, Size::default()).unwrap(), case);
        }
    }
}

#[test]
fn what_is_no_plan_is_refused_with_its_line() {
    let refused = |text: &str, line: usize, word: &str| {
        let error = Case::parse(text, 1, Size::default()).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    };
    let good = r#"{"at":5,"lasts":6,"fault":"leader_stall"}"#;
    refused(&format!("# a plan\n{good}\n{{\"at\":5"), 3, "EOF");
    refused(r#"{"at":5,"lasts":6,"fault":"leader_faints"}"#, 1, "leader_faints");
    refused(r#"{"at":-5,"lasts":6,"fault":"leader_stall"}"#, 1, "-5");
    refused(r#"{"at":5,"lasts":6,"fault":"leader_stall","why":1}"#, 1, "why");
    refused(
        r#"{"at":18446744073709551615,"lasts":6,"fault":"leader_stall"}"#,
        1,
        "at: found 18446744073709551615",
    );
    refused(r#"{"at":1,"lasts":99999999999999999,"fault":"leader_stall"}"#, 1, "lasts: found");
    refused(r#"{"at":1,"lasts":1,"fault":{"slow_link":{"node":1,"by":99999999999999999}}}"#, 1, "by: found");
    refused(r#"{"at":1,"lasts":1,"fault":{"wall_clock":{"by":-9223372036854775808}}}"#, 1, "by: found");
    let run = |nodes: u64, storm: u64| {
        format!(r#"{{"run":{{"seed":1,"nodes":{nodes},"jobs":1,"storm":{storm},"silence":null}}}}"#)
    };
    refused(&format!("\n{}", run(0, STORM)), 2, "nodes: found 0");
    refused(&run(10_000_000, STORM), 1, "nodes: found 10000000");
    refused(&run(1, u64::MAX), 1, "storm: found");
    refused(&format!("{}\n{good}\nx", run(1, STORM)), 3, "expected value");
    refused(&format!("{good}\n{}", run(1, STORM)), 2, "run");
}

#[test]
fn without_a_line_of_its_own_a_plan_takes_the_seed_and_size_it_is_given() {
    let size = Size { nodes: 9, ..Size::default() };
    let case = Case::parse("", 77, size).unwrap();
    assert_eq!((case.seed, case.size, case.plan.faults.len()), (77, size, 0));
}
