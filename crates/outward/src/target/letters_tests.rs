//! Dead letters survive a restart, a cut-off write and a damaged file, within their bounds.

use super::*;

const SMALL: Bounds = Bounds { letters: 3, bytes: 1000 };

fn letter(sequence: u64) -> DeadLetter {
    DeadLetter {
        sequence,
        id: Uuid::from_u128(sequence.into()),
        kind: "a.b".into(),
        at: Timestamp(sequence),
        attempts: 3,
        why: "it answered 500".into(),
        json: format!("{{\"n\":{sequence},\"text\":\"ä\\n\"}}").into(),
    }
}

fn numbers(letters: &Letters) -> Vec<u64> {
    letters.sequences().collect()
}

#[test]
fn letters_are_there_after_a_restart_and_those_taken_out_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    let (mut list, _) = Letters::open(&path, Bounds::default()).unwrap();
    for sequence in 1..=5 {
        list.put(letter(sequence)).unwrap();
    }
    list.remove(2).unwrap();
    list.remove(77).unwrap();
    list.put(DeadLetter { attempts: 9, ..letter(4) }).unwrap();
    let (again, damage) = Letters::open(&path, Bounds::default()).unwrap();
    assert_eq!((numbers(&again), damage), (vec![1, 3, 4, 5], None));
    assert_eq!(again.page(1, 2), [letter(3), DeadLetter { attempts: 9, ..letter(4) }]);
    assert_eq!(again.page(5, 2), []);
    assert_eq!(again.page(u64::MAX, 2), []);
}

#[test]
fn when_the_list_is_full_the_oldest_goes_and_is_counted_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    let (mut list, _) = Letters::open(&path, SMALL).unwrap();
    for sequence in 1..=5 {
        list.put(letter(sequence)).unwrap();
    }
    assert_eq!((numbers(&list), list.count()), (vec![3, 4, 5], (3, 2)));
    let large = DeadLetter { json: "x".repeat(5000).into(), ..letter(6) };
    list.put(large).unwrap();
    assert_eq!((numbers(&list), list.count()), (vec![6], (1, 5)));
    let (mut again, _) = Letters::open(&path, SMALL).unwrap();
    assert_eq!((numbers(&again), again.count()), (vec![6], (1, 5)));
    again.put(letter(7)).unwrap();
    assert_eq!((numbers(&again), again.count()), (vec![7], (1, 6)));
    assert_eq!(Letters::open(&path, SMALL).unwrap().0.count(), (1, 6));
}

#[test]
fn the_file_stays_small_however_many_letters_come_and_go() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    let (mut list, _) = Letters::open(&path, SMALL).unwrap();
    for sequence in 1..=3000 {
        list.put(letter(sequence)).unwrap();
    }
    let lines = std::fs::read_to_string(&path).unwrap().lines().count();
    assert!(lines <= SLACK + 2 * SMALL.letters + 2, "{lines}");
    assert_eq!(Letters::open(&path, SMALL).unwrap().0.count(), (3, 2997));
}

#[test]
fn the_file_stays_small_however_large_letters_are() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    let (mut list, _) = Letters::open(&path, Bounds { letters: 3, bytes: 1 << 20 }).unwrap();
    for sequence in 1..=150 {
        list.put(DeadLetter { json: "x".repeat(200_000).into(), ..letter(sequence) }).unwrap();
        let length = std::fs::metadata(&path).unwrap().len();
        assert!(length < (SLACK_BYTES + (2 << 20)) as u64, "{length} after {sequence}");
    }
    assert_eq!(numbers(&Letters::open(&path, SMALL).unwrap().0), [148, 149, 150][2..]);
}

#[test]
fn a_write_cut_off_anywhere_loses_only_what_was_told_to_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    let (mut list, _) = Letters::open(&path, Bounds::default()).unwrap();
    list.put(letter(1)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    list.put(letter(2)).unwrap();
    let longer = std::fs::read(&path).unwrap();
    for end in whole.len()..longer.len() - 1 {
        std::fs::write(&path, &longer[..end]).unwrap();
        let (mut list, damage) = Letters::open(&path, Bounds::default()).unwrap();
        assert_eq!((numbers(&list), damage), (vec![1], None), "cut at {end}");
        list.put(letter(3)).unwrap();
        assert_eq!(numbers(&Letters::open(&path, Bounds::default()).unwrap().0), [1, 3]);
    }
}

#[test]
fn a_damaged_file_is_put_aside_and_what_can_be_read_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    let (mut list, _) = Letters::open(&path, Bounds::default()).unwrap();
    for sequence in 1..=3 {
        list.put(letter(sequence)).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap().replace("\"sequence\":2", "\"sequence\":x");
    std::fs::write(&path, &text).unwrap();
    let (list, damage) = Letters::open(&path, Bounds::default()).unwrap();
    assert_eq!(numbers(&list), [1, 3]);
    assert!(damage.unwrap().starts_with("1 lines cannot be read, 2 letters can"));
    assert_eq!(std::fs::read_to_string(directory.path().join("letters.damaged")).unwrap(), text);
    assert_eq!(numbers(&Letters::open(&path, Bounds::default()).unwrap().0), [1, 3]);
}

#[test]
fn a_file_of_a_newer_program_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    std::fs::write(&path, "{\"list\":{\"version\":2,\"dropped\":0}}\n").unwrap();
    let error = Letters::open(&path, Bounds::default()).unwrap_err().to_string();
    assert!(error.starts_with("version 2"), "{error}");
}
