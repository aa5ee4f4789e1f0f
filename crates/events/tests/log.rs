//! A log: sealing, the chain, and that whatever is done to it is found at the right place.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use callsheet_events::{Broken, Digest, Sealed, Verifier};
use callsheet_model::Timestamp;
use common::{AT, bare, chain, envelope};

fn lines() -> Vec<String> {
    let events = bare().into_iter().enumerate();
    chain(events.map(|(nth, event)| (Timestamp(AT.0 + nth as u64), event)))
        .iter()
        .map(|sealed| sealed.json.to_string())
        .collect()
}

fn check(start: Option<Digest>, lines: &[String]) -> Result<(), Broken> {
    let mut verifier = Verifier::new(start);
    lines.iter().try_for_each(|line| verifier.next(line))
}

const GENESIS: Option<Digest> = Some(Digest([0; 32]));

#[test]
fn a_whole_log_verifies_from_any_place() {
    let lines = lines();
    assert!(lines.len() > 30);
    assert_eq!(check(GENESIS, &lines), Ok(()));
    assert_eq!(check(None, &lines[7..]), Ok(()));
    let mut verifier = Verifier::new(GENESIS);
    lines[..7].iter().for_each(|line| verifier.next(line).unwrap());
    assert_eq!((verifier.checked(), verifier.last()), (7, Some(7)));
    assert_eq!(check(verifier.chain(), &lines[7..]), Ok(()));
}

#[test]
fn every_changed_character_is_found_at_its_event() {
    let lines = lines();
    for nth in [0, 11, lines.len() - 1] {
        let bytes = lines[nth].as_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let mut altered = lines.clone();
            altered[nth] = changed;
            let broken = check(GENESIS, &altered).expect_err(&altered[nth]);
            // Where its number was changed, the number that is there is out of place.
            let number = matches!(broken, Broken::Missing { .. } | Broken::Reordered { .. });
            assert!(number || broken.sequence() == nth as u64 + 1, "{broken}\n{}", altered[nth]);
        }
    }
}

#[test]
fn an_altered_event_is_named() {
    let mut lines = lines();
    lines[4] = lines[4].replace("\"reason\":\"\"", "\"reason\":\"nobody\"");
    let broken = check(GENESIS, &lines).unwrap_err();
    assert!(matches!(broken, Broken::Altered { sequence: 5, .. }), "{broken}");
    assert!(broken.to_string().starts_with("event 5 was altered: its hash is "));
}

#[test]
fn an_event_that_is_altered_with_its_hash_breaks_the_chain() {
    let original = lines();
    let mut forged = original.clone();
    // Sealed anew with other words, on the right chain before it: its own line is consistent in itself.
    let chain_before = chain_of(&original[3]);
    let event = callsheet_model::Event::JobFailed { job: common::JOB, reason: "forged".into() };
    forged[4] = Sealed::seal(envelope(5, AT, event), &chain_before).json.to_string();
    assert_eq!(check(GENESIS, &forged), Err(Broken::Unchained { sequence: 6 }));
    // Its chain left as it was, so that what follows still fits.
    let chain = chain_of(&original[4]);
    let forged_chain = chain_of(&forged[4]);
    forged[4] = forged[4].replace(&forged_chain.to_string(), &chain.to_string());
    assert_eq!(check(GENESIS, &forged), Err(Broken::Unchained { sequence: 5 }));
}

fn chain_of(line: &str) -> Digest {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    value["chain"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_missing_event_is_named() {
    let mut lines = lines();
    lines.remove(9);
    assert_eq!(check(GENESIS, &lines), Err(Broken::Missing { sequence: 10, found: 11 }));
    assert_eq!(check(None, &lines[3..]), Err(Broken::Missing { sequence: 10, found: 11 }));
    assert_eq!(check(GENESIS, &lines[1..]), Err(Broken::Missing { sequence: 1, found: 2 }));
}

#[test]
fn a_missing_event_is_found_though_the_rest_was_numbered_anew() {
    let mut lines = lines();
    lines.remove(9);
    for (nth, line) in lines.iter_mut().enumerate().skip(9) {
        *line = line.replace(&format!("\"sequence\":{},", nth + 2), &format!("\"sequence\":{},", nth + 1));
    }
    assert_eq!(check(GENESIS, &lines), Err(Broken::Unchained { sequence: 10 }));
}

#[test]
fn an_event_out_of_order_or_twice_is_named() {
    let lines = lines();
    let mut swapped = lines.clone();
    swapped.swap(5, 6);
    assert_eq!(check(GENESIS, &swapped), Err(Broken::Missing { sequence: 6, found: 7 }));
    let mut twice = lines.clone();
    twice.insert(6, lines[5].clone());
    assert_eq!(check(GENESIS, &twice), Err(Broken::Reordered { sequence: 6, after: 6 }));
    let mut back = lines.clone();
    back.insert(6, lines[2].clone());
    assert_eq!(check(GENESIS, &back), Err(Broken::Reordered { sequence: 3, after: 6 }));
}

#[test]
fn what_is_no_event_is_unreadable() {
    let mut lines = lines();
    for wrong in
        ["", "null", "{}", "{\"sequence\":3}", "{\"sequence\":3,\"hash\":\"x\",\"chain\":\"y\"}", "{\"a\":"]
    {
        lines[2] = wrong.to_owned();
        let broken = check(GENESIS, &lines).unwrap_err();
        assert!(matches!(broken, Broken::Unreadable { sequence: 3, .. }), "{wrong}: {broken}");
    }
}

#[test]
fn spelling_an_event_otherwise_is_no_alteration() {
    let lines: Vec<String> = lines()
        .iter()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            serde_json::to_string_pretty(&value).unwrap()
        })
        .collect();
    assert_eq!(check(GENESIS, &lines), Ok(()));
}

#[test]
fn an_own_events_id_follows_from_its_place_alone() {
    let seal = |sequence, before: &Digest| {
        let event = callsheet_model::Event::JobPaused { job: common::JOB };
        Sealed::seal(envelope(sequence, AT, event), before)
    };
    let zero = Digest::default();
    let first = seal(1, &zero);
    assert_eq!(first, seal(1, &zero));
    assert_eq!(first.id.get_version_num(), 8);
    let ids = [first.id, seal(2, &zero).id, seal(1, &first.chain).id];
    assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
}

#[test]
fn a_digest_reads_back_and_nothing_else_is_one() {
    let digest = Digest::of(b"abc");
    assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(digest.to_string().parse(), Ok(digest));
    for wrong in ["", "ba78", &"g".repeat(64), &"é".repeat(32)] {
        assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
    }
}
