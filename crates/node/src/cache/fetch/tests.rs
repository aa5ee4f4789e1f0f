//! Templates that come, that are damaged, and that nobody wants any more.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::DropGuard;

use super::*;

fn template(bytes: &[u8]) -> Template {
    Template { md5: Md5(md5::compute(bytes).0), bytes: bytes.len() as u64, name: "a.json".into(), path: None }
}

fn errand(directory: &Path, source: &Path, template: Template) -> Errand {
    Errand {
        door: Door::plain("http://127.0.0.1:1").unwrap(),
        template,
        source: Some(source.to_owned()),
        target: directory.join("target"),
        verified: None,
        standstill: Duration::from_secs(20),
    }
}

async fn run(errand: Errand) -> Outcome {
    errand.run(&Turns::default(), &Withdrawn::new()).await.unwrap()
}

#[tokio::test]
async fn a_copy_is_verified_and_a_damaged_one_is_fetched_again() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    std::fs::write(&source, b"whole").unwrap();
    let errand = || errand(directory.path(), &source, template(b"whole"));
    let outcome = run(errand()).await;
    assert!(outcome.fetched && outcome.result.is_ok(), "{outcome:?}");
    assert!(!run(errand()).await.fetched, "it is there");
    std::fs::write(directory.path().join("target"), b"other").unwrap();
    assert!(run(errand()).await.fetched, "it was damaged");
    assert_eq!(std::fs::read(directory.path().join("target")).unwrap(), b"whole");
}

#[tokio::test]
async fn what_is_not_what_it_should_be_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    std::fs::write(&source, b"other").unwrap();
    let failure = run(errand(directory.path(), &source, template(b"whole"))).await.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing);
    assert!(failure.message.contains("have the MD5"), "{failure}");
    std::fs::remove_file(&source).unwrap();
    let missing = run(errand(directory.path(), &source, template(b"whole"))).await.result.unwrap_err();
    assert!(missing.message.contains("source"), "{missing}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_source_that_hangs_is_given_up_and_disturbs_nobody_when_it_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let (pipe, source) = (directory.path().join("pipe"), directory.path().join("source"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::write(&source, b"whole").unwrap();
    let hanging = Errand {
        standstill: Duration::from_millis(300),
        ..errand(directory.path(), &pipe, template(b"whole"))
    };
    // It hangs in the middle: there is someone at the other end, who says nothing more.
    let mut other_end = File::options().read(true).write(true).open(&pipe).unwrap();
    other_end.write_all(b"who").unwrap();
    let failure = run(hanging).await.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing);
    assert!(failure.message.contains("nothing came of it for 300ms"), "{failure}");

    let names = || {
        let entries = std::fs::read_dir(directory.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert!(names().iter().any(|name| name.ends_with(PARTIAL)), "{:?}", names());
    // Another errand for the same file has nothing to do with it.
    let outcome = run(errand(directory.path(), &source, template(b"whole"))).await;
    assert!(outcome.result.is_ok(), "{outcome:?}");
    // The given-up one comes back, sees that nobody waits, and leaves nothing.
    other_end.write_all(b"le").unwrap();
    drop(other_end);
    while names().iter().any(|name| name.ends_with(PARTIAL)) {
        tokio::task::yield_now().await;
    }
    assert_eq!(std::fs::read(directory.path().join("target")).unwrap(), b"whole");
}

fn one_turn() -> Arc<Turns> {
    Arc::new(Turns { looks: Semaphore::new(1), fetches: Semaphore::new(1) })
}

/// One that is wanted for as long as the guard lives.
fn begin(errand: Errand, turns: &Arc<Turns>) -> (DropGuard, JoinHandle<Option<Outcome>>) {
    let (withdrawn, turns) = (Withdrawn::new(), turns.clone());
    let wanted = withdrawn.clone().drop_guard();
    (wanted, tokio::spawn(async move { errand.run(&turns, &withdrawn).await }))
}

/// Someone is at the other end, and says nothing.
#[cfg(unix)]
fn pipe(path: &Path) -> (PathBuf, File) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    (path.to_owned(), File::options().read(true).write(true).open(path).unwrap())
}

#[cfg(unix)]
#[tokio::test]
async fn one_that_is_withdrawn_while_it_is_looked_at_ends_there() {
    let directory = tempfile::tempdir().unwrap();
    let (target, mut other_end) = pipe(&directory.path().join("target"));
    let turns = one_turn();
    let (wanted, looking) = begin(errand(directory.path(), Path::new("nowhere"), template(b"whole")), &turns);
    while turns.looks.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    drop(wanted);
    other_end.write_all(b"something else").unwrap();
    assert!(looking.await.unwrap().is_none());
    assert!(target.exists(), "what was given up removes nothing");
    assert_eq!((turns.looks.available_permits(), turns.fetches.available_permits()), (1, 1));
}

#[cfg(unix)]
#[tokio::test]
async fn one_that_is_withdrawn_gives_its_turn_back_at_its_next_step_or_when_it_hangs() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    std::fs::write(&source, b"whole").unwrap();
    let pipe = |name| pipe(&directory.path().join(name));
    let turns = one_turn();
    let begin = |source: &Path, standstill| {
        let errand = Errand { standstill, ..errand(directory.path(), source, template(b"whole")) };
        begin(errand, &turns)
    };
    // It waits for the other end, and nobody can end that from outside.
    let (first, mut first_end) = pipe("first");
    let (wanted, hanging) = begin(&first, Duration::from_millis(300));
    while turns.fetches.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    let (wanted_too, waiting) = begin(&source, Duration::from_secs(20));
    drop(wanted);
    assert!(hanging.await.unwrap().is_none());
    assert!(waiting.await.unwrap().unwrap().result.is_ok());
    drop(wanted_too);

    // This one is told, and ends when it moves.
    std::fs::remove_file(directory.path().join("target")).unwrap();
    let (second, mut second_end) = pipe("second");
    let (wanted, hanging) = begin(&second, Duration::from_secs(20));
    while turns.fetches.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    drop(wanted);
    // Whoever waits for a turn when he is withdrawn has nothing to end.
    let (wanted, waiting) = begin(&source, Duration::from_secs(20));
    drop(wanted);
    assert!(waiting.await.unwrap().is_none());
    assert_eq!(turns.fetches.available_permits(), 0, "its turn is not another's while it works");
    second_end.write_all(b"whole").unwrap();
    let ended = hanging.await.unwrap();
    assert!(ended.is_none_or(|outcome| outcome.result.is_err()), "nobody waits for it");
    assert_eq!(turns.fetches.available_permits(), 1);
    // For the runtime to end.
    first_end.write_all(b"whole").unwrap();
}
