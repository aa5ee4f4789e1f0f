//! Alerts that are no HTTP call: e-mail to a server that fails as it is told, and programs.

use std::path::Path;
use std::time::Duration;

use crate::common::alerts::{CHANNEL, channel, count, lose, only, secret, told};
use crate::common::smtp::{Mail, Server};
use crate::common::{Stage, within};
use callsheet_config::AlertWay;
use serde_json::Value;

fn email(server: &Server, scheme: &str, login: Option<&Path>) -> AlertWay {
    AlertWay::Email {
        server: format!("{scheme}://{}", server.address),
        user: login.map(|_| "callsheet".to_owned()),
        password_file: login.map(Path::to_owned),
        from: "Callsheet <callsheet@studio.example>".into(),
        to: vec!["a@studio.example".into(), "b@studio.example".into()],
    }
}

#[tokio::test]
async fn an_e_mail_goes_to_all_under_one_message_id_until_the_server_takes_it() {
    let trouble = [Mail::Answer(451), Mail::Hang, Mail::Break, Mail::Answer(554), Mail::Take];
    let mut server = Server::start(&trouble).await;
    let (_kept, password) = secret("hunter2");
    let stage = Stage::start(only(channel(email(&server, "smtp", Some(&password))))).await;
    lose(&stage.leader, "anna").await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let message = server.next().await;
        assert!(message.from.starts_with("<callsheet@studio.example>"), "{message:?}");
        let to: Vec<&str> = message.to.iter().map(String::as_str).collect();
        assert_eq!(to, ["<a@studio.example>", "<b@studio.example>"]);
        // "\0callsheet\0hunter2" in base64.
        assert_eq!(message.login.as_deref(), Some("AGNhbGxzaGVldABodW50ZXIy"));
        assert!(message.header("subject").contains("=?utf-8?"), "{}", message.text);
        assert!(message.text.contains("no sign of life for 60 s") || message.text.contains("base64"));
        ids.push(message.header("message-id").to_owned());
    }
    let sent = told(&stage.leader, "alert.sent", 1).await;
    let id = format!("<{}@studio.example>", sent[0]["alert_id"].as_str().unwrap());
    assert_eq!(ids, vec![id; 5]);
    let failed = told(&stage.leader, "alert.failed", 4).await;
    assert!(failed[0]["error"].as_str().unwrap().contains("451"), "{failed:?}");
    assert!(!serde_json::to_string(&failed).unwrap().contains("hunter2"));
    assert_eq!(count(&stage.leader, "alert.unconfirmed").await, 0);
}

#[tokio::test]
async fn a_mail_server_without_the_wanted_encryption_is_given_nothing() {
    for scheme in ["smtp+starttls", "smtps"] {
        let mut server = Server::start(&[]).await;
        let stage = Stage::start(only(channel(email(&server, scheme, None)))).await;
        lose(&stage.leader, "anna").await;
        told(&stage.leader, "alert.failed", 2).await;
        assert!(server.messages.try_recv().is_err(), "{scheme}");
        assert_eq!(count(&stage.leader, "alert.sent").await, 0);
    }
}

/// A program that does this, and the arguments it is given. It is read by a shell and not run itself: a file that was
/// just written may still be open for writing in what another test is about to start.
fn script(directory: &Path, does: &str, args: &[&str]) -> AlertWay {
    let path = directory.join("tell");
    std::fs::write(&path, format!("cd '{}'\n{does}\n", directory.display())).unwrap();
    let args = [path.to_str().unwrap()].iter().chain(args).map(|&arg| arg.to_owned()).collect();
    AlertWay::Command { program: "/bin/sh".into(), args }
}

#[tokio::test]
async fn a_program_is_told_by_its_input_and_its_last_argument_and_again_when_it_fails() {
    let directory = tempfile::tempdir().unwrap();
    let does = r#"
if [ ! -e once ]; then touch once; echo 'no line to people' >&2; exit 3; fi
printf '%s\n' "$@" > args; cat > input"#;
    let way = script(directory.path(), does, &["--to", "people with spaces"]);
    let mut config = channel(way);
    config.timeout = Duration::from_secs(60);
    let stage = Stage::start(only(config)).await;
    let text = lose(&stage.leader, "anna").await;
    let sent = told(&stage.leader, "alert.sent", 1).await;
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    assert_eq!(read("args"), format!("--to\npeople with spaces\n{text}\n"));
    let input: Value = serde_json::from_str(&read("input")).unwrap();
    assert_eq!((&input["alert_id"], &input["channel"]), (&sent[0]["alert_id"], &CHANNEL.into()));
    assert_eq!((&input["text"], &input["count"]), (&text.into(), &Value::Null));
    let failed = told(&stage.leader, "alert.failed", 1).await;
    assert_eq!(failed[0]["error"], "it ended with code 3: no line to people");
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_with_all_it_started_and_not_run_again() {
    let directory = tempfile::tempdir().unwrap();
    let does = "echo x >> runs; sleep 1000 & echo $! > child.new; mv child.new child; wait";
    let way = script(directory.path(), does, &[]);
    let mut config = channel(way);
    config.timeout = Duration::from_secs(5);
    let stage = Stage::start(only(config)).await;
    lose(&stage.leader, "anna").await;
    told(&stage.leader, "alert.unconfirmed", 1).await;
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    let child: i32 = read("child").trim().parse().unwrap();
    let gone = async {
        // A zombie that nobody has reaped is as dead.
        while std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within("the end of what it started", gone).await;
    assert_eq!(read("runs"), "x\n");
    assert_eq!(count(&stage.leader, "alert.failed").await, 0);
}

#[tokio::test]
async fn a_program_that_neither_reads_nor_listens_nor_leaves_its_pipes_has_still_been_told() {
    let directory = tempfile::tempdir().unwrap();
    // What it leaves behind holds its standard error open.
    let way = script(directory.path(), "exec <&-; sleep 30 & exit 0", &[]);
    let mut config = channel(way);
    config.timeout = Duration::from_secs(20);
    let stage = Stage::start(only(config)).await;
    lose(&stage.leader, "anna").await;
    told(&stage.leader, "alert.sent", 1).await;
    assert_eq!(count(&stage.leader, "alert.failed").await, 0);
}
