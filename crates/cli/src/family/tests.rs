//! Real processes: small shell scripts in the place of leaders and nodes.

#![cfg(unix)]

use super::*;

fn script(name: &str, text: &str) -> Member {
    Member {
        name: name.into(),
        program: "/bin/sh".into(),
        args: ["-c".into(), text.into()].into(),
        essential: name == "leader",
    }
}

/// Waits for something to happen, and says what happened until then.
async fn until(
    happenings: &mut mpsc::UnboundedReceiver<Happening>,
    wanted: impl Fn(&Happening) -> bool,
) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        let happening = happenings.recv().await.expect("it never happened");
        let what = match &happening.what {
            What::Started(_) => "started".to_owned(),
            What::Ended(how, _) => how.clone(),
            other => other.to_string(),
        };
        told.push(format!("{} {what}", happening.name));
        if wanted(&happening) {
            return told;
        }
    }
}

fn stay() -> (watch::Sender<Shutdown>, watch::Receiver<Shutdown>) {
    watch::channel(Shutdown::Stay)
}

fn said(name: &'static str, line: &'static str) -> impl Fn(&Happening) -> bool {
    move |happening| happening.name == name && matches!(&happening.what, What::Line(text) if text == line)
}

#[tokio::test]
async fn a_process_that_is_killed_is_started_again() {
    let members = vec![script("anna", "echo here; read word; exit 0")];
    let (mut family, mut happenings) = Family::start(members, FIRST_PAUSE).unwrap();
    until(&mut happenings, said("anna", "here")).await;
    family.kill("anna").await.unwrap();
    let told = until(&mut happenings, said("anna", "here")).await;
    assert_eq!(told, ["anna was killed by SIGKILL", "anna started", "anna here"]);
    let (_wishes, wish) = stay();
    family.leave(wish).await;
    until(&mut happenings, |happening| matches!(happening.what, What::Left)).await;
    assert!(happenings.recv().await.is_none());
}

#[tokio::test]
async fn the_essential_one_leaves_last_and_each_is_asked() {
    let ask = "echo here; read word; echo told to $word";
    let members = vec![script("leader", ask), script("anna", ask), script("bruno", ask)];
    let (mut family, mut happenings) = Family::start(members, FIRST_PAUSE).unwrap();
    for _ in 0..3 {
        until(&mut happenings, |happening| matches!(&happening.what, What::Line(text) if text == "here"))
            .await;
    }
    let (_wishes, wish) = stay();
    family.leave(wish).await;
    let told = until(&mut happenings, |happening| {
        happening.name == "leader" && matches!(happening.what, What::Left)
    })
    .await;
    let place =
        |text: &str| told.iter().position(|line| line == text).unwrap_or_else(|| panic!("{text}: {told:?}"));
    assert!(place("anna has left") < place("leader told to drain"), "{told:?}");
    assert!(place("bruno has left") < place("leader told to drain"), "{told:?}");
}

#[tokio::test]
async fn leaving_now_ends_the_lifeline_and_waits_for_nobody_who_lingers() {
    let members = vec![script("anna", "echo here; read word; echo $word; read word || echo cut; exit 1")];
    let (mut family, mut happenings) = Family::start(members, FIRST_PAUSE).unwrap();
    until(&mut happenings, said("anna", "here")).await;
    let (wishes, wish) = stay();
    let leaving = family.leave(wish);
    let telling = async {
        until(&mut happenings, said("anna", "drain")).await;
        wishes.send_replace(Shutdown::Now);
        until(&mut happenings, |happening| matches!(happening.what, What::Left)).await
    };
    let (_, told) = tokio::join!(leaving, telling);
    assert_eq!(told, ["anna cut", "anna has left"]);
}

#[tokio::test]
async fn an_essential_process_that_cannot_start_is_not_tried_for_ever() {
    let (_family, mut happenings) =
        Family::start(vec![script("leader", "echo no; exit 70")], FIRST_PAUSE).unwrap();
    let told = until(&mut happenings, |happening| matches!(happening.what, What::GaveUp(_))).await;
    assert_eq!(told.last().unwrap(), "leader ended with exit code 70, and is not started again");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told() {
    let member = Member { program: "/no/such/program".into(), ..script("leader", "") };
    let (_family, mut happenings) = Family::start(vec![member], FIRST_PAUSE).unwrap();
    let told = until(&mut happenings, |happening| matches!(happening.what, What::GaveUp(_))).await;
    assert!(told[0].contains("cannot be started"), "{told:?}");
}
