//! Two publishers, old files, crashes in between.

use callsheet_model::JobId;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

struct Shot {
    root: TempDir,
    place: PathBuf,
}

const JOB: JobId = JobId(Uuid::from_u128(7));

impl Shot {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let place = place_of(&output(&root), JOB, Token(5));
        prepare(&place).unwrap();
        Self { root, place }
    }

    fn render(&self, name: &str, content: &str) {
        fs::write(self.place.join(name), content).unwrap();
    }

    fn publish(&self, name: &str) -> Result<(), PublishError> {
        publish(&self.place, name, self.root.path())
    }

    fn result(&self, name: &str) -> String {
        fs::read_to_string(self.root.path().join(name)).unwrap()
    }
}

fn output(root: &TempDir) -> OutputPattern {
    OutputPattern::parse(&format!("{}/a_[##].png", root.path().display())).unwrap()
}

#[test]
fn a_place_lies_below_the_results() {
    let shot = Shot::new();
    let expected = shot.root.path().join(".callsheet").join(JOB.to_string()).join("0.5");
    assert_eq!(shot.place, expected);
    assert!(shot.place.is_dir());
}

#[test]
fn publishing_replaces_an_older_file() {
    let shot = Shot::new();
    fs::write(shot.root.path().join("a_01.png"), "old").unwrap();
    shot.render("a_01.png", "new");
    shot.publish("a_01.png").unwrap();
    assert_eq!(shot.result("a_01.png"), "new");
    assert!(!shot.place.join("a_01.png").exists());
}

#[test]
fn publishing_twice_is_publishing_once() {
    let shot = Shot::new();
    shot.render("a_01.png", "new");
    shot.publish("a_01.png").unwrap();
    shot.publish("a_01.png").unwrap();
    assert_eq!(shot.result("a_01.png"), "new");
}

#[test]
fn a_lost_file_is_not_taken_for_an_older_one() {
    let shot = Shot::new();
    fs::write(shot.root.path().join("a_01.png"), "from last week").unwrap();
    assert!(matches!(shot.publish("a_01.png"), Err(PublishError::Missing { .. })));
    // Nor when it was published once, and something else has taken its name since.
    shot.render("a_02.png", "mine");
    shot.publish("a_02.png").unwrap();
    fs::write(shot.root.path().join("a_02.png"), "of somebody else").unwrap();
    assert!(matches!(shot.publish("a_02.png"), Err(PublishError::Missing { .. })));
}

#[cfg(unix)]
#[test]
fn a_file_on_a_share_that_is_away_is_not_lost() {
    let root = tempfile::tempdir().unwrap();
    let (share, link) = (root.path().join("mounted"), root.path().join("share"));
    std::os::unix::fs::symlink(&share, &link).unwrap();
    fs::create_dir(&share).unwrap();
    let place = link.join("place");
    prepare(&place).unwrap();
    fs::write(place.join("a_01.png"), "new").unwrap();
    let publish = || publish(&place, "a_01.png", &link.join(""));
    fs::rename(&share, root.path().join("away")).unwrap();
    assert!(matches!(publish(), Err(PublishError::Io { .. })), "it is tried again later");
    fs::rename(root.path().join("away"), &share).unwrap();
    publish().unwrap();
    assert_eq!(fs::read_to_string(link.join("a_01.png")).unwrap(), "new");
}

#[test]
fn a_crash_between_receipt_and_rename_loses_nothing() {
    let shot = Shot::new();
    shot.render("a_01.png", "new");
    let identity = Identity::of(&shot.place.join("a_01.png")).unwrap();
    receipt::write(&shot.place, [("a_01.png", identity)].into_iter()).unwrap();
    shot.publish("a_01.png").unwrap();
    assert_eq!(shot.result("a_01.png"), "new");
}

#[test]
fn two_publishers_at_once_both_succeed() {
    let shot = Shot::new();
    let names: Vec<String> = (0..200).map(|frame| format!("a_{frame:03}.png")).collect();
    names.iter().for_each(|name| shot.render(name, name));
    std::thread::scope(|scope| {
        let both = [0, 1].map(|_| scope.spawn(|| publish_all(&shot.place, &names, shot.root.path())));
        for answers in both.map(|publisher| publisher.join().unwrap()) {
            assert_eq!(answers.len(), names.len());
            answers.into_iter().for_each(|answer| answer.unwrap());
        }
    });
    names.iter().for_each(|name| assert_eq!(&shot.result(name), name));
}

#[test]
fn one_bad_name_does_not_hold_up_the_others() {
    let shot = Shot::new();
    shot.render("a_01.png", "1");
    shot.render("a_03.png", "3");
    fs::create_dir(shot.root.path().join("a_03.png")).unwrap();
    let answers = publish_all(&shot.place, &["a_01.png", "a_02.png", "a_03.png"], shot.root.path());
    assert!(matches!(
        answers.as_slice(),
        [Ok(()), Err(PublishError::Missing { .. }), Err(PublishError::Io { .. })]
    ));
}

#[test]
fn a_files_own_name_is_changed_before_it_counts() {
    let shot = Shot::new();
    shot.render("a_1.png", "1");
    settle(&shot.place.join("a_1.png"), &shot.place.join("a_01.png")).unwrap();
    settle(&shot.place.join("a_01.png"), &shot.place.join("a_01.png")).unwrap();
    assert_eq!(fs::read_to_string(shot.place.join("a_01.png")).unwrap(), "1");
}

#[test]
fn sweeping_leaves_results_and_other_jobs() {
    let shot = Shot::new();
    let other = JobId(Uuid::from_u128(8));
    prepare(&place_of(&output(&shot.root), other, Token(6))).unwrap();
    shot.render("a_01.png", "1");
    shot.render("a_02.png", "2");
    shot.publish("a_01.png").unwrap();
    sweep(&output(&shot.root), JOB, Token(u64::MAX)).unwrap();
    assert!(!shot.place.exists());
    assert!(shot.root.path().join(FOLDER).exists());
    sweep(&output(&shot.root), other, Token(5)).unwrap();
    assert!(place_of(&output(&shot.root), other, Token(6)).exists(), "a retry's place was swept");
    sweep(&output(&shot.root), other, Token(6)).unwrap();
    sweep(&output(&shot.root), other, Token(6)).unwrap();
    assert!(!shot.root.path().join(FOLDER).exists());
    assert_eq!(shot.result("a_01.png"), "1");
    assert!(discard(&shot.place).is_ok());
}

#[test]
fn the_last_one_out_leaves_no_folder() {
    let shot = Shot::new();
    let other = place_of(&output(&shot.root), JOB, Token(6));
    prepare(&other).unwrap();
    discard(&shot.place).unwrap();
    turn_off_the_light(&shot.place);
    assert!(other.is_dir(), "somebody else's place stays");
    discard(&other).unwrap();
    turn_off_the_light(&other);
    assert!(!shot.root.path().join(FOLDER).exists());
    turn_off_the_light(&other);
    assert!(shot.root.path().is_dir(), "nothing above is touched");
}

#[test]
fn a_place_is_made_while_others_are_tidied_away() {
    let root = tempfile::tempdir().unwrap();
    let output = output(&root);
    std::thread::scope(|scope| {
        for token in 0..4 {
            let output = &output;
            scope.spawn(move || {
                let place = place_of(output, JOB, Token(token));
                for _ in 0..100 {
                    prepare(&place).unwrap();
                    discard(&place).unwrap();
                    turn_off_the_light(&place);
                }
            });
        }
    });
    assert!(!root.path().join(FOLDER).exists());
}
